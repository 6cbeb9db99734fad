//! The doors for portals.

pub(crate) mod connected;
pub(crate) mod files;
pub(crate) mod frame;
pub(crate) mod sections;
pub(crate) mod token;
