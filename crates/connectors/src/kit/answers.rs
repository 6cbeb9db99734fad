//! A recorded answer as the value that a contract's paths read, and written again with something changed: one change
//! serves JSON and XML.

use quick_xml::escape::escape;
use serde_json::Value;

use super::{recording::Recorded, stage::Played};
use crate::declared::{Format, XmlShape, read_xml, xml_text};

/// What a contract says that the answers to a request or a look-up are written in.
pub(super) fn format_of(document: &Value, request: &str) -> Format {
    let call = |part: &str| document.pointer(&format!("/spec/{part}/{request}"));
    let declared = call("requests").or_else(|| call("lookups"));
    let text = |key: &str| declared.and_then(|declared| declared.get(key)).and_then(Value::as_str);
    if text("format") != Some("xml") {
        return Format::Json;
    }
    let mut shape = XmlShape::default();
    let repeated = declared.and_then(|declared| declared.pointer("/xml/repeated")).and_then(Value::as_array);
    for (parent, child) in repeated.into_iter().flatten().filter_map(|pair| pair.as_str()?.split_once('/')) {
        shape.declare(parent, child);
    }
    Format::Xml(shape)
}

/// Reads an answer; `None` if it is not what the contract says.
pub(super) fn read(format: &Format, played: &Played) -> Option<Value> {
    match format {
        Format::Json => serde_json::from_slice(&played.body).ok(),
        Format::Xml(shape) => read_xml(&xml_text(content_type(played), &played.body)?, shape).ok(),
    }
}

fn content_type(played: &Played) -> Option<&str> {
    played.headers.iter().find(|(name, _)| name == "content-type").map(|(_, declared)| declared.as_str())
}

/// Reads recorded pages, in their order. Those that cannot be read are left out.
pub(super) fn read_all(format: &Format, pages: &[Recorded]) -> Vec<Value> {
    pages.iter().filter_map(|page| read(format, &page.into())).collect()
}

/// Changes an answer, which is UTF-8 afterwards, whatever it was. Says whether it could be read.
pub(super) fn change(format: &Format, played: &mut Played, edit: impl FnOnce(&mut Value)) -> bool {
    let Some(mut answer) = read(format, played) else { return false };
    edit(&mut answer);
    played.body = match format {
        Format::Json => answer.to_string(),
        Format::Xml(_) => xml(&answer),
    }
    .into_bytes();
    for (_, declared) in played.headers.iter_mut().filter(|(name, _)| name == "content-type") {
        let of_type = declared.split(';').next().unwrap_or_default().trim().to_owned();
        *declared = of_type;
    }
    true
}

/// A document without prefixes and namespaces, which paths do not see, but for the one in which an element says that it
/// has no value.
fn xml(document: &Value) -> String {
    let mut written = String::new();
    for (name, root) in document.as_object().into_iter().flatten() {
        write_element(&mut written, name, root, " xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"");
    }
    written
}

/// Recursion is as deep as answers may be nested, which is what was read.
fn write_element(written: &mut String, name: &str, value: &Value, declarations: &str) {
    match value {
        Value::Null => written.extend(["<", name, declarations, " xsi:nil=\"true\"/>"]),
        Value::Array(list) => list.iter().for_each(|item| write_element(written, name, item, declarations)),
        Value::Object(entries) => {
            written.extend(["<", name, declarations]);
            for (attribute, value) in entries {
                if let (Some(attribute), Some(value)) = (attribute.strip_prefix('@'), value.as_str()) {
                    written.extend([" ", attribute, "=\"", &escape(value), "\""]);
                }
            }
            written.push('>');
            for (child, value) in entries.iter().filter(|(name, _)| !name.starts_with('@')) {
                if child == "#text" {
                    written.push_str(&escape(value.as_str().unwrap_or_default()));
                } else {
                    write_element(written, child, value, "");
                }
            }
            written.extend(["</", name, ">"]);
        }
        Value::String(text) => written.extend(["<", name, declarations, ">", &escape(text), "</", name, ">"]),
        Value::Bool(_) | Value::Number(_) => {
            written.extend(["<", name, declarations, ">", &value.to_string(), "</", name, ">"]);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_written_is_read_as_the_same() {
        let document = json!({ "spec": { "requests": {
            "x": { "format": "xml", "xml": { "repeated": ["Poster/Post"] } }, "j": {},
        } } });
        let xml = format_of(&document, "x");
        let text = "<s:Svar xmlns:s='u' xmlns:i='http://www.w3.org/2001/XMLSchema-instance'><s:Navn sprog='d&quot;a'>\
                    Æ &lt;ø&gt; &amp; å</s:Navn><s:Tom i:nil='true'/><s:Poster><s:Post art='FRIST'><s:Titel>a</s:Titel>\
                    </s:Post><s:Post/></s:Poster></s:Svar>";
        let played = |content_type: &str, body: &[u8]| Played {
            status: 200,
            headers: vec![("content-type".to_owned(), content_type.to_owned())],
            body: body.to_vec(),
            manner: crate::kit::stage::Manner::AtOnce,
        };
        let value = read(&xml, &played("text/xml", text.as_bytes())).expect("XML");
        let western: Vec<u8> = text.chars().map(|character| u8::try_from(character).expect("ISO-8859-1")).collect();
        let mut body = played("text/xml; charset=iso-8859-1", &western);
        assert_eq!(read(&xml, &body), Some(value.clone()), "in the character set that is declared");
        assert!(change(&xml, &mut body, |_| {}));
        assert_eq!(read(&xml, &body), Some(value), "{body:?}");
        assert!(change(&xml, &mut body, |answer| {
            if let Some(list) = answer.pointer_mut("/Svar/Poster/Post") {
                *list = json!([]);
            }
        }));
        assert_eq!(read(&xml, &body).and_then(|value| value.pointer("/Svar/Poster/Post").cloned()), Some(json!([])));
        assert!(!change(&xml, &mut played("text/xml", b"{}"), |_| {}));
        assert_eq!(read(&format_of(&document, "j"), &played("", b"{\"a\":1}")), Some(json!({ "a": 1 })));
    }
}
