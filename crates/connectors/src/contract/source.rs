//! Checks what a contract declares about its source and its authority.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
    time::Duration,
};

use overblik_widgets::{AssuranceLevel, Authority, Contact, ContactKind, Link, LocalizedText};

use super::{
    examination::{Examination, KeyPath, Noted},
    folder_name,
    manifest::{Agreement, AuthorityPart, Cache, CoveragePart, Manifest, Metadata, SourcePart},
};
use crate::{
    citizen::Municipality,
    connector::{Coverage, Kept, SourceInfo},
    revision::Revision,
};

/// Makes the declaration of a source from its contract, which stands in this folder; which kinds of widgets can come is
/// added by who knows the mapping.
pub(super) fn source_info(
    examination: &mut Examination<'_>,
    manifest: Manifest,
    revision: Revision,
    folder: &Path,
) -> Result<SourceInfo, Noted> {
    let Manifest { metadata, spec, .. } = manifest;
    check_metadata(examination, &metadata, folder);
    let path = KeyPath::of("spec");
    check_authority(examination, &path.key("authority"), &spec.authority, folder);
    let source_path = path.key("source");
    let coverage = check_coverage(examination, &source_path.key("coverage"), &spec.source.coverage);
    let (legal_basis, agreement, display_clients) =
        check_agreement(examination, &path.key("agreement"), spec.agreement, &coverage);
    let link = check_source(examination, &source_path, &spec.source);
    let kept = check_cache(examination, &path.key("cache"), spec.cache, spec.level);
    Ok(SourceInfo {
        slug: metadata.name,
        it_system_id: spec.source.it_system_id,
        version: metadata.version,
        revision,
        authority: Authority { code: spec.authority.code, cvr: spec.authority.cvr, name: spec.authority.name },
        contact: spec.authority.contact,
        title: spec.source.title,
        expect: spec.source.expect,
        theme: spec.source.theme,
        kinds: Vec::new(),
        link: link?,
        level: spec.level,
        coverage,
        legal_basis,
        agreement,
        display_clients,
        timeout: Duration::from_millis(spec.limits.timeout_ms),
        kept,
        offers_detail: spec.detail.is_some(),
    })
}

fn check_metadata(examination: &mut Examination<'_>, metadata: &Metadata, folder: &Path) {
    let path = KeyPath::of("metadata");
    slug(examination, &path.key("name"), &metadata.name);
    if metadata.name != folder_name(folder) {
        let hint = format!("the folder is named \"{}\"", folder_name(folder));
        examination.wrong_value(&path.key("name"), "differs from the name of its folder", Some(hint));
    }
    let mut numbers = metadata.version.split('.');
    let semantic = numbers.clone().count() == 3 && numbers.all(|number| number.parse::<u32>().is_ok());
    holds(examination, semantic, &path.key("version"), "must be a version like 1.0.0");
    let owner = path.key("owner");
    not_blank(examination, &owner.key("team"), &metadata.owner.team);
    email(examination, &owner.key("email"), &metadata.owner.email);
}

fn check_authority(examination: &mut Examination<'_>, path: &KeyPath, authority: &AuthorityPart, folder: &Path) {
    slug(examination, &path.key("code"), &authority.code);
    let parent = folder.parent().map(folder_name).unwrap_or_default();
    if authority.code != parent {
        let hint = format!("the folder is named \"{parent}\"");
        examination.wrong_value(&path.key("code"), "differs from the name of the authority's folder", Some(hint));
    }
    holds(examination, digits(&authority.cvr, 8), &path.key("cvr"), "a CVR number has eight digits");
    both_languages(examination, &path.key("name"), &authority.name);
    let contacts = path.key("contact");
    for (index, Contact { kind, value }) in authority.contact.iter().enumerate() {
        let at = contacts.index(index).key("value");
        match kind {
            ContactKind::Phone => holds(examination, digits(value, 8), &at, "a telephone number has eight digits"),
            ContactKind::Email => email(examination, &at, value),
            ContactKind::Website | ContactKind::DigitalPost => {
                let plain = value.starts_with("https://") && value.bytes().all(|byte| byte.is_ascii_graphic());
                holds(examination, plain, &at, "must be an https address");
            }
        }
    }
}

fn check_source(examination: &mut Examination<'_>, path: &KeyPath, source: &SourcePart) -> Result<Link, Noted> {
    holds(examination, is_uuid(&source.it_system_id), &path.key("itSystemId"), "must be a UUID in lower case");
    both_languages(examination, &path.key("title"), &source.title);
    both_languages(examination, &path.key("expect"), &source.expect);
    let hosts = path.key("linkHosts");
    for (index, host) in source.link_hosts.iter().enumerate() {
        let plain = host.contains('.') && Link::checked(&format!("https://{host}/"), &[host]).is_ok();
        if !plain {
            let hint = host.strip_prefix("*.").map(|host| format!("write {host}: its subdomains are meant as well"));
            let message = "must be a host name like www.birkerup.example, in lower case";
            examination.wrong_value(&hosts.index(index), message, hint);
        }
    }
    Link::checked(&source.link, &source.link_hosts).map_err(|error| {
        let hint = format!("linkHosts, with their subdomains, are {}", source.link_hosts.join(", "));
        examination.wrong_value(&path.key("link"), error.to_string(), Some(hint))
    })
}

fn check_coverage(examination: &mut Examination<'_>, path: &KeyPath, coverage: &CoveragePart) -> Coverage {
    let CoveragePart::Municipalities(codes) = coverage else { return Coverage::Everywhere };
    let path = path.key("municipalities");
    let mut municipalities = BTreeSet::new();
    for (index, code) in codes.iter().enumerate() {
        let parsed = Municipality::parse(code);
        holds(examination, parsed.is_some(), &path.index(index), "a municipality code has four digits, in quotes");
        municipalities.extend(parsed);
    }
    Coverage::Municipalities(municipalities)
}

fn check_agreement(
    examination: &mut Examination<'_>,
    path: &KeyPath,
    agreement: Agreement,
    coverage: &Coverage,
) -> (String, String, BTreeMap<String, Coverage>) {
    not_blank(examination, &path.key("legalBasis"), &agreement.legal_basis);
    not_blank(examination, &path.key("reference"), &agreement.reference);
    let clients = path.key("displayClients");
    for (index, client) in agreement.display_clients.iter().enumerate() {
        slug(examination, &clients.index(index), client);
    }
    let clients = agreement.display_clients.into_iter().map(|client| (client, coverage.clone()));
    (agreement.legal_basis, agreement.reference, clients.collect())
}

fn check_cache(examination: &mut Examination<'_>, path: &KeyPath, cache: Option<Cache>, level: AssuranceLevel) -> Kept {
    if level == AssuranceLevel::High {
        if cache.is_some_and(|Cache { fresh_seconds, stale_seconds }| fresh_seconds > 0 || stale_seconds > 0) {
            let hint = "take it out: without it nothing is kept at this level".to_owned();
            examination.wrong_value(path, "nothing is kept of data that need level high", Some(hint));
        }
        return Kept::NOT;
    }
    let Cache { fresh_seconds, stale_seconds } = cache.unwrap_or_default();
    if stale_seconds > 0 && stale_seconds < fresh_seconds {
        let hint = format!("both count from the answer: make it {fresh_seconds} or more, or 0 for never");
        examination.wrong_value(&path.key("staleSeconds"), "is less than freshSeconds", Some(hint));
    }
    Kept { fresh: Duration::from_secs(fresh_seconds), stale: Duration::from_secs(stale_seconds) }
}

/// Notes a mistake that the rest of the contract can be read without.
fn holds(examination: &mut Examination<'_>, rule: bool, path: &KeyPath, message: &str) {
    if !rule {
        examination.wrong_value(path, message, None);
    }
}

fn slug(examination: &mut Examination<'_>, path: &KeyPath, text: &str) {
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    let framed = text.starts_with(|first: char| first.is_ascii_lowercase()) && !text.ends_with('-') && text.len() <= 63;
    holds(examination, plain && framed, path, "must be lower-case letters, digits and hyphens, starting with a letter");
}

fn email(examination: &mut Examination<'_>, path: &KeyPath, text: &str) {
    let plain = text.split_once('@').is_some_and(|(name, host)| !name.is_empty() && host.contains('.'));
    holds(examination, plain && !text.contains(char::is_whitespace), path, "must be an e-mail address");
}

fn shown(examination: &mut Examination<'_>, path: &KeyPath, text: &str) {
    not_blank(examination, path, text);
    // Noted there, and the rest can be read without it.
    let _noted = examination.require_shown(path, text);
}

fn not_blank(examination: &mut Examination<'_>, path: &KeyPath, text: &str) {
    holds(examination, !text.trim().is_empty(), path, "must not be empty");
}

pub(super) fn both_languages(examination: &mut Examination<'_>, path: &KeyPath, text: &LocalizedText) {
    shown(examination, &path.key("da"), &text.da);
    shown(examination, &path.key("en"), &text.en);
}

fn digits(text: &str, count: usize) -> bool {
    text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_uuid(text: &str) -> bool {
    let lengths = text.split('-').map(str::len);
    lengths.eq([8, 4, 4, 4, 12]) && text.bytes().all(|byte| byte.is_ascii_digit() || matches!(byte, b'a'..=b'f' | b'-'))
}
