//! The body of a request in XML: the contract's text with places in it.
//!
//! A place stands in the text of an element or in the value of an attribute and is filled with escaped text, so that
//! whatever fills it stays text. That the rest is XML is checked when the contract is loaded, not when somebody waits.

use quick_xml::escape::escape;

use super::{
    place::{Fillings, Place},
    xml_events::{NotXml, XmlEvent, XmlEvents, is_xml},
};
use crate::error::ConnectorError;

/// The namespaces of SOAP envelopes.
const SOAP_11: &str = "http://schemas.xmlsoap.org/soap/envelope/";
const SOAP_12: &str = "http://www.w3.org/2003/05/soap-envelope";

/// A checked template.
#[derive(Debug)]
pub(crate) struct XmlTemplate {
    pieces: Vec<Piece>,
    soap: Option<SoapVersion>,
}

/// The version of SOAP whose envelope a template is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SoapVersion {
    V11,
    V12,
}

#[derive(Debug)]
enum Piece {
    Fixed(String),
    Place(Place),
    /// An element that is written once for each key of a lookup: its start tag and its end tag.
    EachKey {
        start: String,
        end: String,
    },
}

/// Why a text is no template, and where in it.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TemplateMistake {
    /// Line and column, from 1.
    pub(crate) line: usize,
    pub(crate) column: usize,
    pub(crate) message: String,
    /// A text in braces that is no place.
    pub(crate) unknown_place: Option<String>,
}

impl XmlTemplate {
    /// Reads a template.
    ///
    /// # Errors
    /// [`TemplateMistake`]: not well-formed XML, a document type definition, a brace where no place can stand, or that
    /// belongs to none.
    pub(crate) fn parse(text: &str) -> Result<Self, TemplateMistake> {
        let mut parsing = Parsing { text, pieces: Vec::new(), taken: 0, tag: 0..0 };
        let declaration = text.split_once("?>").map(|(declaration, _)| declaration.to_ascii_lowercase());
        if declaration.is_some_and(|text| text.contains("encoding") && !text.contains("utf-8")) {
            return Err(parsing.mistake(0, "it is sent in UTF-8, whatever it declares"));
        }
        let mut events = XmlEvents::new(text);
        let mut soap = None;
        let mut is_root = true;
        while let Some(event) = events.next().map_err(|not_xml| parsing.not_xml(not_xml))? {
            let range = events.range();
            match event {
                XmlEvent::Start(element) => {
                    if std::mem::take(&mut is_root) && element.name.local == "Envelope" {
                        soap = match element.name.namespace.as_deref() {
                            Some(SOAP_11) => Some(SoapVersion::V11),
                            Some(SOAP_12) => Some(SoapVersion::V12),
                            _ => None,
                        };
                    }
                    parsing.take_tag(range)?;
                }
                XmlEvent::Text(_) => parsing.take_text(range)?,
                XmlEvent::Verbatim(_) | XmlEvent::Comment => parsing.refuse_braces(range)?,
                XmlEvent::End => {}
            }
        }
        parsing.take_fixed(text.len());
        Ok(Self { pieces: parsing.pieces, soap })
    }

    /// The version of SOAP whose envelope it is.
    pub(crate) fn soap(&self) -> Option<SoapVersion> {
        self.soap
    }

    /// The places in it, with the keys of a lookup among them.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Fixed(_) => None,
            Piece::Place(place) => Some(*place),
            Piece::EachKey { .. } => Some(Place::Keys),
        })
    }

    /// The body.
    ///
    /// # Errors
    /// As [`Fillings::text`]; [`ConnectorError::ContractBroken`] for a key that XML cannot hold.
    pub(super) fn fill(&self, fillings: &Fillings<'_>) -> Result<String, ConnectorError> {
        let mut body = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Fixed(text) => body.push_str(text),
                Piece::Place(place) => body.push_str(&escaped(&fillings.text(*place)?)?),
                Piece::EachKey { start, end } => {
                    for key in fillings.keys()? {
                        body.push_str(start);
                        body.push_str(&escaped(key)?);
                        body.push_str(end);
                    }
                }
            }
        }
        Ok(body)
    }
}

fn escaped(text: &str) -> Result<String, ConnectorError> {
    if !text.chars().all(is_xml) {
        return Err(ConnectorError::ContractBroken);
    }
    // A reader of XML makes line feeds of carriage returns, and spaces of all of these in attributes.
    Ok(escape(text).replace('\r', "&#13;").replace('\n', "&#10;").replace('\t', "&#9;"))
}

/// The parsing of a template.
struct Parsing<'t> {
    text: &'t str,
    pieces: Vec<Piece>,
    /// How far the text is in the pieces.
    taken: usize,
    /// The last start tag.
    tag: std::ops::Range<usize>,
}

impl Parsing<'_> {
    /// Places within a start tag can only be in its attributes' values: nothing else of it may hold a brace.
    fn take_tag(&mut self, range: std::ops::Range<usize>) -> Result<(), TemplateMistake> {
        self.tag = range.clone();
        self.take_places(range, false)
    }

    fn take_text(&mut self, range: std::ops::Range<usize>) -> Result<(), TemplateMistake> {
        self.take_places(range, true)
    }

    fn take_places(&mut self, range: std::ops::Range<usize>, in_text: bool) -> Result<(), TemplateMistake> {
        let mut from = range.start;
        while let Some(start) = self.find(from..range.end, ['{', '}']) {
            let end = self.find(start..range.end, ['}', '}']).map(|end| end + 1);
            let name = end.and_then(|end| self.text.get(start..end)).unwrap_or_default();
            let place = Place::named(name).ok_or_else(|| {
                let unknown_place = Some(name.to_owned());
                TemplateMistake {
                    unknown_place,
                    ..self.mistake(start, "no such place; a brace itself is written &#123; or &#125;")
                }
            })?;
            let end = start + name.len();
            if place == Place::Keys {
                self.take_keys(start..end, in_text)?;
            } else {
                self.take_fixed(start);
                self.pieces.push(Piece::Place(place));
                self.taken = end;
            }
            from = end;
        }
        Ok(())
    }

    /// The element that holds the keys, and nothing else, is written once for each.
    fn take_keys(&mut self, place: std::ops::Range<usize>, in_text: bool) -> Result<(), TemplateMistake> {
        let after = self.text.get(place.end..).unwrap_or_default();
        let end_tag = after.starts_with("</").then(|| after.find('>')).flatten().map(|end| place.end + end + 1);
        let (true, true, Some(end)) = (in_text, self.tag.end == place.start && self.taken <= self.tag.start, end_tag)
        else {
            let message =
                "{keys} is the whole text of an element, which is written once for each key and has no other place";
            return Err(self.mistake(place.start, message));
        };
        self.take_fixed(self.tag.start);
        let part = |range: std::ops::Range<usize>| self.text.get(range).unwrap_or_default().to_owned();
        self.pieces.push(Piece::EachKey { start: part(self.tag.clone()), end: part(place.end..end) });
        self.taken = end;
        Ok(())
    }

    fn refuse_braces(&self, range: std::ops::Range<usize>) -> Result<(), TemplateMistake> {
        match self.find(range, ['{', '}']) {
            None => Ok(()),
            Some(at) => Err(self.mistake(at, "a place stands in the text of an element or the value of an attribute")),
        }
    }

    fn take_fixed(&mut self, until: usize) {
        if let Some(fixed) = self.text.get(self.taken..until).filter(|fixed| !fixed.is_empty()) {
            self.pieces.push(Piece::Fixed(fixed.to_owned()));
        }
        self.taken = until;
    }

    fn find(&self, range: std::ops::Range<usize>, characters: [char; 2]) -> Option<usize> {
        Some(range.start + self.text.get(range)?.find(characters)?)
    }

    fn not_xml(&self, not_xml: NotXml) -> TemplateMistake {
        self.mistake(not_xml.at, &format!("not XML as it is sent: {}", not_xml.why))
    }

    fn mistake(&self, at: usize, message: &str) -> TemplateMistake {
        let before = self.text.get(..at).unwrap_or(self.text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().chars().count() + 1;
        TemplateMistake { line, column, message: message.to_owned(), unknown_place: None }
    }
}

#[cfg(test)]
mod tests {
    use overblik_widgets::Language;

    use super::*;
    use crate::{
        citizen::{AcceptedPersons, Cpr},
        declared::place::Filling,
    };

    fn filled(text: &str, about: Filling<'_>) -> Result<String, ConnectorError> {
        XmlTemplate::parse(text).expect("a template").fill(&Fillings::new(about, Language::Da).expect("randomness"))
    }

    fn mistake(text: &str) -> String {
        let mistake = XmlTemplate::parse(text).expect_err("a mistake");
        format!("{}:{}: {}", mistake.line, mistake.column, mistake.message)
    }

    #[test]
    fn places_stand_in_texts_and_attributes() {
        let cpr = Cpr::parse("6101010001", AcceptedPersons::FictitiousToo).expect("a number");
        let about = Filling::Citizen { cpr: &cpr, municipality: None, display_client: "overblik", item: None };
        let text = "<a x=\"dk-{language}\">\n  <b>&#123;{citizen.cpr}&#125;</b> {citizen.cprWithHyphen}<!-- c --></a>";
        let sent = "<a x=\"dk-da\">\n  <b>&#123;6101010001&#125;</b> 610101-0001<!-- c --></a>";
        assert_eq!(filled(text, about).as_deref(), Ok(sent));
        let municipality = filled("<a>{citizen.municipality}</a>", about);
        assert_eq!(municipality, Err(ConnectorError::MunicipalityUnknown));
    }

    #[test]
    fn r44_what_fills_a_place_stays_text() {
        let keys = ["</id><admin/>".to_owned(), "a&b\"'".to_owned(), "ø".to_owned()];
        let sent = filled("<q><ids><id t='1'>{keys}</id></ids><n/></q>", Filling::Keys(&keys)).expect("a body");
        assert_eq!(
            sent,
            "<q><ids><id t='1'>&lt;/id&gt;&lt;admin/&gt;</id><id t='1'>a&amp;b&quot;&apos;</id><id t='1'>ø</id></ids><n/></q>"
        );
        assert_eq!(
            filled("<id>{keys}</id>", Filling::Keys(&["\u{0}".to_owned()])),
            Err(ConnectorError::ContractBroken)
        );
        assert_eq!(filled("<a><id>{keys}</id></a>", Filling::Keys(&[])).as_deref(), Ok("<a></a>"));
    }

    #[test]
    fn r44_line_breaks_and_tabs_are_read_back_as_they_were_in_texts_and_in_attributes() {
        let value = "a\r\nb\rc\nd\te";
        let sent = escaped(value).expect("a text");
        assert_eq!(sent, "a&#13;&#10;b&#13;c&#10;d&#9;e");
        let body = format!("<a b=\"{sent}\">{sent}</a>");
        let mut events = XmlEvents::new(&body);
        let Ok(Some(XmlEvent::Start(element))) = events.next() else { panic!("an element") };
        assert_eq!(element.attributes[0].1, value);
        let mut read = String::new();
        while let Ok(Some(XmlEvent::Text(text))) = events.next() {
            read.push_str(&text);
        }
        assert_eq!(read, value);
    }

    #[test]
    fn r44_whatever_the_keys_are_they_are_read_back_as_they_were() {
        const CHARACTERS: [char; 19] =
            ['<', '>', '&', '\'', '"', ';', '#', '/', ']', '[', '!', '{', '}', 'ø', ' ', '\u{1f600}', '\r', '\n', '\t'];
        let template = XmlTemplate::parse("<ids><id>{keys}</id></ids>").expect("a template");
        // A small generator with a seed (Knuth's MMIX), so that a failure can be had again.
        let mut state: u64 = 20_261_125;
        let mut below = |bound: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).expect("a number") % bound
        };
        for _ in 0..2_000 {
            let keys: Vec<String> =
                (0..=below(3)).map(|_| (0..=below(12)).map(|_| CHARACTERS[below(19)]).collect()).collect();
            let fillings = Fillings::new(Filling::Keys(&keys), Language::Da).expect("randomness");
            let body = template.fill(&fillings).expect("a body");
            let mut events = XmlEvents::new(&body);
            let mut read: Vec<String> = Vec::new();
            while let Some(event) = events.next().unwrap_or_else(|not_xml| panic!("{not_xml:?}: {body}")) {
                match event {
                    XmlEvent::Start(element) if element.name.local == "id" => read.push(String::new()),
                    XmlEvent::Text(text) => read.last_mut().expect("an id").push_str(&text),
                    _ => {}
                }
            }
            assert_eq!(read, keys, "{body}");
        }
    }

    #[test]
    fn the_envelope_says_the_version_of_soap() {
        let version = |text: &str| XmlTemplate::parse(text).expect("a template").soap();
        assert_eq!(
            version("<s:Envelope xmlns:s='http://schemas.xmlsoap.org/soap/envelope/'/>"),
            Some(SoapVersion::V11)
        );
        assert_eq!(version("<Envelope xmlns='http://www.w3.org/2003/05/soap-envelope'/>"), Some(SoapVersion::V12));
        assert_eq!(version("<Envelope/>"), None);
        assert_eq!(version("<a xmlns='http://schemas.xmlsoap.org/soap/envelope/'><Envelope/></a>"), None);
    }

    #[test]
    fn what_is_no_template_is_told_with_its_place() {
        assert_eq!(mistake("<a>\n  <b>\n</a>"), "3:1: not XML as it is sent: not well-formed");
        assert_eq!(mistake("<!DOCTYPE a><a/>"), "1:1: not XML as it is sent: a document type definition");
        assert_eq!(mistake(""), "1:1: not XML as it is sent: no element at all");
        assert_eq!(mistake("<a>&nbsp;</a>"), "1:4: not XML as it is sent: an entity that XML itself does not define");
        let unknown = "no such place; a brace itself is written &#123; or &#125;";
        assert_eq!(mistake("<a>æ {cpr}</a>"), format!("1:6: {unknown}"));
        assert_eq!(mistake("<a>{citizen.cpr</a>"), format!("1:4: {unknown}"));
        assert_eq!(mistake("<a>}</a>"), format!("1:4: {unknown}"));
        let elsewhere = "a place stands in the text of an element or the value of an attribute";
        assert_eq!(mistake("<a><![CDATA[{citizen.cpr}]]></a>"), format!("1:13: {elsewhere}"));
        assert_eq!(mistake("<a><!-- {citizen.cpr} --></a>"), format!("1:9: {elsewhere}"));
        assert!(mistake("<{citizen.cpr}/>").contains("not a name"));
        assert!(mistake("<a {language}='x'/>").contains("not a name"));
        assert!(mistake("<a xmlns:{language}='x'/>").contains("not a name"));
        let latin = mistake("<?xml version='1.0' encoding='ISO-8859-1'?><a/>");
        assert_eq!(latin, "1:1: it is sent in UTF-8, whatever it declares");
        let keys = "{keys} is the whole text of an element, which is written once for each key and has no other place";
        for wrong in
            ["<a>x{keys}</a>", "<a>{keys}x</a>", "<a x='{keys}'/>", "<a>{keys}<b/></a>", "<a x='{language}'>{keys}</a>"]
        {
            assert!(mistake(wrong).ends_with(keys), "{wrong}");
        }
    }
}
