//! What is to be asked, of what the registry says and what is known of the versions that it names.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use overblik_connectors::{AnnouncedWindow, Coverage, LiveSource, LiveVersion, Municipality, Share, Versions};
use overblik_registry::{
    Authority, Digest, Municipalities, Registry, ServedSource, ServedVersion, Slug, VersionState, Window,
};
use overblik_widgets::LocalizedText;

use super::{
    looking::{Known, LookedAt, Named},
    mistakes::Mistake,
};

/// What is to be asked.
#[derive(Default)]
pub(super) struct Plan {
    /// The sources, by slug.
    pub(super) sources: BTreeMap<String, LiveSource>,
    /// What is wrong, by slug.
    pub(super) mistakes: BTreeMap<String, Vec<Mistake>>,
    /// What must be looked at before the plan is what the registry says.
    pub(super) to_look_at: Vec<(Named, Authority)>,
    /// Every version that is of use for it.
    pub(super) named: BTreeSet<Named>,
    /// Those of them that may be asked.
    pub(super) usable: BTreeSet<Named>,
    /// When it changes by itself.
    pub(super) changes_at: Option<Timestamp>,
}

/// What a plan is made of, beside the registry.
pub(super) struct Grounds<'g> {
    pub(super) looked_at: &'g LookedAt,
    /// What could not be compiled here, or not with what else is asked.
    pub(super) refused: &'g BTreeMap<Named, Vec<Mistake>>,
    /// The main version that is asked now, by slug.
    pub(super) former: &'g dyn Fn(&Slug) -> Option<Named>,
    /// Whether a version is asked now.
    pub(super) is_asked: &'g dyn Fn(&Named) -> bool,
}

/// Whether a version may be asked.
enum Use<'p> {
    Yes(&'p LiveVersion),
    No(Vec<Mistake>),
    /// Nobody knows yet, and it is not asked.
    NotYet,
}

impl Plan {
    /// The plan at a time.
    pub(super) fn of(registry: &Registry, at: Timestamp, grounds: &Grounds<'_>) -> Self {
        let serving = registry.serving(at);
        let mut plan = Self { changes_at: serving.changes_at, ..Self::default() };
        for source in &serving.sources {
            // Whoever has a source is on record.
            if let Some(authority) = registry.authority(&source.authority) {
                let was_put_aside = |former| was_put_aside(registry, source, former);
                plan.add(source, authority, was_put_aside, grounds);
            }
        }
        plan
    }

    fn add(
        &mut self,
        source: &ServedSource,
        authority: &Authority,
        was_put_aside: impl Fn(Digest) -> bool,
        grounds: &Grounds<'_>,
    ) {
        let (mut main, mut is_stopped) = (self.usable(source, source.main.bundle, authority, grounds), false);
        if let Use::No(mistakes) = main {
            self.complain(source, mistakes);
            main = Use::NotYet;
        }
        let main = match main {
            Use::Yes(version) => version,
            Use::No(_) | Use::NotYet => {
                // What the source keeps for as long as it cannot have what is wanted for it. It may be what is wanted, and
                // be mistaken by now.
                let Some(former) = (grounds.former)(&source.slug) else { return };
                let Some(files) = grounds.looked_at.files(&former) else { return };
                // Nobody asks what is not its authority's any more (requirement R40), nor what was put aside for what is
                // wanted; citizens are told that there is such a source, and that it is not asked.
                is_stopped = was_put_aside(former.1)
                    || !matches!(self.usable(source, former.1, authority, grounds), Use::Yes(_));
                files
            }
        };
        let main = main.clone();
        let next = source.beside.and_then(|(ServedVersion { bundle, .. }, share)| {
            let share = Share::percent(share.per_cent())?;
            match self.usable(source, bundle, authority, grounds) {
                Use::Yes(version) => Some((version.clone(), share)),
                Use::No(mistakes) => {
                    self.complain(source, mistakes);
                    None
                }
                Use::NotYet => None,
            }
        });
        let next = next.filter(|(next, _)| next.revision != main.revision);
        let live = LiveSource {
            authority: source.authority.to_string(),
            versions: Versions { main, next },
            agreements: Some(source.agreements.iter().map(agreed).collect()),
            suspended: source.suspended.is_some() || is_stopped,
            windows: source.windows.iter().map(announced).collect(),
        };
        self.sources.insert(source.slug.to_string(), live);
    }

    /// Whether a version may be asked. What is asked already goes on until it is known that it may not.
    fn usable<'g>(
        &mut self,
        source: &ServedSource,
        bundle: Digest,
        authority: &Authority,
        grounds: &Grounds<'g>,
    ) -> Use<'g> {
        let named = (source.slug.clone(), bundle);
        self.named.insert(named.clone());
        let usable = match grounds.looked_at.known(&named, authority) {
            Known::Good(version) => match grounds.refused.get(&named) {
                Some(mistakes) => Use::No(mistakes.clone()),
                None => Use::Yes(version),
            },
            Known::Mistaken(mistakes) => Use::No(mistakes.to_vec()),
            Known::Nothing { was_good } => {
                self.to_look_at.push((named.clone(), authority.clone()));
                was_good.filter(|_| (grounds.is_asked)(&named)).map_or(Use::NotYet, Use::Yes)
            }
        };
        if let Use::Yes(_) = usable {
            self.usable.insert(named);
        }
        usable
    }

    fn complain(&mut self, source: &ServedSource, mistakes: Vec<Mistake>) {
        let said = self.mistakes.entry(source.slug.to_string()).or_default();
        said.extend(mistakes);
    }
}

/// Whether a version was left by going back to the one that is wanted, or ended: it goes on being asked for nobody. Versions
/// are numbered as they come, so what was gone back from is later than what is wanted.
fn was_put_aside(registry: &Registry, source: &ServedSource, former: Digest) -> bool {
    let versions = registry.source(&source.slug).into_iter().flat_map(|source| source.versions.values());
    let mut same = versions.filter(|version| version.bundle == former);
    former != source.main.bundle
        && !same.any(|version| version.number < source.main.number && version.state == VersionState::Replaced)
}

/// Who may show a source, and for whom: whoever the registry has an agreement with, and nobody else. What the contract says
/// bounds it (`docs/decisions/0045`).
fn agreed((client, municipalities): (&Slug, &Municipalities)) -> (String, Coverage) {
    let coverage = match municipalities {
        Municipalities::All => Coverage::Everywhere,
        Municipalities::These(codes) => {
            Coverage::Municipalities(codes.iter().filter_map(|code| Municipality::parse(code)).collect())
        }
    };
    (client.to_string(), coverage)
}

fn announced(Window { from, to, text }: &Window) -> AnnouncedWindow {
    let text = Some(LocalizedText::new(text.da.as_str(), text.en.as_str()));
    AnnouncedWindow { from: *from, to: *to, text }
}
