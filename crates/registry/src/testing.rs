//! A small world for tests: an authority, those who act for it, operators, and files that pass.

#![allow(clippy::expect_used, clippy::missing_panics_doc, reason = "a test that cannot be set up ends")]

use std::{collections::BTreeMap, path::Path};

use bytes::Bytes;
use jiff::Timestamp;

use crate::{
    actor::{Actor, ActorId, ActorKind, Side},
    authority::{Authority, Cvr, HostName, KeySet, PublicKey},
    bundle::{Bundle, CONTRACT},
    change::{Change, Share},
    record::Record,
    registry::Source,
    service::RegistryService,
    store::Appended,
    text::{Line, Slug, Texts},
};

/// A time, by its seconds in the world.
#[must_use]
pub fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).expect("a time")
}

/// A name.
#[must_use]
pub fn slug(text: &str) -> Slug {
    Slug::parse(text).expect("a name")
}

/// A line.
#[must_use]
pub fn line(text: &str) -> Line {
    Line::parse(text).expect("a line")
}

/// A number that could be a real person's, with this between its halves. Put together here: none stands in the repository.
#[must_use]
pub fn real_number(between: &str) -> String {
    ["01", "0101", between, "0001"].concat()
}

fn actor(id: String, kind: ActorKind, side: Side, name: &str) -> Actor {
    Actor { id: ActorId::parse(id).expect("an id"), kind, side, name: line(name) }
}

/// A person who works for the operator.
#[must_use]
pub fn operator(name: &str) -> Actor {
    actor(format!("person:operator-{name}"), ActorKind::Person, Side::Operator, name)
}

/// A program of the operator's.
#[must_use]
pub fn operator_machine(name: &str) -> Actor {
    actor(format!("client:operator/{name}"), ActorKind::Machine, Side::Operator, name)
}

/// A person who works for an authority.
#[must_use]
pub fn person_of(authority: &str, name: &str) -> Actor {
    actor(format!("person:{authority}-{name}"), ActorKind::Person, Side::Authority(slug(authority)), name)
}

/// A program of an authority's.
#[must_use]
pub fn machine_of(authority: &str, name: &str) -> Actor {
    actor(format!("client:{authority}/{name}"), ActorKind::Machine, Side::Authority(slug(authority)), name)
}

/// An authority with one domain.
#[must_use]
pub fn authority(name: &str, cvr: &str, domain: &str) -> Authority {
    Authority {
        slug: slug(name),
        name: Texts { da: line(name), en: line(name) },
        cvr: Cvr::parse(cvr).expect("a CVR number"),
        domains: [HostName::parse(domain).expect("a host")].into(),
        clients: BTreeMap::new(),
    }
}

/// The authority whose files [`library_files`] are, with a program.
#[must_use]
pub fn libraries() -> Authority {
    let key = PublicKey {
        kty: "OKP".to_owned(),
        kid: "2026-11".to_owned(),
        usage: Some("sig".to_owned()),
        alg: Some("EdDSA".to_owned()),
        crv: Some("Ed25519".to_owned()),
        // A point that nobody has the key to.
        x: Some("A".repeat(43)),
        y: None,
        n: None,
        e: None,
    };
    let clients = [(slug("ci"), KeySet { keys: vec![key] })].into();
    Authority { clients, ..authority("birkerup-libraries", "90000026", "bibliotek.birkerup.example") }
}

/// The source that they are of.
#[must_use]
pub fn library() -> Slug {
    slug("library")
}

/// The files of a source that passes the kit.
#[must_use]
pub fn library_files() -> Bundle {
    let folder = "../../contracts/authorities/birkerup-libraries/library";
    Bundle::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)).expect("the library's files")
}

/// The same files with something else in the place of every occurrence of a text in the contract.
#[must_use]
pub fn changed(files: &Bundle, from: &str, to: &str) -> Bundle {
    let text = files.contract();
    assert!(text.contains(from), "the contract does not hold {from}");
    let mut files = files.files().clone();
    files.insert(CONTRACT.to_owned(), Bytes::from(text.replace(from, to)));
    Bundle::new(files).expect("a bundle")
}

/// Puts an authority on record, by two operators.
pub async fn establish(service: &RegistryService, authority: Authority) {
    let slug = authority.slug.clone();
    let proposed = Change::AuthorityProposed { authority };
    let record = service.submit(&operator("anna"), at(0), None, proposed).await.expect("proposed");
    let approved = Change::AuthorityApproved { authority: slug, proposal: record.number };
    service.submit(&operator("bo"), at(0), None, approved).await.expect("approved");
}

/// Takes files all the way to all citizens: pushed and submitted by the authority's program, approved by an operator. The
/// kit takes seconds and is not run; its word is put into the history behind the service's back.
pub async fn bring_live(service: &RegistryService, authority: &Slug, source: &Slug, files: &Bundle) -> u32 {
    let machine = machine_of(authority, "ci");
    let pushed = service.push(&machine, at(1), None, (authority, source), files).await.expect("pushed");
    assert!(pushed.mistakes.0.is_empty(), "{}", pushed.mistakes);
    let version = service.current().source(source).and_then(Source::newest).map_or(0, |version| version.number);
    pass_test(service, &machine, source, version).await;
    let (source, bundle) = (source.clone(), files.digest());
    let submitted = Change::Submitted { source: source.clone(), version, bundle, share: None, note: None };
    service.submit(&machine, at(3), None, submitted).await.expect("submitted");
    let approved = Change::Approved { source: source.clone(), version, bundle };
    service.submit(&operator("bo"), at(4), None, approved).await.expect("approved");
    let released = Change::Released { source, version, share: Share::ALL };
    service.submit(&machine, at(5), None, released).await.expect("released");
    version
}

/// Puts into the history that the kit found nothing wrong with a version.
pub async fn pass_test(service: &RegistryService, actor: &Actor, source: &Slug, version: u32) {
    let registry = service.current();
    let bundle = registry.source(source).expect("a source").versions.get(&version).expect("a version").bundle;
    let report = service.store().put_blob(Bytes::from_static(b"{}")).await.expect("put");
    let tested = Change::Tested { source: source.clone(), version, bundle, report, passed: true };
    let time = registry.history().last().map_or(at(2), |last| last.at);
    let record = Record::next(registry.head(), time, actor.clone(), tested);
    assert_eq!(service.store().append(&record).await, Ok(Appended::Kept));
    service.refresh().await.expect("taken in");
}
