//! What a citizen reads of the trail: the entries about them, newest first, page by page.

use overblik_connectors::Cpr;

use super::{AuditAway, Trail, record::Record};

/// Entries on a page.
pub const ON_A_PAGE: usize = 50;

/// Where a page ends and the next begins: a record's number, or an entry's id in a stream of Redis.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position(pub(super) u64, pub(super) u64);

impl Position {
    /// Reads a position as it was written.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let number = |text: &str| {
            let is_number = (1..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
            text.parse().ok().filter(|_| is_number)
        };
        let (first, second) = text.split_once('-')?;
        Some(Self(number(first)?, number(second)?))
    }
}

impl std::fmt::Display for Position {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}-{}", self.0, self.1)
    }
}

/// An entry, and where it stands.
#[derive(Clone, Debug)]
pub struct OwnEntry {
    /// Where.
    pub position: Position,
    /// The record, which is about the citizen who asked; `None` if it is there and cannot be read: a later version wrote it,
    /// or it was changed.
    pub record: Option<Record>,
}

/// A page of entries, newest first.
#[derive(Clone, Debug, Default)]
pub struct OwnPage {
    /// The entries.
    pub entries: Vec<OwnEntry>,
    /// Whether more follow.
    pub has_more: bool,
}

impl OwnPage {
    /// How many of its entries cannot be read.
    #[must_use]
    pub fn unreadable(&self) -> usize {
        self.entries.iter().filter(|entry| entry.record.is_none()).count()
    }

    /// Of entries that were found, one of which may be more than belong on the page.
    pub(super) fn of(mut entries: Vec<OwnEntry>, most: usize) -> Self {
        let has_more = entries.len() > most;
        entries.truncate(most);
        Self { entries, has_more }
    }

    /// Where the next page begins, if there is one.
    #[must_use]
    pub fn next(&self) -> Option<Position> {
        self.entries.last().filter(|_| self.has_more).map(|entry| entry.position)
    }
}

impl Trail {
    /// The entries about a citizen before a position, under every key that ever named them and is still there; `None` where
    /// they are kept elsewhere, or nowhere.
    ///
    /// # Errors
    /// [`AuditAway`] when they cannot be read.
    pub async fn about(&self, citizen: &Cpr, before: Option<Position>) -> Result<Option<OwnPage>, AuditAway> {
        self.sink().about(self.keys().names(citizen), before, ON_A_PAGE).await
    }
}
