//! What lets the parties to one overview find their parts of it again: an identifier that means nothing else.

use std::fmt;

use http::HeaderValue;

use crate::hexadecimal::Hexadecimal;

/// The identifier of one overview on its way through the sources (W3C Trace Context). Made by chance for each overview,
/// so it says nothing of a citizen or a session, and never taken over from a request (requirement R44).
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct TraceContext([u8; 16]);

impl TraceContext {
    /// A new one.
    #[must_use]
    pub fn random() -> Self {
        Self(random_identifier())
    }

    /// The header of one call: its own identifier beside that of the overview. The last digits say that nobody keeps a
    /// record of it on our side.
    pub(crate) fn traceparent(self) -> Option<HeaderValue> {
        let text = format!("00-{}-{}-00", Hexadecimal(&self.0), Hexadecimal(&random_identifier::<8>()));
        HeaderValue::try_from(text).ok()
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Hexadecimal(&self.0).fmt(f)
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
}
