//! The editor: the files of the version that is open, or of the next, in one form that works without a script.

use axum::{
    extract::{Request, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use overblik_registry::{Bundle, CONTRACT, Mistake, Slug, Source, Subject, VersionState};

use super::{
    offered::Offered,
    worker::Worker,
    written::{Wish, Written, refuse_path, text_of},
};
use crate::{
    admin::{Admin, AdminRefusal, error::AdminError, named::Named},
    api_error::ApiError,
    language,
    page::console::{self, ConsoleFrame, EditedFile, EditorPage, EditorSaid},
    session::cookie,
};

/// The editor with the files as they were last pushed; of a draft also with what is wrong with them.
pub(super) async fn show(
    State(admin): State<Admin>,
    worker: Worker,
    Named(slug): Named<Slug>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
    Offered { registry: &registry, actor: &worker.actor, now: admin.now() }.push(source)?;
    let newest = source.newest().ok_or_else(AdminError::not_found)?;
    let (_, bundle) = admin.bundle_of(&worker.caller(), &slug, newest.number).await?;
    let mistakes = match newest.state {
        VersionState::Draft => admin.service.mistakes(&slug, newest.number).await?.0,
        _ => Vec::new(),
    };
    let texts = bundle.files().iter().filter_map(|(path, contents)| Some((path.clone(), text_of(contents)?)));
    let files = texts.map(|(path, text)| EditedFile { opened: false, path, text });
    let kept = bundle.files().iter().filter(|(_, contents)| text_of(contents).is_none());
    let said = if mistakes.is_empty() { EditorSaid::Nothing } else { EditorSaid::Draft(newest.number) };
    let kept = kept.map(|(path, _)| path.clone()).collect();
    let page = EditorPage {
        source,
        record: source.last_record,
        base: newest.number,
        files: in_order(files.collect()),
        kept,
        mistakes,
        new_path: String::new(),
        said,
    };
    Ok(Html(console::editor(&worker.frame(), &page)))
}

/// What a button of the editor asks for. Whatever comes of it, but for a version that is saved, the page that answers holds
/// what was typed.
pub(super) async fn send(
    State(admin): State<Admin>,
    worker: Result<Worker, Response>,
    Named(slug): Named<Slug>,
    request: Request,
) -> Result<Response, AdminError> {
    let worker = match worker {
        Ok(worker) => worker,
        Err(refused) => return Ok(given_back(&admin, &slug, request, refused).await),
    };
    // A registry that is away by now is told below, beside what was typed.
    let registry = admin.registry().await.unwrap_or_else(|_away| admin.service.current());
    let source = registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?;
    let may = Offered { registry: &registry, actor: &worker.actor, now: admin.now() }.push(source);
    // Whoever may push, or could when they began to type.
    let mut written = Written::read(&admin, request).await?;
    let became = match may {
        Ok(()) => became(&admin, &worker, source, &mut written).await,
        Err(refused) => Err(refused.into()),
    };
    let (error, said, mistakes) = match became {
        Ok(Became::Saved { mistaken: false }) => {
            let number = source.number_to_push();
            // A place of its own: browsers carry the form's on.
            return Ok(Redirect::to(&format!("/console/sources/{slug}/versions/{number}#content")).into_response());
        }
        // The draft is on record, and the editor shows it.
        Ok(Became::Saved { mistaken: true }) => {
            return Ok(Redirect::to(&format!("/console/sources/{slug}/edit#said")).into_response());
        }
        Ok(Became::Looked(mistakes)) if mistakes.is_empty() => (None, EditorSaid::Checked, mistakes),
        Ok(Became::Looked(mistakes)) => (None, EditorSaid::Mistaken, mistakes),
        Ok(Became::Other(said)) => (None, said, Vec::new()),
        Err(error) => {
            let kind = error.kind();
            (Some(kind), refused(&admin, source, &mut written, error)?, Vec::new())
        }
    };
    let (new_path, opened) = match &said {
        EditorSaid::BadPath { path, .. } => (path.clone(), None),
        EditorSaid::Added(path) => (String::new(), Some(path)),
        _ => (String::new(), None),
    };
    let files = std::mem::take(&mut written.texts).into_iter();
    let files = files.map(|(path, text)| EditedFile { opened: opened == Some(&path), path, text }).collect();
    let registry = admin.service.current();
    let source = registry.source(slug.as_str()).unwrap_or(source);
    let page = EditorPage {
        source,
        record: written.seen,
        base: written.base,
        files: in_order(files),
        kept: written.kept,
        mistakes,
        new_path,
        said,
    };
    let page = Html(console::editor(&worker.frame(), &page));
    Ok(match error {
        Some(error) => (error.face().status, page).into_response(),
        None => page.into_response(),
    })
}

/// To whoever has the cookie of a session that is over: what they typed, to be sent again once they are logged in. Nothing is
/// looked at, and nothing is told of the source.
async fn given_back(admin: &Admin, slug: &Slug, request: Request, refused: Response) -> Response {
    let had_session = cookie::console(request.headers()).is_some();
    if !had_session || refused.extensions().get() != Some(&ApiError::SessionOver) {
        return refused;
    }
    let language = language::of(request.headers(), request.uri().query());
    let Ok(written) = Written::read_of_nobody(admin, request).await else { return refused };
    let frame = ConsoleFrame { language, path: "/console", who: None, waiting: 0 };
    let fields = written.into_fields();
    (refused.status(), Html(console::editor_given_back(&frame, slug, &fields))).into_response()
}

/// What came of a wish.
enum Became {
    /// The files are on record.
    Saved { mistaken: bool },
    /// They were looked at.
    Looked(Vec<Mistake>),
    /// They are others now.
    Other(EditorSaid),
}

async fn became(admin: &Admin, worker: &Worker, source: &Source, written: &mut Written) -> Result<Became, AdminError> {
    match written.wish.clone() {
        Wish::Add(path) => {
            if let Err(wrong) = refuse_path(&path) {
                return Ok(Became::Other(EditorSaid::BadPath { path, why: wrong.to_string() }));
            }
            if written.kept.contains(&path) {
                return Ok(Became::Other(EditorSaid::Added(path)));
            }
            written.texts.entry(path.clone()).or_default();
            Ok(Became::Other(EditorSaid::Added(path)))
        }
        // The one file that every version has.
        Wish::Remove(path) if path == CONTRACT => Err(AdminRefusal::Body.into()),
        Wish::Remove(path) => {
            written.texts.remove(&path);
            written.kept.retain(|kept| *kept != path);
            Ok(Became::Other(EditorSaid::Removed(path)))
        }
        Wish::Check => {
            let files = match bundle(admin, worker, source, written).await? {
                Ok(files) => files,
                Err(mistake) => return Ok(Became::Looked(vec![*mistake])),
            };
            let looked = admin.look_at(worker.caller(), source.authority.clone(), &source.slug, files).await?;
            Ok(Became::Looked(looked))
        }
        Wish::Save => {
            let files = match bundle(admin, worker, source, written).await? {
                Ok(files) => files,
                Err(mistake) => return Ok(Became::Looked(vec![*mistake])),
            };
            let (authority, seen) = (source.authority.clone(), written.seen());
            let (_, mistakes) = admin.push(worker.caller(), seen, authority, &source.slug, files).await?;
            Ok(Became::Saved { mistaken: !mistakes.is_empty() })
        }
    }
}

/// The files as they would be pushed, or what is wrong with them as files.
async fn bundle(
    admin: &Admin,
    worker: &Worker,
    source: &Source,
    written: &Written,
) -> Result<Result<Bundle, Box<Mistake>>, AdminError> {
    let (_, base) = admin.bundle_of(&worker.caller(), &source.slug, written.base).await?;
    Ok(written.bundle(&base))
}

/// What is said of a refusal, with what was typed beside it.
fn refused(admin: &Admin, source: &Source, written: &mut Written, error: AdminError) -> Result<EditorSaid, AdminError> {
    let kind = error.kind();
    if kind == ApiError::NotFound {
        return Err(error);
    }
    let registry = admin.service.current();
    let last = registry.history_of(Subject::Source(&source.slug)).next_back();
    Ok(match last.filter(|_| kind == ApiError::AdminRefused(AdminRefusal::Stale)) {
        Some(last) => {
            // Whoever saves again does so knowing. Nothing else moves what they looked at.
            written.seen = last.number;
            EditorSaid::Changed { by: last.actor.name.to_string(), at: last.at }
        }
        None => EditorSaid::Refused { error: kind, detail: error.detail().map(str::to_owned) },
    })
}

/// The contract first, what else stands beside it next, what is in folders last.
fn in_order(mut files: Vec<EditedFile>) -> Vec<EditedFile> {
    files.sort_by_key(|file| (file.path != CONTRACT, file.path.contains('/'), file.path.clone()));
    files
}
