//! The span of whoever asks, as a portal's server names it in `traceparent` (W3C Trace Context, level 1).

use http::{HeaderMap, HeaderName};
use opentelemetry_proto::tonic::trace::v1::span::Link;

const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");

/// Of the flags, that the caller keeps a record of its trace.
const SAMPLED: u8 = 1;

/// Of a link's flags in OTLP: it is known whether the span is another process's, and it is.
const OF_ANOTHER_PROCESS: u32 = 0x300;

/// A span of a caller's own trace. It becomes a link and nothing else: which trace ours is, and whether it is kept, is not the
/// caller's to say. What may come beside it (`tracestate`, `baggage`) is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct CallersSpan {
    trace: [u8; 16],
    span: [u8; 8],
    is_sampled: bool,
}

impl CallersSpan {
    /// What the headers of a request name, if they name one span in good form. Only for requests of somebody who proved that
    /// they are a portal: these are bytes of the caller's choosing, and they reach the collector.
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let mut all = headers.get_all(TRACEPARENT).iter();
        let (Some(one), None) = (all.next(), all.next()) else { return None };
        Self::parse(one.to_str().ok()?)
    }

    fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(5, '-');
        let [version] = bytes(parts.next()?)?;
        let (trace, span) = (identifier(parts.next()?)?, identifier(parts.next()?)?);
        let [flags] = bytes(parts.next()?)?;
        // A later version may go on after the part that it has in common with the first; 255 is none.
        let is_whole = parts.next().is_none() || version > 0;
        (is_whole && version != u8::MAX).then_some(Self { trace, span, is_sampled: flags & SAMPLED != 0 })
    }

    /// As it is sent.
    pub(super) fn link(self) -> Link {
        Link {
            trace_id: self.trace.to_vec(),
            span_id: self.span.to_vec(),
            flags: OF_ANOTHER_PROCESS | u32::from(self.is_sampled),
            ..Link::default()
        }
    }
}

/// An identifier made by chance. All zero stands for none; and one without a single letter is hardly chance, but may be a number
/// that means something, such as a person's.
fn identifier<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let identifier = bytes(digits)?;
    digits.bytes().any(|digit| digit.is_ascii_lowercase()).then_some(identifier)
}

/// Bytes of a fixed number, in lower-case hexadecimal digits.
fn bytes<const N: usize>(digits: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let (pairs, rest) = digits.as_bytes().as_chunks::<2>();
    if !rest.is_empty() || pairs.len() != N {
        return None;
    }
    for (byte, [high, low]) in bytes.iter_mut().zip(pairs) {
        *byte = (digit(*high)? << 4) | digit(*low)?;
    }
    Some(bytes)
}

fn digit(digit: u8) -> Option<u8> {
    match digit {
        b'0'..=b'9' => Some(digit - b'0'),
        b'a'..=b'f' => Some(digit - b'a' + 10),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TRACE: &str = "4bf92f3577b34da6a3ce929d0e0e4736";
    const SPAN: &str = "00f067aa0ba902b7";

    fn of(values: &[&str]) -> Option<CallersSpan> {
        let mut headers = HeaderMap::new();
        for value in values {
            headers.append(TRACEPARENT, value.parse().expect("a header"));
        }
        CallersSpan::of(&headers)
    }

    #[test]
    fn r44_a_caller_s_span_is_taken_in_good_form_alone() {
        let known = of(&[&format!("00-{TRACE}-{SPAN}-00")]).expect("good");
        assert_eq!((known.trace[..3].to_vec(), known.span[7]), (vec![0x4b, 0xf9, 0x2f], 0xb7));
        assert!(!known.is_sampled);
        let sampled = of(&[&format!("00-{TRACE}-{SPAN}-03")]).expect("flags that nobody knows are no mistake");
        assert_eq!(sampled, CallersSpan { is_sampled: true, ..known });
        let later = |rest: &str| of(&[&format!("cc-{TRACE}-{SPAN}-00{rest}")]);
        assert_eq!((later(""), later("-what-else")), (Some(known), Some(known)), "what a later version may add");
        let shorter = TRACE.trim_start_matches('4');
        let zeros = |number| "0".repeat(number);
        for bad in [
            String::new(),
            TRACE.to_owned(),
            format!("00-{TRACE}-{SPAN}"),
            format!("00-{TRACE}-{SPAN}-"),
            format!("00-{TRACE}-{SPAN}-0"),
            format!("00-{TRACE}-{SPAN}-000"),
            format!("00-{TRACE}-{SPAN}-00-"),
            format!("00-{TRACE}-{SPAN}-00-more"),
            format!("cc-{TRACE}-{SPAN}-00.more"),
            format!("ff-{TRACE}-{SPAN}-00"),
            format!("FE-{TRACE}-{SPAN}-00"),
            format!("0-{TRACE}-{SPAN}-00"),
            format!("00-{}-{SPAN}-00", TRACE.to_uppercase()),
            format!("00-{TRACE}-{}-00", SPAN.to_uppercase()),
            format!("00-{TRACE}-{SPAN}-0A"),
            format!("00-{}-{SPAN}-00", zeros(32)),
            format!("00-{TRACE}-{}-00", zeros(16)),
            format!("00-{TRACE}0-{SPAN}-00"),
            format!("00-{shorter}-{SPAN}-00"),
            format!("00-{TRACE}-{SPAN}00-00"),
            format!("00-{shorter}g-{SPAN}-00"),
            format!("00-{TRACE}-{SPAN}-00,00-{TRACE}-{SPAN}-00"),
            format!("00_{TRACE}_{SPAN}_00"),
        ] {
            assert_eq!(of(&[&bad]), None, "{bad}");
        }
        let good = format!("00-{TRACE}-{SPAN}-01");
        assert_eq!(of(&[&good, &good]), None, "one header only");
        assert_eq!(of(&[]), None);
    }

    #[test]
    fn r61_what_may_be_a_number_of_somebody_is_no_identifier() {
        // A fictitious person's, with zeros before it.
        let (trace, span) = (format!("{:0>32}", "7005711234"), format!("{:0>16}", "7005711234"));
        assert_eq!(of(&[&format!("00-{trace}-{SPAN}-01")]), None);
        assert_eq!(of(&[&format!("00-{TRACE}-{span}-01")]), None);
        assert!(of(&[&format!("00-{TRACE}-{SPAN}-01")]).is_some(), "the control");
    }
}
