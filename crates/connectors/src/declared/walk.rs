//! The plain way to one value: names and indexes only, so that nothing needs to be searched for.
//!
//! Most expressions of a contract are of this kind, and they are evaluated for every item of every answer. They mean
//! exactly what RFC 9535 says (2.3.5.1 calls them singular queries); a test compares them with its implementation.

use std::fmt;

use serde_json::Value;

/// A path that leads to one value at most.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Walk(Box<[Step]>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Name(String),
    /// Counted from the end if negative: the last is -1.
    Index(i64),
}

impl Walk {
    /// The walk that a valid JSONPath starts with, and what is left of it. What is written in an unusual way (escapes,
    /// blanks) is left over: it means the same to whoever evaluates the rest.
    pub(super) fn start_of(path: &str) -> (Self, &str) {
        let mut rest = path.strip_prefix('$').unwrap_or(path);
        let mut steps = Vec::new();
        while let Some((step, further)) = Step::start_of(rest) {
            steps.push(step);
            rest = further;
        }
        (Self(steps.into()), rest)
    }

    /// A valid JSONPath as a walk, if it is no more than that.
    pub(super) fn whole(path: &str) -> Option<Self> {
        let (walk, rest) = Self::start_of(path);
        rest.is_empty().then_some(walk)
    }

    /// Whether it leads nowhere else.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How far a value lets the walk come, for whoever is told why it leads nowhere.
    pub(super) fn farthest<'v>(&self, value: &'v Value) -> (String, &'v Value) {
        let (mut path, mut reached) = ("$".to_owned(), value);
        for step in &self.0 {
            let Some(next) = step.follow(reached) else { break };
            path.push_str(&step.to_string());
            reached = next;
        }
        (path, reached)
    }

    /// Where the walk leads, if everything on the way is there. JSON's null is a value here.
    pub(super) fn follow<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| step.follow(value))
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) if name.chars().all(in_short_name) => write!(f, ".{name}"),
            Self::Name(name) => write!(f, "['{name}']"),
            Self::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl Step {
    fn follow<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        match (self, value) {
            (Self::Name(name), Value::Object(members)) => members.get(name),
            (Self::Index(index), Value::Array(items)) => {
                let index = if *index < 0 { i64::try_from(items.len()).ok()?.checked_add(*index)? } else { *index };
                items.get(usize::try_from(index).ok()?)
            }
            _ => None,
        }
    }

    fn start_of(rest: &str) -> Option<(Self, &str)> {
        if let Some(name) = rest.strip_prefix('.') {
            let end = name.find(|character: char| !in_short_name(character)).unwrap_or(name.len());
            let (name, rest) = name.split_at_checked(end)?;
            return (!name.is_empty()).then(|| (Self::Name(name.to_owned()), rest));
        }
        let inside = rest.strip_prefix('[')?;
        let quote = inside.chars().next().filter(|first| matches!(first, '\'' | '"'));
        if let Some(quote) = quote {
            let (name, rest) = inside.strip_prefix(quote)?.split_once(quote)?;
            let rest = rest.strip_prefix(']')?;
            return (!name.contains('\\')).then(|| (Self::Name(name.to_owned()), rest));
        }
        let (index, rest) = inside.split_once(']')?;
        index.parse().ok().map(|index| (Self::Index(index), rest))
    }
}

/// Characters of a name after a dot. That it starts with no digit is seen to by whoever found the path valid.
pub(super) fn in_short_name(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || !character.is_ascii()
}

#[cfg(test)]
mod tests {
    use serde_json::{Map, json};
    use serde_json_path::JsonPath;

    use super::*;

    const NAMES: [&str; 6] = ["a", "b", "é", "_x1", "a-b", "0"];

    /// Numbers without order, the same in every run.
    struct Numbers(u64);

    impl Numbers {
        fn below(&mut self, limit: usize) -> usize {
            // Knuth's multiplier for a linear congruential generator modulo 2^64; the high bits are the random ones.
            self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(self.0 >> 33).expect("31 bits") % limit
        }

        fn document(&mut self, depth: usize) -> Value {
            match self.below(if depth == 0 { 4 } else { 10 }) {
                0 => Value::Null,
                1 => json!(true),
                2 => json!("text"),
                3 => json!(self.below(9)),
                4..=6 => (0..self.below(4)).map(|_| self.document(depth - 1)).collect(),
                _ => {
                    let members =
                        (0..=self.below(4)).map(|_| (NAMES[self.below(6)].to_owned(), self.document(depth - 1)));
                    Value::Object(members.collect::<Map<_, _>>())
                }
            }
        }

        fn path(&mut self) -> String {
            let mut path = "$".to_owned();
            for _ in 0..self.below(5) {
                let name = NAMES[self.below(6)];
                let step = match self.below(4) {
                    0 => format!("[{}]", self.below(4)),
                    1 => format!("[-{}]", self.below(4) + 1),
                    2 => format!("['{name}']"),
                    _ if matches!(name, "a-b" | "0") => format!("[\"{name}\"]"),
                    _ => format!(".{name}"),
                };
                path.push_str(&step);
            }
            path
        }
    }

    #[test]
    fn a_walk_leads_where_the_json_path_leads_on_any_document() {
        let mut numbers = Numbers(9535);
        let (mut found, mut absent) = (0, 0);
        for round in 0..20_000 {
            let (document, path) = (numbers.document(4), numbers.path());
            let walked = Walk::whole(&path).expect("a walk").follow(&document);
            let queried = JsonPath::parse(&path).expect("a JSONPath").query(&document).all();
            assert_eq!(walked.into_iter().collect::<Vec<_>>(), queried, "round {round}: {path} in {document}");
            if walked.is_some() { found += 1 } else { absent += 1 }
        }
        assert!(found > 4_000 && absent > 4_000, "{found} found, {absent} absent: the test must see both");
    }

    #[test]
    fn what_searches_or_is_written_unusually_is_left_over() {
        for (path, rest) in [
            ("$", ""),
            ("$.a['b c'][0]", ""),
            ("$.a[*].b", "[*].b"),
            ("$.a.*", ".*"),
            ("$.a..b", "..b"),
            ("$..b", "..b"),
            ("$.a[?@.b==1]", "[?@.b==1]"),
            ("$.a[1:2]", "[1:2]"),
            ("$.a[ 0 ]", "[ 0 ]"),
            ("$.a ['b']", " ['b']"),
            ("$['a\\'b']", "['a\\'b']"),
            ("$['\\u0061']", "['\\u0061']"),
        ] {
            assert!(JsonPath::parse(path).is_ok(), "{path}");
            assert_eq!(Walk::start_of(path).1, rest, "{path}");
        }
    }
}
