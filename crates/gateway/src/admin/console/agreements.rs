//! Forms about agreements.

use axum::{extract::State, response::Response};

use super::{sent::Sent, sources::to_source, worker::Worker};
use crate::admin::{
    Admin, agreements,
    body::Body,
    error::AdminError,
    named::{Named, SourceClient},
    sources::Reason,
};

pub(super) async fn approve(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, client)): Named<SourceClient>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&[])?;
    let named = Named((source.clone(), client));
    agreements::approve(State(admin), worker.caller(), named, form.seen()?).await?;
    Ok(to_source(&source))
}

pub(super) async fn reject(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, client)): Named<SourceClient>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["reason"])?;
    let (named, reason) = (Named((source.clone(), client)), Reason { reason: form.line("reason")? });
    agreements::reject(State(admin), worker.caller(), named, form.seen()?, Body(reason)).await?;
    Ok(to_source(&source))
}

pub(super) async fn end(
    State(admin): State<Admin>,
    worker: Worker,
    Named((source, client)): Named<SourceClient>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let form = sent.fields(&["reason"])?;
    let (named, reason) = (Named((source.clone(), client)), Reason { reason: form.line("reason")? });
    agreements::end(State(admin), worker.caller(), named, form.seen()?, Body(reason)).await?;
    Ok(to_source(&source))
}
