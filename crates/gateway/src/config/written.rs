//! What is written in a configuration, setting by setting, so that two readings of it can be compared. Of a secret there is
//! a hash alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use overblik_connectors::Secret;
use serde_json::Value;

use super::environment::SECRETS;
use crate::secrets::sha256;

/// What the name of a setting ends in that names the file of a secret.
const OF_FILE: &str = "_file";

/// See the module.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// By their names in the file, as `session.idle_s`.
    settings: BTreeMap<String, Setting>,
    files: Vec<PathBuf>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Setting {
    Plain(Value),
    /// Wherever it stands: one that moves from the configuration to a file of its own has not changed.
    Secret([u8; 32]),
    /// The file could not be read.
    Unknown,
}

impl Written {
    pub(super) fn of(tree: &Value) -> Self {
        let mut written = Self::default();
        written.add("", tree);
        written
    }

    fn add(&mut self, place: &str, value: &Value) {
        if let Value::Object(members) = value {
            for (name, member) in members {
                let place = if place.is_empty() { name.clone() } else { format!("{place}.{name}") };
                self.add(&place, member);
            }
            return;
        }
        let name = place.rsplit('.').next().unwrap_or_default();
        let secret_of_file = name.strip_suffix(OF_FILE).filter(|secret| SECRETS.contains(secret));
        if let (Some(_), Some(file)) = (secret_of_file, value.as_str()) {
            let file = PathBuf::from(file);
            let place = place.strip_suffix(OF_FILE).unwrap_or(place).to_owned();
            self.settings.insert(place, Setting::of_file(&file));
            self.files.push(file);
        } else if let (true, Some(secret)) = (SECRETS.contains(&name), value.as_str()) {
            self.settings.insert(place.to_owned(), Setting::Secret(sha256(secret)));
        } else {
            self.settings.insert(place.to_owned(), Setting::Plain(value.clone()));
        }
    }

    /// The settings that another has otherwise, by name.
    #[must_use]
    pub fn differing<'w>(&'w self, other: &'w Self) -> BTreeSet<&'w str> {
        let names = self.settings.keys().chain(other.settings.keys());
        names.filter(|name| self.settings.get(*name) != other.settings.get(*name)).map(String::as_str).collect()
    }

    /// The files of secrets that it names.
    #[must_use]
    pub fn secret_files(&self) -> &[PathBuf] {
        &self.files
    }

    /// What tells it from others, but for the secrets: the same at every instance that has the same settings.
    #[must_use]
    pub fn digest(&self) -> String {
        let plain = self.settings.iter().map(|(name, setting)| match setting {
            Setting::Plain(value) => format!("{name}={value}\n"),
            Setting::Secret(_) | Setting::Unknown => format!("{name}\n"),
        });
        let hash = sha256(&plain.collect::<String>());
        hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect::<Vec<_>>().concat()
    }
}

impl Setting {
    fn of_file(file: &Path) -> Self {
        let read = fs::read_to_string(file).map(Secret::new);
        read.map_or(Self::Unknown, |secret| Self::Secret(sha256(secret.reveal().trim())))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_differs_is_named_and_a_secret_that_only_moved_does_not() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("secret");
        fs::write(&file, "a-secret-of-ours-123\n").expect("written");
        let one = Written::of(&json!({
            "server": { "listen": "127.0.0.1:1" },
            "login": { "client_secret": "a-secret-of-ours-123", "scopes": ["openid"] },
            "limits": { "lateness_ms": null },
        }));
        let other = Written::of(&json!({
            "server": { "listen": "127.0.0.1:2" },
            "login": { "client_secret_file": file, "scopes": ["openid", "ssn"] },
        }));
        let differing: Vec<_> = one.differing(&other).into_iter().collect();
        assert_eq!(differing, ["limits.lateness_ms", "login.scopes", "server.listen"]);
        assert_eq!(other.secret_files(), std::slice::from_ref(&file));
        assert_ne!(one.digest(), other.digest());
        fs::write(&file, "another-secret-of-ours-1").expect("written");
        let exchanged = Written::of(&json!({
            "server": { "listen": "127.0.0.1:2" },
            "login": { "client_secret_file": file, "scopes": ["openid", "ssn"] },
        }));
        assert_eq!(other.differing(&exchanged).into_iter().collect::<Vec<_>>(), ["login.client_secret"]);
        assert_eq!(other.digest(), exchanged.digest(), "which tells nothing of a secret");
        assert!(!format!("{one:?}").contains("a-secret-of"));
    }
}
