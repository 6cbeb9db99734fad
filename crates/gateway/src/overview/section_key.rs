//! All that a section depends on.

use std::sync::{Arc, LazyLock};

use overblik_connectors::{ItemKey, Municipality, Revision, SourceInfo};
use overblik_widgets::{AssuranceLevel, Language};

use crate::{
    schema,
    secrets::sha256,
    session::{SectionKeys, SectionName, SessionKey, Viewer},
};

/// The vocabulary that widgets are written in. What was written in another is not read: an instance of another release may
/// have kept it.
static VOCABULARY: LazyLock<[u8; 32]> = LazyLock::new(|| sha256(&schema::overview()));

/// What all sections of one view depend on. Cannot be built without the viewer, who holds the citizen's scope.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct ViewKey {
    session: SessionKey,
    /// By their pseudonyms.
    actor: [u8; 16],
    subject: [u8; 16],
    level: AssuranceLevel,
    municipality: Option<Municipality>,
    display_client: String,
    language: Language,
}

impl ViewKey {
    pub(super) fn of(viewer: &Viewer, language: Language) -> Self {
        let scope = &viewer.scope;
        Self {
            session: viewer.session,
            actor: scope.actor().pseudonym.bytes(),
            subject: scope.subject().pseudonym.bytes(),
            level: scope.level(),
            municipality: scope.municipality().cloned(),
            display_client: scope.display_client().to_owned(),
            language,
        }
    }

    /// What names, seals and opens this view's sections.
    pub(super) fn keys(&self, viewer: &Viewer) -> SectionKeys {
        let level: &[u8] = match self.level {
            AssuranceLevel::Low => b"low",
            AssuranceLevel::Substantial => b"substantial",
            AssuranceLevel::High => b"high",
        };
        viewer.seal.keys(&[
            &*VOCABULARY,
            &self.session.0,
            &self.actor,
            &self.subject,
            level,
            self.municipality.as_ref().map_or(&[][..], |municipality| municipality.code().as_bytes()),
            self.display_client.as_bytes(),
            self.language.tag().as_bytes(),
        ])
    }
}

/// The name under which a view's section of a source is kept.
pub(super) fn name(keys: &SectionKeys, source: &SourceInfo) -> SectionName {
    keys.name(&[source.slug.as_bytes(), source.revision.bytes()])
}

/// All that a section may depend on: what finds a call for it that others may share.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct SectionKey {
    view: Arc<ViewKey>,
    /// The source's slug.
    pub(super) source: String,
    revision: Revision,
    /// The item, where it is more about one that is asked for.
    pub(super) item: Option<ItemKey>,
}

impl SectionKey {
    pub(super) fn new(view: &Arc<ViewKey>, source: &SourceInfo, item: Option<ItemKey>) -> Self {
        Self { view: Arc::clone(view), source: source.slug.clone(), revision: source.revision, item }
    }
}

/// The deliberate defect of the storm's control run (requirement R57): calls are everybody's. What is kept cannot be: each
/// citizen's answers lie with their own record and open by their own ticket, so that a key without a citizen finds and
/// opens no more than theirs.
#[cfg(feature = "negative-control")]
impl SectionKey {
    pub(super) fn without_citizen(self) -> Self {
        let (session, nobody) = (everybody(), [0; 16]);
        let view = ViewKey { session, actor: nobody, subject: nobody, ..Arc::unwrap_or_clone(self.view) };
        Self { view: Arc::new(view), ..self }
    }
}

/// The session that everybody's calls belong to in the control run.
#[cfg(feature = "negative-control")]
pub(super) fn everybody() -> SessionKey {
    SessionKey([0; 32])
}
