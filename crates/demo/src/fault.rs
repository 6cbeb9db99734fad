//! The ways in which an authority can let its callers down, and what part of it does so.

use std::{fmt, str::FromStr};

use crate::{
    named::{UnknownName, named},
    party::{FaultTarget, Source},
};

named! {
    /// What a source does instead of answering well.
    Fault, "fault" {
        /// The right answer, 2.5 seconds late.
        Slow = "slow",
        /// The headers and half the body, then nothing until the caller leaves.
        Stall = "stall",
        /// The right answer, one byte every 200 milliseconds.
        Drip = "drip",
        /// Status 500.
        Error = "error",
        /// The port refuses connections. The catalogue, which shares its port, drops the connection unanswered.
        Refused = "refused",
        /// Status 200 and the first half of the JSON.
        BadJson = "bad-json",
        /// A well-formed answer about another citizen; from the catalogue, about other records.
        WrongPerson = "wrong-person",
        /// More than 4 MiB of valid JSON.
        Huge = "huge",
        /// Markup and script in the place of all words that citizens read, in answers in JSON.
        HostileText = "hostile-text",
        /// Status 401, whatever key is sent.
        Unauthorised = "unauthorised",
    }
}

impl FaultTarget {
    /// What a call of `path` at `source` belongs to.
    pub(crate) fn of_call(source: Source, path: &str) -> Self {
        if source == Source::Library && path.starts_with("/catalogue/") {
            Self::LibraryCatalogue
        } else {
            source.into()
        }
    }
}

/// A fault for a target, written `library=stall`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FaultOrder {
    /// Whom it is for.
    pub target: FaultTarget,
    /// What it does.
    pub fault: Fault,
}

impl fmt::Display for FaultOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}={}", self.target, self.fault)
    }
}

/// Why a text is not a [`FaultOrder`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAFaultOrder {
    /// There is no equals sign.
    #[error("write a fault as TARGET=FAULT, for example `library=stall`")]
    NoEqualsSign,
    /// The target or the fault is not on its list.
    #[error(transparent)]
    UnknownName(#[from] UnknownName),
}

impl FromStr for FaultOrder {
    type Err = NotAFaultOrder;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (target, fault) = text.split_once('=').ok_or(NotAFaultOrder::NoEqualsSign)?;
        Ok(Self { target: target.parse()?, fault: fault.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_order_is_read_as_it_is_written() {
        for &target in FaultTarget::ALL {
            for &fault in Fault::ALL {
                let order = FaultOrder { target, fault };
                assert_eq!(order.to_string().parse(), Ok(order));
            }
        }
    }

    #[test]
    fn an_unknown_name_lists_the_possible_ones() {
        let error = "library=sulk".parse::<FaultOrder>().expect_err("no such fault");
        assert_eq!(
            error.to_string(),
            "unknown fault `sulk`; possible: slow, stall, drip, error, refused, bad-json, wrong-person, huge, \
             hostile-text, unauthorised"
        );
        let error = "tax=slow".parse::<FaultOrder>().expect_err("no such target");
        let names: Vec<_> = FaultTarget::ALL.iter().map(|target| target.name()).collect();
        assert_eq!(error.to_string(), format!("unknown fault target `tax`; possible: {}", names.join(", ")));
        assert_eq!("library".parse::<FaultOrder>(), Err(NotAFaultOrder::NoEqualsSign));
    }

    #[test]
    fn only_the_catalogue_path_belongs_to_the_catalogue() {
        assert_eq!(FaultTarget::of_call(Source::Library, "/catalogue/v1/titles"), FaultTarget::LibraryCatalogue);
        assert_eq!(FaultTarget::of_call(Source::Library, "/external/x"), FaultTarget::Library);
        assert_eq!(FaultTarget::of_call(Source::Daycare, "/catalogue/v1/titles"), FaultTarget::Daycare);
    }
}
