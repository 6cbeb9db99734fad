//! What an answer says that it is written in.

use std::borrow::Cow;

use http::{HeaderMap, header};

/// Whether it says JSON: `application/json`, or a type that ends in `+json` (RFC 6839).
pub(super) fn is_json(headers: &HeaderMap) -> bool {
    let declared = of(headers);
    let declared = declared.as_ref();
    declared == "application/json" || (declared.starts_with("application/") && declared.ends_with("+json"))
}

/// Whether it says XML: `application/xml`, `text/xml`, or a type that ends in `+xml` as that of SOAP 1.2 does (RFC 7303).
pub(super) fn is_xml(headers: &HeaderMap) -> bool {
    let declared = of(headers);
    let declared = declared.as_ref();
    matches!(declared, "application/xml" | "text/xml")
        // A page is XHTML too, and no answer.
        || (declared.starts_with("application/") && declared.ends_with("+xml") && declared != "application/xhtml+xml")
}

fn of(headers: &HeaderMap) -> Cow<'_, str> {
    let declared = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let declared = declared.split(';').next().unwrap_or_default().trim();
    if declared.bytes().any(|byte| byte.is_ascii_uppercase()) {
        declared.to_ascii_lowercase().into()
    } else {
        declared.into()
    }
}

/// The parameters of a media type, their names in lower case.
pub(super) fn parameters(declared: &str) -> impl Iterator<Item = (String, String)> {
    declared.split(';').skip(1).filter_map(|parameter| {
        let (name, value) = parameter.split_once('=')?;
        Some((name.trim().to_ascii_lowercase(), value.trim().trim_matches('"').to_owned()))
    })
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn says(reading: fn(&HeaderMap) -> bool, content_type: &'static str) -> bool {
        reading(&HeaderMap::from_iter([(header::CONTENT_TYPE, HeaderValue::from_static(content_type))]))
    }

    #[test]
    fn only_what_is_declared_is_read() {
        let json = [
            "application/json",
            "application/json; charset=iso-8859-1",
            "Application/HAL+JSON",
            "application/problem+json",
        ];
        let xml = [
            "application/xml",
            "text/xml; charset=utf-8",
            "Text/XML",
            "application/soap+xml; action=\"a\"",
            "application/x+xml",
        ];
        let neither = [
            "text/html",
            "text/plain",
            "",
            "application/jsonx",
            "text/x+json",
            "application/xhtml+xml",
            "image/svg+xml",
        ];
        for declared in json {
            assert!(says(is_json, declared) && !says(is_xml, declared), "{declared}");
        }
        for declared in xml {
            assert!(says(is_xml, declared) && !says(is_json, declared), "{declared}");
        }
        for declared in neither {
            assert!(!says(is_xml, declared) && !says(is_json, declared), "{declared}");
        }
    }
}
