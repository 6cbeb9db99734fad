//! What a fictitious citizen would see of a version, beside what they see now.
//!
//! The number that is typed is posted, shown to its typist again, and kept nowhere.

use axum::{
    extract::State,
    response::{Html, IntoResponse, Response},
};
use overblik_registry::{Bundle, Registry, Slug, Source};
use overblik_widgets::{Language, Moment};

use super::{sent::Sent, worker::Worker};
use crate::{
    admin::{
        Admin, AdminRefusal,
        error::AdminError,
        named::{Named, SourceVersion},
        token::Caller,
        trying::Try,
    },
    api_error::ApiError,
    page::console::{self, AskedFor, TriedSide, TriedVersion, TryPage},
    tried::Tried,
};

/// The form, with what citizens see now to compare with.
pub(super) async fn show(
    State(admin): State<Admin>,
    worker: Worker,
    Named((slug, number)): Named<SourceVersion>,
) -> Result<Html<String>, AdminError> {
    let registry = admin.registry().await?;
    let (source, bundle) = looked_at(&admin, &registry, &worker, &slug, number).await?;
    let before = source.main.filter(|main| *main != number);
    let asked = AskedFor { before, by_example: true, ..AskedFor::default() };
    let cases = cases(&bundle);
    let page = TryPage { source, number, cases: &cases, asked: &asked, wrong: None, sides: &[], now: now(&admin) };
    Ok(Html(console::trying(&worker.frame(), &page)))
}

/// The form with what came, each version on a side of its own, in both languages.
pub(super) async fn send(
    State(admin): State<Admin>,
    worker: Worker,
    Named((slug, number)): Named<SourceVersion>,
    sent: Sent,
) -> Result<Response, AdminError> {
    let registry = admin.registry().await?;
    let (source, bundle) = looked_at(&admin, &registry, &worker, &slug, number).await?;
    let fields = sent.fields(&["before", "whom", "example", "citizen", "municipality"])?;
    let mut asked = AskedFor {
        before: fields.given("before").map(|_| fields.number("before")).transpose()?,
        by_example: fields.given("whom") != Some("citizen"),
        example: fields.given("example").unwrap_or_default().to_owned(),
        citizen: fields.given("citizen").unwrap_or_default().to_owned(),
        municipality: fields.given("municipality").unwrap_or_default().to_owned(),
    };
    let cases = cases(&bundle);
    let came = try_both(&admin, worker.caller(), &slug, number, &asked).await;
    let (sides, wrong) = match came {
        Ok(sides) => (sides, None),
        Err(error) if error.kind() == ApiError::NotFound => return Err(error),
        Err(error) => (Vec::new(), Some(error)),
    };
    if asked.by_example || sides.iter().all(|side| side.came.is_err()) {
        // Nobody looked at the number, or it may be a real person's: it is not even shown again.
        asked.citizen.clear();
    }
    let told = wrong.as_ref().map(|error| (error.kind(), error.detail()));
    let page = TryPage { source, number, cases: &cases, asked: &asked, wrong: told, sides: &sides, now: now(&admin) };
    let page = Html(console::trying(&worker.frame(), &page));
    Ok(match wrong {
        Some(error) => (error.kind().face().status, page).into_response(),
        None => page.into_response(),
    })
}

fn now(admin: &Admin) -> Moment {
    Moment::new(admin.now())
}

/// A version that is theirs, and its files.
async fn looked_at<'r>(
    admin: &Admin,
    registry: &'r Registry,
    worker: &Worker,
    slug: &Slug,
    number: u32,
) -> Result<(&'r Source, Bundle), AdminError> {
    let (_, bundle) = admin.bundle_of(&worker.caller(), slug, number).await?;
    Ok((registry.source_for(&worker.actor, slug.as_str()).ok_or_else(AdminError::not_found)?, bundle))
}

/// The recorded cases among the files.
fn cases(bundle: &Bundle) -> Vec<String> {
    let folders = bundle.files().keys().filter_map(|path| path.strip_prefix("examples/")?.split_once('/'));
    let mut cases: Vec<_> = folders.map(|(case, _)| case.to_owned()).collect();
    cases.dedup();
    cases
}

/// Tries the version, and the one that it is compared with, at the same time. It takes the room of one try.
async fn try_both(
    admin: &Admin,
    caller: Caller,
    slug: &Slug,
    number: u32,
    asked: &AskedFor,
) -> Result<Vec<TriedSide>, AdminError> {
    let place = admin.room.take(&caller.0.side)?;
    let (trying, slug, asked) = (admin.clone(), slug.clone(), asked.clone());
    let tried = async move {
        let _place = place;
        let numbers = asked.before.filter(|before| *before != number).into_iter().chain([number]);
        let sides = numbers.map(|number| one_side(&trying, &caller, &slug, number, &asked));
        let sides = futures::future::join_all(sides).await;
        sides.into_iter().collect::<Result<Vec<_>, _>>()
    };
    admin.to_its_end(tried).await
}

async fn one_side(
    admin: &Admin,
    caller: &Caller,
    slug: &Slug,
    number: u32,
    asked: &AskedFor,
) -> Result<TriedSide, AdminError> {
    match in_both_languages(admin, caller, slug, number, asked).await {
        Ok([danish, english]) => Ok(TriedSide { number, came: Ok(Box::new(TriedVersion { danish, english })) }),
        // Of this version alone: it has no such recording, no test endpoint, or mistakes.
        Err(error) if error.kind() == ApiError::AdminRefused(AdminRefusal::State) => {
            Ok(TriedSide { number, came: Err(error.detail().unwrap_or_default().to_owned()) })
        }
        Err(error) => Err(error),
    }
}

async fn in_both_languages(
    admin: &Admin,
    caller: &Caller,
    slug: &Slug,
    number: u32,
    asked: &AskedFor,
) -> Result<[Tried; 2], AdminError> {
    let given = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let (example, citizen, municipality) = if asked.by_example {
        (given(&asked.example), None, None)
    } else {
        (None, given(&asked.citizen), given(&asked.municipality))
    };
    let in_danish = Try { example, citizen, municipality, language: Language::Da };
    let (danish, _) = admin.tried(caller, slug, number, &in_danish).await?;
    if asked.by_example {
        // A recording is of one answer, whatever language it was asked in.
        return Ok([danish.clone(), danish]);
    }
    let in_english = Try { language: Language::En, ..in_danish };
    let (english, _) = admin.tried(caller, slug, number, &in_english).await?;
    Ok([danish, english])
}
