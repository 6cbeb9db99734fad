//! Whose data are fetched is said by a scope, never by a bare id, and never by something global (requirement R50). What
//! the compiler keeps is in `crates/connectors/tests/compile_fail`.

use crate::architecture::{names, rust_files};

/// Rooms in which data of citizens are fetched and put together.
const DATA_PATHS: [&str; 2] = ["crates/gateway/src/overview/", "crates/connectors/src/"];

/// What a parameter that stands for a person is called.
const PERSONS: [&str; 9] = ["citizen", "cpr", "pseudonym", "subject", "actor", "person", "user", "viewer", "session"];

/// Types that anything can be made of.
const BARE: [&str; 11] = ["str", "String", "u8", "u16", "u32", "u64", "u128", "i64", "usize", "Bytes", "Uuid"];

/// Types that hold a scope.
const SCOPED: [&str; 3] = ["CitizenScope", "FetchRequest", "Viewer"];

/// Types that say who somebody is.
const IDENTITIES: [&str; 8] =
    ["Citizen", "CitizenScope", "Cpr", "Pseudonym", "Authentication", "Viewer", "Session", "SessionKey"];

/// The parameters of all functions in code, as written: name and type.
fn parameters(code: &str) -> Vec<(String, String)> {
    // An arrow closes no bracket.
    let code = code.replace("->", "  ");
    let mut found = Vec::new();
    for (at, _) in code.match_indices("fn ") {
        let Some((_, list)) = code.split_at(at).1.split_once('(') else { continue };
        let (mut depth, mut part, mut parts) = (1, String::new(), Vec::new());
        for character in list.chars() {
            match character {
                '(' | '[' | '<' | '{' => depth += 1,
                ')' | ']' | '>' | '}' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                break;
            }
            if character == ',' && depth == 1 {
                parts.push(std::mem::take(&mut part));
            } else {
                part.push(character);
            }
        }
        parts.push(part);
        let pairs = parts.iter().filter_map(|part| part.split_once(':'));
        found.extend(pairs.map(|(name, kind)| {
            (name.trim().trim_start_matches("mut ").to_owned(), kind.split_whitespace().collect::<Vec<_>>().join(" "))
        }));
    }
    found
}

fn is_bare_id(name: &str, kind: &str) -> bool {
    let says_person = name.split('_').any(|word| PERSONS.contains(&word));
    says_person && BARE.iter().any(|bare| names(kind, bare))
}

/// The declared types of a file's statics.
fn statics(code: &str) -> impl Iterator<Item = &str> {
    let places = code.match_indices("static ").filter(|(at, _)| !code.split_at(*at).0.ends_with('\''));
    let declarations = places.filter_map(|(at, _)| code.split_at(at).1.split(['=', ';']).next());
    declarations.filter(|declaration| declaration.contains(':'))
}

#[test]
fn r50_no_function_that_fetches_takes_a_bare_id_for_a_citizen() {
    let files = rust_files();
    for room in DATA_PATHS {
        let in_room: Vec<_> = files.iter().filter(|(path, _)| path.starts_with(room)).collect();
        let all: Vec<_> = in_room.iter().flat_map(|(_, code)| parameters(code)).collect();
        assert!(all.iter().any(|(_, kind)| SCOPED.iter().any(|scoped| names(kind, scoped))), "{room}");
        for (path, code) in in_room {
            let bare: Vec<_> = parameters(code).into_iter().filter(|(name, kind)| is_bare_id(name, kind)).collect();
            assert!(bare.is_empty(), "{path} takes a bare id, where a CitizenScope says whose data: {bare:?}");
        }
    }
}

#[test]
fn r50_nobody_is_the_current_user_of_a_process() {
    for (path, code) in rust_files() {
        for declaration in statics(&code) {
            let who = IDENTITIES.iter().find(|identity| names(declaration, identity));
            assert_eq!(who, None, "{path}: {declaration}");
        }
    }
}

#[test]
fn a_bare_id_and_a_global_citizen_are_found() {
    let code = "pub async fn fetch(&self, citizen_id: &str, limit: u64) {}\nfn f<'a>(\n    mut cpr: Option<String>,\n    f: impl Fn() -> u8,\n    user_id: u64,\n    scope: &CitizenScope,\n) {}";
    let bare: Vec<_> = parameters(code).into_iter().filter(|(name, kind)| is_bare_id(name, kind)).collect();
    let bare: Vec<_> = bare.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(bare, ["citizen_id", "cpr", "user_id"]);
    let declared: Vec<_> = statics("static CURRENT: OnceLock<Viewer> = x;\nfn f(x: &'static str) {}").collect();
    assert_eq!(declared, ["static CURRENT: OnceLock<Viewer> "]);
    assert!(names(declared[0], "Viewer"));
}
