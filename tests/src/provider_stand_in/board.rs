//! What the stand-in knows, was told to do, and has received.

use std::{
    collections::{HashMap, HashSet, VecDeque},
    sync::Arc,
    time::Duration,
};

use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::{Draft, Person};
use crate::{MORNING, SigningKey};

/// Our name at every provider of the demo world, and so here.
pub(super) const CLIENT_ID: &str = "overblik-demo";

/// Makes a token of a draft.
pub(super) type Forge = Arc<dyn Fn(Draft) -> String + Send + Sync>;

/// Changes the token endpoint's answer.
pub(super) type Change = Arc<dyn Fn(&mut Value) + Send + Sync>;

/// What a document answers: status, where it leads, body.
pub(super) type Document = (StatusCode, Option<String>, String);

/// A request that came.
#[derive(Clone, Debug)]
pub struct Request {
    /// Its path.
    pub path: String,
    /// Its query, decoded.
    pub query: Vec<(String, String)>,
    /// Its `Authorization` header.
    pub authorization: Option<String>,
    /// Its form, decoded.
    pub form: Vec<(String, String)>,
}

impl Request {
    /// A field of the form; empty when it is missing.
    #[must_use]
    pub fn field(&self, name: &str) -> &str {
        value(&self.form, name)
    }

    /// A parameter of the query; empty when it is missing.
    #[must_use]
    pub fn parameter(&self, name: &str) -> &str {
        value(&self.query, name)
    }
}

pub(super) fn value<'p>(pairs: &'p [(String, String)], name: &str) -> &'p str {
    pairs.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
}

/// What the token endpoint does with the next request, instead of answering as it should.
#[derive(Clone, Debug)]
pub enum TokenOrder {
    /// Answers as it should, so much later.
    Late(Duration),
    /// Answers with this status and nothing of use, having done nothing.
    Status(StatusCode),
    /// Answers `invalid_grant`, having done nothing.
    InvalidGrant,
    /// Does as it should, and cuts the connection instead of answering.
    Cut,
    /// Does as it should, and answers with this instead.
    Body(&'static str),
}

/// What was given for a code or with a refresh token.
#[derive(Clone)]
pub(super) struct Grant {
    pub(super) person: Person,
    pub(super) nonce: String,
    pub(super) authenticated: i64,
    /// Which login it came of: a refresh token that is used twice ends all of its login's.
    pub(super) family: u64,
}

pub(super) struct Board {
    pub(super) issuer: String,
    pub(super) key: Arc<SigningKey>,
    pub(super) forge: Forge,
    pub(super) change: Change,
    pub(super) metadata: Document,
    pub(super) key_set: Document,
    pub(super) requests: Vec<Request>,
    pub(super) person: Person,
    pub(super) next: VecDeque<Person>,
    pub(super) orders: VecDeque<TokenOrder>,
    pub(super) passed: Duration,
    pub(super) pushed: HashMap<String, Vec<(String, String)>>,
    pub(super) codes: HashMap<String, Grant>,
    pub(super) refresh_tokens: HashMap<String, Grant>,
    /// Used refresh tokens, and the logins that they belong to.
    pub(super) used: HashMap<String, u64>,
    pub(super) ended: HashSet<u64>,
    pub(super) counter: u64,
}

impl Board {
    pub(super) fn new(issuer: String, key: SigningKey) -> Self {
        Self {
            metadata: (StatusCode::OK, None, metadata(&issuer).to_string()),
            key_set: (StatusCode::OK, None, json!({ "keys": [key.public] }).to_string()),
            issuer,
            key: Arc::new(key),
            forge: Arc::new(|draft| draft.signed()),
            change: Arc::new(|_| {}),
            requests: Vec::new(),
            person: Person::default(),
            next: VecDeque::new(),
            orders: VecDeque::new(),
            passed: Duration::ZERO,
            pushed: HashMap::new(),
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            used: HashMap::new(),
            ended: HashSet::new(),
            counter: 0,
        }
    }

    /// A number that was not given before.
    pub(super) fn count(&mut self) -> u64 {
        self.counter += 1;
        self.counter
    }

    #[expect(clippy::expect_used, reason = "the morning is a time")]
    pub(super) fn now(&self) -> i64 {
        let passed = SignedDuration::try_from(self.passed).expect("a duration");
        (MORNING.parse::<Timestamp>().expect("a time") + passed).as_second()
    }

    /// The grant of a refresh token, which is used up; a used one ends its login.
    pub(super) fn use_refresh_token(&mut self, token: &str) -> Option<Grant> {
        if let Some(family) = self.used.get(token) {
            self.ended.insert(*family);
        }
        let grant = self.refresh_tokens.remove(token)?;
        self.used.insert(token.to_owned(), grant.family);
        (!self.ended.contains(&grant.family)).then_some(grant)
    }

    /// Tokens for a grant, and a new refresh token.
    pub(super) fn tokens(&mut self, grant: Grant, of_refresh: bool) -> Value {
        let now = self.now();
        let number = self.count();
        let refresh_token = format!("refresh-{number}-of-{}", grant.person.subject);
        let mut claims = json!({
            "iss": self.issuer, "sub": grant.person.subject, "aud": CLIENT_ID, "exp": now + 300, "iat": now,
            "auth_time": grant.authenticated, "sid": grant.person.session,
            "acr": "https://data.gov.dk/concept/core/nsis/loa/Substantial",
            "cpr": grant.person.cpr(), "name": grant.person.name(),
        });
        if let (Some(claims), false) = (claims.as_object_mut(), of_refresh) {
            claims.insert("nonce".to_owned(), json!(grant.nonce));
        }
        let draft = Draft {
            header: json!({ "alg": self.key.algorithm, "kid": self.key.id }),
            claims,
            raw: [None, None],
            key: Arc::clone(&self.key),
            of_refresh,
        };
        let mut answer = json!({
            "access_token": format!("access-{number}-of-{}", grant.person.subject), "token_type": "Bearer",
            "expires_in": 300, "refresh_token": refresh_token, "id_token": (self.forge)(draft),
        });
        self.refresh_tokens.insert(refresh_token, grant);
        (self.change)(&mut answer);
        answer
    }
}

pub(super) fn metadata(issuer: &str) -> Value {
    json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "revocation_endpoint": format!("{issuer}/revoke"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["ES256", "PS256"],
    })
}
