//! Reading a request: an envelope of SOAP 1.1 with the operation and the citizen's number in it.

use quick_xml::{
    NsReader,
    events::Event,
    name::{LocalName, ResolveResult},
};

use super::answers::{NAMESPACE, SOAP};

/// The elements from the envelope to the number, each with its namespace.
const WAY: [(&str, &str); 4] =
    [(SOAP, "Envelope"), (SOAP, "Body"), (NAMESPACE, "HentOversigt"), (NAMESPACE, "CPRNummer")];

/// The number in a request; `None` for what is no such request. Prefixes are the caller's own affair.
pub(super) fn number(body: &[u8]) -> Option<String> {
    let mut reader = NsReader::from_str(std::str::from_utf8(body).ok()?);
    reader.config_mut().trim_text(true);
    let mut open = 0;
    // How many of the open elements are on the way.
    let mut on_way = 0;
    let mut number = None;
    loop {
        let (namespace, event) = reader.read_resolved_event().ok()?;
        match event {
            Event::Start(start) => {
                let on = open == on_way && WAY.get(on_way).is_some_and(|step| is(step, &namespace, start.local_name()));
                on_way += usize::from(on);
                open += 1;
            }
            Event::End(_) => {
                open -= 1;
                on_way = on_way.min(open);
            }
            Event::Text(text) if on_way == WAY.len() && open == WAY.len() => {
                number = Some(text.xml10_content().into_owned());
            }
            Event::DocType(_) => return None,
            Event::Eof => return number.filter(|_| open == 0),
            _ => {}
        }
    }
}

fn is((namespace, name): &(&str, &str), found: &ResolveResult<'_>, local: LocalName<'_>) -> bool {
    matches!(found, ResolveResult::Bound(bound) if bound.as_ref() == *namespace) && local.as_ref() == *name
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(prefix: &str, operation: &str) -> String {
        let colon = if prefix.is_empty() { "" } else { ":" };
        let declared = if prefix.is_empty() { "xmlns".to_owned() } else { format!("xmlns:{prefix}") };
        format!(
            "<?xml version=\"1.0\"?>\n<soap:Envelope xmlns:soap=\"{SOAP}\">\n<soap:Header/>\n<soap:Body>\
             <{prefix}{colon}{operation} {declared}=\"{NAMESPACE}\"><{prefix}{colon}CPRNummer> 6101010001 \
             </{prefix}{colon}CPRNummer></{prefix}{colon}{operation}></soap:Body></soap:Envelope>"
        )
    }

    #[test]
    fn the_number_is_found_whatever_the_prefixes() {
        for prefix in ["", "ov", "x"] {
            let request = request(prefix, "HentOversigt");
            assert_eq!(number(request.as_bytes()).as_deref().map(str::trim), Some("6101010001"), "{request}");
        }
    }

    #[test]
    fn what_is_no_such_request_has_none() {
        let good = request("ov", "HentOversigt");
        for wrong in [
            request("ov", "HentAlt"),
            good.replace(NAMESPACE, "urn:another"),
            good.replace(SOAP, "urn:another"),
            good.replace("</soap:Envelope>", ""),
            good.replace("<?xml version=\"1.0\"?>", "<!DOCTYPE x [<!ENTITY y \"z\">]>"),
            String::new(),
        ] {
            assert_eq!(number(wrong.as_bytes()), None, "{wrong}");
        }
    }
}
