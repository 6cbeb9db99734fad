//! Why XML has no reading under a contract: the error, and words for whoever tries the contract.

use super::limits::BeyondLimit;
use crate::{declared::xml_events::NotXml, error::ConnectorError};

/// Why a text has no reading. The words hold names of elements at most, and nothing that stands in them.
#[derive(Debug)]
pub(super) struct NoReading {
    pub(super) failure: ConnectorError,
    pub(super) why: String,
}

impl NoReading {
    pub(super) fn broken(why: String) -> Self {
        Self { failure: ConnectorError::ContractBroken, why }
    }
}

impl From<NotXml> for NoReading {
    fn from(NotXml { at, why }: NotXml) -> Self {
        Self { failure: ConnectorError::Malformed, why: format!("no XML that is read here, at byte {at}: {why}") }
    }
}

impl From<BeyondLimit> for NoReading {
    fn from(limit: BeyondLimit) -> Self {
        Self { failure: limit.into(), why: "more elements, levels or text than an answer may have".to_owned() }
    }
}
