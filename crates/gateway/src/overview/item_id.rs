//! What browsers and apps know an item by: the source's own key, sealed for one session and one source.
//!
//! ```text
//! id = base64url(seal(the session's section key, key; bound: session, actor, subject, level, display client, source,
//!                     revision of its contract))
//! ```
//! Only what opens the session opens an id, and only for the source whose contract gave it: one that is invented, or was
//! given to another citizen, in another session of the same one, or for another source, opens nothing, and no source is
//! asked (requirements R46 and R50). So an address or a browser's history holds no number of an authority's (R62), and
//! nothing need be remembered for it here. The language is not among what it is bound to: it may be changed on the way.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use overblik_connectors::{ItemKey, SourceInfo};
use overblik_widgets::AssuranceLevel;

use crate::session::{SectionKeys, SectionName, Viewer};

/// Longest id that is looked at, in characters: of the longest key, with what sealing adds to it, in base64.
const LONGEST: usize = (ItemKey::LONGEST + 28).div_ceil(3) * 4;

/// What seals and opens the ids of one source's items for one session.
pub(super) struct ItemIds {
    keys: SectionKeys,
    name: SectionName,
}

impl ItemIds {
    pub(super) fn new(viewer: &Viewer, source: &SourceInfo) -> Self {
        let scope = &viewer.scope;
        let level: &[u8] = match scope.level() {
            AssuranceLevel::Low => b"low",
            AssuranceLevel::Substantial => b"substantial",
            AssuranceLevel::High => b"high",
        };
        let keys = viewer.seal.keys(&[
            b"item",
            &viewer.session.0,
            &scope.actor().pseudonym.bytes(),
            &scope.subject().pseudonym.bytes(),
            level,
            scope.display_client().as_bytes(),
        ]);
        let name = keys.name(&[source.slug.as_bytes(), source.revision.bytes()]);
        Self { keys, name }
    }

    pub(super) fn seal(&self, key: &ItemKey) -> String {
        URL_SAFE_NO_PAD.encode(self.keys.seal(&self.name, key.as_str().as_bytes().to_vec()))
    }

    /// The key that an id holds; `None` for any that was not sealed here.
    pub(super) fn open(&self, id: &str) -> Option<ItemKey> {
        if id.len() > LONGEST {
            return None;
        }
        let sealed = URL_SAFE_NO_PAD.decode(id).ok()?;
        let contents = self.keys.open(&self.name, &sealed).ok()?;
        ItemKey::parse(&String::from_utf8(contents).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use overblik_connectors::{Pseudonym, Revision};

    use super::{
        super::tests::stage::{source, viewer, viewer_with},
        *,
    };

    fn key() -> ItemKey {
        ItemKey::parse("2026-1234").expect("a key")
    }

    #[test]
    fn r46_an_id_opens_for_its_session_and_its_source_and_for_nothing_else() {
        let (own, library) = (viewer(), source("library"));
        let id = ItemIds::new(&own, &library).seal(&key());
        assert_eq!(ItemIds::new(&own, &library).open(&id), Some(key()));
        assert_eq!(ItemIds::new(&own, &source("cases")).open(&id), None, "another source");
        let renewed = SourceInfo { revision: Revision::of_text("another"), ..library.clone() };
        assert_eq!(ItemIds::new(&own, &renewed).open(&id), None, "another contract");
        assert_eq!(ItemIds::new(&viewer(), &library).open(&id), None, "another session of the same citizen");
        let mut of_another = viewer_with(|authentication| {
            authentication.subject.pseudonym = Pseudonym::from_keyed_hash([2; 16]);
        });
        assert_eq!(ItemIds::new(&of_another, &library).open(&id), None, "another citizen");
        // Even where everything else is shared, whose data it is about is not.
        of_another.session = own.session;
        of_another.seal = own.seal.clone();
        assert_eq!(ItemIds::new(&of_another, &library).open(&id), None, "the same session, another subject");
    }

    #[test]
    fn r62_an_id_says_nothing_and_is_never_the_same_twice() {
        let ids = ItemIds::new(&viewer(), &source("library"));
        let (first, second) = (ids.seal(&key()), ids.seal(&key()));
        assert_ne!(first, second);
        assert!(
            !first.contains("1234") && first.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        );
        let longest = ItemKey::parse(&"x".repeat(ItemKey::LONGEST)).expect("a key");
        assert_eq!(ids.open(&ids.seal(&longest)), Some(longest));
    }

    #[test]
    fn r46_no_changed_and_no_invented_id_opens() {
        let ids = ItemIds::new(&viewer(), &source("library"));
        let id = ids.seal(&key());
        for (place, own) in id.char_indices() {
            let other = if own == 'A' { 'B' } else { 'A' };
            let changed: String = id.char_indices().map(|(at, char)| if at == place { other } else { char }).collect();
            assert_eq!(ids.open(&changed), None, "{place}");
        }
        for wrong in
            ["", "2026-1234", "AAAA", &"A".repeat(64), &"A".repeat(10_000), &format!("{id}="), &format!("{id}A")]
        {
            assert_eq!(ids.open(wrong), None, "{wrong}");
        }
    }
}
