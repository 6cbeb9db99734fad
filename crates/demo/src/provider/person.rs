//! Who logs in.

use crate::{
    citizens::{self, About, DemoCitizen},
    colleagues::{self, DemoColleague},
    options::LogsIn,
};

/// Somebody whom the provider knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Person {
    Citizen(&'static DemoCitizen),
    Colleague(&'static DemoColleague),
}

impl Person {
    /// Those who may log in to a client, in the order of the login page.
    pub(super) fn all(of: LogsIn) -> Vec<Self> {
        match of {
            LogsIn::Citizens => citizens::all().iter().map(Self::Citizen).collect(),
            LogsIn::Colleagues => colleagues::all().iter().map(Self::Colleague).collect(),
        }
    }

    /// One of them.
    pub(super) fn by_slug(of: LogsIn, slug: &str) -> Option<Self> {
        match of {
            LogsIn::Citizens => citizens::by_slug(slug).map(Self::Citizen),
            LogsIn::Colleagues => colleagues::by_slug(slug).map(Self::Colleague),
        }
    }

    pub(super) fn slug(&self) -> &'static str {
        match self {
            Self::Citizen(citizen) => citizen.slug,
            Self::Colleague(colleague) => colleague.slug,
        }
    }

    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Citizen(citizen) => citizen.name,
            Self::Colleague(colleague) => colleague.name,
        }
    }

    pub(super) fn about(&self) -> About {
        match self {
            Self::Citizen(citizen) => citizen.about,
            Self::Colleague(colleague) => colleague.about,
        }
    }

    /// The civil registration number, if the provider has one to tell.
    pub(super) fn cpr(&self) -> Option<&'static str> {
        match self {
            Self::Citizen(citizen) => citizen.cpr,
            Self::Colleague(_) => None,
        }
    }

    pub(super) fn municipality_code(&self) -> Option<&'static str> {
        match self {
            Self::Citizen(citizen) => Some(citizen.municipality_code),
            Self::Colleague(_) => None,
        }
    }

    /// What they may where sources are worked with.
    pub(super) fn role(&self) -> Option<&'static str> {
        match self {
            Self::Citizen(_) => None,
            Self::Colleague(colleague) => Some(colleague.role),
        }
    }
}
