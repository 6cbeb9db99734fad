//! What is read of our own certificates before they are shown to anybody: when they are valid, and who issued them to whom.
//!
//! The libraries read it of others' certificates while they verify them, and tell nobody.

use std::ops::RangeInclusive;

use jiff::{Timestamp, civil::DateTime, tz::TimeZone};

/// Tags of ASN.1 (X.690 section 8.1.2).
const SEQUENCE: u8 = 0x30;
const UTC_TIME: u8 = 0x17;
const GENERALIZED_TIME: u8 = 0x18;
const EXPLICIT_VERSION: u8 = 0xa0;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CertificateFacts<'c> {
    /// From when to when it is valid.
    pub validity: RangeInclusive<Timestamp>,
    /// Who issued it: a name in DER, to be compared.
    pub issuer: &'c [u8],
    /// Whose it is: a name in DER, to be compared.
    pub subject: &'c [u8],
}

impl<'c> CertificateFacts<'c> {
    /// Reads a certificate in DER (RFC 5280 section 4.1); `None` if it is none.
    #[must_use]
    pub fn read(certificate: &'c [u8]) -> Option<Self> {
        let (certificate, _) = of(SEQUENCE, certificate)?;
        let (mut to_be_signed, _) = of(SEQUENCE, certificate)?;
        if to_be_signed.first() == Some(&EXPLICIT_VERSION) {
            to_be_signed = element(to_be_signed)?.2;
        }
        // Serial number, signature algorithm.
        for _ in 0..2 {
            to_be_signed = element(to_be_signed)?.2;
        }
        let (issuer, to_be_signed) = of(SEQUENCE, to_be_signed)?;
        let (validity, to_be_signed) = of(SEQUENCE, to_be_signed)?;
        let (subject, _) = of(SEQUENCE, to_be_signed)?;
        let (tag, from, rest) = element(validity)?;
        let from = time(tag, from)?;
        let (tag, until, _) = element(rest)?;
        Some(Self { validity: from..=time(tag, until)?, issuer, subject })
    }
}

/// The content of an element with this tag, and what follows it.
fn of(tag: u8, bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    element(bytes).and_then(|(found, content, rest)| (found == tag).then_some((content, rest)))
}

/// The first element: its tag, its content, and what follows it.
fn element(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (tag, bytes) = bytes.split_first()?;
    let (first, bytes) = bytes.split_first()?;
    let (length, bytes) = match first.checked_sub(0x80) {
        None => (usize::from(*first), bytes),
        Some(count @ 1..=4) => {
            let (digits, bytes) = bytes.split_at_checked(usize::from(count))?;
            (digits.iter().fold(0, |length, digit| length << 8 | usize::from(*digit)), bytes)
        }
        Some(_) => return None,
    };
    let (content, rest) = bytes.split_at_checked(length)?;
    Some((*tag, content, rest))
}

/// A time as certificates write it: in UTC, to the second, until 2049 with two digits of the year.
fn time(tag: u8, text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let text = match tag {
        UTC_TIME if text.starts_with(|digit| digit >= '5') => format!("19{text}"),
        UTC_TIME => format!("20{text}"),
        GENERALIZED_TIME => text.to_owned(),
        _ => return None,
    };
    let time = DateTime::strptime("%Y%m%d%H%M%SZ", text).ok()?;
    TimeZone::UTC.to_timestamp(time).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_writing_a_time_are_read() {
        let read = |tag, text: &str| time(tag, text.as_bytes()).map(|time| time.to_string());
        assert_eq!(read(UTC_TIME, "261125120000Z").as_deref(), Some("2026-11-25T12:00:00Z"));
        assert_eq!(read(UTC_TIME, "991231235959Z").as_deref(), Some("1999-12-31T23:59:59Z"));
        assert_eq!(read(GENERALIZED_TIME, "20520101000000Z").as_deref(), Some("2052-01-01T00:00:00Z"));
        for (tag, text) in [(UTC_TIME, "20261125120000Z"), (GENERALIZED_TIME, "261125120000Z"), (SEQUENCE, "")] {
            assert_eq!(read(tag, text), None, "{text}");
        }
    }

    #[test]
    fn what_is_no_certificate_says_nothing() {
        for bytes in [&b""[..], b"\x30", b"\x30\x80", b"\x30\x84\xff\xff\xff\xff", b"\x30\x02\x30\x00", b"\x30\x85"] {
            assert_eq!(CertificateFacts::read(bytes), None, "{bytes:?}");
        }
    }
}
