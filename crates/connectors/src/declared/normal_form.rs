//! The one spelling that all spellings of a JSONPath share: `$.a.b[*]` and `$['a']["b"].*` name one list.

use super::walk::in_short_name;

/// A valid JSONPath with every name in brackets and in the quotes of JSON, and without blanks. Two that are the same
/// select the same. What is written differently in another way, as `1.0` for `1`, stays different.
pub(crate) fn normal_form(path: &str) -> String {
    let mut normal = String::with_capacity(path.len() * 2);
    let mut rest = path;
    let mut after_dots = false;
    while let Some(first) = rest.chars().next() {
        let further = rest.get(first.len_utf8()..).unwrap_or_default();
        let follows_dots = std::mem::take(&mut after_dots);
        rest = match first {
            ' ' | '\t' | '\n' | '\r' => {
                after_dots = follows_dots;
                further
            }
            '\'' | '"' => {
                let (text, after) = quoted(further, first);
                normal.push_str(&in_quotes(text, first));
                after
            }
            '.' if further.starts_with('.') => {
                normal.push_str("..");
                after_dots = true;
                further.get(1..).unwrap_or_default()
            }
            '.' if further.starts_with(begins_name) => take_name(&mut normal, further),
            '.' if further.starts_with('*') => take_all(&mut normal, further),
            _ if follows_dots && begins_name(first) => take_name(&mut normal, rest),
            '*' if follows_dots => take_all(&mut normal, rest),
            other => {
                normal.push(other);
                further
            }
        };
    }
    normal
}

/// A digit begins none: it belongs to a number.
fn begins_name(character: char) -> bool {
    in_short_name(character) && !character.is_ascii_digit()
}

/// Writes the name that a text begins with; what is left of the text.
fn take_name<'t>(normal: &mut String, text: &'t str) -> &'t str {
    let end = text.find(|character: char| !in_short_name(character)).unwrap_or(text.len());
    let (name, rest) = text.split_at_checked(end).unwrap_or((text, ""));
    normal.push('[');
    normal.push_str(&serde_json::Value::from(name).to_string());
    normal.push(']');
    rest
}

fn take_all<'t>(normal: &mut String, text: &'t str) -> &'t str {
    normal.push_str("[*]");
    text.get(1..).unwrap_or_default()
}

/// What stands up to the quote that closes it, and what follows.
fn quoted(text: &str, quote: char) -> (&str, &str) {
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == quote {
            return (text.get(..at).unwrap_or_default(), text.get(at + 1..).unwrap_or_default());
        }
    }
    (text, "")
}

/// A text in the quotes and escapes of JSON, which has those of JSONPath but for the single quote.
fn in_quotes(text: &str, quote: char) -> String {
    let mut json = String::with_capacity(text.len() + 2);
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('\'') => json.push('\''),
                Some(escaped) => json.extend(['\\', escaped]),
                None => {}
            },
            '"' if quote == '\'' => json.push_str("\\\""),
            other => json.push(other),
        }
    }
    let json = format!("\"{json}\"");
    serde_json::from_str::<serde_json::Value>(&json).map_or(json, |text| text.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json_path::JsonPath;

    use super::*;

    #[test]
    fn all_spellings_of_a_path_have_one_normal_form() {
        let table: [(&str, &[&str], &str); 6] = [
            ("$", &[], "$"),
            ("$.a.b[*]", &["$['a']['b'][*]", "$[\"a\"].b.*", "$ ['a'] [ 'b' ] [ * ]"], r#"$["a"]["b"][*]"#),
            ("$.é_1", &["$['é_1']", "$[\"\\u00e9_1\"]", "$['\\u00E9_1']", "$ .é_1"], r#"$["é_1"]"#),
            (r#"$["it's \"so\""]"#, &[r#"$['it\'s "so"']"#, r#"$['it\'s \u0022so"']"#], r#"$["it's \"so\""]"#),
            ("$..a.*", &["$..['a'][*]", "$..[ \"a\" ].*"], r#"$..["a"][*]"#),
            (
                "$..*[?@.b.c=='x y' && @.d<1.5]",
                &["$..[*][?@['b'].c == \"x y\" && @.d < 1.5]", "$..*[? @.b['c']=='x\\u0020y'&&@['d'] < 1.5 ]"],
                r#"$..[*][?@["b"]["c"]=="x y"&&@["d"]<1.5]"#,
            ),
        ];
        for (path, others, normal) in table {
            assert!(JsonPath::parse(path).is_ok(), "{path}");
            assert_eq!(normal_form(path), normal);
            assert!(JsonPath::parse(normal).is_ok(), "{normal}: a path itself");
            for other in others {
                assert!(JsonPath::parse(other).is_ok(), "{other}");
                assert_eq!(normal_form(other), normal, "{other}");
            }
        }
    }

    #[test]
    fn other_paths_have_other_forms() {
        for (one, other) in [
            ("$.a", "$.b"),
            ("$.a[0]", "$.a['0']"),
            ("$.a.b", "$['a.b']"),
            ("$.a", "$['a ']"),
            ("$.a[?@.b == 1]", "$.a[?@.b == '1']"),
            ("$.a..b", "$.a.b"),
        ] {
            assert_ne!(normal_form(one), normal_form(other), "{one} {other}");
        }
    }
}
