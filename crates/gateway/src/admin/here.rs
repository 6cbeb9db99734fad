//! What is asked of a source at the instance that answers: it may not be what the registry says, and then it says why.

use overblik_connectors::Revision;
use overblik_registry::{Side, Source};
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
        let mistakes = admin.link.mistakes(&source.slug);
        let mut told: Vec<_> = mistakes
            .iter()
            .map(|mistake| if actor.side == Side::Operator { mistake.for_operators() } else { mistake.for_authority() })
            .map(str::to_owned)
            .collect();
        told.dedup();
        let here = HereView {
            main: asked.and_then(|versions| number(versions.main.source().revision)),
            beside: asked.and_then(|versions| number(versions.next.as_ref()?.0.source().revision)),
            mistakes: told,
        };
        Self { source: SourceView::of(source, admin.now()), here }
    }
}
