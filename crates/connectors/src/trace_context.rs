//! What lets the parties to one overview find their parts of it again: an identifier that means nothing else.

use std::fmt;

use http::HeaderValue;

use crate::hexadecimal::Hexadecimal;

/// The identifier of one overview on its way through the sources (W3C Trace Context). Made by chance for each overview,
/// so it says nothing of a citizen or a session, and never taken over from a request (requirement R44).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceContext {
    overview: [u8; 16],
    /// What of our own record the calls belong to, where a record is kept.
    span: Option<SpanId>,
}

/// The identifier of one part of a record that is kept of an overview.
pub type SpanId = [u8; 8];

impl TraceContext {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self { overview: random_identifier(), span: None }
    }

    /// The same overview, within a part of its own of the record that is kept of it.
    #[must_use]
    pub fn recorded(self) -> (Self, SpanId) {
        let span = random_identifier();
        (Self { span: Some(span), ..self }, span)
    }

    /// The part of the record that this is within, if one is kept.
    #[must_use]
    pub fn span(self) -> Option<SpanId> {
        self.span
    }

    /// The identifier of the overview.
    #[must_use]
    pub fn overview(self) -> [u8; 16] {
        self.overview
    }

    /// The header of one call: beside the identifier of the overview that of our record, or one of the call's own where none
    /// is kept. The last digits say which.
    pub(crate) fn traceparent(self) -> Option<HeaderValue> {
        let (parent, flags) = self.span.map_or_else(|| (random_identifier::<8>(), "00"), |span| (span, "01"));
        let text = format!("00-{}-{}-{flags}", Hexadecimal(&self.overview), Hexadecimal(&parent));
        HeaderValue::try_from(text).ok()
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hexadecimal(&self.overview).fmt(f)
    }
}

impl fmt::Debug for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TraceContext({self})")
    }
}

/// Random bytes that are not all zero, which the specification reserves for "none".
fn random_identifier<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Without chance, ones: an identifier that finds nothing again is better than no overview.
    if aws_lc_rs::rand::fill(&mut bytes).is_err() || bytes.iter().all(|byte| *byte == 0) {
        return [1; N];
    }
    bytes
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn r44_every_call_has_a_parent_of_its_own_within_its_overview() {
        let (one, other) = (TraceContext::random(), TraceContext::random());
        assert_ne!(one, other);
        let headers: Vec<_> = (0..100).filter_map(|_| one.traceparent()).collect();
        let mut calls = BTreeSet::new();
        for header in &headers {
            let parts: Vec<_> = header.to_str().expect("a text").split('-').collect();
            assert_eq!([parts[0], parts[1], parts[3]], ["00", &one.to_string(), "00"]);
            assert!(parts[2].len() == 16 && parts[2].bytes().all(|digit| digit.is_ascii_hexdigit()), "{header:?}");
            calls.insert(parts[2]);
        }
        assert_eq!(calls.len(), 100);
    }

    #[test]
    fn calls_within_a_record_name_their_part_of_it() {
        let (recorded, span) = TraceContext::random().recorded();
        let header = recorded.traceparent().expect("a header");
        assert_eq!(header.to_str().expect("a text"), format!("00-{recorded}-{}-01", Hexadecimal(&span)));
        assert_ne!(recorded.recorded().1, span);
    }
}
