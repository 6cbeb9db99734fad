//! Pages and forms about versions.

use axum::{
    extract::State,
    response::{Html, IntoResponse, Redirect, Response},
};
use overblik_registry::{Slug, Source, Version};

use super::{offered::Offered, sent::Sent, worker::Worker};
use crate::{
    admin::{
        Admin,
        body::Body,
        error::AdminError,
        named::{Asked, Named, SourceVersion},
        sources::Reason,
        versions::{self, Between, Release, Submit, Test},
    },
    page::console::{self, Compared, VersionPage},
};

pub(super) async fn show(
    State(admin): State<Admin>,
    worker: Worker,
    Named((slug, number)): Named<SourceVersion>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
    let version = source.versions.get(&number).ok_or_else(AdminError::not_found)?;
    let (_, bundle) = admin.bundle_of(&worker.caller(), &slug, number).await?;
    // What was never live, and is on its way, is looked at anew: domains may be others than when it was pushed.
    let mistakes = if version.released.is_none() && version.retired.is_none() {
        admin.service.mistakes(&slug, number).await?.0
    } else {
        Vec::new()
    };
    let report = match &version.tested {
        Some(tested) => serde_json::from_slice(&admin.report(tested.report).await?).ok(),
        None => None,
    };
    let compared = compared(&admin, &worker, source, version).await?;
    let may = Offered { registry: &registry, actor: &worker.actor, now: admin.now() }.of_version(source, version);
    let page = VersionPage {
        source,
        version,
        bundle: &bundle,
        mistakes: &mistakes,
        compared: compared.as_ref(),
        report: report.as_ref(),
        may,
    };
    Ok(Html(console::version(&worker.frame(), &page)))
}

/// What a version changes of the one that citizens see. Of a contract that is no YAML nothing is told but its mistakes.
async fn compared(
    admin: &Admin,
    worker: &Worker,
    source: &Source,
    version: &Version,
) -> Result<Option<Compared>, AdminError> {
    let Some(main) = source.main else { return Ok(Some(Compared::WithNothing)) };
    if main == version.number {
        return Ok(None);
    }
    let between = Asked(Between { from: main, to: version.number });
    let named = Named(source.slug.clone());
    match versions::diff(State(admin.clone()), worker.caller(), named, between).await {
        Ok(axum::Json(difference)) => {
            Ok(Some(Compared::With { main, changes: difference.changes, files: difference.files }))
        }
        Err(_) if version.mistakes > 0 => Ok(None),
        Err(error) => Err(error),
    }
}

fn to_version(source: &Slug, version: u32) -> Response {
    Redirect::to(&format!("/console/sources/{source}/versions/{version}")).into_response()
}

pub(super) async fn test(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, version)): Named<SourceVersion>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&[])?;
    let named = Named((source.clone(), version));
    versions::test(State(admin), worker.caller(), named, form.seen()?, Body(Test::default())).await?;
    Ok(to_version(&source, version))
}

pub(super) async fn submit(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, version)): Named<SourceVersion>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["share", "note"])?;
    let submit = Submit { share: Some(form.share()?), note: form.optional_line("note")? };
    let named = Named((source.clone(), version));
    versions::submit(State(admin), worker.caller(), named, form.seen()?, Body(submit)).await?;
    Ok(to_version(&source, version))
}

pub(super) async fn approve(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, version)): Named<SourceVersion>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&[])?;
    versions::approve(State(admin), worker.caller(), Named((source.clone(), version)), form.seen()?).await?;
    Ok(to_version(&source, version))
}

pub(super) async fn refuse(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, version)): Named<SourceVersion>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["reason"])?;
    let (named, reason) = (Named((source.clone(), version)), Reason { reason: form.line("reason")? });
    versions::refuse(State(admin), worker.caller(), named, form.seen()?, Body(reason)).await?;
    Ok(to_version(&source, version))
}

pub(super) async fn release(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, version)): Named<SourceVersion>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["share"])?;
    let (named, release) = (Named((source.clone(), version)), Release { share: form.share()? });
    versions::release(State(admin), worker.caller(), named, form.seen()?, Body(release)).await?;
    Ok(to_version(&source, version))
}

pub(super) async fn retire(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, version)): Named<SourceVersion>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["reason"])?;
    let (named, reason) = (Named((source.clone(), version)), Reason { reason: form.line("reason")? });
    versions::retire(State(admin), worker.caller(), named, form.seen()?, Body(reason)).await?;
    Ok(to_version(&source, version))
}
