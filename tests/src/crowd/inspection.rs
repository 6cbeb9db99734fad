//! Whose data an answer holds.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
};

use http::HeaderMap;

use super::person::{Persons, TAG, TAG_LETTERS};

/// Findings that are kept word for word; the others are counted.
const MOST_FINDINGS: usize = 20;

/// What came of one answer, as far as it was read.
#[derive(Debug, Default)]
pub struct Seen {
    /// Its status; 0 if none came.
    pub status: u16,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, or the part that was read.
    pub body: Vec<u8>,
    /// Whether the body was read to its end.
    pub whole: bool,
}

impl Seen {
    /// The body as text.
    #[must_use]
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// Its status, and the problem's code where it tells one.
    fn kind(&self) -> String {
        let problem = serde_json::from_slice::<serde_json::Value>(&self.body).ok().filter(|_| self.status >= 400);
        let code = problem.as_ref().and_then(|problem| problem.get("code")?.as_str()).unwrap_or_default();
        format!("{} {code}", self.status).trim_end().to_owned()
    }

    /// A header as text; empty when it is missing.
    #[must_use]
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }
}

/// Looks at every answer to a crowd.
#[derive(Debug)]
pub struct Inspection {
    persons: Arc<Persons>,
    responses: AtomicU64,
    cut_short: AtomicU64,
    own: AtomicU64,
    found: AtomicU64,
    findings: Mutex<Vec<String>>,
    statuses: Mutex<BTreeMap<String, u64>>,
    /// Cookie values, and the browser that each was given to.
    cookies: Mutex<HashMap<String, u64>>,
}

impl Inspection {
    pub(crate) fn new(persons: Arc<Persons>) -> Self {
        Self {
            persons,
            responses: AtomicU64::new(0),
            cut_short: AtomicU64::new(0),
            own: AtomicU64::new(0),
            found: AtomicU64::new(0),
            findings: Mutex::default(),
            statuses: Mutex::default(),
            cookies: Mutex::default(),
        }
    }

    /// How many answers came.
    #[must_use]
    pub fn responses(&self) -> u64 {
        self.responses.load(Ordering::Relaxed)
    }

    /// How many of them were not read to their end.
    #[must_use]
    pub fn cut_short(&self) -> u64 {
        self.cut_short.load(Ordering::Relaxed)
    }

    /// How many texts of their own citizens the answers held.
    #[must_use]
    pub fn own_texts(&self) -> u64 {
        self.own.load(Ordering::Relaxed)
    }

    /// How much was found that must not be.
    #[must_use]
    pub fn found(&self) -> u64 {
        self.found.load(Ordering::Relaxed)
    }

    /// What was found that must not be; the first ones of many.
    #[must_use]
    pub fn findings(&self) -> Vec<String> {
        lock(&self.findings).clone()
    }

    /// How many answers had each status, and which problem if they told one.
    #[must_use]
    pub fn statuses(&self) -> BTreeMap<String, u64> {
        lock(&self.statuses).clone()
    }

    /// Something else that must not be.
    pub fn note(&self, finding: String) {
        self.found.fetch_add(1, Ordering::Relaxed);
        let mut findings = lock(&self.findings);
        if findings.len() < MOST_FINDINGS {
            findings.push(finding);
        }
    }

    /// Every cookie value that was given out.
    #[must_use]
    pub fn cookies(&self) -> Vec<String> {
        lock(&self.cookies).keys().cloned().collect()
    }

    /// A browser was given a cookie: nobody else may have been.
    pub(crate) fn given(&self, browser: u64, value: &str) {
        let before = lock(&self.cookies).insert(value.to_owned(), browser);
        if before.is_some_and(|before| before != browser) {
            self.note(format!("browser {browser} was given a cookie of another browser"));
        }
    }

    /// Looks at an answer to a browser before which `citizen` is logged in, or nobody.
    pub(crate) fn inspect(&self, citizen: Option<usize>, asked: &str, seen: &Seen) {
        if seen.status == 0 {
            return;
        }
        self.responses.fetch_add(1, Ordering::Relaxed);
        *lock(&self.statuses).entry(seen.kind()).or_default() += 1;
        if !seen.whole {
            self.cut_short.fetch_add(1, Ordering::Relaxed);
        }
        let place = |what: &str| format!("{asked}, status {}, for {citizen:?}: {what}", seen.status);
        if seen.status == 500 {
            self.note(place("an internal error"));
        }
        let headers: Vec<u8> = seen.headers.values().flat_map(|value| [value.as_bytes(), b"\n"].concat()).collect();
        for bytes in [&seen.body, &headers] {
            self.inspect_tags(citizen, bytes, seen.whole, &place);
            for number in numbers(bytes).filter(|number| self.persons.by_number(number).is_some()) {
                self.note(place(&format!("the person number {number}")));
            }
        }
    }

    fn inspect_tags(&self, citizen: Option<usize>, bytes: &[u8], whole: bool, place: &impl Fn(&str) -> String) {
        for tag in tags(bytes) {
            match (self.persons.by_tag(tag), citizen) {
                (Some(owner), Some(citizen)) if owner == citizen => {
                    self.own.fetch_add(1, Ordering::Relaxed);
                    self.persons.note_shown(owner);
                }
                (Some(owner), _) => self.note(place(&format!("a text of person {owner}"))),
                // The end of what was read may be in the middle of a word.
                (None, _) if !whole && bytes.ends_with(tag.as_bytes()) => {}
                (None, _) => self.note(place(&format!("{tag}, which is nobody's whole text"))),
            }
        }
    }
}

/// Every distinctive text that stands somewhere.
fn tags(bytes: &[u8]) -> impl Iterator<Item = &str> {
    let whole = TAG.len() + TAG_LETTERS;
    let mut from = 0;
    std::iter::from_fn(move || {
        let rest = bytes.get(from..)?;
        let at = find(rest, TAG.as_bytes())?;
        let letters = rest.get(at + TAG.len()..)?.iter().take(TAG_LETTERS).take_while(|byte| byte.is_ascii_lowercase());
        let length = TAG.len() + letters.count();
        from += at + length.min(whole);
        std::str::from_utf8(rest.get(at..at + length)?).ok()
    })
}

/// Where some bytes stand first.
pub(crate) fn find(bytes: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    loop {
        let at = from + bytes.get(from..)?.iter().position(|byte| *byte == first)?;
        if bytes.get(at..)?.starts_with(wanted) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Every run of ten digits, or of six and four with a hyphen between.
fn numbers(bytes: &[u8]) -> impl Iterator<Item = String> + '_ {
    let runs = bytes.split(|byte| !byte.is_ascii_digit() && *byte != b'-').filter(|run| run.len() >= 10);
    runs.flat_map(|run| {
        let digits: String = run.iter().filter(|byte| byte.is_ascii_digit()).map(|byte| char::from(*byte)).collect();
        let last = digits.len().saturating_sub(10);
        (0..=last).filter_map(move |from| digits.get(from..from + 10).map(str::to_owned)).collect::<Vec<_>>()
    })
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inspection() -> Inspection {
        Inspection::new(Arc::new(Persons::new(3)))
    }

    fn seen(body: &str, whole: bool) -> Seen {
        Seen { status: 200, headers: HeaderMap::new(), body: body.as_bytes().to_vec(), whole }
    }

    #[test]
    fn own_texts_are_counted_and_others_found() {
        let inspection = inspection();
        let [own, other] = [0, 1].map(|index| inspection.persons.of(index).clone());
        inspection.inspect(Some(0), "/", &seen(&format!("<b>{}</b> {}", own.name, own.marker), true));
        assert_eq!((inspection.own_texts(), inspection.found(), inspection.persons.shown()), (2, 0, 1));
        for foreign in [&other.name, &other.marker, &other.number, &own.number] {
            let before = inspection.found();
            inspection.inspect(Some(0), "/", &seen(&format!("x{foreign}y"), true));
            assert_eq!(inspection.found(), before + 1, "{foreign}");
        }
        inspection.inspect(None, "/", &seen(&own.name, true));
        assert_eq!(inspection.found(), 5, "nobody is logged in");
        let (birth, serial) = other.number.split_at(6);
        inspection.inspect(Some(0), "/", &seen(&format!("{birth}-{serial}"), true));
        assert_eq!(inspection.found(), 6);
        assert_eq!(inspection.responses(), 7);
    }

    #[test]
    fn a_foreign_text_in_a_header_is_found() {
        let inspection = inspection();
        let mut seen = seen("", true);
        seen.headers.insert("x-name", inspection.persons.of(1).marker.parse().expect("a value"));
        inspection.inspect(Some(0), "/", &seen);
        assert_eq!(inspection.found(), 1);
    }

    #[test]
    fn half_a_text_is_excused_at_the_end_of_half_an_answer_only() {
        let inspection = inspection();
        let marker = inspection.persons.of(0).marker.clone();
        let half = marker.get(..12).expect("half of it");
        inspection.inspect(Some(0), "/", &seen(half, false));
        assert_eq!(inspection.found(), 0);
        inspection.inspect(Some(0), "/", &seen(half, true));
        inspection.inspect(Some(0), "/", &seen(&format!("{half}."), false));
        assert_eq!(inspection.found(), 2);
    }

    #[test]
    fn a_cookie_belongs_to_one_browser() {
        let inspection = inspection();
        inspection.given(1, "a");
        inspection.given(1, "a");
        assert_eq!(inspection.found(), 0);
        inspection.given(2, "a");
        assert_eq!(inspection.found(), 1);
    }
}
