//! Why an answer cannot be read: in words, for whoever tries a contract. It is read once more for them.

use super::{AnswerReading, Format, charset, compression, json, media_type, soap, xml};
use crate::upstream::Answer;

impl AnswerReading {
    /// What is wrong with an answer that could not be read. Nothing of what stands in it.
    pub(in crate::declared) fn mistake(&self, answer: &Answer) -> String {
        let declared = match self.format {
            Format::Json => media_type::is_json(&answer.headers),
            Format::Xml(_) => media_type::is_xml(&answer.headers),
        };
        if !declared {
            return self.of_another_type(answer);
        }
        let Ok(body) = compression::plain_body(&answer.headers, &answer.body, self.body_limit) else {
            return "a body that cannot be unpacked, or is larger than bodyKib".to_owned();
        };
        let Format::Xml(shape) = &self.format else {
            return if body.is_empty() { "an empty body".to_owned() } else { json::mistake(&body) };
        };
        let Ok(text) = charset::text(&answer.headers, &body) else {
            return charset::mistake(&answer.headers, &body);
        };
        if let Some(codes) = soap::codes(&text) {
            return format!("a SOAP fault ({})", codes.join(", "));
        }
        xml::reading(&text, shape).err().map_or_else(|| "a SOAP fault".to_owned(), |no_reading| no_reading.why)
    }

    /// What to do about a content type that is not the one expected.
    fn of_another_type(&self, answer: &Answer) -> String {
        let named = answer.headers.get(http::header::CONTENT_TYPE);
        let named = named.map(|named| format!("the content type {}", named.to_str().unwrap_or("(unreadable)")));
        let named = named.unwrap_or_else(|| "no content type".to_owned());
        let begins = answer.body.trim_ascii_start().first();
        match (&self.format, begins) {
            (_, None) => format!("{named}, and no body"),
            (Format::Json, Some(b'<')) if media_type::is_xml(&answer.headers) => {
                format!("{named}: this is XML; add \"format: xml\" beside the path")
            }
            (Format::Json, Some(b'<')) => format!("{named}: this looks like a page, or like XML under another name"),
            (Format::Xml(_), Some(b'{' | b'[')) => format!("{named}: this looks like JSON; leave \"format: xml\" out"),
            (Format::Json, _) => format!("{named}: JSON is sent as application/json"),
            (Format::Xml(_), _) => format!("{named}: XML is sent as application/xml or text/xml"),
        }
    }
}
