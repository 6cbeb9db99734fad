//! From XML to the value that JSON would have been, so that one language of paths reads both.
//!
//! An element is a key, without its prefix; its attributes are keys that begin with `@`; an element with neither
//! children nor attributes is its text, and the text of one with attributes is under `#text`. White space around a text
//! and between elements is layout. What XML leaves open is closed by the contract, or breaks it: an element that may
//! repeat is a list where the contract says so, also with one entry and with none, and no list anywhere else; two
//! elements of one name and different namespaces, or an element that holds both text and elements, have no reading.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use super::{limits::Budget, no_reading::NoReading};
use crate::{
    declared::xml_events::{Element, Name, NotXml, XmlEvent, XmlEvents, is_white_space},
    error::ConnectorError,
};

/// The key of a text beside attributes.
const TEXT: &str = "#text";

/// What a contract says about the shape of XML answers: within which elements which others form a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct XmlShape(BTreeMap<String, BTreeSet<String>>);

impl XmlShape {
    /// Declares that wherever an element `parent` occurs, it holds a list of elements `child`. Whether that is new.
    pub(crate) fn declare(&mut self, parent: &str, child: &str) -> bool {
        self.0.entry(parent.to_owned()).or_default().insert(child.to_owned())
    }

    fn lists_in(&self, parent: &str) -> impl Iterator<Item = &String> {
        self.0.get(parent).into_iter().flatten()
    }
}

/// Reads a whole text as XML.
///
/// # Errors
/// [`ConnectorError::Malformed`] if it is not XML, or XML that is not read here; [`ConnectorError::ContractBroken`] if
/// its shape has no reading under the contract; [`ConnectorError::TooLarge`] beyond a limit.
pub(crate) fn read(text: &str, shape: &XmlShape) -> Result<Value, ConnectorError> {
    reading(text, shape).map_err(|no_reading| no_reading.failure)
}

/// What a text says, with what elements say together that stand twice where one belongs.
pub(super) struct Together {
    pub(super) value: Value,
    /// The first such element, after the one that holds it (`sager/sag`). Then nothing of the value may be shown; but
    /// whoever it names is named.
    pub(super) doubled: Option<String>,
}

/// As [`read`], and says why not.
///
/// # Errors
/// [`NoReading`].
pub(super) fn reading(text: &str, shape: &XmlShape) -> Result<Value, NoReading> {
    match read_together(text, shape)? {
        // The first of several, picked silently, could be another person's.
        Together { doubled: Some(doubled), .. } => {
            let what_to_do = format!("if they are a list, write {doubled} in \"repeated\"");
            Err(NoReading::broken(format!("an element that stands several times, {doubled}; {what_to_do}")))
        }
        Together { value, .. } => Ok(value),
    }
}

/// As [`reading`], but for elements that stand twice.
///
/// # Errors
/// As [`reading`].
pub(super) fn read_together(text: &str, shape: &XmlShape) -> Result<Together, NoReading> {
    let mut doubled = None;
    let budget = Budget::new();
    budget.take_node()?;
    let mut events = XmlEvents::new(text);
    // The document itself, of which the root element is the only entry.
    let mut document = Open { level: 1, ..Open::default() };
    let mut open: Vec<Open> = Vec::new();
    while let Some(event) = events.next()? {
        let current = open.last_mut().unwrap_or(&mut document);
        match event {
            XmlEvent::Start(element) => {
                let inner = current.begin(element, shape, &budget)?;
                open.push(inner);
            }
            XmlEvent::Text(text) => current.take_text(&text, &budget)?,
            XmlEvent::Verbatim(text) => current.take_text(text, &budget)?,
            XmlEvent::Comment => {}
            XmlEvent::End => {
                let ended = open.pop().ok_or(NotXml { at: text.len(), why: "nothing is open to be ended" })?;
                let (name, value) = ended.end()?;
                let again = open.last_mut().unwrap_or(&mut document).take_child(name, value);
                doubled = doubled.or(again);
            }
        }
    }
    Ok(Together { value: Value::Object(document.entries), doubled })
}

/// An element that is being read.
#[derive(Default)]
struct Open {
    name: String,
    /// How deep its value stands, if it becomes an object.
    level: usize,
    nil: bool,
    /// Its attributes and children.
    entries: Map<String, Value>,
    /// The namespaces of the children so far, by name.
    namespaces: BTreeMap<String, Option<String>>,
    has_children: bool,
    text: String,
}

impl Open {
    /// Begins a child.
    fn begin(&mut self, child: Element, shape: &XmlShape, budget: &Budget) -> Result<Self, NoReading> {
        if !is_blank(&self.text) {
            return Err(self.mixed());
        }
        self.text.clear();
        self.has_children = true;
        let Name { local, namespace } = child.name;
        budget.take_node()?;
        budget.check_text(&local)?;
        let level = self.level + if matches!(self.entries.get(&local), Some(Value::Array(_))) { 2 } else { 1 };
        budget.check_depth(level)?;
        let mut inner = Self { name: local.clone(), level, nil: child.nil, ..Self::default() };
        if *self.namespaces.entry(local).or_insert_with(|| namespace.clone()) != namespace {
            let (name, holder) = (&inner.name, &self.name);
            return Err(NoReading::broken(format!("two elements {name} of different namespaces within {holder}")));
        }
        for (name, value) in child.attributes {
            budget.take_node()?;
            budget.check_text(&value)?;
            let key = format!("@{}", name.local);
            budget.check_text(&key)?;
            // Two of one name can only be of different namespaces.
            if inner.entries.insert(key, Value::String(value)).is_some() {
                let (name, element) = (&name.local, &inner.name);
                return Err(NoReading::broken(format!("two attributes {name} of the element {element}")));
            }
        }
        for list in shape.lists_in(&inner.name) {
            budget.take_node()?;
            budget.check_depth(level + 1)?;
            inner.entries.insert(list.clone(), Value::Array(Vec::new()));
        }
        Ok(inner)
    }

    fn take_text(&mut self, text: &str, budget: &Budget) -> Result<(), NoReading> {
        if self.has_children {
            return if is_blank(text) { Ok(()) } else { Err(self.mixed()) };
        }
        self.text.push_str(text);
        Ok(budget.check_text(&self.text)?)
    }

    /// Takes a child, and says which it is if there was such a child already where the contract declares no list.
    fn take_child(&mut self, name: String, value: Value) -> Option<String> {
        match self.entries.get_mut(&name) {
            Some(Value::Array(list)) => {
                list.push(value);
                None
            }
            Some(known) => {
                *known = together(std::mem::take(known), value);
                Some(format!("{}/{name}", self.name))
            }
            None => {
                self.entries.insert(name, value);
                None
            }
        }
    }

    fn mixed(&self) -> NoReading {
        NoReading::broken(format!("the element {} holds both text and elements", self.name))
    }

    /// The element's name and value.
    fn end(self) -> Result<(String, Value), NoReading> {
        let Self { name, nil, mut entries, has_children, text, .. } = self;
        let text = trimmed(&text);
        if nil {
            let empty = !has_children && text.is_empty();
            let not_nil = || NoReading::broken(format!("the element {name} says that it has no value, and has one"));
            return if empty { Ok((name.clone(), Value::Null)) } else { Err(not_nil()) };
        }
        if entries.is_empty() {
            return Ok((name, Value::String(text.to_owned())));
        }
        if !text.is_empty() {
            if entries.values().any(Value::is_array) {
                return Err(NoReading::broken(format!("the element {name} holds text beside a list")));
            }
            entries.insert(TEXT.to_owned(), Value::String(text.to_owned()));
        }
        Ok((name, Value::Object(entries)))
    }
}

/// What two elements of one name say: the entries of both, and where both have a text, both texts as a list.
fn together(first: Value, second: Value) -> Value {
    match (first, second) {
        (Value::Object(mut entries), Value::Object(further)) => {
            for (key, value) in further {
                let both = match entries.remove(&key) {
                    Some(known) => together(known, value),
                    None => value,
                };
                entries.insert(key, both);
            }
            Value::Object(entries)
        }
        (first, second) => {
            let mut list = as_list(first);
            list.extend(as_list(second));
            Value::Array(list)
        }
    }
}

fn as_list(value: Value) -> Vec<Value> {
    match value {
        Value::Array(list) => list,
        one => vec![one],
    }
}

fn is_blank(text: &str) -> bool {
    text.bytes().all(is_white_space)
}

fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t', '\r', '\n'])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::limits::{MAX_DEPTH, MAX_NODES, MAX_TEXT};
    use super::*;

    const BROKEN: Result<Value, ConnectorError> = Err(ConnectorError::ContractBroken);
    const MALFORMED: Result<Value, ConnectorError> = Err(ConnectorError::Malformed);
    const TOO_LARGE: Result<Value, ConnectorError> = Err(ConnectorError::TooLarge);

    fn plain(text: &str) -> Result<Value, ConnectorError> {
        read(text, &XmlShape::default())
    }

    fn with_lists(text: &str) -> Result<Value, ConnectorError> {
        let mut shape = XmlShape::default();
        assert!(shape.declare("sager", "sag"));
        assert!(shape.declare("sag", "link"));
        read(text, &shape)
    }

    #[test]
    fn elements_are_keys_and_attributes_stand_beside_them() {
        let text = "<?xml version='1.0'?>\n<s:svar xmlns:s='u' id='7'>\n <s:navn>Øl &amp; <!-- x -->vand</s:navn>\n \
                    <beløb valuta='DKK'> 12,50 </beløb><tom/><heller kode=''/><r><![CDATA[<b>]]></r></s:svar>";
        let expected = json!({ "svar": {
            "@id": "7", "navn": "Øl & vand", "beløb": { "@valuta": "DKK", "#text": "12,50" }, "tom": "",
            "heller": { "@kode": "" }, "r": "<b>",
        } });
        assert_eq!(plain(text), Ok(expected));
    }

    #[test]
    fn a_declared_list_is_a_list_however_many_there_are_and_absent_where_its_holder_is() {
        assert_eq!(with_lists("<a><sager/></a>"), Ok(json!({ "a": { "sager": { "sag": [] } } })));
        assert_eq!(with_lists("<a><sager> \n </sager></a>"), Ok(json!({ "a": { "sager": { "sag": [] } } })));
        assert_eq!(with_lists("<a><sager x='1'/></a>"), Ok(json!({ "a": { "sager": { "@x": "1", "sag": [] } } })));
        assert_eq!(with_lists("<a/>"), Ok(json!({ "a": "" })), "absent, not empty");
        let one = json!({ "sager": { "sag": [{ "n": "1", "link": [] }] } });
        assert_eq!(with_lists("<sager><sag><n>1</n></sag></sager>"), Ok(one));
        let several = json!({ "sager": { "antal": "2", "sag": [{ "link": ["x", "y"] }, { "link": [] }] } });
        let text = "<sager><sag><link>x</link><link>y</link></sag><antal>2</antal><sag/></sager>";
        assert_eq!(with_lists(text), Ok(several), "also with something between them");
    }

    #[test]
    fn what_has_no_reading_breaks_the_contract() {
        assert_eq!(plain("<a><cpr>1</cpr><cpr>2</cpr></a>"), BROKEN, "never the first of several");
        assert_eq!(with_lists("<a><sag/><sag/></a>"), BROKEN, "a list elsewhere than declared");
        assert_eq!(plain("<a>text<b/></a>"), BROKEN);
        assert_eq!(plain("<a><b/>text</a>"), BROKEN);
        assert_eq!(with_lists("<sager>ingen</sager>"), BROKEN);
        assert_eq!(plain("<a xmlns:p='u' xmlns:q='v'><p:b/><q:b/></a>"), BROKEN, "one name, two meanings");
        assert_eq!(with_lists("<sager xmlns:p='u'><sag/><p:sag/></sager>"), BROKEN, "in a list as well");
        assert_eq!(plain("<a xmlns:p='u' p:b='1' b='2'/>"), BROKEN);
        assert_eq!(
            plain("<a xmlns:p='u' xmlns:q='u'><p:b/><c><q:b/></c></a>"),
            Ok(json!({ "a": { "b": "", "c": { "b": "" } } }))
        );
    }

    #[test]
    fn elements_that_stand_twice_are_no_reading_and_say_together_what_each_of_them_says() {
        let said = |text: &str| {
            let mut shape = XmlShape::default();
            shape.declare("sager", "sag");
            let Together { value, doubled } = read_together(text, &shape).expect("XML");
            assert!(doubled.is_some(), "{text}");
            assert_eq!(read(text, &shape), BROKEN, "{text}");
            value
        };
        assert_eq!(said("<a><cpr>1</cpr><cpr>2</cpr><cpr>3</cpr></a>"), json!({ "a": { "cpr": ["1", "2", "3"] } }));
        let persons = "<a><p n='x'><cpr>1</cpr></p><p><cpr>2</cpr><z/></p></a>";
        assert_eq!(said(persons), json!({ "a": { "p": { "@n": "x", "cpr": ["1", "2"], "z": "" } } }));
        let lists = "<a><sager><sag>1</sag></sager><sager/><sager><sag>2</sag></sager></a>";
        assert_eq!(said(lists), json!({ "a": { "sager": { "sag": ["1", "2"] } } }));
        assert_eq!(said("<a><b/><b><c/></b></a>"), json!({ "a": { "b": ["", { "c": "" }] } }));
    }

    #[test]
    fn what_says_that_it_has_no_value_is_null() {
        let nil = |inner: &str| format!("<a xmlns:i='http://www.w3.org/2001/XMLSchema-instance'>{inner}</a>");
        assert_eq!(plain(&nil("<b i:nil='true'/>")), Ok(json!({ "a": { "b": null } })));
        assert_eq!(plain(&nil("<b i:nil='1' kode='x'> </b>")), Ok(json!({ "a": { "b": null } })));
        assert_eq!(plain(&nil("<b i:nil='false' i:type='t'/>")), Ok(json!({ "a": { "b": "" } })));
        assert_eq!(plain(&nil("<b nil='true'/>")), Ok(json!({ "a": { "b": { "@nil": "true" } } })), "of no namespace");
        assert_eq!(plain(&nil("<b i:nil='true'>x</b>")), BROKEN);
        assert_eq!(plain(&nil("<b i:nil='true'><c/></b>")), BROKEN);
        assert_eq!(
            with_lists(&nil("<sager i:nil='true'/>")),
            Ok(json!({ "a": { "sager": null } })),
            "absent, not empty"
        );
    }

    #[test]
    fn what_is_no_xml_is_malformed() {
        for wrong in ["", "{}", "<a>", "<!DOCTYPE a><a/>", "<a>&b;</a>", "<a><?b?></a>", "<p:a/>"] {
            assert_eq!(plain(wrong), MALFORMED, "{wrong}");
        }
    }

    #[test]
    fn r43_depth_nodes_and_text_of_xml_are_limited_as_in_json() {
        let nested = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
        assert!(plain(&nested(MAX_DEPTH - 1)).is_ok(), "the document is a level too");
        assert_eq!(plain(&nested(MAX_DEPTH)), TOO_LARGE);
        assert_eq!(plain(&"<a>".repeat(100_000)), TOO_LARGE);
        let lists = |depth: usize| format!("{}{}", "<sager><sag>".repeat(depth), "</sag></sager>".repeat(depth));
        assert!(with_lists(&lists(MAX_DEPTH / 3 - 1)).is_ok());
        assert_eq!(with_lists(&lists(MAX_DEPTH / 3 + 1)), TOO_LARGE, "a list is a level as well");
        let mut shape = XmlShape::default();
        shape.declare("a", "b");
        let many = |count: usize| read(&format!("<a>{}</a>", "<b/>".repeat(count)), &shape);
        assert!(many(MAX_NODES - 3).is_ok(), "the document, its element and the list are nodes too");
        assert_eq!(many(MAX_NODES - 2), TOO_LARGE);
        let attributes = (0..MAX_NODES).map(|number| format!(" a{number}=''")).collect::<Vec<_>>().concat();
        assert_eq!(plain(&format!("<a{attributes}/>")), TOO_LARGE, "attributes are counted");
        let text = |length: usize| format!("<a>{}</a>", "ø".repeat(length));
        assert!(plain(&text(MAX_TEXT)).is_ok());
        assert_eq!(plain(&text(MAX_TEXT + 1)), TOO_LARGE);
        assert_eq!(plain(&format!("<a>{}</a>", "<![CDATA[x]]>".repeat(MAX_TEXT + 1))), TOO_LARGE, "in pieces");
        assert_eq!(plain(&format!("<a>{}</a>", "&#248;".repeat(MAX_TEXT + 1))), TOO_LARGE);
        assert_eq!(plain(&format!("<a b='{}'/>", "x".repeat(MAX_TEXT + 1))), TOO_LARGE);
        assert_eq!(plain(&format!("<{}/>", "a".repeat(MAX_TEXT + 1))), TOO_LARGE);
    }

    /// A small generator with a seed (xorshift), so that a failure can be had again.
    struct Dice(u64);

    impl Dice {
        fn below(&mut self, bound: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            usize::try_from(self.0 % u64::try_from(bound).expect("a bound")).expect("a number")
        }

        fn one_of<'t>(&mut self, things: &[&'t str]) -> &'t str {
            things[self.below(things.len())]
        }
    }

    #[test]
    fn r43_whatever_comes_the_reader_ends_and_what_it_reads_is_within_the_limits() {
        const PIECES: [&str; 34] = [
            "<a>",
            "</a>",
            "<a/>",
            "<sager>",
            "</sager>",
            "<sag>",
            "</sag>",
            "<sag/>",
            "<p:b xmlns:p='u'>",
            "</p:b>",
            "<b c='1'>",
            "</b>",
            "<b c='1' c='2'/>",
            "text",
            " ",
            "\n",
            "&amp;",
            "&#248;",
            "&#0;",
            "&x;",
            "&",
            "<",
            ">",
            "<!-- c -->",
            "<!--",
            "<![CDATA[",
            "]]>",
            "<?x?>",
            "<!DOCTYPE a>",
            "<?xml version='1.0'?>",
            "æøå",
            "\u{0}",
            "\"",
            "='",
        ];
        let mut dice = Dice(0x5eed_0bad_cafe_f00d);
        let mut read_some = 0;
        for round in 0..20_000 {
            let pieces = 1 + dice.below(12);
            let mut text: String = (0..pieces).map(|_| dice.one_of(&PIECES)).collect();
            if round % 2 == 0 {
                text = format!("<sager>{text}</sager>");
            }
            if round % 5 == 0 {
                text = text.repeat(1 + dice.below(200));
            }
            if let Ok(value) = with_lists(&text) {
                read_some += 1;
                let as_json = value.to_string();
                assert_eq!(
                    super::super::json::read(as_json.as_bytes()),
                    Ok(value),
                    "within the limits of JSON: {text}"
                );
            }
        }
        assert!(read_some > 100, "the generator must make some XML: {read_some}");
    }

    /// Writes a random value as XML; reading it must give the same value.
    #[test]
    fn what_is_written_is_what_is_read() {
        fn write(dice: &mut Dice, name: &str, depth: usize, xml: &mut String) -> Value {
            xml.push('<');
            xml.push_str(name);
            let mut entries = Map::new();
            if dice.below(3) == 0 {
                xml.push_str(" k='v&#160;'");
                entries.insert("@k".into(), "v\u{a0}".into());
            }
            xml.push('>');
            if name == "sager" {
                let list: Vec<Value> = (0..dice.below(4)).map(|_| write(dice, "sag", depth + 1, xml)).collect();
                entries.insert("sag".into(), list.into());
            } else if depth < 6 && dice.below(3) > 0 {
                for child in ["navn", "sager", "x"].into_iter().take(dice.below(4)) {
                    let value = write(dice, child, depth + 1, xml);
                    entries.insert(child.into(), value);
                }
            }
            let text = dice.one_of(&["", "Ærø", "a & b", "<>", "1"]);
            let leaf = !entries.keys().any(|key| !key.starts_with('@'));
            if leaf && name != "sag" {
                xml.push_str(&quick_xml::escape::escape(text));
            }
            xml.push_str("</");
            xml.push_str(name);
            xml.push('>');
            match (entries.is_empty(), leaf && name != "sag" && !text.is_empty()) {
                (true, true) => text.into(),
                (true, false) => "".into(),
                (false, true) => {
                    entries.insert(TEXT.into(), text.into());
                    entries.into()
                }
                (false, false) => entries.into(),
            }
        }
        let mut shape = XmlShape::default();
        shape.declare("sager", "sag");
        let mut dice = Dice(42);
        for _ in 0..2_000 {
            let mut xml = String::new();
            let written = write(&mut dice, "svar", 1, &mut xml);
            assert_eq!(read(&xml, &shape), Ok(json!({ "svar": written })), "{xml}");
        }
    }
}
