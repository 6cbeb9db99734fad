//! Fictitious citizens by the hundred, each with texts that nobody else has.

use std::{
    collections::HashMap,
    sync::atomic::{AtomicBool, Ordering},
};

use aws_lc_rs::hmac;

/// What every distinctive text begins with, so that one search of an answer finds them all. Long enough not to stand in
/// something random by chance.
pub(crate) const TAG: &str = "Zqxvjkwp";

/// Letters after [`TAG`]: 64 bits of a keyed hash.
pub(crate) const TAG_LETTERS: usize = 16;

/// A fictitious citizen.
#[derive(Clone, Debug)]
pub struct Person {
    /// The person number; the day of birth is raised by 60.
    pub number: String,
    /// The provider's name for the person.
    pub subject: String,
    /// The name. Its last word stands in nothing else in the world.
    pub name: String,
    /// Stands in everything that authorities say about this person, and in nothing else: computed from the number.
    pub marker: String,
    /// Where the person lives.
    pub municipality: &'static str,
}

/// All persons of a crowd.
#[derive(Debug)]
pub struct Persons {
    all: Vec<Person>,
    by_number: HashMap<String, usize>,
    by_tag: HashMap<String, usize>,
    shown: Vec<AtomicBool>,
}

impl Persons {
    /// So many persons. The same every time.
    #[must_use]
    pub fn new(count: usize) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, b"the markers of the storm");
        let all: Vec<Person> = (0..count).map(|index| person(index, &key)).collect();
        let tagged = |person: &Person| [person.marker.clone(), last_word(&person.name)];
        let by_tag =
            all.iter().enumerate().flat_map(|(index, person)| tagged(person).map(|tag| (tag, index))).collect();
        let by_number = all.iter().enumerate().map(|(index, person)| (person.number.clone(), index)).collect();
        let shown = all.iter().map(|_| AtomicBool::new(false)).collect();
        Self { all, by_number, by_tag, shown }
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Person> {
        self.all.iter()
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.all.len()
    }

    /// A person by index.
    ///
    /// # Panics
    /// When there is none.
    #[must_use]
    #[expect(clippy::expect_used, reason = "an index beyond the crowd is a mistake in the test")]
    pub fn of(&self, index: usize) -> &Person {
        self.all.get(index).expect("a person of the crowd")
    }

    /// Whose number this is, hyphen or not.
    #[must_use]
    pub fn by_number(&self, number: &str) -> Option<usize> {
        self.by_number.get(&number.replace('-', "")).copied()
    }

    /// Whose text this is.
    #[must_use]
    pub fn by_tag(&self, tag: &str) -> Option<usize> {
        self.by_tag.get(tag).copied()
    }

    pub(crate) fn note_shown(&self, index: usize) {
        if let Some(shown) = self.shown.get(index) {
            shown.store(true, Ordering::Relaxed);
        }
    }

    /// How many persons have been shown something of their own.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.shown.iter().filter(|shown| shown.load(Ordering::Relaxed)).count()
    }
}

fn person(index: usize, key: &hmac::Key) -> Person {
    let (day, month, year) = (61 + index % 28, 1 + index / 28 % 12, 10 + index % 70);
    let number = format!("{day}{month:02}{year}{:04}", 1000 + index);
    // One in four lives where only the national authority is connected.
    let municipality = if index % 4 == 3 { "0101" } else { "0901" };
    Person {
        subject: format!("crowd-{index:05}"),
        name: format!("Fiktiva {}", tag(key, &format!("name of {number}"))),
        marker: tag(key, &number),
        number,
        municipality,
    }
}

fn tag(key: &hmac::Key, of: &str) -> String {
    let hash = hmac::sign(key, of.as_bytes());
    let letters = hash.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 15]).map(|half| char::from(b'a' + half));
    TAG.chars().chain(letters.take(TAG_LETTERS)).collect()
}

fn last_word(name: &str) -> String {
    name.split(' ').next_back().unwrap_or_default().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_persons_have_nothing_in_common() {
        let persons = Persons::new(1000);
        assert_eq!((persons.by_number.len(), persons.by_tag.len()), (1000, 2000));
        for person in persons.iter() {
            assert!(person.number.len() == 10 && person.number.starts_with(['6', '7', '8']), "{}", person.number);
        }
        assert_eq!(persons.by_number("611010-1000"), None);
        let first = persons.of(0);
        let (birth, serial) = first.number.split_at(6);
        assert_eq!(persons.by_number(&format!("{birth}-{serial}")), Some(0));
        assert_eq!(persons.by_tag(&first.marker), Some(0));
    }
}
