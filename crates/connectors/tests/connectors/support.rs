//! A contract to start from, folders to load it from, and a citizen.

use std::{collections::BTreeMap, fs, path::Path, sync::Arc};

use overblik_connectors::{
    AcceptedPersons, AddressPolicy, Authentication, Citizen, CitizenScope, ConnectorError, ConnectorSet, Cpr, Endpoint,
    FetchRequest, Fetched, LoadOptions, Municipality, Pseudonym, Secret, TraceContext,
};
use overblik_widgets::{AssuranceLevel, Language};
use tempfile::TempDir;
use url::Url;

/// A contract that uses every part of the language.
pub(crate) const CONTRACT: &str = include_str!("permits.yaml");

/// Another contract of the same source, that uses what the first does not.
pub(crate) const SERVICES: &str = include_str!("services.yaml");

/// One more mapping for [`SERVICES`], of a kind that has a time of day.
pub(crate) const VISITS: &str = r#"    - kind: appointment
      from: bills
      each: "$.bills"
      where: { path: "$.kind", in: [visit] }
      sortBy: { field: starts_at, order: ascending }
      limit: 10
      fields:
        title: { path: "$.text", as: text }
        starts_at: { path: "$.at", as: datetime, formats: [iso-datetime] }
"#;

/// A directory of contracts, removed when dropped.
pub(crate) struct Folder(TempDir);

impl Folder {
    /// Holds these contracts, each in its folder.
    pub(crate) fn with(contracts: &[(&str, &str)]) -> Self {
        let directory = TempDir::new().expect("a directory");
        for (folder, text) in contracts {
            let folder = directory.path().join(folder);
            fs::create_dir_all(&folder).expect("a folder");
            fs::write(folder.join("connector.yaml"), text).expect("a file");
        }
        Self(directory)
    }

    pub(crate) fn path(&self) -> &Path {
        self.0.path()
    }
}

/// What a deployment sets for the source of [`CONTRACT`].
pub(crate) fn options(address_policy: AddressPolicy, base_url: Option<Url>) -> LoadOptions {
    let endpoint = Endpoint { base_url, api_key: Some(Secret::new("test-key".into())), ..Endpoint::default() };
    let endpoints = BTreeMap::from([("permits".to_owned(), endpoint)]);
    LoadOptions { endpoints, address_policy, ..LoadOptions::default() }
}

/// The source of a contract that is asked at this address.
pub(crate) fn connector_set(contract: &str, base_url: &Url) -> ConnectorSet {
    let folder = Folder::with(&[("birkerup/permits", contract)]);
    let options = options(AddressPolicy::LoopbackAllowed, Some(base_url.clone()));
    ConnectorSet::load(folder.path(), &options).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

/// The number of the fictitious citizen who asks.
pub(crate) const CPR: &str = "6101010001";

/// The number of another fictitious person.
pub(crate) const OTHER_CPR: &str = "6201010002";

/// What a citizen asks for.
/// Asks the source for a citizen, through its gate.
pub(crate) async fn ask(set: &ConnectorSet, request: FetchRequest) -> Result<Fetched, ConnectorError> {
    let connector = &set.get("permits").expect("the source").main;
    overblik_connectors::ask(connector.as_ref(), request, || {}).await
}

pub(crate) fn request() -> FetchRequest {
    request_from(None)
}

/// What a citizen who lives in a municipality asks for.
pub(crate) fn request_from(municipality: Option<&str>) -> FetchRequest {
    request_of(CPR, 1, municipality)
}

/// What the citizen of a number and of a pseudonym asks for.
pub(crate) fn request_of(cpr: &str, pseudonym: u8, municipality: Option<&str>) -> FetchRequest {
    let cpr = Cpr::parse(cpr, AcceptedPersons::FictitiousToo).expect("a number");
    let citizen = Citizen { cpr, pseudonym: Pseudonym::from_keyed_hash([pseudonym; 16]) };
    #[expect(clippy::disallowed_methods, reason = "a test is no session, and needs a citizen all the same")]
    let scope = CitizenScope::from_authentication(Authentication {
        actor: citizen.clone(),
        subject: citizen,
        level: AssuranceLevel::Substantial,
        municipality: municipality.map(|code| Municipality::parse(code).expect("a code")),
        display_client: "overblik".into(),
    });
    FetchRequest {
        item: None,
        scope,
        language: Language::En,
        memory: Arc::default(),
        login_token: None,
        trace: TraceContext::random(),
        may_ask_twice: true,
        deadline: tokio::time::Instant::now() + std::time::Duration::from_secs(3),
        explanation: overblik_connectors::Explanation::default(),
    }
}
