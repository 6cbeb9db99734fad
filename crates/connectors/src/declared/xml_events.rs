//! XML as it may come from anybody: its events, kept to what has one meaning and a bounded cost.
//!
//! There is no document type definition, no entity beyond the five that XML itself defines, and no processing
//! instruction: nothing is ever expanded or fetched. What the parser beneath lets pass although XML 1.0 does not (a
//! second root, an element left open, characters that no XML may hold) is refused here.

use std::borrow::Cow;

use quick_xml::{
    NsReader, XmlVersion,
    escape::resolve_xml_entity,
    events::{BytesStart, Event},
    name::{PrefixDeclaration, QName, ResolveResult},
};

/// The namespace of `nil` and of what else XML Schema says about an instance.
const SCHEMA_INSTANCE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// One thing that a document holds.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum XmlEvent<'i> {
    /// An element begins; `<a/>` both begins and ends.
    Start(Element),
    /// A piece of text. What stands between two tags may come in several pieces.
    Text(Cow<'i, str>),
    /// A piece of text that is written without escapes.
    Verbatim(&'i str),
    /// The element that began last ends.
    End,
    /// A comment.
    Comment,
}

/// The beginning of an element.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Element {
    pub(crate) name: Name,
    /// Without declarations of namespaces and without what XML Schema says about an instance.
    pub(crate) attributes: Vec<(Name, String)>,
    /// Whether it says of itself that it has no value.
    pub(crate) nil: bool,
}

/// A name without its prefix, and the namespace that the prefix stands for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Name {
    pub(crate) local: String,
    pub(crate) namespace: Option<String>,
}

/// Why a text is not XML that is read here, and where that shows. Holds nothing of the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct NotXml {
    /// The byte.
    pub(crate) at: usize,
    pub(crate) why: &'static str,
}

/// Reads the events of a document.
pub(crate) struct XmlEvents<'i> {
    reader: NsReader<&'i [u8]>,
    text: &'i str,
    /// How many elements are open.
    open: usize,
    /// Whether anything was read, and whether the root element was.
    begun: bool,
    rooted: bool,
    /// Where the last event begins.
    start: usize,
}

impl<'i> XmlEvents<'i> {
    /// The events of a text, which begins without a byte order mark.
    pub(crate) fn new(text: &'i str) -> Self {
        let mut reader = NsReader::from_str(text);
        let config = reader.config_mut();
        config.expand_empty_elements = true;
        config.enable_all_checks(true);
        Self { reader, text, open: 0, begun: false, rooted: false, start: 0 }
    }

    /// Where the last event stands in the text.
    pub(crate) fn range(&self) -> std::ops::Range<usize> {
        self.start..self.position()
    }

    /// The next event; `None` at the end of a whole document.
    ///
    /// # Errors
    /// [`NotXml`].
    pub(crate) fn next(&mut self) -> Result<Option<XmlEvent<'i>>, NotXml> {
        loop {
            self.start = self.position();
            let event = self.reader.read_event().map_err(|_| {
                let at = usize::try_from(self.reader.error_position()).unwrap_or(self.start);
                NotXml { at, why: "not well-formed" }
            })?;
            let first = !std::mem::replace(&mut self.begun, true);
            if let Some(raw) = self.text.get(self.range()) {
                self.check_characters(raw)?;
            }
            match event {
                Event::Start(start) | Event::Empty(start) => return self.start_of(&start).map(Some),
                Event::End(_) => {
                    self.open = self.open.checked_sub(1).ok_or_else(|| self.refused("nothing is open to be ended"))?;
                    return Ok(Some(XmlEvent::End));
                }
                Event::Text(text) => {
                    if text.contains("]]>") {
                        return Err(self.refused("\"]]>\" within a text"));
                    }
                    let text = text.xml10_content();
                    if self.open > 0 {
                        return Ok(Some(XmlEvent::Text(text)));
                    }
                    if !text.bytes().all(is_white_space) {
                        return Err(self.refused("text outside of the root element"));
                    }
                }
                Event::CData(_) | Event::GeneralRef(_) if self.open == 0 => {
                    return Err(self.refused("text outside of the root element"));
                }
                Event::CData(text) => match text.into_inner() {
                    Cow::Borrowed(text) => return Ok(Some(XmlEvent::Verbatim(text))),
                    Cow::Owned(text) => return Ok(Some(XmlEvent::Text(Cow::Owned(text)))),
                },
                Event::GeneralRef(reference) => {
                    let character = reference.resolve_char_ref().map_err(|_| self.refused("no such character"))?;
                    return match (character, resolve_xml_entity(&reference)) {
                        (Some(character), _) if is_xml(character) => {
                            Ok(Some(XmlEvent::Text(Cow::Owned(character.to_string()))))
                        }
                        (Some(_), _) => Err(self.refused("a character that XML cannot hold")),
                        (None, Some(text)) => Ok(Some(XmlEvent::Text(Cow::Borrowed(text)))),
                        (None, None) => Err(self.refused("an entity that XML itself does not define")),
                    };
                }
                Event::Comment(_) => return Ok(Some(XmlEvent::Comment)),
                Event::Decl(declaration) => {
                    let version = declaration.version().map_err(|_| self.refused("an XML declaration without version"));
                    if !first || version? != "1.0" {
                        return Err(self.refused("an XML declaration that is not for XML 1.0, or not at the start"));
                    }
                }
                Event::DocType(_) => return Err(self.refused("a document type definition")),
                Event::PI(_) => return Err(self.refused("a processing instruction")),
                Event::Eof if self.open > 0 => return Err(self.refused("an element is not ended")),
                Event::Eof if !self.rooted => return Err(self.refused("no element at all")),
                Event::Eof => return Ok(None),
            }
        }
    }

    fn start_of(&mut self, start: &BytesStart<'_>) -> Result<XmlEvent<'i>, NotXml> {
        if self.open == 0 && std::mem::replace(&mut self.rooted, true) {
            return Err(self.refused("a second root element"));
        }
        self.open += 1;
        let name = self.name(start.name(), true)?;
        let mut attributes: Vec<(Name, String)> = Vec::new();
        let mut nil = false;
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|_| self.refused("not well-formed attributes, or one twice"))?;
            match attribute.key.as_namespace_binding() {
                Some(PrefixDeclaration::Named(prefix)) if !is_name(prefix) => return Err(self.refused("not a name")),
                Some(_) => continue,
                None => {}
            }
            let name = self.name(attribute.key, false)?;
            let value = attribute.normalized_value(XmlVersion::Implicit1_0);
            let value = value.map_err(|_| self.refused("an entity that XML itself does not define"))?;
            if attribute.value.contains('<') || !value.chars().all(is_xml) {
                return Err(self.refused("a character that an attribute cannot hold"));
            }
            if name.namespace.as_deref() != Some(SCHEMA_INSTANCE) {
                attributes.push((name, value.into_owned()));
            } else if name.local == "nil" {
                nil = matches!(value.trim(), "true" | "1");
            }
        }
        Ok(XmlEvent::Start(Element { name, attributes, nil }))
    }

    fn name(&self, name: QName<'_>, of_element: bool) -> Result<Name, NotXml> {
        let (local, prefix) = name.decompose();
        let local = local.into_inner();
        if !is_name(local) || prefix.is_some_and(|prefix| !is_name(prefix.into_inner())) {
            return Err(self.refused("not a name"));
        }
        let namespace = match self.reader.resolver().resolve_prefix(prefix, of_element) {
            ResolveResult::Bound(namespace) => Some(namespace.into_inner().to_owned()),
            ResolveResult::Unbound => None,
            ResolveResult::Unknown(_) => return Err(self.refused("a prefix that stands for no namespace")),
        };
        Ok(Name { local: local.to_owned(), namespace })
    }

    fn check_characters(&self, raw: &str) -> Result<(), NotXml> {
        match raw.char_indices().find(|(_, character)| !is_xml(*character)) {
            None => Ok(()),
            Some((index, _)) => Err(NotXml { at: self.start + index, why: "a character that XML cannot hold" }),
        }
    }

    fn refused(&self, why: &'static str) -> NotXml {
        NotXml { at: self.start, why }
    }

    fn position(&self) -> usize {
        usize::try_from(self.reader.buffer_position()).unwrap_or(usize::MAX).min(self.text.len())
    }
}

/// The characters of XML 1.0.
pub(crate) fn is_xml(character: char) -> bool {
    matches!(character, '\t' | '\n' | '\r' | '\u{20}'..='\u{fffd}' | '\u{10000}'..)
}

/// The white space of XML.
pub(crate) fn is_white_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// Whether a text can be a name without prefix.
pub(crate) fn is_name(text: &str) -> bool {
    text.starts_with(|first: char| first.is_alphabetic() || first == '_')
        && text.chars().all(|character| character.is_alphanumeric() || matches!(character, '_' | '-' | '.' | '\u{b7}'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(text: &str) -> Option<&'static str> {
        let mut events = XmlEvents::new(text);
        loop {
            match events.next() {
                Ok(Some(_)) => {}
                Ok(None) => return None,
                Err(not_xml) => return Some(not_xml.why),
            }
        }
    }

    #[test]
    fn r43_nothing_is_expanded_fetched_or_instructed() {
        let dtd = Some("a document type definition");
        let laughs = "<!DOCTYPE a [<!ENTITY b \"bb\"><!ENTITY c \"&b;&b;\">]><a>&c;</a>";
        assert_eq!(refusal(laughs), dtd);
        assert_eq!(refusal("<!DOCTYPE a SYSTEM \"http://127.0.0.1:1/a.dtd\"><a/>"), dtd);
        assert_eq!(refusal("<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/hostname\">]><a>&x;</a>"), dtd);
        assert_eq!(
            refusal("<?xml-stylesheet href=\"http://127.0.0.1:1/a.xsl\"?><a/>"),
            Some("a processing instruction")
        );
        assert_eq!(refusal("<a><?php x?></a>"), Some("a processing instruction"));
        let entity = Some("an entity that XML itself does not define");
        assert_eq!(refusal("<a>&b;</a>"), entity);
        assert_eq!(refusal("<a b=\"&c;\"/>"), entity);
        assert_eq!(refusal("<a>&oslash;</a>"), entity, "of HTML");
        assert_eq!(refusal("<a b=\"&amp;&#248;\">&lt;&gt;&amp;&apos;&quot;&#248;&#xF8;</a>"), None);
    }

    #[test]
    fn what_is_not_one_whole_document_is_refused() {
        for wrong in [
            "",
            " ",
            "text",
            "<a>",
            "<a></b>",
            "</a>",
            "<a/><b/>",
            "<a/>b",
            "b<a/>",
            "<a",
            "<a/>&lt;",
            "<![CDATA[x]]><a/>",
            " <?xml version=\"1.0\"?><a/>",
            "<a><?xml version=\"1.0\"?></a>",
            "<?xml version=\"1.1\"?><a/>",
            "<?xml?><a/>",
            "<a b/>",
            "<a b=c/>",
            "<a b=\"1\" b=\"2\"/>",
            "<a b=\"<\"/>",
            "<1a/>",
            "<a:b:c xmlns:a=\"u\"/>",
            "<:a/>",
            "<a 1=\"\"/>",
            "<p:a/>",
            "<a p:b=\"\"/>",
            "<a>\u{0}</a>",
            "<a>\u{b}</a>",
            "<a>\u{fffe}</a>",
            "<a>&#0;</a>",
            "<a>&#11;</a>",
            "<a b=\"&#1;\"/>",
            "<a>&#xD800;</a>",
            "<a>&</a>",
            "<a>& </a>",
            "<a>]]></a>",
            "<a><!-- -- --></a>",
            "{}",
        ] {
            assert!(refusal(wrong).is_some(), "{wrong}");
        }
        for right in [
            "<a/>",
            " <a> </a>\n",
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><a/><!-- y -->",
            "<sø-g.1 xmlns:p=\"u\" p:b='\"'/>",
            "<a><![CDATA[<b>&c;]]></a>",
            "<a xml:lang=\"da\"/>",
        ] {
            assert_eq!(refusal(right), None, "{right}");
        }
    }

    #[test]
    fn prefixes_are_nothing_and_namespaces_are_known() {
        let mut events = XmlEvents::new(
            "<a xmlns='u' xmlns:p='v' p:x='1' x='2'><p:b xsi:nil=' true ' xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xsi:type='p:t'/></a>",
        );
        let name =
            |local: &str, namespace: Option<&str>| Name { local: local.into(), namespace: namespace.map(Into::into) };
        let attributes = vec![(name("x", Some("v")), "1".to_owned()), (name("x", None), "2".to_owned())];
        let start = Element { name: name("a", Some("u")), attributes, nil: false };
        assert_eq!(events.next(), Ok(Some(XmlEvent::Start(start))));
        let start = Element { name: name("b", Some("v")), attributes: vec![], nil: true };
        assert_eq!(events.next(), Ok(Some(XmlEvent::Start(start))));
    }

    #[test]
    fn a_refusal_says_where() {
        let mut events = XmlEvents::new("<a>\n<b>&x;</b></a>");
        let refusal = loop {
            match events.next() {
                Ok(_) => {}
                Err(not_xml) => break not_xml.at,
            }
        };
        assert_eq!(refusal, 7);
    }
}
