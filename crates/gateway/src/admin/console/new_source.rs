//! A source that there is not yet: whose it is, what it is called, and what its first version is made of. Whatever is wrong
//! with a contract itself is said by the editor, which comes next.

use axum::{
    extract::{Request, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use bytes::Bytes;
use jiff::Timestamp;
use overblik_connectors::kit::{Answers, Draft};
use overblik_registry::{Authority, Bundle, CONTRACT, Registry, Slug};

use super::{
    offered::Offered,
    uploaded::{Uploaded, in_folder},
    worker::Worker,
    written::with_plain_lines,
};
use crate::{
    admin::{
        Admin, AdminRefusal,
        body::LookedAt,
        error::{AdminError, Mistake},
    },
    api_error::ApiError,
    page::console::{self, FormMistake, NewSourcePage, StartsFrom, WrittenSource},
};

/// The authorities for which somebody may begin a source; nobody else is told of this page.
fn whose<'r>(registry: &'r Registry, worker: &Worker, now: Timestamp) -> Result<Vec<&'r Authority>, AdminError> {
    let offered = Offered { registry, actor: &worker.actor, now };
    let known = registry.authorities().filter_map(|(_, entry)| Some(&entry.current.as_ref()?.value));
    let whose: Vec<_> = known.filter(|authority| offered.a_new_source(&authority.slug)).collect();
    if whose.is_empty() { Err(AdminError::not_found()) } else { Ok(whose) }
}

pub(super) async fn show(State(admin): State<Admin>, worker: Worker) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    let whose = whose(&registry, &worker, admin.now())?;
    let written = begun(&whose);
    Ok(Html(page(&worker, &whose, &written, &[])))
}

fn page(worker: &Worker, whose: &[&Authority], written: &WrittenSource, mistakes: &[FormMistake]) -> String {
    console::new_source(&worker.frame(), &NewSourcePage { whose, written, mistakes })
}

/// What stands in the form at first.
fn begun(whose: &[&Authority]) -> WrittenSource {
    let Answers { kind, theme, auth, format, .. } = Answers::default();
    let base_url = match whose {
        [one] => one.domains.first().map(|domain| format!("https://{domain}")).unwrap_or_default(),
        _ => String::new(),
    };
    WrittenSource { theme, kind, base_url, auth, format, ..WrittenSource::default() }
}

/// Keeps the first version, mistakes or none, and leads to the editor. Whatever is refused, the page that answers holds what
/// was written; files are chosen again.
pub(super) async fn send(State(admin): State<Admin>, worker: Worker, request: Request) -> Result<Response, AdminError> {
    let registry = admin.registry().await?;
    // Before anything large is read: whether they may at all.
    let whose = whose(&registry, &worker, admin.now())?;
    let mut sent = Uploaded::read(&admin, request, &FIELDS).await?;
    let written = written(&mut sent)?;
    // What is not theirs is not there, whatever else is wrong with the form.
    let authority = match (written.authority.as_str(), whose.as_slice()) {
        ("", [own]) if !worker.actor.is_operator() => Some(*own),
        ("", _) => None,
        (named, _) => Some(*whose.iter().find(|one| one.slug.as_str() == named).ok_or_else(AdminError::not_found)?),
    };
    let (error, mistakes) = match first_version(&registry, authority, &written, sent) {
        Ok((authority, slug, files)) => {
            let pushed = admin.push(worker.caller(), LookedAt::Nothing, authority.slug.clone(), &slug, files).await;
            match pushed {
                Ok((_, mistakes)) => return Ok(to_editor(&slug, &mistakes)),
                Err(error) if error.kind() == ApiError::NotFound => return Err(error),
                Err(error) => {
                    let face = error.kind().face();
                    let said = error.detail().unwrap_or_else(|| face.explanation.get(worker.language)).to_owned();
                    (error.kind(), vec![FormMistake::Rule(said)])
                }
            }
        }
        Err(mistakes) => (ApiError::AdminRefused(AdminRefusal::Body), mistakes),
    };
    Ok((error.face().status, Html(page(&worker, &whose, &written, &mistakes))).into_response())
}

fn to_editor(source: &Slug, mistakes: &[Mistake]) -> Response {
    let said = if mistakes.is_empty() { "" } else { "#said" };
    Redirect::to(&format!("/console/sources/{source}/edit{said}")).into_response()
}

const FIELDS: [&str; 9] = ["authority", "source", "start", "title", "theme", "kind", "base_url", "auth", "format"];

/// What somebody wrote, as it is shown to them again.
fn written(sent: &mut Uploaded) -> Result<WrittenSource, AdminError> {
    let starts = match sent.take("start").as_str() {
        "template" => StartsFrom::Template,
        "contract" => StartsFrom::Contract,
        "files" => StartsFrom::Files,
        _ => return Err(AdminError::because(AdminRefusal::Body, "`start` is template, contract or files")),
    };
    let mut line = |name: &str| sent.take(name).trim().to_owned();
    Ok(WrittenSource {
        authority: line("authority"),
        source: line("source"),
        starts,
        title: line("title"),
        theme: line("theme"),
        kind: line("kind"),
        base_url: line("base_url"),
        auth: line("auth"),
        format: line("format"),
        contract: with_plain_lines(&sent.take("contract")),
    })
}

/// The files of the first version, or all that is wrong with the form.
fn first_version<'r>(
    registry: &Registry,
    authority: Option<&'r Authority>,
    written: &WrittenSource,
    sent: Uploaded,
) -> Result<(&'r Authority, Slug, Bundle), Vec<FormMistake>> {
    let missing = |name: &str| FormMistake::Missing(name.to_owned());
    let mut mistakes = Vec::new();
    if authority.is_none() {
        mistakes.push(missing("authority"));
    }
    let slug = match Slug::parse(written.source.as_str()) {
        // Names are one for all.
        Ok(taken) if registry.source(taken.as_str()).is_some() => {
            mistakes.push(FormMistake::SourceTaken);
            None
        }
        Ok(slug) => Some(slug),
        Err(wrong) => {
            mistakes.push(FormMistake::Text("source".to_owned(), wrong));
            None
        }
    };
    let files = match written.starts {
        StartsFrom::Template => match (authority, &slug) {
            (Some(authority), Some(slug)) => template(authority, slug, written),
            _ => Err(None),
        },
        StartsFrom::Contract if written.contract.trim().is_empty() => Err(Some(missing("contract"))),
        StartsFrom::Contract => Ok([(CONTRACT.to_owned(), Bytes::from(written.contract.clone()))].into()),
        StartsFrom::Files if sent.files.is_empty() => Err(Some(missing("files"))),
        StartsFrom::Files => Ok(in_folder(sent.files)),
    };
    let files = files.and_then(|files| Bundle::new(files).map_err(|wrong| Some(FormMistake::Rule(wrong.to_string()))));
    match (authority, slug, files) {
        (Some(authority), Some(slug), Ok(files)) => Ok((authority, slug, files)),
        (_, _, files) => {
            mistakes.extend(files.err().flatten());
            Err(mistakes)
        }
    }
}

type Files = std::collections::BTreeMap<String, Bytes>;

/// What `overblik contract new` writes.
fn template(authority: &Authority, source: &Slug, written: &WrittenSource) -> Result<Files, Option<FormMistake>> {
    for (name, text) in [("title", &written.title), ("base_url", &written.base_url)] {
        if text.is_empty() {
            return Err(Some(FormMistake::Missing(name.to_owned())));
        }
    }
    let answers = Answers {
        authority: authority.slug.to_string(),
        authority_name: authority.name.da.to_string(),
        cvr: authority.cvr.to_string(),
        source: source.to_string(),
        title: written.title.clone(),
        theme: written.theme.clone(),
        base_url: written.base_url.clone(),
        auth: written.auth.clone(),
        kind: written.kind.clone(),
        format: written.format.clone(),
        ..Answers::default()
    };
    let draft = Draft::new(&answers, None).map_err(|wrong| Some(FormMistake::Rule(wrong.to_string())))?;
    Ok(draft.files().into_iter().map(|(path, text)| (path, Bytes::from(text))).collect())
}
