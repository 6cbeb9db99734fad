//! Two versions of a source side by side, and who sees which.

use aws_lc_rs::digest;

use crate::citizen::Pseudonym;

/// How many citizens of a hundred see the newer of two versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u8);

impl Share {
    /// So many in a hundred, 1 to 100.
    #[must_use]
    pub fn percent(percent: u8) -> Option<Self> {
        (1..=100).contains(&percent).then_some(Self(percent))
    }

    /// Whether a citizen is among them. It is always the same answer for the same source, another choice of citizens at
    /// another source, and whoever is among them still is when the share is larger.
    #[must_use]
    pub fn includes(self, source: &str, citizen: &Pseudonym) -> bool {
        // A pseudonym is a keyed hash already: nobody outside can tell who is among them.
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&citizen.bytes());
        context.update(source.as_bytes());
        let mut first = [0; 8];
        first.iter_mut().zip(context.finish().as_ref()).for_each(|(to, byte)| *to = *byte);
        u64::from_be_bytes(first) % 100 < u64::from(self.0)
    }
}

/// What there is of a source: one version, or two of which each citizen sees one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions<T> {
    /// What everybody sees, or all but a share.
    pub main: T,
    /// What a share of the citizens sees instead.
    pub next: Option<(T, Share)>,
}

impl<T> Versions<T> {
    /// One version, for everybody.
    pub fn one(main: T) -> Self {
        Self { main, next: None }
    }

    /// The one version that a citizen sees of the source with this slug.
    pub fn seen_by(&self, source: &str, citizen: &Pseudonym) -> &T {
        match &self.next {
            Some((next, share)) if share.includes(source, citizen) => next,
            _ => &self.main,
        }
    }

    /// All of them.
    pub fn all(&self) -> impl Iterator<Item = &T> {
        std::iter::once(&self.main).chain(self.next.iter().map(|(next, _)| next))
    }

    /// Something else for each of them.
    pub fn map<U>(&self, mut made: impl FnMut(&T) -> U) -> Versions<U> {
        Versions { main: made(&self.main), next: self.next.as_ref().map(|(next, share)| (made(next), *share)) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn citizens() -> impl Iterator<Item = Pseudonym> {
        (0..10_000_u128).map(|number| {
            let digest = digest::digest(&digest::SHA256, &number.to_be_bytes());
            let mut bytes = [0; 16];
            bytes.copy_from_slice(&digest.as_ref()[..16]);
            Pseudonym::from_keyed_hash(bytes)
        })
    }

    fn share(percent: u8) -> Share {
        Share::percent(percent).expect("a share")
    }

    #[test]
    fn a_share_is_about_as_large_as_it_says() {
        for percent in [1, 5, 10, 33, 50, 90, 100] {
            let among = citizens().filter(|citizen| share(percent).includes("library", citizen)).count();
            let expected = usize::from(percent) * 100;
            // Five standard deviations of 10,000 tosses at most.
            assert!(among.abs_diff(expected) <= 250, "{percent}: {among}");
        }
        assert!(citizens().all(|citizen| share(100).includes("library", &citizen)));
    }

    #[test]
    fn a_larger_share_takes_nobody_out_and_the_same_share_always_the_same() {
        for citizen in citizens().take(1000) {
            let among: Vec<bool> = (1..=100).map(|percent| share(percent).includes("library", &citizen)).collect();
            assert!(among.is_sorted(), "once among them, always");
            let again: Vec<bool> = (1..=100).map(|percent| share(percent).includes("library", &citizen)).collect();
            assert_eq!(among, again);
        }
    }

    #[test]
    fn each_source_has_citizens_of_its_own_among_them() {
        let half = share(50);
        let both = |citizen: &Pseudonym| half.includes("library", citizen) == half.includes("daycare", citizen);
        let agree = citizens().filter(both).count();
        assert!((4500..=5500).contains(&agree), "{agree}");
    }

    #[test]
    fn there_is_no_share_of_nobody_and_none_of_more_than_all() {
        assert_eq!((Share::percent(0), Share::percent(101)), (None, None));
    }

    #[test]
    fn a_citizen_sees_one_version() {
        let versions = Versions { main: 1, next: Some((2, share(30))) };
        for citizen in citizens().take(100) {
            let seen = *versions.seen_by("library", &citizen);
            assert_eq!(seen == 2, share(30).includes("library", &citizen));
        }
        assert_eq!(versions.all().copied().collect::<Vec<_>>(), [1, 2]);
        assert!(citizens().all(|citizen| *Versions::one(1).seen_by("library", &citizen) == 1));
    }
}
