//! Others' texts as they are: what no page shows, or what changes how the rest is shown, is named where it stands. Whoever
//! approves a file has seen it.
//!
//! Every page of the console is written out here, so that no text of anybody's is left out. What is sent back as it was, the
//! contents of a form's fields, passes the filter `typed` in its template.

use std::borrow::Cow;

use askama::Template;

/// Writes a page out, every character of it seen.
pub(super) fn html(page: &impl Template) -> String {
    let page = crate::page::html(page);
    match seen(&page) {
        Cow::Borrowed(_) => page,
        Cow::Owned(seen) => seen,
    }
}

/// What templates call.
#[expect(unreachable_pub, clippy::inline_always, clippy::unused_self, reason = "askama writes so what calls a filter")]
pub(super) mod filters {
    use std::fmt::Display;

    use askama::{
        Values,
        filters::{Escaper, Html, Safe},
    };

    use super::is_unseen;

    /// The content of a field, which comes back as it is: what is not seen is written by its number, which browsers read as
    /// the character itself. Of some they would make another (HTML, numeric character reference end state); those are named.
    #[askama::filter_fn]
    pub(crate) fn typed(text: impl Display, _: &dyn Values) -> askama::Result<Safe<String>> {
        let mut escaped = String::new();
        Html.write_escaped_str(&mut escaped, &text.to_string())?;
        let is_other = |character: char| matches!(character, '\0' | '\u{80}'..='\u{9f}');
        if !escaped.contains(is_unseen) {
            return Ok(Safe(escaped));
        }
        let mut typed = String::with_capacity(escaped.len());
        for character in escaped.chars() {
            if is_unseen(character) && !is_other(character) {
                typed.extend(format!("&#{};", u32::from(character)).chars());
            } else {
                typed.push(character);
            }
        }
        Ok(Safe(typed))
    }
}

/// A text of which every character is seen; line breaks and tabulators stay.
fn seen(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_unseen) {
        return Cow::Borrowed(text);
    }
    let mut seen = String::with_capacity(text.len());
    for character in text.chars() {
        match (is_unseen(character), u32::from(character)) {
            (false, _) => seen.push(character),
            // Unicode has pictures of ASCII's controls, in the same order.
            (true, code @ ..0x20) => seen.extend(char::from_u32(0x2400 + code)),
            (true, 0x7f) => seen.push('\u{2421}'),
            (true, code) => seen.extend(format!("⟨U+{code:04X}⟩").chars()),
        }
    }
    Cow::Owned(seen)
}

/// Controls, what turns the direction of text, what breaks lines in some readers only, and what takes no room (Unicode:
/// `Default_Ignorable_Code_Point`).
fn is_unseen(character: char) -> bool {
    let is_control = character.is_control() && !matches!(character, '\n' | '\t');
    is_control
        || matches!(character,
            '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
            | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}'
            | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Template)]
    #[template(source = "{{ said }}<textarea>{{ said|typed }}</textarea>", ext = "html")]
    struct Page<'a> {
        said: &'a str,
    }

    #[test]
    fn r64_a_page_names_what_is_not_seen_and_a_field_gives_it_back() {
        for (said, page) in [
            ("æ\n<\"", "æ\n&#60;&#34;<textarea>æ\n&#60;&#34;</textarea>"),
            ("a\u{202e}\r<b", "a⟨U+202E⟩␍&#60;b<textarea>a&#8238;&#13;&#60;b</textarea>"),
            ("\u{85}", "⟨U+0085⟩<textarea>⟨U+0085⟩</textarea>"),
        ] {
            assert_eq!(html(&Page { said }), page, "{said:?}");
        }
    }

    #[test]
    fn r64_every_character_is_seen() {
        for (text, said) in [
            ("Smørrebrød på Ærø – 1½\u{a0}kg\n\tto", "Smørrebrød på Ærø – 1½\u{a0}kg\n\tto"),
            ("a\u{202e}b\u{2066}c", "a⟨U+202E⟩b⟨U+2066⟩c"),
            ("a\r\0\u{1b}\u{7f}\u{85}\u{2028}b", "a␍␀␛␡⟨U+0085⟩⟨U+2028⟩b"),
            ("\u{feff}a\u{200b}\u{ad}\u{e0041}", "⟨U+FEFF⟩a⟨U+200B⟩⟨U+00AD⟩⟨U+E0041⟩"),
            ("<b>&\"", "<b>&\""),
        ] {
            assert_eq!(seen(text), said, "{text:?}");
        }
    }
}
