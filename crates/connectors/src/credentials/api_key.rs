//! A key that the source gave this deployment, in a header.

use http::{HeaderName, HeaderValue};

use crate::upstream::Call;

/// A key in a header.
#[derive(Debug)]
pub(crate) struct ApiKey {
    /// The header.
    pub(crate) header: HeaderName,
    /// The key, marked sensitive.
    pub(crate) key: HeaderValue,
}

impl ApiKey {
    pub(super) fn show(&self, call: &mut Call) {
        call.headers.insert(self.header.clone(), self.key.clone());
    }
}
