//! What a SOAP fault means. It is never data, and nothing of its text is kept: sources quote requests in it.

use crate::{
    declared::xml_events::{XmlEvent, XmlEvents},
    error::ConnectorError,
};

/// The fault codes of WS-Security 1.1.1 (OASIS 2012, chapter 12).
const SECURITY_CODES: [&str; 8] = [
    "UnsupportedSecurityToken",
    "UnsupportedAlgorithm",
    "InvalidSecurity",
    "InvalidSecurityToken",
    "FailedAuthentication",
    "FailedCheck",
    "SecurityTokenUnavailable",
    "MessageExpired",
];
/// The codes of SOAP 1.1 and 1.2, and of WS-Addressing, that say that the request was wrong: asking again cannot help.
const REQUEST_CODES: [&str; 6] =
    ["Client", "Sender", "VersionMismatch", "MustUnderstand", "DataEncodingUnknown", "ActionNotSupported"];

/// Where a fault stands.
const FAULT: [&str; 3] = ["Envelope", "Body", "Fault"];

/// The error that a SOAP fault stands for, if a document is one, of SOAP 1.1 or 1.2. `status` is the answer's own.
///
/// It is recognised by its names alone: what calls itself `Envelope/Body/Fault` in any namespace is never shown. It is
/// read from the events and not from the value, for a fault may repeat elements (a reason in each language) that no
/// contract declares.
pub(super) fn fault(text: &str, status: u16) -> Option<ConnectorError> {
    if !text.contains("Fault") {
        return None;
    }
    let codes = codes(text)?;
    let any_of = |known: &[&str]| codes.iter().any(|code| known.contains(&code.as_str()));
    Some(if any_of(&SECURITY_CODES) {
        ConnectorError::CredentialsRefused(status)
    } else if any_of(&REQUEST_CODES) {
        ConnectorError::ContractBroken
    } else {
        ConnectorError::Status(500)
    })
}

/// The local names of a fault's code and subcodes; `None` if the document is no fault, or not XML.
pub(super) fn codes(text: &str) -> Option<Vec<String>> {
    let mut events = XmlEvents::new(text);
    let mut path: Vec<String> = Vec::new();
    let mut code = String::new();
    let mut codes = Vec::new();
    let mut is_fault = false;
    while let Some(event) = events.next().ok()? {
        match event {
            XmlEvent::Start(element) => {
                path.push(element.name.local);
                is_fault |= path == FAULT;
                code.clear();
            }
            XmlEvent::Text(text) if is_code(&path) => code.push_str(&text),
            XmlEvent::Verbatim(text) if is_code(&path) => code.push_str(text),
            XmlEvent::Text(_) | XmlEvent::Verbatim(_) | XmlEvent::Comment => {}
            XmlEvent::End => {
                if is_code(&path) {
                    let local = code.rsplit(':').next().unwrap_or_default();
                    // In SOAP 1.1 a dot leads to what is more special (`Client.Authentication`).
                    codes.extend(local.split('.').map(|part| part.trim().to_owned()));
                }
                path.pop();
            }
        }
    }
    is_fault.then_some(codes)
}

/// `faultcode` of SOAP 1.1, or the `Value` of a `Code` or of one of its `Subcode`s of SOAP 1.2.
fn is_code(path: &[String]) -> bool {
    let Some((fault, inner)) = path.split_at_checked(FAULT.len()) else { return false };
    let inner: Vec<&str> = inner.iter().map(String::as_str).collect();
    fault == FAULT
        && match inner.as_slice() {
            ["faultcode"] => true,
            ["Code", subcodes @ .., "Value"] => subcodes.iter().all(|name| *name == "Subcode"),
            _ => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use ConnectorError::{ContractBroken, CredentialsRefused, Status};

    const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
    const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";

    fn read(namespace: &str, inner: &str) -> Option<ConnectorError> {
        let text =
            format!("<s:Envelope xmlns:s='{namespace}'><s:Body><s:Fault>{inner}</s:Fault></s:Body></s:Envelope>");
        fault(&text, 500)
    }

    #[test]
    fn the_code_of_a_fault_says_who_must_act() {
        for (code, expected) in [
            ("soapenv:Server", Status(500)),
            ("soapenv:Client", ContractBroken),
            ("Client.Validation", ContractBroken),
            ("s:VersionMismatch", ContractBroken),
            ("wsse:FailedAuthentication", CredentialsRefused(500)),
            (" wsse:InvalidSecurity\n", CredentialsRefused(500)),
            ("<![CDATA[InvalidSecurityToken]]>", CredentialsRefused(500)),
            ("Client.FailedAuthentication", CredentialsRefused(500)),
            ("something", Status(500)),
            ("", Status(500)),
        ] {
            let eleven = format!("<faultcode x='y'>{code}</faultcode><faultstring>6101010001 Client</faultstring>");
            assert_eq!(read(SOAP_11, &eleven), Some(expected), "{code}");
            let twelve = format!("<s:Code><s:Value>{code}</s:Value></s:Code>");
            assert_eq!(read(SOAP_12, &twelve), Some(expected), "{code}");
            let reason = "<s:Reason><s:Text>Fejl</s:Text><s:Text>Sender</s:Text></s:Reason>";
            let sub = format!(
                "<s:Code><s:Value>s:Receiver</s:Value><s:Subcode><s:Value>x</s:Value><s:Subcode><s:Value>{code}</s:Value></s:Subcode></s:Subcode></s:Code>{reason}"
            );
            assert_eq!(read(SOAP_12, &sub), Some(expected), "{code}");
        }
        let sender = "<s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>w:FailedAuthentication</s:Value></s:Subcode></s:Code>";
        assert_eq!(read(SOAP_12, sender), Some(CredentialsRefused(500)));
    }

    #[test]
    fn a_fault_without_a_code_is_a_fault_and_an_answer_is_none() {
        assert_eq!(read(SOAP_11, ""), Some(Status(500)));
        assert_eq!(read("urn:another", "<detail><Client/></detail>"), Some(Status(500)));
        for answer in [
            "<Envelope><Body><svar><Fault/></svar></Body></Envelope>",
            "<Envelope><Header><Fault/></Header><Body/></Envelope>",
            "<Fault/>",
            "<Envelope><Body><Fault></Body></Envelope>",
            "Fault",
            "",
        ] {
            assert_eq!(fault(answer, 200), None, "{answer}");
        }
    }
}
