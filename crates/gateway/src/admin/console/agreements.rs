//! Forms about agreements.

use axum::{extract::State, response::Response};
use overblik_registry::{Municipalities, MunicipalityCode, Slug};

use super::{sent::Sent, sources::to_source, worker::Worker};
use crate::{
    admin::{
        Admin,
        agreements::{self, ProposedAgreement},
        body::Body,
        error::AdminError,
        named::{Named, SourceClient},
        sources::Reason,
    },
    page::console::FormMistake,
};

/// What stands for all municipalities, in either language.
const ALL: [&str; 2] = ["alle", "all"];

pub(super) async fn propose(
    State(admin): State<Admin>,
    worker: Worker,
    Named(source): Named<Slug>,
    sent: Sent,
) -> Result<Response, AdminError> {
    // What is not theirs is not there, whatever else is wrong with the form.
    admin.registry().await?.source_for(&worker.actor, source.as_str()).ok_or_else(AdminError::not_found)?;
    let form = sent.fields(&["display_client", "municipalities"])?;
    let municipalities = municipalities(form.given("municipalities").unwrap_or_default())?;
    let named = Named((source.clone(), form.slug("display_client")?));
    let proposed = Body(ProposedAgreement { municipalities });
    agreements::propose(State(admin), worker.caller(), named, form.seen()?, proposed).await?;
    Ok(to_source(&source))
}

/// Municipalities as people write them. Nothing is no word for all.
fn municipalities(written: &str) -> Result<Municipalities, AdminError> {
    let wrong = || AdminError::in_form(FormMistake::Municipalities);
    if ALL.iter().any(|all| written.trim().eq_ignore_ascii_case(all)) {
        return Ok(Municipalities::All);
    }
    let codes = written.split([' ', ',', ';']).filter(|code| !code.is_empty());
    let codes: Result<std::collections::BTreeSet<_>, _> = codes.map(MunicipalityCode::parse).collect();
    let codes = codes.map_err(|_| wrong())?;
    if codes.is_empty() { Err(wrong()) } else { Ok(Municipalities::These(codes)) }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_municipalities_are_a_word_and_nothing_is_none_of_them() {
        for all in ["alle", " Alle ", "ALL"] {
            assert_eq!(municipalities(all), Ok(Municipalities::All), "{all}");
        }
        let codes = ["0101", "0147"].map(|code| MunicipalityCode::parse(code).expect("a code"));
        assert_eq!(municipalities(" 0147, 0101;0147 "), Ok(Municipalities::These(codes.into())));
        for wrong in ["", " ", ",", "0101 alle", "101", "0101-0147", "København"] {
            assert_eq!(municipalities(wrong), Err(AdminError::in_form(FormMistake::Municipalities)), "{wrong}");
        }
    }
}
