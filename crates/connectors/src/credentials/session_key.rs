//! A back end that is logged in to: with the deployment's user, for a key that is shown until it lapses there.

use std::time::Duration;

use http::{HeaderMap, HeaderName, Method};
use overblik_widgets::Language;
use serde_json::Value;
use url::Url;

use super::{api_key::ApiKey, held::Obtained};
use crate::{
    declared::{One, Selector, read_json},
    error::ConnectorError,
    secret::Secret,
    upstream::{Call, UpstreamClient},
};

/// Longest key in bytes.
const LONGEST_KEY: usize = 4096;

/// Largest answer to a log-in, in bytes.
const LARGEST_ANSWER: usize = 64 * 1024;

/// Longest that a key is held. The back end says by 401 when it has lapsed; one that nobody used since goes.
const LONGEST_LIFE: Duration = Duration::from_hours(1);

/// How such a key is obtained and shown.
#[derive(Debug)]
pub(crate) struct SessionKey {
    /// Where the log-in is.
    pub(crate) url: Url,
    /// The log-in itself, as JSON text with the deployment's user in it.
    pub(crate) body: Secret,
    /// Where the answer has the key.
    pub(crate) key: Selector,
    /// The header that shows it.
    pub(crate) header: HeaderName,
}

impl SessionKey {
    pub(super) async fn obtain(
        &self,
        api_key: Option<&ApiKey>,
        language: Language,
        upstream: &UpstreamClient,
    ) -> Result<Obtained, ConnectorError> {
        let mut call = Call {
            method: Method::POST,
            url: self.url.clone(),
            headers: HeaderMap::new(),
            body: Some(self.body.reveal().as_bytes().to_vec()),
            language,
            idempotent: false,
            deadline: None,
            body_limit: LARGEST_ANSWER,
        };
        if let Some(api_key) = api_key {
            api_key.show(&mut call);
        }
        let answer = read_json(&upstream.send(call).await?.successful()?)?;
        let key = match self.key.one(&answer) {
            One::Node(Value::String(key)) => Secret::new(key.clone()),
            One::Node(Value::Number(key)) => Secret::new(key.to_string()),
            One::Node(_) | One::Absent | One::Several => return Err(ConnectorError::ContractBroken),
        };
        let fits =
            (1..=LONGEST_KEY).contains(&key.reveal().len()) && key.reveal().bytes().all(|byte| byte.is_ascii_graphic());
        if fits { Ok(Obtained { value: key, lasts: LONGEST_LIFE }) } else { Err(ConnectorError::ContractBroken) }
    }
}
