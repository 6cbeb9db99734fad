//! Versions of a source: pushed, tested, submitted, approved, released.

use std::collections::BTreeMap;

use axum::{
    extract::State,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use http::{HeaderValue, header};
use overblik_connectors::kit::{self, LiveSettings};
use overblik_registry::{Bundle, Change, Digest, Line, Share, Side, Slug, Source, TestEndpoint};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{
    Admin, AdminRefusal,
    answer::{Created, Tagged},
    body::{BUNDLE, Body, LookedAt},
    error::AdminError,
    named::{Asked, Named, SourceVersion},
    shapes,
    sources::Reason,
    token::Caller,
    trying::municipality_of,
    views::{SourceView, VersionView},
};
use crate::api_error::ApiError;

/// All files of a version.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Push {
    /// The files' texts by their paths in the source's folder: `connector.yaml`, `openapi.yaml`, `examples/...`.
    pub(super) files: BTreeMap<String, String>,
}

/// Keeps files as the version that is open, or the next.
pub(super) async fn push(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
    Body(Push { files }): Body<Push, BUNDLE>,
) -> Result<Created<VersionView>, AdminError> {
    let registry = admin.registry().await?;
    let own = match &caller.0.side {
        Side::Authority(own) => Some(own.clone()),
        Side::Operator => registry.source(source.as_str()).map(|source| source.authority.clone()),
    };
    let authority = own.ok_or_else(AdminError::not_found)?;
    let files = files.into_iter().map(|(path, text)| (path, Bytes::from(text))).collect();
    let bundle = Bundle::new(files).map_err(|error| AdminError::because(AdminRefusal::Body, error.to_string()))?;
    let (thing, mistakes) = admin.push(caller, seen, authority, &source, bundle).await?;
    if !mistakes.is_empty() {
        return Err(AdminError::mistakes(mistakes, None));
    }
    let at = format!("/admin/v1/sources/{source}/versions/{}", thing.value.number());
    Ok(Created { at, thing })
}

pub(super) async fn show(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
) -> Result<Tagged<VersionView>, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&caller.0, source.as_str()).ok_or_else(AdminError::not_found)?;
    let version = source.versions.get(&version).ok_or_else(AdminError::not_found)?;
    Ok(Tagged { record: source.last_record, value: version.into() })
}

/// The files of a version.
#[derive(Serialize, JsonSchema)]
pub(super) struct Files {
    /// The digest that names them.
    bundle: String,
    /// The texts by their paths; what is no text is left out.
    pub(super) files: BTreeMap<String, String>,
}

pub(super) async fn bundle(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
) -> Result<axum::Json<Files>, AdminError> {
    let (digest, bundle) = admin.bundle_of(&caller, &source, version).await?;
    let texts = bundle.files().iter().filter_map(|(path, contents)| {
        let text = std::str::from_utf8(contents).ok()?;
        Some((path.clone(), text.to_owned()))
    });
    Ok(axum::Json(Files { bundle: digest.to_string(), files: texts.collect() }))
}

/// The kit's report about a version, as it was written.
pub(super) async fn report(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
) -> Result<Response, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&caller.0, source.as_str()).ok_or_else(AdminError::not_found)?;
    let version = source.versions.get(&version).ok_or_else(AdminError::not_found)?;
    let tested = version.tested.as_ref().ok_or_else(AdminError::not_found)?;
    let report = admin.report(tested.report).await?;
    let json = HeaderValue::from_static("application/json");
    Ok(([(header::CONTENT_TYPE, json)], report).into_response())
}

/// Which versions are compared.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Between {
    /// The older one.
    #[schemars(schema_with = "shapes::version")]
    pub(super) from: u32,
    /// The newer one.
    #[schemars(schema_with = "shapes::version")]
    pub(super) to: u32,
}

/// What one version changes of another.
#[derive(Serialize, JsonSchema)]
pub(super) struct Difference {
    /// Each change of the contract, the weightiest first: `weight`, `path`, `was`, `is` and the `reason`.
    #[schemars(with = "Vec<Value>")]
    pub(super) changes: Vec<kit::Change>,
    /// What `metadata.version` should do.
    pub(super) note: Option<String>,
    /// Other files that are new, gone or of another text.
    pub(super) files: Vec<String>,
}

pub(super) async fn diff(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    Asked(Between { from, to }): Asked<Between>,
) -> Result<axum::Json<Difference>, AdminError> {
    let (_, old) = admin.bundle_of(&caller, &source, from).await?;
    let (_, new) = admin.bundle_of(&caller, &source, to).await?;
    let place = admin.differences.take(&caller.0.side)?;
    let looking = crate::blocking::run(move || {
        // Until it is over, also when nobody waits for it any more.
        let _place = place;
        between(&old, &new)
    });
    let difference = looking.await.map_err(|error| {
        tracing::error!(%error, "two contracts cannot be compared");
        ApiError::Internal
    })?;
    Ok(axum::Json(difference?))
}

fn between(old: &Bundle, new: &Bundle) -> Result<Difference, AdminError> {
    let (was, is) = (document(old)?, document(new)?);
    let changes = kit::changes(&was, &is);
    let note = kit::version_to_raise(&was, &is, &changes);
    let paths: std::collections::BTreeSet<_> = old.files().keys().chain(new.files().keys()).collect();
    let others = paths.into_iter().filter(|path| *path != overblik_registry::CONTRACT);
    let files = others.filter(|path| old.files().get(*path) != new.files().get(*path)).cloned().collect();
    Ok(Difference { changes, note, files })
}

/// A contract, key by key.
pub(super) fn document(bundle: &Bundle) -> Result<Value, AdminError> {
    let read = serde_saphyr::from_str(&bundle.contract());
    read.map_err(|_| AdminError::because(AdminRefusal::State, "the contract is no YAML"))
}

/// Whom the contract's test endpoint is asked about, all of them fictitious. Nobody: the recordings alone are played.
#[derive(Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Test {
    /// A citizen about whom it has something.
    #[serde(default)]
    pub(super) citizen: Option<String>,
    /// Another one.
    #[serde(default)]
    pub(super) other_citizen: Option<String>,
    /// One about whom it has nothing.
    #[serde(default)]
    pub(super) citizen_without_data: Option<String>,
    /// Where they live, if the contract asks for it: four digits.
    #[serde(default)]
    pub(super) municipality: Option<String>,
}

/// How often the latency of a test endpoint is measured.
const CALLS: usize = 10;

/// Runs the kit, keeps its report, and answers with it.
pub(super) async fn test(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
    seen: LookedAt,
    Body(asked): Body<Test>,
) -> Result<Tagged<Value>, AdminError> {
    let (_, bundle) = admin.bundle_of(&caller, &source, version).await?;
    let Test { citizen, other_citizen, citizen_without_data, municipality } = asked;
    let plain = |number: String| number.replace('-', "");
    let endpoint = match citizen {
        Some(citizen) => {
            let (url, connect) = admin.test_endpoint(&document(&bundle)?, &source).await?;
            let settings = LiveSettings {
                connect,
                citizen: plain(citizen),
                other_citizen: other_citizen.map(plain),
                citizen_without_data: citizen_without_data.map(plain),
                municipality: municipality.as_deref().map(municipality_of).transpose()?,
                calls: CALLS,
            };
            Some(TestEndpoint { name: url.to_string(), settings })
        }
        None if other_citizen.or(citizen_without_data).or(municipality).is_none() => None,
        None => return Err(AdminError::because(AdminRefusal::Body, "without `citizen` nobody is asked about")),
    };
    admin.test(caller, seen, source, version, endpoint).await
}

/// What whoever approves should know.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Submit {
    /// The share of citizens that it is meant to begin with, per cent.
    #[serde(default)]
    #[schemars(schema_with = "shapes::share_or_none")]
    pub(super) share: Option<Share>,
    /// One line.
    #[serde(default)]
    #[schemars(schema_with = "shapes::line_or_none")]
    pub(super) note: Option<Line>,
}

pub(super) async fn submit(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
    seen: LookedAt,
    Body(Submit { share, note }): Body<Submit>,
) -> Result<Tagged<SourceView>, AdminError> {
    let change = |found: &Source| {
        let (source, bundle) = (found.slug.clone(), looked_at(found, version)?);
        Ok(Change::Submitted { source, version, bundle, share, note })
    };
    admin.change_as_it_is(caller, seen, &source, change).await
}

pub(super) async fn approve(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
    seen: LookedAt,
) -> Result<Tagged<SourceView>, AdminError> {
    let change = |found: &Source| {
        let (source, bundle) = (found.slug.clone(), looked_at(found, version)?);
        Ok(Change::Approved { source, version, bundle })
    };
    admin.change_as_it_is(caller, seen, &source, change).await
}

pub(super) async fn refuse(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
    seen: LookedAt,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Tagged<SourceView>, AdminError> {
    let change = |found: &Source| {
        let (source, bundle) = (found.slug.clone(), looked_at(found, version)?);
        Ok(Change::Refused { source, version, bundle, reason })
    };
    admin.change_as_it_is(caller, seen, &source, change).await
}

/// To how many citizens a version goes.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Release {
    /// Per cent, 1 to 100.
    #[schemars(schema_with = "shapes::share")]
    pub(super) share: Share,
}

pub(super) async fn release(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
    seen: LookedAt,
    Body(Release { share }): Body<Release>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::Released { source, version, share }).await
}

pub(super) async fn retire(
    State(admin): State<Admin>,
    caller: Caller,
    Named((source, version)): Named<SourceVersion>,
    seen: LookedAt,
    Body(Reason { reason }): Body<Reason>,
) -> Result<Tagged<SourceView>, AdminError> {
    admin.change_source(caller, seen, Change::VersionRetired { source, version, reason }).await
}

/// The files of a version as they are. That they are those that the caller saw, the record that they looked at says.
fn looked_at(source: &Source, version: u32) -> Result<Digest, AdminError> {
    source.versions.get(&version).map(|version| version.bundle).ok_or_else(AdminError::not_found)
}
