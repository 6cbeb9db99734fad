//! The laws of the rooms, as far as the compiler does not keep them.

use std::{collections::BTreeMap, fs, path::Path, process::Command};

use overblik_gateway::api_error::ApiError;
use overblik_tests::repository;

use crate::tracked_files::{TrackedFile, tracked_files};

/// What must not be named in a room, and why.
struct Law {
    /// Paths that the law holds for begin with this.
    room: &'static str,
    /// Except where they begin with one of these.
    except: &'static [&'static str],
    forbidden: &'static [&'static str],
    reason: &'static str,
}

const LAWS: &[Law] = &[
    Law {
        room: "crates/widgets/src/",
        except: &[],
        forbidden: &[
            "tokio",
            "axum",
            "reqwest",
            "futures",
            "std::fs",
            "std::net",
            "std::env",
            "async fn",
            "Timestamp::now",
        ],
        reason: "widgets is vocabulary: no input or output, nothing asynchronous, no clock",
    },
    Law {
        room: "crates/connectors/src/",
        except: &[],
        forbidden: &["axum", "tower", "overblik_gateway", "overblik_demo", "redis", "Session"],
        reason: "connectors knows neither HTTP servers nor sessions",
    },
    Law {
        room: "crates/connectors/src/",
        except: &["crates/connectors/src/upstream/"],
        forbidden: &["reqwest", "hyper", "rustls", "TcpStream", "lookup_host", "std::net"],
        reason: "only upstream opens connections, and sends requests",
    },
    Law {
        room: "crates/connectors/src/upstream/",
        except: &[],
        forbidden: &["reqwest", "dangerous", "danger", "set_var", "Jar"],
        reason: "what the client does on the wire is written here, and nobody's certificate is believed unlooked at",
    },
    Law {
        room: "crates/connectors/src/upstream/",
        except: &["crates/connectors/src/upstream/connect.rs"],
        forbidden: &["TcpStream"],
        reason: "every connection to a source is made in one place, behind the guard",
    },
    Law {
        room: "crates/connectors/src/upstream/",
        except: &["crates/connectors/src/upstream/resolve.rs"],
        forbidden: &["lookup_host", "ToSocketAddrs"],
        reason: "a host name is resolved in one place, behind the guard",
    },
    Law {
        room: "crates/connectors/src/contract/",
        except: &[],
        forbidden: &["tokio", "async fn"],
        reason: "a contract is read and compiled before anything runs",
    },
    Law {
        room: "crates/gateway/src/",
        except: &[
            "crates/gateway/src/login/provider.rs",
            "crates/gateway/src/build_error.rs",
            "crates/gateway/src/cli/registry/connection.rs",
            "crates/gateway/src/telemetry/traces/sending.rs",
        ],
        forbidden: &["reqwest"],
        reason: "authorities are called by connectors, the identity provider, the collector of traces and, from a command, \
                 the admin API by a client of their own alone",
    },
    Law {
        room: "crates/registry/src/",
        except: &[],
        forbidden: &["axum", "reqwest", "hyper", "redis", "overblik_gateway", "Timestamp::now", "SystemTime"],
        reason: "the registry knows neither servers nor clients nor the time: whoever uses it says who asks, and when",
    },
    Law {
        room: "crates/gateway/src/build_error.rs",
        except: &[],
        forbidden: &["reqwest::Client", "reqwest::get"],
        reason: "the client's error is named there, and no client made",
    },
    Law {
        room: "crates/gateway/src/",
        except: &[
            "crates/gateway/src/redis_link/",
            "crates/gateway/src/session/redis/",
            "crates/gateway/src/session/mod.rs",
            "crates/gateway/src/registry_store",
            "crates/gateway/src/statistics/redis",
            "crates/gateway/src/statistics/store.rs",
            "crates/gateway/src/statistics/mod.rs",
            "crates/gateway/src/audit/",
            "crates/gateway/src/telemetry/catalogue/",
            "crates/gateway/src/config/",
            "crates/gateway/src/app.rs",
            "crates/gateway/src/build_error.rs",
        ],
        forbidden: &["redis"],
        reason: "what is kept is asked of the session's, the registry's, the statistics' or the audit trail's store, whichever it is",
    },
    Law {
        room: "crates/gateway/src/overview/",
        except: &[],
        forbidden: &["axum", "reqwest", "redis", "http::", "StatusCode", "ApiError", "std::fs"],
        reason: "orchestration has no server, no client and no store in it, and cannot fail",
    },
    Law {
        room: "crates/gateway/src/page/",
        except: &[],
        forbidden: &["tokio", "axum", "reqwest", "async fn", "std::fs", "Clock", "SessionStore"],
        reason: "pages are functions from data to HTML",
    },
    Law {
        room: "crates/gateway/src/",
        except: &[
            "crates/gateway/src/admin/answer.rs",
            "crates/gateway/src/api_error.rs",
            "crates/gateway/src/handlers/",
            "crates/gateway/src/login/provider.rs",
        ],
        forbidden: &["StatusCode"],
        reason: "one table turns errors into statuses",
    },
    Law {
        room: "crates/gateway/src/session/",
        except: &["crates/gateway/src/session/contents.rs", "crates/gateway/src/session/specimen.rs"],
        forbidden: &["reqwest", "Cpr::", ".cpr", "overviews"],
        reason: "a session holds what a login established and knows nothing of what is shown",
    },
    Law {
        room: "crates/",
        except: &["crates/gateway/src/config/"],
        forbidden: &["std::env::", "env::var", "use std::env"],
        reason: "only the configuration reads the environment",
    },
    Law {
        room: "crates/",
        except: &[
            "crates/connectors/src/",
            "crates/gateway/src/session/contents.rs",
            "crates/gateway/src/index/fingerprint.rs",
        ],
        forbidden: &["Cpr::reveal", "cpr.reveal("],
        reason: "a CPR number leaves its type only towards a source, into a session's seal, and into the keyed hashes of an \
                 index and of the audit trail",
    },
    Law {
        room: "crates/",
        except: &[
            "crates/connectors/src/citizen.rs",
            "crates/gateway/src/session/mod.rs",
            "crates/gateway/src/session/token_login.rs",
        ],
        forbidden: &["from_authentication"],
        reason: "a scope is opened by a session or an access token, from what was verified, and by nothing else",
    },
    Law {
        room: "crates/gateway/src/",
        except: &["crates/gateway/src/session/", "crates/gateway/src/authentication.rs"],
        forbidden: &["Authentication {"],
        reason: "what verified claims establish is written down in one place, and read back from a session's seal",
    },
    Law {
        room: "crates/",
        except: &["crates/connectors/src/citizen.rs", "crates/gateway/src/session/"],
        forbidden: &["from_keyed_hash"],
        reason: "a pseudonym is made under a master key, or read back from a session's seal",
    },
    Law {
        room: "crates/",
        // A time, and the reference that log lines have: nobody's name, and no decision is made by either.
        except: &["crates/allocator/", "crates/gateway/src/telemetry/reference.rs"],
        forbidden: &["thread_local", "task_local"],
        reason: "who somebody is goes from hand to hand as an argument, never by the thread or task that runs",
    },
    Law {
        room: "crates/gateway/src/",
        except: &["crates/gateway/src/blocking.rs"],
        forbidden: &["spawn_blocking"],
        reason: "a thread for work that blocks gives memory back when it is done: `crate::blocking::run`",
    },
    Law {
        room: "crates/gateway/src/",
        except: &[
            "crates/gateway/src/telemetry/",
            "crates/gateway/src/handlers/page.rs",
            "crates/gateway/src/handlers/embed/token.rs",
            "crates/gateway/src/admin/console/refused.rs",
        ],
        forbidden: &["Reference::current"],
        reason: "a request's reference is shown where an error is, and written into log lines; nothing is decided by it",
    },
    Law {
        room: "crates/gateway/src/",
        except: &["crates/gateway/src/demo.rs", "crates/gateway/src/demo/", "crates/gateway/src/cli/"],
        forbidden: &["overblik_demo", "crate::demo"],
        reason: "a production build has nothing of the demo in it",
    },
    Law {
        room: "crates/demo/src/",
        except: &[],
        forbidden: &["overblik_gateway", "overblik_connectors"],
        reason: "the demo is the gateway's outside: it shares no code with what it stands against",
    },
];

/// The code of a Rust file: without comments and without its tests.
pub(crate) fn code(text: &str) -> String {
    let before_tests = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
    let lines = before_tests.lines().filter(|line| !line.trim_start().starts_with("//"));
    lines.flat_map(|line| [line, "\n"]).collect()
}

fn is_test(path: &str) -> bool {
    path.contains("/tests/") || path.ends_with("/tests.rs") || path.ends_with("/specimens.rs")
}

/// Whether a name stands in code as a word of its own.
pub(crate) fn names(code: &str, name: &str) -> bool {
    let is_part = |character: char| character.is_alphanumeric() || character == '_';
    code.match_indices(name).any(|(at, _)| {
        let before = code.get(..at).and_then(|before| before.chars().next_back());
        let after = code.get(at + name.len()..).and_then(|after| after.chars().next());
        let begins_word = name.starts_with(is_part) && before.is_some_and(is_part);
        let goes_on = name.ends_with(is_part) && after.is_some_and(is_part);
        !begins_word && !goes_on
    })
}

pub(crate) fn rust_files() -> Vec<(String, String)> {
    let rust = tracked_files().into_iter().filter(|file| file.path.starts_with("crates/") && file.is_a("rs"));
    rust.filter(|file| !is_test(&file.path)).map(|file| (file.path, code(&file.text))).collect()
}

#[test]
fn every_room_keeps_its_laws() {
    let files = rust_files();
    let mut broken = Vec::new();
    for law in LAWS {
        let in_room: Vec<_> = files.iter().filter(|(path, _)| path.starts_with(law.room)).collect();
        assert!(!in_room.is_empty(), "no file in {}: the law is about nothing", law.room);
        for (path, code) in in_room {
            if law.except.iter().any(|except| path.starts_with(except)) {
                continue;
            }
            let found = law.forbidden.iter().filter(|name| names(code, name));
            broken.extend(found.map(|name| format!("{path} names `{name}`: {}", law.reason)));
        }
    }
    assert!(broken.is_empty(), "{broken:#?}");
}

#[test]
fn exceptions_from_laws_are_still_needed() {
    let files = rust_files();
    for law in LAWS {
        for except in law.except {
            let used = files.iter().any(|(path, code)| {
                path.starts_with(except) && law.forbidden.iter().any(|forbidden| names(code, forbidden))
            });
            assert!(used, "{except} needs no exception from: {}", law.reason);
        }
    }
}

#[test]
fn a_broken_law_is_found() {
    assert!(names("use axum::Router;", "axum") && names("std::env::var(x)", "std::env::"));
    assert!(!names("use taxum;", "axum") && !names("reqwests", "reqwest"));
    assert!(!code("// use axum\nfn x() {}\n#[cfg(test)]\nmod tests {\nuse axum;\n}").contains("axum"));
}

#[test]
fn every_crate_but_the_allocator_s_forbids_unsafe_code_and_takes_the_workspace_s_lints() {
    // Fuzz targets are a workspace of their own: their macro needs unsafe code, and none of them is part of the product.
    let manifests = tracked_files().into_iter();
    let manifests = manifests.filter(|file| file.path.ends_with("Cargo.toml") && file.path != "fuzz/Cargo.toml");
    let (root, crates): (Vec<_>, Vec<_>) = manifests.partition(|file| file.path == "Cargo.toml");
    assert!(root.iter().any(|file| file.text.contains("unsafe_code = \"forbid\"")));
    assert_eq!(crates.len(), 8);
    let (allocator, others): (Vec<_>, Vec<_>) =
        crates.into_iter().partition(|file| file.path == "crates/allocator/Cargo.toml");
    assert!(allocator.iter().all(|manifest| manifest.text.contains("unsafe_code = \"deny\"")));
    let unsafe_blocks: usize = tracked_files()
        .iter()
        .filter(|file| file.path.starts_with("crates/allocator/src/"))
        .map(|file| file.text.matches("unsafe {").count())
        .sum();
    assert_eq!(unsafe_blocks, 1, "docs/decisions/0032-the-allocator.md");
    for manifest in others {
        assert!(manifest.text.contains("[lints]\nworkspace = true"), "{}", manifest.path);
    }
}

/// Which crates of ours each may depend on. One way: gateway → registry → connectors → widgets.
const DEPENDENCIES: &[(&str, &[&str])] = &[
    ("overblik-allocator", &[]),
    ("overblik-widgets", &[]),
    ("overblik-connectors", &["overblik-widgets"]),
    ("overblik-registry", &["overblik-connectors"]),
    ("overblik-demo", &["overblik-widgets"]),
    (
        "overblik-gateway",
        &["overblik-allocator", "overblik-connectors", "overblik-demo", "overblik-registry", "overblik-widgets"],
    ),
];

#[test]
fn dependencies_point_one_way() {
    let metadata = cargo_metadata();
    let packages = metadata["packages"].as_array().expect("packages");
    let mut found = BTreeMap::new();
    for package in packages {
        let dependencies = package["dependencies"].as_array().expect("dependencies").iter();
        let shipped = dependencies.filter(|dependency| dependency["kind"].is_null());
        let ours =
            shipped.filter(|dependency| dependency["name"].as_str().is_some_and(|name| name.starts_with("overblik-")));
        let ours: Vec<_> =
            ours.map(|dependency| (dependency["name"].clone(), dependency["optional"].clone())).collect();
        found.insert(package["name"].as_str().expect("a name").to_owned(), ours);
    }
    for (package, allowed) in DEPENDENCIES {
        for (name, optional) in &found[*package] {
            let name = name.as_str().expect("a name");
            assert!(allowed.contains(&name), "{package} depends on {name}");
            // Left out of a production build, which needs the feature to be one that can be left out.
            assert!(name != "overblik-demo" || optional == true, "{package} always contains {name}");
        }
    }
    let known: Vec<_> =
        DEPENDENCIES.iter().map(|(package, _)| *package).chain(["overblik-bench", "overblik-tests"]).collect();
    assert!(found.keys().all(|package| known.contains(&package.as_str())), "{:?}", found.keys());
}

fn cargo_metadata() -> serde_json::Value {
    let arguments = ["metadata", "--no-deps", "--offline", "--format-version", "1"];
    let output = Command::new(env!("CARGO")).args(arguments).current_dir(repository()).output().expect("cargo runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

#[test]
fn every_path_that_the_architecture_names_exists() {
    let text = fs::read_to_string(repository().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md");
    let paths: Vec<_> = text.split('`').skip(1).step_by(2).filter(|quoted| is_path(quoted)).collect();
    assert!(paths.len() >= 20, "the document names the rooms by their paths: {paths:?}");
    let missing: Vec<_> = paths.iter().filter(|path| !exists(path)).collect();
    assert!(missing.is_empty(), "{missing:#?}");
}

/// What is written in the document as code and looks like a path of the repository.
fn is_path(quoted: &str) -> bool {
    let tops = ["crates/", "contracts/", "tests/", "docs/", "bench/", "helm/", ".ci/"];
    let is_file = ["md", "rs", "toml", "yaml", "json"].iter().any(|kind| {
        Path::new(quoted).extension().is_some_and(|extension| extension == *kind) && !quoted.contains(['<', '*', '{'])
    });
    !quoted.contains(char::is_whitespace) && (tops.iter().any(|top| quoted.starts_with(top)) || is_file)
}

/// A path from the root of the repository, or from the source folder of a crate. `<name>` stands for any name.
fn exists(path: &str) -> bool {
    let path = path.split(['<', '*', '{']).next().unwrap_or_default();
    let crates = ["widgets", "connectors", "registry", "gateway", "demo"].map(|name| format!("crates/{name}/src"));
    [String::new()].iter().chain(&crates).any(|folder| repository().join(folder).join(path).exists())
}

#[test]
fn no_file_is_longer_than_five_hundred_lines() {
    let written_by_hand = |file: &TrackedFile| {
        let kinds = ["rs", "html", "css", "js", "mjs", "yaml", "toml", "md", "sh"];
        let extension =
            Path::new(&file.path).extension().map_or("", |extension| extension.to_str().unwrap_or_default());
        // Written by `crates/connectors/src/contract/reference.rs`, and rendered by Helm.
        let generated = file.path.starts_with("helm/tests/golden/")
            || ["docs/contract-reference.md", "docs/configuration-reference.md"].contains(&file.path.as_str());
        // Portals load one file, and no build puts it together.
        let one_file = file.path == "crates/gateway/assets/embed/overblik-widgets.js";
        !generated && !one_file && (kinds.contains(&extension) || file.path.starts_with(".ci/"))
    };
    let long: Vec<_> = tracked_files()
        .into_iter()
        .filter(written_by_hand)
        .map(|file| (file.text.lines().count(), file.path))
        .filter(|(lines, _)| *lines > 500)
        .collect();
    assert!(long.is_empty(), "{long:?}");
}

#[test]
fn every_problem_code_is_documented_with_its_status() {
    let document = fs::read_to_string(repository().join("contracts/problems.md")).expect("contracts/problems.md");
    for error in ApiError::ALL {
        let face = error.face();
        let row = document.lines().find(|line| line.starts_with(&format!("| `{}` |", face.code)));
        let row = row.unwrap_or_else(|| panic!("contracts/problems.md has no row for {}", face.code));
        assert!(row.contains(&format!("| {} |", face.status.as_u16())), "{row}");
    }
    let documented = document.lines().filter(|line| line.starts_with("| `")).count();
    let codes: std::collections::BTreeSet<_> = ApiError::ALL.iter().map(|error| error.face().code).collect();
    assert_eq!(documented, codes.len(), "a row for every code and no other");
}
