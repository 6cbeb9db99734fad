//! Answers in the words of the agency's service, in XML. What is not known is left out, or there and nil, as the mood of
//! the system was when each element was added.

use quick_xml::escape::escape;

use super::posts::{Deadline, Licence, Post};
use crate::calendar::Calendar;

/// The namespace of SOAP 1.1.
pub(super) const SOAP: &str = "http://schemas.xmlsoap.org/soap/envelope/";

/// The namespace of the agency's service.
pub(super) const NAMESPACE: &str = "urn:tilladelser.example:oversigt:v1";

/// Where a citizen acts.
const SITE: &str = "https://www.tilladelser.example/selvbetjening";

pub(super) fn overview(number: &str, posts: &[Post], calendar: &Calendar) -> String {
    let posts: String = posts
        .iter()
        .map(|post| match post {
            Post::Deadline(deadline) => self::deadline(deadline, calendar),
            Post::Licence(licence) => self::licence(licence, calendar),
        })
        .collect();
    let head = element("CPRNummer", number) + &element("Opgjort", &calendar.begun_hour());
    envelope(&format!(
        "<ov:HentOversigtSvar xmlns:ov=\"{NAMESPACE}\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">\
         {head}<ov:Poster>{posts}</ov:Poster></ov:HentOversigtSvar>"
    ))
}

pub(super) fn fault(code: &str, text: &str) -> String {
    envelope(&format!(
        "<s:Fault><faultcode>s:{code}</faultcode><faultstring xml:lang=\"en\">{}</faultstring></s:Fault>",
        escape(text)
    ))
}

fn envelope(content: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<s:Envelope xmlns:s=\"{SOAP}\"><s:Header/>\
         <s:Body>{content}</s:Body></s:Envelope>\n"
    )
}

fn deadline(deadline: &Deadline, calendar: &Calendar) -> String {
    post(
        "FRIST",
        &[
            element("Titel", deadline.title),
            deadline.due.map(|day| element("SidsteDag", &calendar.iso(day))).unwrap_or_default(),
            or_nil("Handling", deadline.action),
            or_nil("Konsekvens", deadline.consequence),
            deadline.page.map(|page| element("Selvbetjening", &format!("{SITE}/{page}"))).unwrap_or_default(),
        ],
    )
}

fn licence(licence: &Licence, calendar: &Calendar) -> String {
    post(
        "BEVIS",
        &[
            element("Titel", licence.title),
            licence.number.map(|number| element("Nummer", number)).unwrap_or_default(),
            element("Udsteder", licence.issuer),
            or_nil("Udstedt", licence.issued.map(|day| calendar.iso(day)).as_deref()),
            or_nil("GyldigTil", licence.valid_until.map(|day| calendar.iso(day)).as_deref()),
            licence.categories.map(|categories| element("Kategorier", categories)).unwrap_or_default(),
            element("Tilstand", licence.state),
        ],
    )
}

fn post(kind: &str, elements: &[String]) -> String {
    format!("<ov:Post art=\"{kind}\">{}</ov:Post>", elements.concat())
}

fn element(name: &str, text: &str) -> String {
    format!("<ov:{name}>{}</ov:{name}>", escape(text))
}

fn or_nil(name: &str, text: Option<&str>) -> String {
    text.map_or_else(|| format!("<ov:{name} xsi:nil=\"true\"/>"), |text| element(name, text))
}
