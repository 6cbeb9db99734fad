//! Reads the form by which an authority is proposed, or other things about it.

use std::collections::{BTreeMap, BTreeSet};

use overblik_registry::{Authority, Cvr, HostName, KeySet, Line, Slug, Texts, WrongText};
use serde_json::Value;

use super::sent::{Fields, Sent};
use crate::{
    admin::{body, error::AdminError},
    page::console::{FormMistake, MOST_PROGRAMS, WrittenAuthority},
};

/// The largest form, in bytes: what the API takes, and what a form makes of its quotes and braces.
pub(super) const LARGEST: usize = 3 * body::SMALL;

/// Members that only private and shared keys have (RFC 7518 section 6).
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "k"];

/// The fields of the form as they were sent; `named` says whether the authority's own name is among them.
pub(super) fn fields(sent: &Sent<LARGEST>, named: bool) -> Result<Fields, AdminError> {
    let programs: Vec<String> =
        (1..=MOST_PROGRAMS).flat_map(|number| [format!("program_{number}"), format!("keys_{number}")]).collect();
    let others = ["name_da", "name_en", "cvr", "domains"].into_iter().chain(named.then_some("slug"));
    let known: Vec<&str> = others.chain(programs.iter().map(String::as_str)).collect();
    sent.fields(&known)
}

/// What somebody wrote, as it is shown to them again.
pub(super) fn written(form: &Fields) -> WrittenAuthority {
    let text = |name: &str| form.given(name).unwrap_or_default().trim().to_owned();
    let programs =
        (1..=MOST_PROGRAMS).map(|number| (text(&format!("program_{number}")), text(&format!("keys_{number}"))));
    WrittenAuthority {
        slug: text("slug"),
        name_da: text("name_da"),
        name_en: text("name_en"),
        cvr: text("cvr"),
        domains: text("domains"),
        programs: programs.filter(|(name, keys)| !name.is_empty() || !keys.is_empty()).collect(),
    }
}

/// The authority that somebody wrote down, or all that is wrong with it. A private key is taken out of what they wrote: it
/// goes nowhere from here, not even back.
pub(super) fn authority(slug: Option<Slug>, written: &mut WrittenAuthority) -> Result<Authority, Vec<FormMistake>> {
    let mut mistakes = Vec::new();
    let slug = slug.or_else(|| slug_of(&written.slug, "slug", &mut mistakes));
    let name = [("name_da", &written.name_da), ("name_en", &written.name_en)].map(|(field, text)| {
        Line::parse(text.as_str()).map_err(|wrong| mistakes.push(FormMistake::Text(field.to_owned(), wrong))).ok()
    });
    let cvr = Cvr::parse(written.cvr.as_str()).map_err(|_| mistakes.push(FormMistake::Cvr)).ok();
    let domains = written.domains.split_whitespace().filter_map(|domain| {
        HostName::parse(domain).map_err(|_| mistakes.push(FormMistake::Domain(domain.to_owned()))).ok()
    });
    let domains: BTreeSet<HostName> = domains.collect();
    let mut clients = BTreeMap::new();
    for (program, keys) in &mut written.programs {
        let Some(name) = slug_of(program, "program", &mut mistakes) else {
            if shows_private_key(keys) {
                mistakes.push(FormMistake::PrivateKey(program.clone()));
                keys.clear();
            }
            continue;
        };
        match key_set(&name, keys) {
            Ok(read) => {
                if clients.insert(name, read).is_some() {
                    mistakes.push(FormMistake::ProgramTwice(program.clone()));
                }
            }
            Err(mistake) => {
                if matches!(mistake, FormMistake::PrivateKey(_)) {
                    keys.clear();
                }
                mistakes.push(mistake);
            }
        }
    }
    let (Some(slug), [Some(da), Some(en)], Some(cvr), true) = (slug, name, cvr, mistakes.is_empty()) else {
        return Err(mistakes);
    };
    let authority = Authority { slug, name: Texts { da, en }, cvr, domains, clients };
    authority.check().map_err(|wrong| vec![FormMistake::Rule(wrong.to_string())])?;
    Ok(authority)
}

fn slug_of(text: &str, field: &str, mistakes: &mut Vec<FormMistake>) -> Option<Slug> {
    let wrong = |wrong: WrongText| FormMistake::Text(field.to_owned(), wrong);
    Slug::parse(text).map_err(|error| mistakes.push(wrong(error))).ok()
}

fn key_set(program: &Slug, keys: &str) -> Result<KeySet, FormMistake> {
    if shows_private_key(keys) {
        return Err(FormMistake::PrivateKey(program.to_string()));
    }
    body::read(keys.as_bytes()).map_err(|error| FormMistake::Keys(program.to_string(), error.to_string()))
}

/// Whether a text is, or holds, a key that nobody else may know.
fn shows_private_key(keys: &str) -> bool {
    fn holds(value: &Value) -> bool {
        match value {
            Value::Object(members) => {
                members.keys().any(|name| PRIVATE.contains(&name.as_str())) || members.values().any(holds)
            }
            Value::Array(items) => items.iter().any(holds),
            _ => false,
        }
    }
    let is_named = || PRIVATE.iter().any(|name| keys.contains(&format!("\"{name}\"")));
    // Of what is no JSON, a comma too few or two keys one after the other, nothing is known but its words.
    keys.contains("PRIVATE KEY")
        || serde_json::from_str::<Value>(keys).map_or_else(|_| is_named(), |value| holds(&value))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = r#"{"keys":[{"kty":"EC","kid":"a","crv":"P-256","x":"eA","y":"eQ"}]}"#;

    fn right() -> WrittenAuthority {
        WrittenAuthority {
            slug: "birkerup".into(),
            name_da: "Birkerup Kommune".into(),
            name_en: "Birkerup Municipality".into(),
            cvr: "90000018".into(),
            domains: " birkerup.example\r\n\r\nb.example ".into(),
            programs: vec![("ci".into(), KEY.into())],
        }
    }

    #[test]
    fn what_is_shown_of_an_authority_is_read_as_the_same_authority() {
        let read = authority(None, &mut right()).expect("an authority");
        assert_eq!(read.domains.iter().map(HostName::as_str).collect::<Vec<_>>(), ["b.example", "birkerup.example"]);
        let again = authority(None, &mut WrittenAuthority::from(&read)).expect("the same");
        assert_eq!(again, read);
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let mut wrong = WrittenAuthority {
            slug: "Birkerup".into(),
            name_da: String::new(),
            cvr: "1".into(),
            domains: "localhost b.example".into(),
            programs: vec![("ci".into(), KEY.into()), ("ci".into(), KEY.into()), ("other".into(), "{".into())],
            ..right()
        };
        let mistakes = authority(None, &mut wrong).expect_err("mistakes");
        assert_eq!(mistakes.len(), 6, "{mistakes:?}");
        assert!(mistakes.contains(&FormMistake::Domain("localhost".into())), "{mistakes:?}");
        assert!(mistakes.contains(&FormMistake::ProgramTwice("ci".into())), "{mistakes:?}");
    }

    #[test]
    fn r47_a_private_key_is_told_to_be_one_and_shown_nowhere_again() {
        for keys in [
            r#"{"keys":[{"kty":"EC","kid":"a","crv":"P-256","x":"eA","y":"eQ","d":"c2VjcmV0"}]}"#,
            r#"{"kty":"oct","k":"c2VjcmV0"}"#,
            r#"{"keys":[{"kty":"EC" "kid":"a","d":"c2VjcmV0"}]}"#,
            "-----BEGIN PRIVATE KEY-----\nc2VjcmV0",
        ] {
            for program in ["ci", "C I"] {
                let mut shown = WrittenAuthority { programs: vec![(program.into(), keys.into())], ..right() };
                let mistakes = authority(None, &mut shown).expect_err("a mistake");
                assert!(mistakes.contains(&FormMistake::PrivateKey(program.into())), "{mistakes:?}");
                assert!(!format!("{shown:?} {mistakes:?}").contains("c2VjcmV0"), "{shown:?} {mistakes:?}");
            }
        }
    }
}
