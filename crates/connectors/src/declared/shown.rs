//! A source's text as a citizen may see it.

/// Longest text shown, in characters.
const MAX_TEXT: usize = 500;
/// How much of a masked text is shown, from its end.
const UNMASKED: usize = 4;
/// What stands for the rest of it; always the same, so that it tells nothing about the length.
const MASK: &str = "••••";

/// On one line, without what could change how its surroundings are displayed, and of bounded length.
pub(crate) fn shown_text(text: &str) -> String {
    let text = text.trim();
    if is_plain(text) {
        return text.to_owned();
    }
    let visible: String = text
        .chars()
        .filter(|character| !changes_direction(*character))
        .map(|character| if character.is_control() { ' ' } else { character })
        .collect();
    let words = visible.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(MAX_TEXT) {
        None => words,
        Some(_) => words.chars().take(MAX_TEXT - 1).chain(['…']).collect(),
    }
}

/// The first character of a contract's own text that no page shows, or that changes how the others are shown. Blanks and
/// line breaks around a text are layout of its file.
#[must_use]
pub fn unshown(text: &str) -> Option<char> {
    text.trim().chars().find(|character| character.is_control() || changes_direction(*character))
}

/// The last characters of a number that is known to whom it belongs, and is nobody else's business: enough to
/// recognise it. A text that is no longer than what would be shown is not shown at all.
pub(super) fn masked_text(text: &str) -> String {
    let text = shown_text(text);
    let hidden = text.chars().count().saturating_sub(UNMASKED);
    let end: String = if hidden == 0 { String::new() } else { text.chars().skip(hidden).collect() };
    format!("{MASK}{end}")
}

/// Whether a text can be shown as it stands, which nearly all can.
fn is_plain(text: &str) -> bool {
    // No more bytes than the limit are no more characters either. Latin letters, accented ones too, and all that ASCII
    // shows are known by their bytes: those that begin U+00C0 to U+05FF are 0xC3 to 0xD7.
    let is_surely_shown = |byte: u8| matches!(byte, b' '..=b'~' | 0x80..=0xbf | 0xc3..=0xd7);
    if text.len() <= MAX_TEXT && text.bytes().all(is_surely_shown) {
        return !text.contains("  ");
    }
    let mut previous = ' ';
    text.len() <= MAX_TEXT
        && text.chars().all(|character| {
            let doubled = character == ' ' && previous == ' ';
            previous = character;
            let blank = character != ' ' && character.is_whitespace();
            !doubled && !blank && !character.is_control() && !changes_direction(character)
        })
}

/// The bidirectional controls of Unicode; one of them can make `fdp.exe` read `exe.pdf`.
fn changes_direction(character: char) -> bool {
    matches!(character, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_kept_danish_and_made_harmless() {
        for (text, shown) in [
            ("  Smørrebrød på Ærø ", "Smørrebrød på Ærø"),
            ("to  ord", "to ord"),
            ("et\u{a0}ord", "et ord"),
            ("linje 1\r\nlinje\t2\u{0}", "linje 1 linje 2"),
            ("regning\u{202e}fdp.exe", "regningfdp.exe"),
            ("\u{202e}", ""),
            (" ", ""),
        ] {
            assert_eq!(shown_text(text), shown, "{text:?}");
        }
        assert_eq!(shown_text(&"ø".repeat(500)), "ø".repeat(500));
        assert_eq!(shown_text(&"ø".repeat(501)), format!("{}…", "ø".repeat(499)));
        assert_eq!(shown_text(&"o".repeat(501)), format!("{}…", "o".repeat(499)));
    }

    #[test]
    fn what_is_plain_is_the_same_by_its_bytes_and_by_its_characters() {
        for character in '\u{0}'..='\u{ffff}' {
            let blank = character != ' ' && character.is_whitespace();
            let plain = !blank && !character.is_control() && !changes_direction(character);
            assert_eq!(is_plain(&format!("a{character}b")), plain, "{character:?}");
        }
    }

    #[test]
    fn what_is_not_shown_is_found_in_a_text() {
        assert_eq!(unshown("\n Smørrebrød på Ærø – 1½\u{a0}kg\n"), None);
        for character in ['\n', '\t', '\u{0}', '\u{7f}', '\u{85}', '\u{202e}', '\u{200f}', '\u{2066}'] {
            assert_eq!(unshown(&format!("a{character}b")), Some(character), "{character:?}");
        }
    }

    #[test]
    fn of_a_masked_text_the_last_four_characters_are_shown_if_there_are_more() {
        for (text, shown) in [
            ("1234 0001234567", "••••4567"),
            (" 12345 ", "••••2345"),
            ("1234", "••••"),
            ("1", "••••"),
            ("øæåøæ", "••••æåøæ"),
        ] {
            assert_eq!(masked_text(text), shown, "{text:?}");
        }
    }
}
