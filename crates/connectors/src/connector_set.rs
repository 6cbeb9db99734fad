//! All sources that a gateway may ask.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    sync::{Arc, PoisonError},
};

use jiff::Timestamp;

use crate::{
    agreed::under_agreements,
    connector::{Connector, SourceInfo},
    contract::{self, Compiled, CompiledVersions, ContractMistakes, Former, Lasting, LoadedLive, load_live},
    gate::{AnnouncedWindow, Gate, GateStanding, Switches},
    live_source::LiveSource,
    load_options::LoadOptions,
    revision::Revision,
    upstream::READ_EVERY,
    versions::Versions,
};

/// Two connectors have the same slug.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("two connectors are named \"{0}\"")]
pub struct DuplicateSlug(pub String);

/// A source in a set: one connector, or two of which each citizen sees one.
pub type SourceVersions = Versions<Arc<dyn Connector>>;

/// The connectors that a gateway asks. It never changes: another takes its place.
#[derive(Default)]
pub struct ConnectorSet {
    /// By theme and then by slug.
    sources: Vec<SourceVersions>,
    /// What the versions in it were compiled to.
    compiled: CompiledVersions,
    lasting: Lasting,
    /// What is decided about sources from outside, by slug.
    decided: BTreeMap<String, Decided>,
    /// What the deployment set when it was loaded.
    options: LoadOptions,
}

/// What is decided about a source from outside.
struct Decided {
    suspended: bool,
    windows: Vec<AnnouncedWindow>,
}

impl ConnectorSet {
    /// Loads every contract in a directory: `<authority>/<source>/connector.yaml`.
    ///
    /// # Errors
    /// All mistakes of all contracts, and of what the deployment sets for them.
    pub fn load(contracts_directory: &Path, options: &LoadOptions) -> Result<Self, ContractMistakes> {
        Self::load_again(contracts_directory, options, &Self::default())
    }

    /// The same in place of a former set. A contract that stayed the same, with the files in its folder and what the
    /// deployment sets for it, is the very same connector, with its gate and its connections.
    ///
    /// # Errors
    /// As [`ConnectorSet::load`]. The former set is as it was then.
    pub fn load_again(
        contracts_directory: &Path,
        options: &LoadOptions,
        former: &Self,
    ) -> Result<Self, ContractMistakes> {
        let contract::Loaded { compiled, lasting } =
            contract::load(contracts_directory, options, former.lasting_under(options))?;
        let compiled: Vec<Compiled> =
            compiled.into_iter().map(|compiled| former.or_the_same(compiled, options)).collect();
        let sources = compiled.iter().map(|compiled| Versions::one(Arc::clone(&compiled.connector))).collect();
        let compiled = compiled.into_iter().map(|compiled| (named(&compiled), compiled)).collect();
        Ok(Self { options: options.clone(), ..Self::in_order(sources, compiled, lasting, BTreeMap::new()) })
    }

    /// What is compiled already, if that is the same.
    fn or_the_same(&self, compiled: Compiled, options: &LoadOptions) -> Compiled {
        let Some(former) = self.compiled.get(&named(&compiled)) else { return compiled };
        let source = compiled.connector.source();
        let is_same = former.folder.is_some()
            && former.folder == compiled.folder
            && former.connector.source().authority == source.authority
            && options.is_same_for(&source.slug, &self.options);
        if is_same { former.clone() } else { compiled }
    }

    /// What lasts under other settings: TLS files that are set otherwise are read anew.
    fn lasting_under(&self, options: &LoadOptions) -> Lasting {
        let mut lasting = self.lasting.clone();
        lasting.tls_files.retain(|slug, _| options.tls_of(slug) == self.options.tls_of(slug));
        lasting
    }

    /// The set in which these sources, by slug, are asked as they say, and no others. A version that is in the former set
    /// too is the very same connector, with its gate and its connections. One that cannot be asked here leaves its source
    /// the former main version, or out of the set if there is none, and every other source as it is. `fits` says what is
    /// wrong with a source for this deployment, besides what its contract says of itself.
    ///
    /// What is wrong is returned by slug. Compiling takes time and reads files: not on a thread that serves requests.
    #[must_use]
    pub fn load_sources(
        sources: &BTreeMap<String, LiveSource>,
        options: &LoadOptions,
        former: &Self,
        fits: &dyn Fn(&SourceInfo) -> Result<(), String>,
    ) -> (Self, BTreeMap<String, ContractMistakes>) {
        let main = |slug: &str| former.get(slug).map(|versions| versions.main.source().revision);
        let is_set_the_same = |slug: &str| options.is_same_for(slug, &former.options);
        let known = Former {
            versions: &former.compiled,
            main: &main,
            lasting: former.lasting_under(options),
            is_set_the_same: &is_set_the_same,
        };
        let LoadedLive { sources: loaded, lasting, mistakes } = load_live(sources, options, &known, fits);
        let served = loaded.iter().map(|(slug, versions)| {
            let agreements = sources.get(slug).and_then(|source| source.agreements.as_ref());
            versions.map(|Compiled { connector, .. }| {
                let same = |one: &&Arc<dyn Connector>| std::ptr::eq(one.gate(), connector.gate());
                let former = former.get(slug).and_then(|versions| versions.all().find(same));
                under_agreements(connector, agreements, former)
            })
        });
        let served = served.collect();
        let compiled = loaded.values().flat_map(Versions::all).map(|one| (named(one), one.clone())).collect();
        let decided = sources.iter().map(|(slug, source)| {
            let wanted = source.versions.main.revision;
            let keeps_former = loaded.get(slug).is_none_or(|versions| named(&versions.main).1 != wanted);
            let suspended = source.suspended || (source.stops_former && keeps_former);
            (slug.clone(), Decided { suspended, windows: source.windows.clone() })
        });
        let set = Self::in_order(served, compiled, lasting, decided.collect());
        (Self { options: options.clone(), ..set }, mistakes)
    }

    /// A set of these connectors.
    ///
    /// # Errors
    /// [`DuplicateSlug`] names a slug that two of them have.
    pub fn from_connectors(connectors: Vec<Arc<dyn Connector>>) -> Result<Self, DuplicateSlug> {
        Self::from_versions(connectors.into_iter().map(Versions::one).collect())
    }

    /// A set of these sources.
    ///
    /// # Errors
    /// [`DuplicateSlug`] names a slug that two of them have.
    pub fn from_versions(sources: Vec<SourceVersions>) -> Result<Self, DuplicateSlug> {
        let mut slugs = BTreeSet::new();
        for versions in &sources {
            let slug = &versions.main.source().slug;
            if !slugs.insert(slug.clone()) {
                return Err(DuplicateSlug(slug.clone()));
            }
        }
        Ok(Self::in_order(sources, BTreeMap::new(), Lasting::default(), BTreeMap::new()))
    }

    fn in_order(
        mut sources: Vec<SourceVersions>,
        compiled: CompiledVersions,
        lasting: Lasting,
        decided: BTreeMap<String, Decided>,
    ) -> Self {
        sources.sort_by(|a, b| {
            let (a, b) = (a.main.source(), b.main.source());
            (a.theme, &a.slug).cmp(&(b.theme, &b.slug))
        });
        Self { sources, compiled, lasting, decided, options: LoadOptions::default() }
    }

    /// Takes the place of the set that is asked: `exchange` puts it there. What is suspended is stopped before, so that
    /// nothing of it is used from here on; what no longer is is let in again after, when nobody begins with the former set
    /// any more. What an operator switched off, and what was cut off, stays so.
    pub fn take_over(&self, exchange: impl FnOnce()) {
        for (slug, Decided { suspended, windows }) in &self.decided {
            for gate in self.gates(slug) {
                gate.announce(windows);
                if *suspended {
                    gate.set_suspended(true);
                }
            }
            if *suspended && let Some(switches) = self.lasting.switches.get(slug) {
                // Also where no version is left here, and one that was may still be under way.
                switches.suspend();
            }
        }
        exchange();
        for (slug, _) in self.decided.iter().filter(|(_, decided)| !decided.suspended) {
            self.gates(slug).for_each(|gate| gate.set_suspended(false));
        }
    }

    /// Every source, by theme and then by slug.
    #[must_use]
    pub fn sources(&self) -> &[SourceVersions] {
        &self.sources
    }

    /// Every connector: by source, both versions where there are two.
    pub fn connectors(&self) -> impl Iterator<Item = &Arc<dyn Connector>> {
        self.sources.iter().flat_map(Versions::all)
    }

    /// The source with this slug.
    #[must_use]
    pub fn get(&self, slug: &str) -> Option<&SourceVersions> {
        self.sources.iter().find(|versions| versions.main.source().slug == slug)
    }

    /// Whether any source is asked with a token that the citizen's login token is exchanged for. If none is, nobody needs
    /// to keep that token.
    #[must_use]
    pub fn exchanges_login_token(&self) -> bool {
        self.connectors().any(|connector| connector.exchanges_login_token())
    }

    /// How things stand at the gate of every version of every source at this time of day, in the order of the sources.
    #[must_use]
    pub fn standings(&self, at: Timestamp) -> Vec<GateStanding> {
        self.connectors().map(|connector| connector.gate().standing(at)).collect()
    }

    /// Stops all asking of a source, an operator's decision; answers that are under way are not used. One that was asked
    /// before and is not now stays off when it is again. Says whether there is, or was, such a source and it was on.
    pub fn switch_off(&self, slug: &str) -> bool {
        self.at_gates(slug, Gate::switch_off) || self.at_switches(slug, Switches::switch_off)
    }

    /// Lets a source be asked again that an operator switched off. Says whether there is, or was, such a source and it was
    /// off.
    pub fn switch_on(&self, slug: &str) -> bool {
        self.at_gates(slug, Gate::switch_on) || self.at_switches(slug, Switches::switch_on)
    }

    /// Whether a source is asked now, or was before: its switches are there.
    #[must_use]
    pub fn has_switches(&self, slug: &str) -> bool {
        self.get(slug).is_some() || self.lasting.switches.contains_key(slug)
    }

    /// Lets a source in again that was cut off after an answer about another person, or that its breaker left alone; an
    /// operator's decision. Says whether there is, or was, such a source and it was so.
    pub fn reset(&self, slug: &str) -> bool {
        self.at_gates(slug, Gate::reset) || self.at_switches(slug, Switches::reset)
    }

    /// Takes the TLS files of the sources of whichever set is asked again whenever they change. Does not end; the caller
    /// drops it.
    pub async fn follow_tls_files(current: impl Fn() -> Arc<Self>) {
        loop {
            // Two readings must agree on a change, so they must not follow one another at once.
            tokio::time::sleep(READ_EVERY).await;
            for followed in current().lasting.tls_files.values() {
                // A panic while files are read leaves the former ones.
                followed.lock().unwrap_or_else(PoisonError::into_inner).reread();
            }
        }
    }

    fn gates<'s>(&'s self, slug: &str) -> impl Iterator<Item = &'s Gate> {
        self.get(slug).into_iter().flat_map(Versions::all).map(|connector| connector.gate())
    }

    /// Does something at the switches of a source that has no gate now.
    fn at_switches(&self, slug: &str, change: impl Fn(&Switches) -> bool) -> bool {
        self.get(slug).is_none() && self.lasting.switches.get(slug).is_some_and(|switches| change(switches))
    }

    /// Does something at the gates of all versions of a source. Whether it changed anything at any.
    fn at_gates(&self, slug: &str, change: impl Fn(&Gate) -> bool) -> bool {
        self.gates(slug).fold(false, |changed, gate| change(gate) | changed)
    }
}

/// What finds a compiled version.
fn named(Compiled { connector, .. }: &Compiled) -> (String, Revision) {
    let source = connector.source();
    (source.slug.clone(), source.revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{live_source::LiveVersion, load_options::Endpoint, secret::Secret, upstream::TlsFiles};

    const CONTRACT: &str = include_str!("../tests/connectors/permits.yaml");

    fn permits(text: &str) -> BTreeMap<String, LiveSource> {
        let files = BTreeMap::from([("connector.yaml".to_owned(), text.as_bytes().to_vec())]);
        let version = LiveVersion { revision: Revision::of_text(text), files: Arc::new(files) };
        BTreeMap::from([("permits".to_owned(), LiveSource::new("birkerup", version))])
    }

    fn following(former: &ConnectorSet, sources: &BTreeMap<String, LiveSource>, options: &LoadOptions) -> ConnectorSet {
        let (set, mistakes) = ConnectorSet::load_sources(sources, options, former, &|_| Ok(()));
        assert!(mistakes.is_empty(), "{mistakes:?}");
        set
    }

    #[test]
    fn what_stayed_the_same_is_the_very_same_connector_and_other_settings_make_another() {
        let folder = tempfile::tempdir().expect("a folder");
        let contract = folder.path().join("birkerup/permits/connector.yaml");
        std::fs::create_dir_all(contract.parent().expect("a folder")).expect("a folder");
        std::fs::write(&contract, CONTRACT).expect("written");
        let with_key = |key: &str| {
            let endpoint = Endpoint { api_key: Some(Secret::new(key.into())), ..Endpoint::default() };
            LoadOptions { endpoints: [("permits".to_owned(), endpoint)].into(), ..LoadOptions::default() }
        };
        let load = |key: &str, former: &ConnectorSet| {
            ConnectorSet::load_again(folder.path(), &with_key(key), former).unwrap_or_else(|wrong| panic!("{wrong}"))
        };
        let connector = |set: &ConnectorSet| Arc::clone(&set.get("permits").expect("a source").main);
        let first = load("a-key-0123456789", &ConnectorSet::default());
        let same = load("a-key-0123456789", &first);
        assert!(Arc::ptr_eq(&connector(&first), &connector(&same)));
        let other_key = load("b-key-0123456789", &same);
        assert!(!Arc::ptr_eq(&connector(&same), &connector(&other_key)));
        assert!(Arc::ptr_eq(&connector(&other_key), &connector(&load("b-key-0123456789", &other_key))));
        std::fs::write(contract.with_file_name("answer.json"), "{}").expect("written");
        let other_file = load("b-key-0123456789", &other_key);
        assert!(!Arc::ptr_eq(&connector(&other_key), &connector(&other_file)), "a schema may have changed");
        first.switch_off("permits");
        let again = load("a-key-0123456789", &first);
        assert!(again.has_switches("permits") && again.switch_on("permits"), "what an operator decided lasts");

        // The same where a registry says what is asked.
        let of_registry = |key: &str, former: &ConnectorSet| following(former, &permits(CONTRACT), &with_key(key));
        let first = of_registry("a-key-0123456789", &ConnectorSet::default());
        assert!(Arc::ptr_eq(&connector(&first), &connector(&of_registry("a-key-0123456789", &first))));
        assert!(!Arc::ptr_eq(&connector(&first), &connector(&of_registry("b-key-0123456789", &first))));
        std::fs::write(&contract, "kind: Nothing").expect("written");
        assert!(ConnectorSet::load_again(folder.path(), &with_key("a-key-0123456789"), &first).is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn tls_files_are_followed_from_version_to_version() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("roots.pem");
        let certificate = rcgen::generate_simple_self_signed(vec!["one.example".to_owned()]).expect("a certificate");
        std::fs::write(&file, certificate.cert.pem()).expect("a file");
        let tls = TlsFiles { trusted_roots: Some(file), ..TlsFiles::default() };
        let endpoint = Endpoint { api_key: Some(Secret::new("key".into())), tls, ..Endpoint::default() };
        let options = LoadOptions { endpoints: [("permits".to_owned(), endpoint)].into(), ..LoadOptions::default() };
        let none = ConnectorSet::from_connectors(vec![]).expect("nothing");
        let first = following(&none, &permits(CONTRACT), &options);
        let second = following(&first, &permits(&CONTRACT.replace("1.0.0", "1.1.0")), &options);
        let followed = |set: &ConnectorSet| Arc::clone(&set.lasting.tls_files["permits"]);
        assert!(Arc::ptr_eq(&followed(&first), &followed(&second)), "one reader, whichever version is asked");
        let current = std::sync::RwLock::new(Arc::new(first));
        let (asked, former) = (std::cell::Cell::new(0), Arc::downgrade(&current.read().expect("unpoisoned")));
        let follows = ConnectorSet::follow_tls_files(|| {
            asked.set(asked.get() + 1);
            Arc::clone(&current.read().expect("unpoisoned"))
        });
        let exchange = async {
            tokio::time::sleep(READ_EVERY * 3 / 2).await;
            *current.write().expect("unpoisoned") = Arc::new(second);
            assert!(former.upgrade().is_none(), "nobody keeps the former set for its files");
            tokio::time::sleep(READ_EVERY * 2).await;
        };
        tokio::select! { () = follows => panic!("it does not end"), () = exchange => {} }
        assert_eq!(asked.get(), 3, "each time whichever set is asked then");
    }

    #[tokio::test]
    async fn what_is_suspended_is_stopped_before_the_exchange_and_what_no_longer_is_let_in_after() {
        let endpoint = Endpoint { api_key: Some(Secret::new("key".into())), ..Endpoint::default() };
        let options = LoadOptions { endpoints: [("permits".to_owned(), endpoint)].into(), ..LoadOptions::default() };
        let none = ConnectorSet::from_connectors(vec![]).expect("nothing");
        let mut sources = permits(CONTRACT);
        let set = following(&none, &sources, &options);
        let is_stopped = || set.standings(Timestamp::UNIX_EPOCH).iter().all(|standing| standing.suspended);
        for suspended in [true, false] {
            if let Some(source) = sources.get_mut("permits") {
                source.suspended = suspended;
            }
            let next = following(&set, &sources, &options);
            assert_eq!(is_stopped(), !suspended, "loading alone changes nothing");
            let mut at_exchange = None;
            next.take_over(|| at_exchange = Some(is_stopped()));
            assert_eq!((at_exchange, is_stopped()), (Some(true), suspended));
        }
    }

    #[tokio::test]
    async fn r40_a_former_version_that_is_stopped_is_not_let_in_by_the_attempt_to_ask_another() {
        let endpoint = Endpoint { api_key: Some(Secret::new("key".into())), ..Endpoint::default() };
        let options = LoadOptions { endpoints: [("permits".to_owned(), endpoint)].into(), ..LoadOptions::default() };
        let none = ConnectorSet::from_connectors(vec![]).expect("nothing");
        let set = following(&none, &permits(CONTRACT), &options);
        let is_stopped = |set: &ConnectorSet| set.standings(Timestamp::UNIX_EPOCH)[0].suspended;
        let wanted = |text: &str, stops_former| {
            permits(text).into_iter().map(|(slug, source)| (slug, LiveSource { stops_former, ..source })).collect()
        };
        let broken = CONTRACT.replace("timeoutMs", "timeoutMinutes");
        for stops_former in [true, false] {
            let (next, mistakes) =
                ConnectorSet::load_sources(&wanted(&broken, stops_former), &options, &set, &|_| Ok(()));
            assert!(mistakes.contains_key("permits"), "what is wanted cannot be asked");
            next.take_over(|| {});
            assert_eq!(is_stopped(&next), stops_former);
        }
        let next = following(&set, &wanted(&CONTRACT.replace("1.0.0", "1.1.0"), true), &options);
        next.take_over(|| {});
        assert!(!is_stopped(&next), "what is wanted is asked");
    }
}
