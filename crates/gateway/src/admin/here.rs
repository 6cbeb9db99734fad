//! What is asked of a source at the instance that answers: it may not be what the registry says, and then it says why.

use overblik_connectors::Revision;
use overblik_registry::{Actor, Slug, Source};
use schemars::JsonSchema;
use serde::Serialize;

use super::{Admin, token::Caller, views::SourceView};

/// A source, and what is asked of it at this instance.
#[derive(Serialize, JsonSchema)]
pub(super) struct SourceHere {
    #[serde(flatten)]
    source: SourceView,
    here: HereView,
}

/// What is asked of a source at the instance that answers.
#[derive(Serialize, JsonSchema)]
struct HereView {
    /// The version that it asks. A suspended source has one too.
    main: Option<u32>,
    /// The version that it asks for a share of citizens.
    beside: Option<u32>,
    /// What keeps it from asking what the registry says: until that is mended, it asks the version from before.
    mistakes: Vec<String>,
}

impl SourceHere {
    /// A source that the caller may see.
    pub(super) fn of(admin: &Admin, Caller(actor): &Caller, source: &Source) -> Self {
        let set = admin.app.connectors();
        let asked = set.get(&source.slug);
        let number = |revision: Revision| {
            let is_it = |bundle: overblik_registry::Digest| Revision::from_digest(bundle.bytes()) == revision;
            source.versions.values().rev().find(|version| is_it(version.bundle)).map(|version| version.number)
        };
        let mut told = admin.mistakes_here(actor, &source.slug);
        told.dedup();
        let here = HereView {
            main: asked.and_then(|versions| number(versions.main.source().revision)),
            beside: asked.and_then(|versions| number(versions.next.as_ref()?.0.source().revision)),
            mistakes: told,
        };
        Self { source: SourceView::of(source, admin.now()), here }
    }
}

impl Admin {
    /// What keeps this instance from asking what the registry says of a source, as somebody may know it.
    pub(super) fn mistakes_here(&self, actor: &Actor, source: &Slug) -> Vec<String> {
        let said = |mistake: &crate::registry_link::Mistake| {
            let said = if actor.is_operator() { mistake.for_operators() } else { mistake.for_authority() };
            said.to_owned()
        };
        self.link.mistakes(source).iter().map(said).collect()
    }
}
