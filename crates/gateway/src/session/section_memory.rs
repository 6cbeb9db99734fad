//! Sealed sections in this process's memory, of many sessions and of bounded size.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    section_seal::SectionName,
    store::{KeptSections, MOST_KEPT_OF_SESSION, SealedSection, SessionKey},
};
use crate::capacity;

/// What a section takes besides what is sealed: its name twice, its source's, and its places in the maps.
const BESIDES: usize = 256;

/// Sections of many sessions. Beyond the bound those of the session go that was read or written longest ago.
#[derive(Debug)]
pub(super) struct SectionMemory {
    sessions: HashMap<SessionKey, OfSession>,
    /// Sessions in the order of their last use.
    by_use: BTreeMap<u64, SessionKey>,
    uses: u64,
    bytes: usize,
    most_bytes: usize,
}

#[derive(Debug, Default)]
struct OfSession {
    /// Shared with whoever reads, and written anew beside a reader.
    sections: KeptSections,
    sources: HashMap<SectionName, String>,
    bytes: usize,
    used: u64,
}

impl OfSession {
    fn remove(&mut self, name: &SectionName) {
        if let Some(sealed) = Arc::make_mut(&mut self.sections).remove(name) {
            self.bytes -= sealed.len() + BESIDES;
        }
        self.sources.remove(name);
    }
}

impl SectionMemory {
    /// Room for so many bytes.
    pub(super) fn new(most_bytes: usize) -> Self {
        Self { sessions: HashMap::new(), by_use: BTreeMap::new(), uses: 0, bytes: 0, most_bytes }
    }

    /// What is kept of a session.
    pub(super) fn read(&mut self, session: SessionKey) -> KeptSections {
        self.use_now(session);
        self.sessions.get(&session).map(|of_session| Arc::clone(&of_session.sections)).unwrap_or_default()
    }

    /// Keeps a section of a session, which takes the place of what is kept under its name.
    pub(super) fn keep(&mut self, session: SessionKey, SealedSection { name, source, sealed }: SealedSection) {
        let size = sealed.len() + BESIDES;
        if size > self.most_bytes.min(MOST_KEPT_OF_SESSION) {
            return;
        }
        let of_session = self.sessions.entry(session).or_default();
        let before = of_session.bytes;
        of_session.remove(&name);
        if of_session.bytes + size > MOST_KEPT_OF_SESSION {
            *of_session = OfSession { used: of_session.used, ..OfSession::default() };
        }
        Arc::make_mut(&mut of_session.sections).insert(name, sealed);
        of_session.sources.insert(name, source);
        of_session.bytes += size;
        self.bytes = self.bytes + of_session.bytes - before;
        self.use_now(session);
        while self.bytes > self.most_bytes
            && let Some((_, longest_unused)) = self.by_use.pop_first()
        {
            self.forget(longest_unused);
        }
    }

    /// Forgets what is kept of a session.
    pub(super) fn forget(&mut self, session: SessionKey) {
        if let Some(OfSession { bytes, used, .. }) = self.sessions.remove(&session) {
            self.by_use.remove(&used);
            self.bytes -= bytes;
        }
    }

    /// Gives back the room of those whose sections were forgotten.
    pub(super) fn fit(&mut self) {
        capacity::fit(&mut self.sessions);
    }

    /// For how many sessions there is room.
    #[cfg(test)]
    pub(super) fn room(&self) -> usize {
        self.sessions.capacity()
    }

    /// Forgets what is kept of a source, of all sessions.
    pub(super) fn forget_source(&mut self, source: &str) {
        for of_session in self.sessions.values_mut() {
            let of_source = of_session.sources.iter().filter(|(_, of)| *of == source).map(|(name, _)| *name);
            let before = of_session.bytes;
            of_source.collect::<Vec<_>>().iter().for_each(|name| of_session.remove(name));
            self.bytes = self.bytes + of_session.bytes - before;
        }
    }

    fn use_now(&mut self, session: SessionKey) {
        if let Some(of_session) = self.sessions.get_mut(&session) {
            self.uses += 1;
            self.by_use.remove(&of_session.used);
            of_session.used = self.uses;
            self.by_use.insert(self.uses, session);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SIZE: usize = 1000;

    fn session(number: u8) -> SessionKey {
        SessionKey([number; 32])
    }

    fn keep(memory: &mut SectionMemory, number: u8, name: u8, size: usize) {
        let (source, sealed) = (format!("source-{}", name % 2), vec![number; size - BESIDES].into());
        memory.keep(session(number), SealedSection { name: SectionName([name; 32]), source, sealed });
    }

    /// Whether what is counted is what is there.
    fn is_consistent(memory: &SectionMemory) -> bool {
        let sizes = |of_session: &OfSession| of_session.sections.values().map(|one| one.len() + BESIDES).sum::<usize>();
        memory.bytes == memory.sessions.values().map(sizes).sum::<usize>()
            && memory.by_use.len() == memory.sessions.len()
            && memory.by_use.iter().all(|(used, session)| memory.sessions[session].used == *used)
            && memory.sessions.values().all(|of_session| of_session.sources.len() == of_session.sections.len())
    }

    #[test]
    fn beyond_the_bound_the_session_that_was_used_longest_ago_goes_first() {
        let mut memory = SectionMemory::new(3 * SIZE);
        for number in 0..3 {
            keep(&mut memory, number, 0, SIZE);
        }
        assert_eq!(memory.read(session(0)).len(), 1, "and is now used last");
        keep(&mut memory, 3, 0, SIZE);
        let kept = [0, 1, 2, 3].map(|number| memory.sessions.contains_key(&session(number)));
        assert_eq!(kept, [true, false, true, true]);
        assert!(is_consistent(&memory));
    }

    #[test]
    fn what_takes_another_s_place_is_counted_once() {
        let mut memory = SectionMemory::new(3 * SIZE);
        for size in [SIZE, 2 * SIZE, SIZE / 2] {
            keep(&mut memory, 1, 7, size);
            assert_eq!(memory.bytes, size);
        }
        keep(&mut memory, 1, 8, SIZE);
        assert_eq!((memory.bytes, memory.read(session(1)).len()), (SIZE / 2 + SIZE, 2));
        memory.forget(session(1));
        assert_eq!((memory.bytes, memory.read(session(1)).len()), (0, 0));
        assert!(is_consistent(&memory));
    }

    #[test]
    fn of_one_session_no_more_is_kept_than_its_share_and_nothing_where_there_is_no_room() {
        let mut memory = SectionMemory::new(100 * MOST_KEPT_OF_SESSION);
        let part = MOST_KEPT_OF_SESSION / 4;
        for name in 0..6 {
            keep(&mut memory, 1, name, part);
            assert!(memory.bytes <= MOST_KEPT_OF_SESSION && is_consistent(&memory));
        }
        assert!(memory.read(session(1)).contains_key(&SectionName([5; 32])), "the last one is there");
        keep(&mut memory, 2, 0, MOST_KEPT_OF_SESSION + 1);
        let mut none = SectionMemory::new(0);
        keep(&mut none, 1, 0, SIZE);
        assert!(memory.read(session(2)).is_empty() && none.read(session(1)).is_empty());
    }

    #[test]
    fn whoever_reads_is_not_disturbed_by_whoever_writes() {
        let mut memory = SectionMemory::new(3 * SIZE);
        keep(&mut memory, 1, 0, SIZE);
        let read = memory.read(session(1));
        keep(&mut memory, 1, 1, SIZE);
        memory.forget(session(1));
        assert_eq!(read.len(), 1);
        assert!(is_consistent(&memory) && memory.bytes == 0);
    }

    #[test]
    fn a_source_is_forgotten_for_everybody_and_the_others_stay() {
        let mut memory = SectionMemory::new(20 * SIZE);
        for (number, name) in [(1, 0), (1, 1), (1, 2), (2, 0), (3, 1)] {
            keep(&mut memory, number, name, SIZE);
        }
        memory.forget_source("source-0");
        let mut left =
            [1, 2, 3].map(|number| memory.read(session(number)).keys().map(|name| name.0[0]).collect::<Vec<_>>());
        left[0].sort_unstable();
        assert_eq!(left, [vec![1], vec![], vec![1]]);
        assert!(is_consistent(&memory) && memory.bytes == 2 * SIZE);
    }

    #[test]
    fn a_flood_of_sessions_stays_within_the_bound() {
        let mut memory = SectionMemory::new(50 * SIZE);
        for number in 0..=u8::MAX {
            for name in 0..4 {
                keep(&mut memory, number, name, SIZE / 2);
            }
        }
        assert!(memory.bytes <= 50 * SIZE && memory.bytes > 45 * SIZE, "{}", memory.bytes);
        assert!(is_consistent(&memory));
    }
}
