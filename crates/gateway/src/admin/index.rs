//! Indexes of sources: for which citizens each holds data. The numbers that are sent are read line by line as they come;
//! nothing of them is logged, answered or kept.

use axum::extract::{Request, State};
use futures::StreamExt;
use http::{HeaderMap, header};
use jiff::{SignedDuration, Timestamp};
use overblik_registry::{Change, Slug, Source};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use zeroize::Zeroize;

use super::{
    Admin, AdminRefusal,
    answer::Tagged,
    body::LookedAt,
    desk,
    error::AdminError,
    named::{Asked, Named},
    shapes,
    token::Caller,
    views::Done,
};
use crate::{
    config::IndexConfig,
    index::{Fingerprint, HowItIs, IndexService, NotChanged, Upload, WrongUpload},
};

/// What is sent: a CPR number a line.
pub(super) const LINES: &str = "application/x-ndjson";

/// Most lines of one change.
const MOST_CHANGED: u64 = 10_000;

/// The index of a source.
#[derive(Serialize, JsonSchema)]
pub(super) struct IndexView {
    /// The source.
    source: String,
    /// That there is one; none where the source is asked about all citizens.
    loaded: Option<LoadedView>,
    /// How many citizens it names by now, if the instance that answers leaves all others out.
    in_use: Option<u64>,
    /// Why that instance asks about all although there is one.
    not_in_use: Option<String>,
}

/// That an index was loaded.
#[derive(Serialize, JsonSchema)]
struct LoadedView {
    /// How many citizens it named then.
    entries: u64,
    /// Until when it counts.
    expires: Timestamp,
    /// By whom.
    done: Done,
}

/// What is said of an index beside its lines.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Load {
    /// How many lines are sent. Where as many do not come, the former index holds on.
    #[schemars(schema_with = "shapes::number")]
    entries: u64,
    /// When it expires; left out, after as long as the gateway's operators have set.
    expires: Option<Timestamp>,
}

impl From<NotChanged> for AdminError {
    fn from(why: NotChanged) -> Self {
        match why {
            NotChanged::Refused(refusal) => refusal.into(),
            _ => Self::because(AdminRefusal::State, why.to_string()),
        }
    }
}

impl From<WrongUpload> for AdminError {
    fn from(why: WrongUpload) -> Self {
        Self::because(AdminRefusal::Body, why.to_string())
    }
}

/// Whether there is one, and how it is.
pub(super) async fn show(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
) -> Result<Tagged<IndexView>, AdminError> {
    view(&admin, &caller, &source).await
}

/// Puts an index in the place of the former, whole or not at all.
pub(super) async fn load(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
    asked: Result<Asked<Load>, AdminError>,
    request: Request,
) -> Result<Tagged<IndexView>, AdminError> {
    let seen = looked_at(&admin, &caller, &source, seen).await?;
    let indexes = indexes(&admin)?;
    let Asked(Load { entries, expires }) = asked?;
    let expires = until(indexes.settings(), entries, expires, admin.now())?;
    let place = admin.loads.take(&caller.0.side)?;
    let begun = indexes.begin(&source);
    let citizens = read(&admin, request, indexes.upload(&begun.key, entries), entries).await?;
    let (admin_here, indexes, actor) = (admin.clone(), indexes.clone(), caller.0.clone());
    let loaded = async move {
        let _place = place;
        Ok(indexes.load(&actor, admin_here.now(), seen, begun, citizens, expires).await?)
    };
    admin.to_its_end(loaded).await?;
    view(&admin, &caller, &source).await
}

/// Adds citizens to it.
pub(super) async fn add(
    admin: State<Admin>,
    caller: Caller,
    source: Named<Slug>,
    seen: LookedAt,
    request: Request,
) -> Result<Tagged<IndexView>, AdminError> {
    change(admin, caller, source, seen, request, true).await
}

/// Takes citizens out of it.
pub(super) async fn remove(
    admin: State<Admin>,
    caller: Caller,
    source: Named<Slug>,
    seen: LookedAt,
    request: Request,
) -> Result<Tagged<IndexView>, AdminError> {
    change(admin, caller, source, seen, request, false).await
}

async fn change(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
    request: Request,
    is_in: bool,
) -> Result<Tagged<IndexView>, AdminError> {
    looked_at(&admin, &caller, &source, seen).await?;
    let indexes = indexes(&admin)?.clone();
    let place = admin.loads.take(&caller.0.side)?;
    let target = indexes.to_change(&source)?;
    let citizens = read(&admin, request, indexes.upload(target.key(), MOST_CHANGED), 1).await?;
    let changed = async move {
        let _place = place;
        Ok(indexes.change(target, citizens, is_in).await?)
    };
    admin.to_its_end(changed).await?;
    view(&admin, &caller, &source).await
}

/// Asks about all again.
pub(super) async fn drop_it(
    State(admin): State<Admin>,
    caller: Caller,
    Named(source): Named<Slug>,
    seen: LookedAt,
) -> Result<Tagged<IndexView>, AdminError> {
    let seen = looked_at(&admin, &caller, &source, seen).await?;
    admin.service.submit(&caller.0, admin.now(), Some(seen), Change::IndexDropped { source: source.clone() }).await?;
    if let Some(indexes) = admin.link.indexes() {
        indexes.catch_up().await;
    }
    view(&admin, &caller, &source).await
}

async fn view(admin: &Admin, caller: &Caller, source: &Slug) -> Result<Tagged<IndexView>, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&caller.0, source.as_str()).ok_or_else(AdminError::not_found)?;
    let how = how_it_is(admin, source);
    let loaded = source.index.as_ref().map(|index| LoadedView {
        entries: index.entries,
        expires: index.expires,
        done: (&index.stamp).into(),
    });
    let (in_use, not_in_use) = match how {
        Some(HowItIs::InUse(count)) => (Some(count), None),
        Some(HowItIs::Away(why)) => (None, Some(why)),
        None => (None, None),
    };
    let value = IndexView { source: source.slug.to_string(), loaded, in_use, not_in_use };
    Ok(Tagged { record: source.last_record, value })
}

/// How the index of a source is here, if there is one.
pub(super) fn how_it_is(admin: &Admin, source: &Source) -> Option<HowItIs> {
    let index = source.index.as_ref()?;
    Some(match admin.link.indexes() {
        _ if index.expires <= admin.now() => HowItIs::Away("it is over".to_owned()),
        Some(indexes) => indexes.how_it_is(&source.slug, &index.id),
        None => HowItIs::Away("this gateway keeps no indexes".to_owned()),
    })
}

/// Whether sources may have one here.
pub(super) fn may_be(admin: &Admin) -> bool {
    admin.link.indexes().is_some()
}

/// The last record about a source that the caller may see, if it is what they looked at.
async fn looked_at(admin: &Admin, caller: &Caller, source: &Slug, seen: LookedAt) -> Result<u64, AdminError> {
    let registry = admin.registry().await?;
    let source = registry.source_for(&caller.0, source.as_str()).ok_or_else(AdminError::not_found)?;
    desk::of_this(seen, source.last_record)
}

fn indexes(admin: &Admin) -> Result<&IndexService, AdminError> {
    let none = || AdminError::because(AdminRefusal::State, "this gateway keeps no indexes: registry.index is not set");
    admin.link.indexes().ok_or_else(none)
}

/// When an index of so many entries expires, if it may be one.
fn until(
    settings: &IndexConfig,
    entries: u64,
    expires: Option<Timestamp>,
    now: Timestamp,
) -> Result<Timestamp, AdminError> {
    let invalid = |why: String| Err(AdminError::because(AdminRefusal::Body, why));
    if !(1..=settings.most_entries).contains(&entries) {
        return invalid(format!("an index has 1 to {} entries", settings.most_entries));
    }
    let after = |seconds: u64| {
        let seconds = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        now.checked_add(seconds).unwrap_or(Timestamp::MAX)
    };
    let (expires, latest) = (expires.unwrap_or_else(|| after(settings.expires_after_s)), after(settings.longest_s));
    if expires <= now || expires > latest {
        return invalid(format!("an index expires after it is loaded, and by {latest:.0} at the latest"));
    }
    Ok(expires)
}

/// Reads lines as they come, each part of them in time.
async fn read(
    admin: &Admin,
    request: Request,
    mut upload: Upload<'_>,
    announced: u64,
) -> Result<Vec<Fingerprint>, AdminError> {
    if !is_lines(request.headers()) {
        let why = format!("send content-type: {LINES}, and a CPR number in quotation marks on each line");
        return Err(AdminError::because(AdminRefusal::Body, why));
    }
    let mut parts = request.into_body().into_data_stream();
    loop {
        let next = tokio::time::timeout(admin.app.patience.body(), parts.next()).await;
        match next.map_err(|_too_slow| upload.broken_off())? {
            None => return Ok(upload.finish(announced)?),
            Some(Err(_broken)) => return Err(upload.broken_off().into()),
            Some(Ok(part)) => {
                let taken = upload.take(&part);
                // As far as nobody else has a part of it.
                if let Ok(mut part) = part.try_into_mut() {
                    part.as_mut().zeroize();
                }
                taken?;
            }
        }
    }
}

fn is_lines(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    content_type.split(';').next().unwrap_or_default().trim().eq_ignore_ascii_case(LINES)
}
