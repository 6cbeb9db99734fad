//! From an XML answer's bytes to its text.
//!
//! Danish systems still answer in ISO-8859-1 and Windows-1252. The two are read alike, as Windows-1252: it differs
//! only where ISO-8859-1 has control characters, which no text of a source means.

use std::borrow::Cow;

use http::{HeaderMap, header};

use super::media_type::parameters;
use crate::error::ConnectorError;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Longest XML declaration in bytes. A longer one is no mistake, it names nothing.
const LONGEST_DECLARATION: usize = 256;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Charset {
    Utf8,
    Western,
}

/// Reads the text in the character set that the answer declares: by a byte order mark, by its header, or by its XML
/// declaration; UTF-8 if by none.
///
/// # Errors
/// [`ConnectorError::Malformed`] if two of them contradict each other (a name would then be shown wrongly, and nobody
/// would know), for another character set, and for bytes that are none of its characters.
pub(super) fn text<'b>(headers: &HeaderMap, body: &'b [u8]) -> Result<Cow<'b, str>, ConnectorError> {
    let (marked, body) = match body.strip_prefix(BYTE_ORDER_MARK) {
        Some(rest) => (Some(Charset::Utf8), rest),
        None => (None, body),
    };
    let mut declared = marked;
    for label in [of_header(headers)?, of_declaration(body)?].into_iter().flatten() {
        let charset = named(&label)?;
        if declared.is_some_and(|known| known != charset) {
            return Err(ConnectorError::Malformed);
        }
        declared = Some(charset);
    }
    match declared.unwrap_or(Charset::Utf8) {
        Charset::Utf8 => std::str::from_utf8(body).map(Cow::Borrowed).map_err(|_| ConnectorError::Malformed),
        Charset::Western => Ok(encoding_rs::WINDOWS_1252.decode_without_bom_handling(body).0),
    }
}

/// Why a text cannot be read, and what to do: for whoever tries a contract.
pub(super) fn mistake(headers: &HeaderMap, body: &[u8]) -> String {
    let rest = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let (Ok(of_header), Ok(of_declaration)) = (of_header(headers), of_declaration(rest)) else {
        return "an XML declaration or a content type that names no character set as it should".to_owned();
    };
    let labels: Vec<_> = of_header.into_iter().chain(of_declaration).collect();
    if let Some(unknown) = labels.iter().find(|label| named(label).is_err()) {
        return format!("the character set {unknown}; UTF-8, ISO-8859-1 and Windows-1252 are read");
    }
    match std::str::from_utf8(rest) {
        Err(error) if labels.is_empty() => {
            let at = error.valid_up_to();
            let ways = "in the XML declaration (encoding=\"ISO-8859-1\") or in the content type (text/xml; charset=ISO-8859-1)";
            format!("bytes that are not UTF-8, the first at {at}, and no character set named: name it {ways}")
        }
        _ => format!(
            "bytes that are not as declared ({}), or two declarations that contradict each other",
            labels.join(", ")
        ),
    }
}

fn named(label: &str) -> Result<Charset, ConnectorError> {
    match label.to_ascii_lowercase().as_str() {
        // ASCII is a part of UTF-8; bytes beyond it then are an error, which UTF-8 almost always makes of them too.
        "utf-8" | "utf8" | "us-ascii" => Ok(Charset::Utf8),
        "iso-8859-1" | "windows-1252" => Ok(Charset::Western),
        _ => Err(ConnectorError::Malformed),
    }
}

fn of_header(headers: &HeaderMap) -> Result<Option<String>, ConnectorError> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut labels = parameters(declared).filter(|(name, _)| name == "charset").map(|(_, value)| value);
    match (labels.next(), labels.next()) {
        (label, None) => Ok(label),
        (_, Some(_)) => Err(ConnectorError::Malformed),
    }
}

/// What `<?xml version="1.0" encoding="..."?>` says. The declaration itself is ASCII in all character sets read here.
fn of_declaration(body: &[u8]) -> Result<Option<String>, ConnectorError> {
    if !body.strip_prefix(b"<?xml").is_some_and(|rest| rest.first().is_some_and(u8::is_ascii_whitespace)) {
        return Ok(None);
    }
    let start = body.get(..LONGEST_DECLARATION).unwrap_or(body);
    let end = start.windows(2).position(|pair| pair == b"?>").ok_or(ConnectorError::Malformed)?;
    let declaration = start.get(..end).and_then(|start| std::str::from_utf8(start).ok());
    let declaration = declaration.filter(|text| text.is_ascii()).ok_or(ConnectorError::Malformed)?;
    let Some((_, after)) = declaration.split_once("encoding") else { return Ok(None) };
    let value = after.trim_start().strip_prefix('=').map(str::trim_start).ok_or(ConnectorError::Malformed)?;
    let quote = value.chars().next().filter(|quote| matches!(quote, '"' | '\'')).ok_or(ConnectorError::Malformed)?;
    let label = value.get(1..).and_then(|value| value.split_once(quote)).ok_or(ConnectorError::Malformed)?;
    Ok(Some(label.0.to_owned()))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const LATIN: &[u8] = b"<a>\xd8l \x80</a>";

    fn read(content_type: &'static str, body: &[u8]) -> Result<String, ConnectorError> {
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]);
        text(&headers, body).map(Cow::into_owned)
    }

    fn declared(encoding: &str, rest: &[u8]) -> Vec<u8> {
        [format!("<?xml version='1.0' encoding=\"{encoding}\" ?>").as_bytes(), rest].concat()
    }

    #[test]
    fn danish_letters_are_read_in_the_declared_character_set() {
        let whole = Ok("<a>Øl €</a>".to_owned());
        assert_eq!(read("text/xml", "<a>Øl €</a>".as_bytes()), whole);
        assert_eq!(read("text/xml", "\u{feff}<a>Øl €</a>".as_bytes()), whole);
        assert_eq!(read("text/xml; charset=\"UTF-8\"", "\u{feff}<a>Øl €</a>".as_bytes()), whole);
        assert_eq!(read("text/xml; charset=ISO-8859-1", LATIN), whole);
        assert_eq!(read("application/xml;CharSet=windows-1252", LATIN), whole);
        let by_declaration = read("text/xml", &declared("iso-8859-1", LATIN)).expect("a text");
        assert!(by_declaration.ends_with("?><a>Øl €</a>"), "{by_declaration}");
        let by_both = read("text/xml; charset=iso-8859-1", &declared("Windows-1252", LATIN)).expect("a text");
        assert!(by_both.ends_with("?><a>Øl €</a>"), "{by_both}");
    }

    #[test]
    fn a_character_set_in_doubt_is_malformed() {
        let malformed = Err(ConnectorError::Malformed);
        assert_eq!(read("text/xml", LATIN), malformed, "not UTF-8");
        assert_eq!(read("text/xml; charset=utf-8", LATIN), malformed);
        assert_eq!(read("text/xml; charset=utf-8", &declared("iso-8859-1", b"<a/>")), malformed, "a contradiction");
        assert_eq!(read("text/xml; charset=iso-8859-1", &declared("utf-8", b"<a/>")), malformed);
        assert_eq!(read("text/xml; charset=iso-8859-1", "\u{feff}<a/>".as_bytes()), malformed);
        assert_eq!(read("text/xml; charset=utf-8", b"<?xml\tversion='1.0' encoding='iso-8859-1'?><a/>"), malformed);
        assert_eq!(read("text/xml; charset=utf-16", b"<a/>"), malformed);
        assert_eq!(read("text/xml; charset=utf-8; charset=iso-8859-1", b"<a/>"), malformed);
        assert_eq!(read("text/xml", &declared("EBCDIC-CP-DK", b"<a/>")), malformed);
        assert_eq!(read("text/xml", b"<?xml version='1.0' encoding=utf-8?><a/>"), malformed);
        assert_eq!(read("text/xml", b"\xff\xfe<\0a\0/\0>\0"), malformed, "UTF-16");
    }
}
