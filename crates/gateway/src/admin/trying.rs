//! What a fictitious citizen would see of a version, before any real one does.
//!
//! Nothing that is asked here names an address (requirement R47): a recording of the bundle is played, or the contract's own
//! test endpoint is asked, by the client and the rules by which every source is (R40, R41). It is shown none of the
//! deployment's credentials, and of what it answers nothing is told but what the contract makes of it.

use axum::extract::State;
use overblik_connectors::{
    AddressPolicy, Endpoint, Municipality,
    kit::{self, Came, CannotTry, Case, ConnectSettings, Contract},
};
use overblik_registry::{Slug, Unfolded};
use overblik_widgets::Language;
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::{
    Admin, AdminRefusal,
    body::Body,
    error::AdminError,
    named::{Named, SourceVersion},
    token::Caller,
};
use crate::{api_error::ApiError, registry_store, tried::Tried};

/// What is tried: a recording, or the contract's test endpoint with a fictitious citizen.
#[derive(Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Try {
    /// A case of the bundle's `examples`.
    #[serde(default)]
    pub(super) example: Option<String>,
    /// The number of a fictitious citizen, with 60 added to the day of birth.
    #[serde(default)]
    pub(super) citizen: Option<String>,
    /// Where that citizen lives, if the contract asks for it: four digits.
    #[serde(default)]
    pub(super) municipality: Option<String>,
    /// The language that that citizen reads, for sources that answer in it; Danish if none is said.
    #[serde(default)]
    pub(super) language: Language,
}

/// The section that a citizen would see, and why it is not otherwise.
pub(super) async fn try_it(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
    Body(asked): Body<Try>,
) -> Result<axum::Json<Value>, AdminError> {
    // What is not theirs takes no place.
    admin.bundle_of(&caller, &source, version).await?;
    let place = admin.room.take(&caller.0.side)?;
    let trying = admin.clone();
    let tried = async move {
        let _place = place;
        let (tried, citizen) = trying.tried(&caller, &source, version, &asked).await?;
        Ok(tried.to_json(&citizen))
    };
    admin.to_its_end(tried).await.map(axum::Json)
}

impl Admin {
    /// What a citizen would see of a version, and who that is: nothing of either is kept. Whoever asks has taken room for it.
    pub(super) async fn tried(
        &self,
        caller: &Caller,
        source: &Slug,
        version: u32,
        asked: &Try,
    ) -> Result<(Tried, String), AdminError> {
        let (_, bundle) = self.bundle_of(caller, source, version).await?;
        let registry = self.registry().await?;
        let authority = registry.source(source.as_str()).map(|source| source.authority.clone());
        let authority = authority.ok_or_else(AdminError::not_found)?;
        let (folder, slug) = (registry_store::unfolded(&self.kept), source.clone());
        let read = crate::blocking::run(move || {
            let unfolded = bundle.unfold(&folder, &authority, &slug)?;
            let contract = Contract::read(unfolded.source());
            Ok::<_, std::io::Error>((unfolded, contract))
        });
        let (unfolded, contract) = read.await.map_err(|error| internal(&error))?.map_err(|error| internal(&error))?;
        let contract = contract.map_err(|_| because("the contract has mistakes: push it again to see them"))?;
        let (came, notes, citizen) = match (&asked.example, &asked.citizen) {
            (Some(case), None) if asked.municipality.is_none() => replay(&contract, &unfolded, case).await?,
            (None, Some(citizen)) => self.ask(&contract, source, citizen, asked).await?,
            _ => {
                return Err(AdminError::because(
                    AdminRefusal::Body,
                    "say `example`, or `citizen` and, if the contract asks for it, `municipality`",
                ));
            }
        };
        Ok((Tried::of(&contract, came, notes, self.now()), citizen))
    }
}

fn because(why: impl Into<String>) -> AdminError {
    AdminError::because(AdminRefusal::State, why)
}

fn internal(error: &dyn std::fmt::Display) -> AdminError {
    tracing::error!(%error, "a contract cannot be tried");
    ApiError::Internal.into()
}

/// What came, what a recording lacks, and whom it was about.
type Trial = (Came, Vec<String>, String);

async fn replay(contract: &Contract, unfolded: &Unfolded, name: &str) -> Result<Trial, AdminError> {
    let examples = unfolded.source().join("examples");
    let names = Case::names(&examples);
    // Also so that no name leads out of the folder.
    if !names.iter().any(|known| known == name) {
        return Err(because(format!("there is no such case; there are: {}", names.join(", "))));
    }
    let case = Case::read(&examples.join(name)).map_err(|wrong| because(wrong.message))?;
    let (replayed, notes) = kit::replay(contract, &case).await.map_err(cannot)?;
    Ok((replayed, notes, case.citizen().to_owned()))
}

impl Admin {
    /// Where and how a contract's test endpoint is asked.
    ///
    /// # Errors
    /// When there is none, or it is somebody else's.
    pub(super) async fn test_endpoint(
        &self,
        contract: &Value,
        source: &Slug,
    ) -> Result<(Url, ConnectSettings), AdminError> {
        let declared = contract.pointer("/spec/testUrl").and_then(Value::as_str).and_then(|url| Url::parse(url).ok());
        let registry = self.registry().await?;
        let authority = registry.source(source.as_str()).map(|source| source.authority.as_str());
        let configured = self.test_urls.get(source.as_str());
        let configured = configured.filter(|(theirs, _)| theirs.is_none() || theirs.as_deref() == authority);
        let configured = configured.map(|(_, url)| url.clone());
        // A machine's own parties are in nobody's domain; their deployment says where they are.
        let is_here = configured.is_some() && self.address_policy == AddressPolicy::LoopbackAllowed;
        let url = configured.or(declared);
        let url = url.ok_or_else(|| because("the contract names no test endpoint: spec.testUrl"))?;
        let authority = authority.and_then(|slug| registry.authority(slug));
        // Its domains may be others than when the version was pushed.
        if !is_here && !url.host_str().zip(authority).is_some_and(|(host, authority)| authority.owns(host)) {
            return Err(because("the test endpoint is in no domain of its authority"));
        }
        let endpoint = Endpoint { base_url: Some(url.clone()), ..Endpoint::default() };
        let settings = ConnectSettings { endpoint, shows_credentials: false, address_policy: self.address_policy };
        Ok((url, settings))
    }

    async fn ask(&self, contract: &Contract, source: &Slug, citizen: &str, asked: &Try) -> Result<Trial, AdminError> {
        let municipality = asked.municipality.as_deref().map(municipality_of).transpose()?;
        let (_, settings) = self.test_endpoint(contract.document(), source).await?;
        let citizen = citizen.replace('-', "");
        let came = kit::ask_at(contract, &settings, &citizen, municipality, None, asked.language).await;
        Ok((came.map_err(cannot)?, Vec::new(), citizen))
    }
}

/// A municipality's code.
pub(super) fn municipality_of(code: &str) -> Result<Municipality, AdminError> {
    let wrong = || AdminError::because(AdminRefusal::Body, "a municipality is four digits");
    Municipality::parse(code).ok_or_else(wrong)
}

fn cannot(error: CannotTry) -> AdminError {
    match error {
        CannotTry::NotFictitious(error) => AdminError::because(AdminRefusal::Body, error.to_string()),
        // Where the files stand here is nobody's matter.
        CannotTry::Contract(mistakes) => {
            because(mistakes.as_slice().iter().map(|mistake| mistake.message.clone()).collect::<Vec<_>>().join("; "))
        }
        CannotTry::NoStage(error) => internal(&error),
    }
}
