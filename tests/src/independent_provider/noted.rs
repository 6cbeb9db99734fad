//! What came to the provider.

use serde_json::Value;

/// What a request to the provider was, without anything secret.
#[derive(Debug)]
pub struct Noted(Value);

impl Noted {
    pub(super) fn new(request: Value) -> Self {
        Self(request)
    }

    fn member(&self, name: &str) -> &Value {
        self.0.get(name).unwrap_or(&Value::Null)
    }

    /// A member of it as text; empty when it is missing.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.member(name).as_str().unwrap_or_default()
    }

    /// The status that answered it.
    #[must_use]
    pub fn status(&self) -> u64 {
        self.member("status").as_u64().unwrap_or_default()
    }

    /// Whether it came with a client's secret.
    #[must_use]
    pub fn shows_secret(&self) -> bool {
        *self.member("basic") == true
    }

    /// The names of the parameters in its address.
    #[must_use]
    pub fn query(&self) -> Vec<&str> {
        self.member("query").as_array().into_iter().flatten().filter_map(Value::as_str).collect()
    }

    /// Header and claims of the assertion that it came with.
    #[must_use]
    pub fn assertion(&self) -> Option<[&Value; 2]> {
        let assertion = self.member("assertion");
        Some([assertion.get("header")?, assertion.get("claims")?])
    }
}
