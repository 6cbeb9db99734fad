//! The environment as configuration: `OVERBLIK__LOGIN__CLIENT_ID=...` sets `login.client_id`.

use serde_json::{Map, Value};

use super::mistake::ConfigMistake;

const PREFIX: &str = "OVERBLIK__";

/// Settings whose value is taken to the letter: in a secret, `#` begins no comment and digits are no number.
pub(super) const SECRETS: [&str; 4] = ["client_secret", "api_key", "password", "sentinel_password"];

/// The variables that concern us, from the process's environment.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(super) fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .collect()
}

/// What a command takes for an option that is not given: names of files and addresses, never a secret.
#[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
pub(crate) fn for_option(name: &str) -> Option<String> {
    std::env::var_os(name)?.into_string().ok().filter(|value| !value.is_empty())
}

/// Lays variables over a configuration tree. A value is read as YAML, as it would be in the file, but for
/// secrets.
pub(super) fn lay_over(tree: &mut Value, variables: &[(String, String)]) -> Result<(), Vec<ConfigMistake>> {
    let mut mistakes = Vec::new();
    for (name, value) in variables {
        let path: Vec<String> =
            name.strip_prefix(PREFIX).unwrap_or(name).split("__").map(str::to_ascii_lowercase).collect();
        let is_secret = path.last().is_some_and(|setting| SECRETS.contains(&setting.as_str()));
        let parsed = if is_secret { None } else { serde_saphyr::from_str::<Value>(value).ok() };
        let parsed = parsed.unwrap_or_else(|| Value::String(value.clone()));
        if !set(tree, &path, parsed) {
            mistakes.push(
                ConfigMistake::new(name.as_str(), "names a setting inside something that is not a section")
                    .hint("write OVERBLIK__SECTION__SETTING, in the file's names"),
            );
        }
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

fn set(tree: &mut Value, path: &[String], value: Value) -> bool {
    let Some((first, rest)) = path.split_first() else {
        *tree = value;
        return true;
    };
    if tree.is_null() {
        *tree = Value::Object(Map::new());
    }
    let Some(section) = tree.as_object_mut() else { return false };
    // Slugs may hold hyphens, which variable names cannot: `_` finds an existing key with `-`.
    let key = if section.contains_key(first) { first.clone() } else { existing_with_hyphens(section, first) };
    set(section.entry(key).or_insert(Value::Null), rest, value)
}

fn existing_with_hyphens(section: &Map<String, Value>, name: &str) -> String {
    section.keys().find(|key| key.replace('-', "_") == name).cloned().unwrap_or_else(|| name.to_owned())
}
