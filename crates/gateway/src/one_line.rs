//! A log line stays one line, whatever is in its fields (requirement R63).
//!
//! The library escapes what a terminal would obey, in the text format only, and lets line breaks through in values that
//! are displayed; JSON leaves the upper control characters as they are. Both pass here before they are written.

use std::io::{self, Write};

/// Writes each log line with every control character in it escaped, as JSON writes them; the line's own end stays.
#[derive(Debug)]
pub(crate) struct OneLine<W>(pub(crate) W);

impl<W: Write> Write for OneLine<W> {
    /// The library writes one whole line at a time.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if is_plain(bytes) {
            self.0.write_all(bytes)?;
        } else {
            self.0.write_all(escaped(&String::from_utf8_lossy(bytes)).as_bytes())?;
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush()
    }
}

/// A text for a terminal in its lines, with every other control character escaped, as JSON writes them: whoever wrote it may
/// be a stranger.
pub(crate) fn in_lines(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if moves_text(character) && !matches!(character, '\n' | '\t') {
            safe.push_str(&escape(character));
        } else {
            safe.push(character);
        }
    }
    safe
}

/// Whether nothing in a line can need an escape, as in nearly all of them: printed ASCII, and the line's own end.
fn is_plain(line: &[u8]) -> bool {
    line.strip_suffix(b"\n").unwrap_or(line).iter().all(|byte| matches!(byte, b' '..=b'~'))
}

fn escape(character: char) -> String {
    format!("\\u{:04x}", u32::from(character))
}

fn escaped(line: &str) -> String {
    let (line, end) = line.strip_suffix('\n').map_or((line, ""), |line| (line, "\n"));
    let mut safe = String::with_capacity(line.len() + 1);
    let mut rest = line.chars();
    while let Some(character) = rest.next() {
        if let Some((colour, after)) = (character == '\u{1b}').then(|| colour(rest.as_str())).flatten() {
            safe.extend(["\u{1b}", colour]);
            rest = after.chars();
        } else if moves_text(character) {
            safe.push_str(&escape(character));
        } else {
            safe.push(character);
        }
    }
    safe + end
}

/// Characters that end a line, control a terminal, or turn the direction of what follows.
fn moves_text(character: char) -> bool {
    character.is_control() || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What follows an escape character, if it only chooses a colour, as the library does on a terminal.
fn colour(text: &str) -> Option<(&str, &str)> {
    let (sequence, _) = text.split_once('m')?;
    let digits = sequence.strip_prefix('[')?;
    let only_digits = digits.len() <= 12 && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b';');
    only_digits.then(|| text.split_at_checked(sequence.len() + 1)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn r63_a_text_for_a_terminal_keeps_its_lines_and_commands_nothing() {
        assert_eq!(in_lines("a\tæ\n\u{1b}[2Jb\r\u{9b}1m\u{202e}"), "a\tæ\n\\u001b[2Jb\\u000d\\u009b1m\\u202e");
        let json = in_lines(&serde_json::json!({ "a": "\u{9b}\u{1b}" }).to_string());
        let read: serde_json::Value = serde_json::from_str(&json).expect("still JSON");
        assert_eq!(read["a"], "\u{9b}\u{1b}");
    }

    #[test]
    fn r63_a_line_keeps_its_end_and_nothing_else_that_moves_text() {
        assert_eq!(escaped("a\nb\r\n"), "a\\u000ab\\u000d\n");
        assert_eq!(
            escaped("\0\t\u{7f}\u{85}\u{9b}2J\u{2028}\u{202e}\n\n"),
            "\\u0000\\u0009\\u007f\\u0085\\u009b2J\\u2028\\u202e\\u000a\n"
        );
        assert_eq!(escaped("æøå – 東京"), "æøå – 東京");
    }

    #[test]
    fn r63_what_is_written_is_escaped_wherever_in_the_line_it_needs_it() {
        let written = |line: &str| {
            let mut out = OneLine(Vec::new());
            out.write_all(line.as_bytes()).expect("written");
            String::from_utf8(out.0).expect("text")
        };
        for character in '\0'..='\u{ff}' {
            for line in [format!("{character}b\n"), format!("a{character}b\n"), format!("ab{character}\n")] {
                assert_eq!(written(&line), escaped(&line), "{line:?}");
            }
        }
        assert_eq!(written("ab"), "ab");
    }

    #[test]
    fn r63_of_a_terminal_s_commands_only_colours_pass() {
        assert_eq!(escaped("\u{1b}[2m\u{1b}[38;5;1mx\u{1b}[0m\n"), "\u{1b}[2m\u{1b}[38;5;1mx\u{1b}[0m\n");
        for command in ["\u{1b}[2J", "\u{1b}]0;title\u{7}", "\u{1b}c", "\u{1b}", "\u{1b}[31", "\u{1b}[?25lm"] {
            assert!(!escaped(command).contains('\u{1b}'), "{command:?}");
        }
    }
}
