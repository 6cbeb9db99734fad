//! What to do about a text that is not YAML: the slips that authors make, recognised by the lines where the reading stopped.

use super::mistake::Position;

/// The place to look at, which may be before the one where the reading stopped, and what to do there.
pub(super) fn advice(text: &str, stopped: Position, info: &str) -> (Position, Option<String>) {
    if let Some(tab) = tab(text, stopped) {
        return (tab, Some("this line is indented by a tab; indent by spaces".to_owned()));
    }
    if info.contains("quoted scalar") {
        let place = open_quote(text, stopped).unwrap_or(stopped);
        return (place, Some("a quotation mark is not closed".to_owned()));
    }
    if info.contains("recursion") {
        return (stopped, None);
    }
    let hint = if info.contains("mapping values are not allowed") {
        "a text that holds \": \" stands in quotes; and the keys of one mapping all start in the same column"
    } else if info.contains("cannot start any token") {
        "a text that starts with @, `, % or a comma stands in quotes"
    } else if info.contains("flow") || info.contains("bracket") {
        "close what was opened here or in the line before: {…} or […], with one comma between two entries and none at the end"
    } else if info.contains("anchor") {
        "a text that starts with * or & stands in quotes"
    } else {
        "look at the indentation here and in the line before: two spaces for each level, a space after the colon"
    };
    (stopped, Some(hint.to_owned()))
}

/// The nearest line with a tab in its indentation: this one, or one of those beside it.
fn tab(text: &str, stopped: Position) -> Option<Position> {
    let nearby = text.lines().enumerate().skip(stopped.line.saturating_sub(2)).take(3);
    nearby.into_iter().find_map(|(index, line)| {
        let column = line.chars().take_while(|character| character.is_whitespace()).position(|space| space == '\t')?;
        Some(Position { line: index + 1, column: column + 1 })
    })
}

/// The last quotation mark of the nearest line, before the one where the reading stopped, that has an odd number of them.
fn open_quote(text: &str, stopped: Position) -> Option<Position> {
    let before: Vec<&str> = text.lines().take(stopped.line.saturating_sub(1)).collect();
    before.iter().enumerate().rev().find_map(|(index, line)| {
        let odd = |quote: char| line.matches(quote).count() % 2 == 1;
        let quote = ['"', '\''].into_iter().find(|quote| odd(*quote))?;
        let column = line.chars().enumerate().filter(|(_, character)| *character == quote).last()?.0;
        Some(Position { line: index + 1, column: column + 1 })
    })
}
