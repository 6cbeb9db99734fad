//! What to do about a text that is not YAML: the slips that authors make, recognised by the line where the reading stopped.

use super::mistake::Position;

/// The place to look at, which may be before the one where the reading stopped, and what to do there.
pub(super) fn advice(text: &str, stopped: Position, info: &str) -> (Position, Option<String>) {
    let lines: Vec<&str> = text.lines().take(stopped.line).collect();
    let tab = lines.iter().enumerate().rev().take(2).find_map(|(index, line)| {
        let column = line.chars().take_while(|character| character.is_whitespace()).position(|space| space == '\t')?;
        Some(Position { line: index + 1, column: column + 1 })
    });
    if let Some(tab) = tab {
        return (tab, Some("this line is indented by a tab; indent by spaces".to_owned()));
    }
    let line = lines.last().copied().unwrap_or_default();
    let hint = if info.contains("mapping values are not allowed") || line.matches(": ").count() > 1 {
        "a text that holds \": \" stands in quotes; and the keys of one mapping all start in the same column"
    } else if info.contains("cannot start any token") {
        "a text that starts with @, `, % or a comma stands in quotes"
    } else if info.contains("quoted scalar") {
        "a quotation mark is not closed, or not the same at both ends"
    } else if info.contains("flow") {
        "close what was opened: {…} with commas between its entries, […] likewise"
    } else if info.contains("anchor") {
        "a text that starts with * or & stands in quotes"
    } else if info.contains("recursion") {
        return (stopped, None);
    } else {
        "look at the indentation here and in the line before: two spaces for each level, a space after the colon"
    };
    (stopped, Some(hint.to_owned()))
}
