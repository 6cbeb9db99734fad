//! What a schema of an authority may cost (requirement R48), told before it is compiled.
//!
//! JSON Schema is a small language of its own: references lead anywhere, also in circles, and combinations multiply. So
//! only the keywords listed here may stand in one; references stay within it; and it is counted how many checks may fall
//! on one value of an answer, at any depth that an answer can have.

use std::collections::HashMap;

use serde_json::{Map, Value};

use super::limits::MAX_DEPTH;

/// Most checks that may fall on one value of an answer.
const MOST_CHECKS: u64 = 256;
/// Longest chain of references and combinations that lead from one to the next at one value.
const LONGEST_CHAIN: usize = 16;
/// Most patterns, and the longest one in bytes.
const MOST_PATTERNS: usize = 50;
const LONGEST_PATTERN: usize = 512;

/// The only dialect.
const DIALECT: &str = "https://json-schema.org/draft/2020-12/schema";

/// What stands under a keyword.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    /// One schema, or several, for the same value.
    Same,
    /// Schemas for the same value, by name or listed.
    SameEach,
    /// A schema for values inside.
    Inside,
    /// Schemas for values inside, of which one value meets one.
    InsideOneOf,
    /// Schemas for values inside, of which one value may meet all; by pattern.
    InsideEach,
    /// Schemas that are only referred to.
    Definitions,
    Reference,
    Pattern,
    Dialect,
    /// No schema.
    Plain,
}

fn part(keyword: &str) -> Option<Part> {
    Some(match keyword {
        "not" | "if" | "then" | "else" => Part::Same,
        "allOf" | "anyOf" | "oneOf" | "dependentSchemas" => Part::SameEach,
        "items" | "contains" | "additionalProperties" | "propertyNames" => Part::Inside,
        "properties" | "prefixItems" => Part::InsideOneOf,
        "patternProperties" => Part::InsideEach,
        "$defs" => Part::Definitions,
        "$ref" => Part::Reference,
        "pattern" => Part::Pattern,
        "$schema" => Part::Dialect,
        "type" | "enum" | "const" | "required" | "dependentRequired" | "minimum" | "maximum" | "exclusiveMinimum"
        | "exclusiveMaximum" | "multipleOf" | "minLength" | "maxLength" | "minItems" | "maxItems" | "uniqueItems"
        | "minContains" | "maxContains" | "minProperties" | "maxProperties" | "format" | "title" | "description"
        | "$comment" | "default" | "example" | "examples" | "deprecated" | "readOnly" | "writeOnly"
        | "contentEncoding" | "contentMediaType" => Part::Plain,
        extension if extension.starts_with("x-") => Part::Plain,
        _ => return None,
    })
}

/// Checks that a schema is one of bounded cost.
///
/// # Errors
/// What is not, and where in the schema, for the contract's author.
pub(super) fn check(schema: &Value) -> Result<(), String> {
    let mut patterns = 0;
    check_keywords(schema, "#", &mut patterns)?;
    let mut counting = Counting { root: schema, known: HashMap::new() };
    // Values that are deeper than an answer can be are never met.
    for depth in 0..=MAX_DEPTH {
        if counting.checks(schema, depth, LONGEST_CHAIN)? > MOST_CHECKS {
            return Err(format!("more than {MOST_CHECKS} checks could fall on one value: combine and refer less"));
        }
    }
    Ok(())
}

fn check_keywords(schema: &Value, at: &str, patterns: &mut usize) -> Result<(), String> {
    let Value::Object(keywords) = schema else {
        return if schema.is_boolean() {
            Ok(())
        } else {
            Err(format!("at {at}: a schema is an object, true or false"))
        };
    };
    for (keyword, value) in keywords {
        let at = format!("{at}/{keyword}");
        let Some(part) = part(keyword) else {
            return Err(format!("at {at}: the keyword is not one of those that are used here"));
        };
        match part {
            Part::Same | Part::Inside => check_keywords(value, &at, patterns)?,
            Part::SameEach | Part::InsideOneOf | Part::InsideEach | Part::Definitions => {
                if part == Part::InsideEach {
                    value
                        .as_object()
                        .into_iter()
                        .flat_map(Map::keys)
                        .try_for_each(|key| pattern(key, &at, patterns))?;
                }
                for (name, inner) in each(value) {
                    check_keywords(inner, &format!("{at}/{name}"), patterns)?;
                }
            }
            Part::Pattern => pattern(value.as_str().unwrap_or_default(), &at, patterns)?,
            Part::Reference if !value.as_str().is_some_and(|text| text.starts_with('#')) => {
                return Err(format!("at {at}: a reference stays within the schema and starts with \"#\""));
            }
            Part::Dialect if value != DIALECT => return Err(format!("at {at}: the dialect is {DIALECT}")),
            Part::Reference | Part::Dialect | Part::Plain => {}
        }
    }
    Ok(())
}

fn pattern(text: &str, at: &str, patterns: &mut usize) -> Result<(), String> {
    *patterns += 1;
    if *patterns > MOST_PATTERNS {
        return Err(format!("more than {MOST_PATTERNS} patterns"));
    }
    let short = text.len() <= LONGEST_PATTERN;
    if short { Ok(()) } else { Err(format!("at {at}: a pattern is longer than {LONGEST_PATTERN} bytes")) }
}

fn each(value: &Value) -> Vec<(String, &Value)> {
    match value {
        Value::Array(items) => items.iter().enumerate().map(|(index, item)| (index.to_string(), item)).collect(),
        Value::Object(entries) => entries.iter().map(|(name, entry)| (name.clone(), entry)).collect(),
        _ => Vec::new(),
    }
}

/// The counting of checks. A schema is known by its address in the document, which does not change meanwhile.
struct Counting<'s> {
    root: &'s Value,
    known: HashMap<(*const Value, usize), (u64, usize)>,
}

impl<'s> Counting<'s> {
    /// How many checks may fall on one value `depth` levels below the one that a schema is for; `chain` is how much
    /// longer a chain at this value may get.
    fn checks(&mut self, schema: &'s Value, depth: usize, chain: usize) -> Result<u64, String> {
        let key = (std::ptr::from_ref(schema), depth);
        // What was counted with less of a chain left is right with more.
        if let Some((checks, at_chain)) = self.known.get(&key)
            && *at_chain <= chain
        {
            return Ok(*checks);
        }
        let Value::Object(keywords) = schema else { return Ok(u64::from(depth == 0)) };
        let mut checks = u64::from(depth == 0);
        for (keyword, value) in keywords {
            let part = part(keyword).unwrap_or(Part::Plain);
            let same: Vec<&'s Value> = match part {
                Part::Same => vec![value],
                Part::SameEach => each(value).into_iter().map(|(_, inner)| inner).collect(),
                Part::Reference => vec![self.target(value)?],
                _ => vec![],
            };
            for inner in same {
                let chain = chain.checked_sub(1).ok_or_else(|| {
                    format!("references and combinations go round in a circle, or more than {LONGEST_CHAIN} in a row")
                })?;
                checks = checks.saturating_add(self.checks(inner, depth, chain)?);
            }
            let Some(above) = depth.checked_sub(1) else { continue };
            let inside: Vec<&'s Value> = match part {
                Part::Inside => vec![value],
                Part::InsideOneOf | Part::InsideEach => each(value).into_iter().map(|(_, inner)| inner).collect(),
                _ => vec![],
            };
            let mut most = 0;
            let mut all: u64 = 0;
            for inner in inside {
                let count = self.checks(inner, above, LONGEST_CHAIN)?;
                most = count.max(most);
                all = all.saturating_add(count);
            }
            checks = checks.saturating_add(if part == Part::InsideOneOf { most } else { all });
        }
        self.known.insert(key, (checks, chain));
        Ok(checks)
    }

    fn target(&self, reference: &Value) -> Result<&'s Value, String> {
        let text = reference.as_str().unwrap_or_default();
        let pointer = text.strip_prefix('#').unwrap_or_default();
        let target = if pointer.contains('%') { None } else { self.root.pointer(pointer) };
        target.filter(|target| target.is_object() || target.is_boolean()).ok_or_else(|| {
            format!("the reference \"{text}\" leads to no schema: write \"#/$defs/name\", without escapes by %")
        })
    }
}
