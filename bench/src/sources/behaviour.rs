//! How a source behaves.

use std::time::Duration;

/// How long a source takes, and what is wrong with it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Behaviour {
    /// Time until the head of an answer.
    pub(crate) delay: Duration,
    /// What is wrong.
    pub(crate) fault: Fault,
}

/// What is wrong with a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing.
    #[default]
    Healthy,
    /// It takes the request and says nothing.
    Hang,
    /// It sends the head and half of the body, and then nothing.
    Stall,
    /// It sends the body byte by byte.
    Drip,
    /// It takes no connection, and closes those that it has.
    Refuse,
    /// It answers 500.
    Error,
}

impl Fault {
    pub(crate) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "healthy" => Self::Healthy,
            "hang" => Self::Hang,
            "stall" => Self::Stall,
            "drip" => Self::Drip,
            "refuse" => Self::Refuse,
            "error" => Self::Error,
            _ => return None,
        })
    }
}
