//! Why a call to a source brought no answer, for operators; the citizen's section knows less.

use std::error::Error;

use rustls::{AlertDescription, CertificateError};

use crate::error::ConnectorError;

/// Where a call ended. Holds nothing of what the source sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Failure {
    /// The address, or where its name leads, is none that sources may have.
    Forbidden,
    /// The host name has no address.
    Resolve,
    /// Nobody answers at any of the addresses.
    Connect,
    /// All of the addresses refuse a connection.
    Refused,
    /// The TLS handshake failed.
    Tls(TlsFailure),
    /// The connection broke.
    Broke,
    /// What came is not HTTP.
    NotHttp,
    /// The head or the body is larger than the limit.
    TooLarge,
    /// A header of the call holds more than visible ASCII.
    Header,
    /// The answer, of this status, lacks what the source should have sent back.
    EchoMissing(u16),
    /// The answer is to another request: what was sent back is not what this one sent.
    EchoDiffers,
}

/// How far a request had come when its call failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reached {
    /// Nothing of it can have been read.
    Nobody,
    /// It was sent, at least in part, and nothing came back.
    PerhapsSource,
    /// Something of an answer came.
    Source,
}

/// A request that got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Unanswered {
    pub(super) failure: Failure,
    pub(super) reached: Reached,
}

impl Unanswered {
    /// A failure before anything was sent.
    pub(super) fn unsent(failure: Failure) -> Self {
        Self { failure, reached: Reached::Nobody }
    }

    /// A failure after something of the answer came.
    pub(super) fn of_source(failure: Failure) -> Self {
        Self { failure, reached: Reached::Source }
    }
}

/// What was wrong in a TLS handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TlsFailure {
    /// Nobody whom we trust issued the source's certificate.
    UnknownIssuer,
    /// The source's certificate has expired, or is not valid yet.
    OutOfTime,
    /// The source's certificate is for another host.
    OtherHost,
    /// The source's certificate is not accepted, for another reason.
    Certificate,
    /// The source does not accept our certificate, or wants one that it did not get; older ones say no more than that
    /// they refuse.
    OursRefused,
    /// No version or algorithm in common, or no TLS at all.
    Handshake,
}

impl TlsFailure {
    fn reason(self) -> &'static str {
        match self {
            Self::UnknownIssuer => "the source's certificate has an unknown issuer",
            Self::OutOfTime => "the source's certificate has expired or is not valid yet",
            Self::OtherHost => "the source's certificate is for another host",
            Self::Certificate => "the source's certificate is not accepted",
            Self::OursRefused => "the source refuses our certificate, the lack of one, or our algorithms",
            Self::Handshake => "no TLS handshake with the source",
        }
    }

    fn of(error: &rustls::Error) -> Self {
        use AlertDescription as A;
        use CertificateError as C;
        match error {
            rustls::Error::InvalidCertificate(C::UnknownIssuer) => Self::UnknownIssuer,
            rustls::Error::InvalidCertificate(
                C::Expired | C::ExpiredContext { .. } | C::NotValidYet | C::NotValidYetContext { .. },
            ) => Self::OutOfTime,
            rustls::Error::InvalidCertificate(C::NotValidForName | C::NotValidForNameContext { .. }) => Self::OtherHost,
            rustls::Error::InvalidCertificate(_) => Self::Certificate,
            rustls::Error::AlertReceived(
                A::BadCertificate
                | A::UnsupportedCertificate
                | A::CertificateRevoked
                | A::CertificateExpired
                | A::CertificateUnknown
                | A::CertificateRequired
                | A::UnknownCA
                | A::AccessDenied
                | A::DecryptError
                | A::HandshakeFailure,
            ) => Self::OursRefused,
            _ => Self::Handshake,
        }
    }
}

impl Failure {
    /// What an error of the connection or of the protocol above it says, by what lies beneath.
    pub(super) fn of(error: &(dyn Error + 'static)) -> Self {
        beneath::<rustls::Error>(error).map_or(Self::Broke, |tls| Self::Tls(TlsFailure::of(tls)))
    }

    /// Tells operators, and gives what the section becomes. What somebody must mend is told louder than what comes and
    /// goes.
    pub(super) fn told(self, host: &str) -> ConnectorError {
        match self {
            Self::Forbidden => {
                tracing::error!(host, event = "address_refused", "an address that sources may not have, not called");
            }
            Self::Tls(tls) => tracing::warn!(host, reason = tls.reason(), "no secure connection to a source"),
            Self::Header => tracing::error!(host, "a header for a source is not visible ASCII, not sent"),
            Self::EchoMissing(status) => {
                tracing::error!(host, status, "an answer without the echo that its source declares, dropped");
            }
            Self::EchoDiffers => {
                tracing::error!(host, event = "answer_to_another_request", "an answer to another request, dropped");
            }
            Self::Resolve | Self::Connect | Self::Refused | Self::Broke | Self::NotHttp | Self::TooLarge => {
                tracing::debug!(host, phase = ?self, "no answer from a source");
            }
        }
        match self {
            Self::Forbidden | Self::Resolve | Self::Connect | Self::Refused | Self::Tls(_) | Self::Broke => {
                ConnectorError::Unreachable
            }
            Self::NotHttp => ConnectorError::Malformed,
            Self::TooLarge => ConnectorError::TooLarge,
            // Whoever's request it was: that the source, or a proxy before it, breaks down is no citizen's matter.
            Self::EchoMissing(status @ (429 | 500..)) => ConnectorError::Status(status),
            Self::Header | Self::EchoMissing(_) => ConnectorError::ContractBroken,
            Self::EchoDiffers => ConnectorError::OtherAnswer,
        }
    }
}

/// Why a connection ended of which an answer had begun. Whatever TLS says then, it refuses nobody's certificate: the
/// request has been read, and must not be sent again under another.
pub(super) fn after_head(failure: Failure) -> Failure {
    if matches!(failure, Failure::Tls(_)) { Failure::Broke } else { failure }
}

/// The first error of a kind among an error and what caused it.
fn beneath<'e, E: Error + 'static>(error: &'e (dyn Error + 'static)) -> Option<&'e E> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(found) = error.downcast_ref::<E>() {
            return Some(found);
        }
        // An input/output error that wraps another hides it from `source`, which skips to what is beneath that.
        let wrapped = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
        next = match wrapped {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
