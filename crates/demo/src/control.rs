//! The control page: who takes part, what is wrong with whom, and forms to change it. Also as JSON, for command
//! lines.

mod guard;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use askama::Template;
use axum::{
    Form, Json, Router,
    extract::{Path, State},
    middleware,
    response::{IntoResponse, Redirect, Response},
    routing::{get, post, put},
};
use bytes::Bytes;
use http::StatusCode;
use serde::{Deserialize, Deserializer};
use serde_json::json;
use url::Url;

use crate::{
    citizens::{self, DemoCitizen},
    fault::Fault,
    named::UnknownName,
    options::OnReset,
    page,
    parties::Parties,
    party::{FaultTarget, Party, Source},
    received::Recorder,
};

/// What the control page shows and changes.
pub(crate) struct Control {
    pub(crate) parties: Parties,
    /// A page of the gateway.
    pub(crate) portal: Option<Url>,
    pub(crate) on_reset: Option<OnReset>,
}

#[derive(Template)]
#[template(path = "control.html")]
struct ControlPage {
    nonce: String,
    url: String,
    issuer: String,
    portal: Option<String>,
    municipality: Option<String>,
    can_reset: bool,
    sources: Vec<SourceView>,
    citizens: &'static [DemoCitizen],
}

struct SourceView {
    slug: &'static str,
    url: String,
    received: usize,
    in_flight: usize,
    targets: Vec<TargetView>,
}

struct TargetView {
    name: &'static str,
    fault: Option<Fault>,
    choices: Vec<Choice>,
}

struct Choice {
    fault: Fault,
    selected: bool,
}

impl TargetView {
    fn new(name: &'static str, fault: Option<Fault>) -> Self {
        let choices = Fault::ALL.iter().map(|&choice| Choice { fault: choice, selected: fault == Some(choice) });
        Self { name, fault, choices: choices.collect() }
    }
}

/// The control page's addresses.
pub(crate) fn router(control: Control) -> Router {
    Router::new()
        .route("/", get(show))
        .route("/faults", get(faults).post(order_by_form))
        .route("/faults/{target}", put(order_by_json))
        .route("/reset", post(reset))
        .layer(middleware::from_fn(guard::own_origin_only))
        .with_state(Arc::new(control))
}

fn unknown(error: &UnknownName) -> Response {
    (StatusCode::BAD_REQUEST, Json(json!({ "message": error.to_string() }))).into_response()
}

async fn show(State(control): State<Arc<Control>>) -> Response {
    let parties = &control.parties;
    page::respond(StatusCode::OK, &[], |nonce| ControlPage {
        nonce,
        url: parties.url(Party::Control).to_owned(),
        issuer: parties.url(Party::IdentityProvider).to_owned(),
        portal: control.portal.as_ref().map(|portal| portal.origin().ascii_serialization()),
        municipality: Some(parties.url(Party::Portal).to_owned()).filter(|url| !url.is_empty()),
        can_reset: control.on_reset.is_some(),
        sources: parties.sources().map(|source| control.view(source)).collect(),
        citizens: citizens::all(),
    })
}

impl Control {
    fn view(&self, source: Source) -> SourceView {
        let recorder = self.parties.recorder(Party::Source(source));
        let targets = self.targets().filter(|target| target.source() == source);
        SourceView {
            slug: source.name(),
            url: self.parties.url(Party::Source(source)).to_owned(),
            received: recorder.map_or(0, |recorder| recorder.received().len()),
            in_flight: recorder.map_or(0, Recorder::in_flight),
            targets: targets.map(|target| TargetView::new(target.name(), self.parties.fault(target))).collect(),
        }
    }

    /// What faults can be ordered for: whatever takes part.
    fn targets(&self) -> impl Iterator<Item = FaultTarget> {
        let sources: BTreeSet<Source> = self.parties.sources().collect();
        FaultTarget::ALL.iter().copied().filter(move |target| sources.contains(&target.source()))
    }

    fn faults(&self) -> BTreeMap<&'static str, Option<&'static str>> {
        let name_of_fault = |target: FaultTarget| (target.name(), self.parties.fault(target).map(Fault::name));
        self.targets().map(name_of_fault).collect()
    }
}

async fn faults(State(control): State<Arc<Control>>) -> Response {
    Json(control.faults()).into_response()
}

#[derive(Deserialize)]
struct OrderForm {
    target: String,
    /// Empty for none.
    fault: String,
}

async fn order_by_form(State(control): State<Arc<Control>>, Form(form): Form<OrderForm>) -> Response {
    let fault = Some(form.fault.as_str()).filter(|name| !name.is_empty());
    match control.order(&form.target, fault).await {
        Ok(()) => Redirect::to("/").into_response(),
        Err(error) => unknown(&error),
    }
}

/// `{"fault": "stall"}` or `{"fault": null}`; leaving it out is a mistake, not a `null`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OrderJson {
    #[serde(deserialize_with = "present")]
    fault: Option<String>,
}

fn present<'de, D: Deserializer<'de>>(value: D) -> Result<Option<String>, D::Error> {
    Option::deserialize(value)
}

async fn order_by_json(State(control): State<Arc<Control>>, Path(target): Path<String>, body: Bytes) -> Response {
    let Ok(order) = serde_json::from_slice::<OrderJson>(&body) else {
        let message = json!({ "message": "expected {\"fault\": NAME} or {\"fault\": null}" });
        return (StatusCode::BAD_REQUEST, Json(message)).into_response();
    };
    match control.order(&target, order.fault.as_deref()).await {
        Ok(()) => Json(control.faults()).into_response(),
        Err(error) => unknown(&error),
    }
}

impl Control {
    async fn order(&self, given: &str, fault: Option<&str>) -> Result<(), UnknownName> {
        let target = given.parse().ok().filter(|target| self.targets().any(|possible| possible == *target));
        let target = target.ok_or_else(|| UnknownName {
            what: "fault target",
            given: given.to_owned(),
            possible: self.targets().map(FaultTarget::name).collect(),
        })?;
        let fault = fault.map(str::parse).transpose()?;
        self.parties.order(target, fault).await;
        Ok(())
    }
}

#[derive(Deserialize)]
struct ResetForm {
    source: String,
}

async fn reset(State(control): State<Arc<Control>>, Form(form): Form<ResetForm>) -> Response {
    let Some(on_reset) = &control.on_reset else { return StatusCode::NOT_FOUND.into_response() };
    match form.source.parse::<Source>() {
        Ok(source) => {
            on_reset(source.name());
            Redirect::to("/").into_response()
        }
        Err(error) => unknown(&error),
    }
}
