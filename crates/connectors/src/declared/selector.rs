//! The one expression that contracts have: an RFC 9535 JSONPath, kept to what is cheap to run on any answer.

use serde_json::Value;
use serde_json_path::JsonPath;

use super::walk::Walk;

/// Longest expression in bytes.
const MAX_LENGTH: usize = 512;
/// Deepest nesting of brackets and parentheses. The parser tries each level twice, so that its time doubles with every one:
/// 280 bytes with 16 of them took it half a second, and 20,000 overflow its stack and end the process. Nobody reads more
/// than a few.
const MAX_NESTING: usize = 8;

/// A checked JSONPath.
#[derive(Clone, Debug)]
pub(crate) enum Selector {
    /// One that only follows names and indexes.
    Walk(Walk),
    /// Any other.
    Query(Query),
}

/// A query, and its two parts if it is one for values within items.
#[derive(Clone, Debug)]
pub(crate) struct Query {
    whole: JsonPath,
    per_item: Option<(JsonPath, Walk)>,
}

impl Query {
    /// Takes a query apart where a bracket closes and only names and indexes follow: `$.items[*]` and `.person.number`.
    fn of(text: &str, whole: JsonPath) -> Self {
        let per_item = text.match_indices(']').find_map(|(end, _)| {
            let (items, within) = text.split_at_checked(end + 1)?;
            let within = Walk::whole(within).filter(|within| !within.is_empty())?;
            // What one item at most is found by is no list of them.
            let items = Walk::whole(items).is_none().then(|| JsonPath::parse(items).ok()).flatten()?;
            Some((items, within))
        });
        Self { whole, per_item }
    }
}

impl Selector {
    /// Checks and parses an expression.
    ///
    /// # Errors
    /// What is wrong with it, for the contract's author.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        check_cost(text)?;
        let path = JsonPath::parse(text).map_err(|error| format!("not an RFC 9535 JSONPath: {error}"))?;
        Ok(Walk::whole(text).map_or_else(|| Self::Query(Query::of(text, path)), Self::Walk))
    }

    /// Every node that it selects.
    pub(crate) fn all<'v>(&self, value: &'v Value) -> Vec<&'v Value> {
        match self {
            Self::Walk(walk) => walk.follow(value).into_iter().collect(),
            Self::Query(query) => query.whole.query(value).all(),
        }
    }

    /// Every statement that should be there: `None` where one of the items that a path leads through makes none, which
    /// [`Selector::all`] passes over.
    pub(crate) fn stated<'v>(&self, value: &'v Value) -> Vec<Option<&'v Value>> {
        match self {
            Self::Query(Query { per_item: Some((items, within)), .. }) => {
                items.query(value).all().into_iter().map(|item| within.follow(item)).collect()
            }
            _ => self.all(value).into_iter().map(Some).collect(),
        }
    }

    /// How far a value lets it come, for whoever is told why it selects nothing.
    pub(super) fn farthest<'v>(&self, value: &'v Value) -> (String, &'v Value) {
        match self {
            Self::Walk(walk) => walk.farthest(value),
            Self::Query(query) => Walk::start_of(&query.whole.to_string()).0.farthest(value),
        }
    }

    /// The one node that it selects, or that it is not one. JSON's null counts as absent.
    pub(crate) fn one<'v>(&self, value: &'v Value) -> One<'v> {
        match self {
            Self::Walk(walk) => walk.follow(value).filter(|node| !node.is_null()).map_or(One::Absent, One::Node),
            Self::Query(query) => match query.whole.query(value).all().as_slice() {
                [] | [Value::Null] => One::Absent,
                [node] => One::Node(node),
                _ => One::Several,
            },
        }
    }
}

/// What an expression for a single value selected.
pub(crate) enum One<'v> {
    Absent,
    Node(&'v Value),
    Several,
}

/// Refuses, before the parser sees it, what is too deep to parse or could select more than a small multiple of an
/// answer's nodes: several selectors in one segment multiply, as do a second `..` and a second `$`.
fn check_cost(text: &str) -> Result<(), String> {
    if !text.starts_with('$') {
        return Err("must start with \"$\"".to_owned());
    }
    if text.len() > MAX_LENGTH {
        return Err(format!("longer than {MAX_LENGTH} bytes"));
    }
    let (mut nesting, mut descents, mut roots) = (0_usize, 0, 0);
    let mut previous = ' ';
    let mut rest = text.chars();
    while let Some(character) = rest.next() {
        match character {
            // A text in quotes is passed over; the parser panics on one that ends within an escape.
            '\'' | '"' if !skip_quoted(&mut rest, character) => {
                return Err("a text in quotes is not closed".to_owned());
            }
            '[' | '(' => nesting += 1,
            ']' | ')' => nesting = nesting.saturating_sub(1),
            '.' if previous == '.' => descents += 1,
            '$' => roots += 1,
            ',' => return Err("only one selector per segment, and no functions of several arguments".to_owned()),
            _ => {}
        }
        if nesting > MAX_NESTING {
            return Err(format!("brackets and parentheses are nested deeper than {MAX_NESTING}"));
        }
        previous = character;
    }
    if descents > 1 {
        return Err("at most one \"..\"".to_owned());
    }
    if roots > 1 {
        return Err("\"$\" only at the start".to_owned());
    }
    Ok(())
}

/// Whether the quote is closed.
fn skip_quoted(rest: &mut std::str::Chars<'_>, quote: char) -> bool {
    while let Some(character) = rest.next() {
        if character == '\\' {
            rest.next();
        } else if character == quote {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod statements {
    use serde_json::json;

    use super::*;

    #[test]
    fn an_item_that_states_nothing_is_seen() {
        let stated = |path: &str, value: &Value| -> Vec<Option<String>> {
            let selector = Selector::parse(path).expect("a path");
            selector.stated(value).into_iter().map(|node| node.map(Value::to_string)).collect()
        };
        let items = json!({ "list": [{ "who": { "cpr": 1 } }, { "who": {} }, null, { "cpr": 2 }] });
        assert_eq!(stated("$.list[*].who.cpr", &items), [Some("1".to_owned()), None, None, None]);
        assert_eq!(stated("$['list'][?@.who]['who'].cpr", &items), [Some("1".to_owned()), None]);
        assert_eq!(stated("$.list[0].who.cpr", &items), [Some("1".to_owned())]);
        assert_eq!(stated("$.list[1].who.cpr", &items), []);
        assert_eq!(stated("$..cpr", &items), [Some("1".to_owned()), Some("2".to_owned())]);
        assert_eq!(stated("$.list[*]['who]'].cpr", &items), vec![None::<String>; 4]);
        assert_eq!(stated("$.list[*].cpr", &json!({ "list": [] })), []);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_bomb_of_parentheses_is_refused_before_it_is_parsed() {
        let bomb = format!("$[?{}@.a{}]", "(".repeat(20_000), ")".repeat(20_000));
        assert_eq!(Selector::parse(&bomb).err().as_deref(), Some("longer than 512 bytes"));
        let small = format!("$[?{}@.a{}]", "(".repeat(200), ")".repeat(200));
        assert_eq!(Selector::parse(&small).err().as_deref(), Some("brackets and parentheses are nested deeper than 8"));
        let nested = |levels: usize| format!("$[?@.a{}{}", "[?@.a".repeat(levels - 1), "]".repeat(levels));
        assert!(Selector::parse(&nested(8)).is_ok());
        assert_eq!(
            Selector::parse(&nested(9)).err().as_deref(),
            Some("brackets and parentheses are nested deeper than 8")
        );
    }

    #[test]
    fn what_multiplies_is_refused() {
        for (text, message) in [
            ("$[*,*]", "only one selector per segment, and no functions of several arguments"),
            ("$[?match(@.a, 'x')]", "only one selector per segment, and no functions of several arguments"),
            ("$..a..b", "at most one \"..\""),
            ("$[?$.a == @.b]", "\"$\" only at the start"),
        ] {
            assert_eq!(Selector::parse(text).err().as_deref(), Some(message), "{text}");
        }
        for text in ["$", "$.a['b, $..x']", "$..a[?@.b=='c\\',(d']", "$.links[?@.rel=='self'].href", "$[0]"] {
            assert!(Selector::parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_parse_error_names_its_place() {
        let error = Selector::parse("$.a[").expect_err("an error");
        assert!(error.starts_with("not an RFC 9535 JSONPath: at position "), "{error}");
    }

    #[test]
    fn a_text_that_ends_within_an_escape_is_refused_before_the_parser_panics_on_it() {
        for text in ["$.beløb['#te[\"\\u", "$['\\u", "$[\"\\u12", "$['\\", "$['", "$[?@.a == '\\u"] {
            assert_eq!(Selector::parse(text).err().as_deref(), Some("a text in quotes is not closed"), "{text}");
        }
        for text in ["$['\\u']", "$['\\u12']", "$['\\ud83d']", "$['\\ud83d\\u']", "$['\\uæææ']", "$['\\æ']"] {
            assert!(Selector::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn null_is_absent_and_two_are_not_one() {
        let value = json!({ "a": null, "b": [1, 2], "c": 0 });
        let one = |text: &str| Selector::parse(text).expect("a selector").one(&value).describe();
        assert_eq!(one("$.a"), "absent");
        assert_eq!(one("$.x"), "absent");
        assert_eq!(one("$.c"), "0");
        assert_eq!(one("$.b[*]"), "several");
    }

    impl One<'_> {
        fn describe(&self) -> String {
            match self {
                Self::Absent => "absent".into(),
                Self::Node(node) => node.to_string(),
                Self::Several => "several".into(),
            }
        }
    }
}
