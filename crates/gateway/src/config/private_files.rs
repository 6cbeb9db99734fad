//! Files that hold secrets, and whether others on the machine can read them. Looked at once, at start: a mode is no mistake of
//! the configuration, and where a platform mounts secrets it may be out of an operator's hands, so it is told and not refused.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
};

use super::{Config, TlsConfig};

/// Permissions of the group and of everybody else.
const OF_OTHERS: u32 = 0o077;

/// That the group may read. Of a file that is another user's, that is how we may: so platforms mount secrets.
const GROUP_READS: u32 = 0o040;

impl Config {
    /// What is to be told of each file with secrets that others can read or write: its setting, its path, and what to do.
    #[must_use]
    pub fn open_files(&self) -> Vec<String> {
        self.private_files().iter().filter_map(|(setting, path)| is_open(setting, path)).collect()
    }

    fn private_files(&self) -> Vec<(String, PathBuf)> {
        let admin = self.admin.as_ref().and_then(|admin| admin.login.as_ref());
        let index = self.registry.as_ref().and_then(|registry| registry.index.as_ref());
        let tls = |of: &Option<TlsConfig>| of.as_ref().map(|tls| tls.key_file.clone());
        let of_listeners = [
            ("server.tls.key_file", tls(&self.server.tls)),
            ("operations.tls.key_file", tls(&self.operations.tls)),
            ("admin.tls.key_file", self.admin.as_ref().and_then(|admin| tls(&admin.tls))),
        ];
        let of_listeners = of_listeners.into_iter().filter_map(|(setting, path)| Some((setting.to_owned(), path?)));
        let of_us = [
            ("audit.key_file", self.audit.key_file.as_ref()),
            ("session.keys_file", self.session.keys_file.as_ref()),
            ("login.client_keys_file", self.login.client_keys_file.as_ref()),
            ("admin.login.client_keys_file", admin.and_then(|login| login.client_keys_file.as_ref())),
            ("registry.index.keys_file", index.map(|index| &index.keys_file)),
            ("traces.headers_file", self.traces.as_ref().and_then(|traces| traces.headers_file.as_ref())),
        ];
        let of_us = of_us.into_iter().map(|(setting, path)| (setting.to_owned(), path));
        let of_sources = self.sources.iter().flat_map(|(slug, source)| {
            let keys =
                [("client_key_file", &source.client_key_file), ("client_key_next_file", &source.client_key_next_file)];
            keys.map(|(name, path)| (format!("sources.{slug}.{name}"), path.as_ref()))
        });
        let named = of_us.chain(of_sources).filter_map(|(setting, path)| Some((setting, path?.clone())));
        named.chain(of_listeners).chain(self.secret_files.iter().cloned()).collect()
    }
}

fn is_open(setting: &str, path: &Path) -> Option<String> {
    // One that cannot be looked at is told of by whoever reads it.
    let metadata = fs::metadata(path).ok()?;
    let is_ours = fs::metadata("/proc/self").is_ok_and(|process| process.uid() == metadata.uid());
    let mode = metadata.permissions().mode();
    let too_much = if is_ours { OF_OTHERS } else { OF_OTHERS & !GROUP_READS };
    (mode & too_much != 0).then(|| {
        let (path, mode) = (path.display(), mode & 0o777);
        format!("{setting}: others on this machine may use {path} (mode {mode:04o})\n  hint: chmod 600 {path}")
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn r75_a_secret_that_others_can_read_is_told_with_its_file_and_what_to_do() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = |name: &str, mode: u32| {
            let path = folder.path().join(name);
            fs::write(&path, "x".repeat(32)).expect("written");
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).expect("set");
            path
        };
        let [secret, keys, api_key, key, certificate, headers] = [
            file("secret", 0o640),
            file("keys", 0o600),
            file("api", 0o604),
            file("key", 0o620),
            file("certificate", 0o644),
            file("headers", 0o604),
        ];
        let config = json!({
            "server": { "public_url": "https://overblik.example" },
            "login": { "issuer": "https://login.example", "client_id": "overblik", "client_secret_file": secret },
            "contracts": { "directory": "." },
            "audit": { "sink": "stdout", "key_file": "audit-keys" },
            "session": { "keys_file": keys },
            "traces": { "endpoint": "https://collector.example/v1/traces", "headers_file": headers },
            "sources": { "library": {
                "api_key_file": api_key, "client_key_file": key, "client_certificate_file": certificate,
            } },
        });
        let config: Config = serde_json::from_value(config).expect("a configuration");
        let config = config.checked().expect("good");
        let told = config.open_files();
        assert_eq!(told.len(), 4, "{told:?}");
        for (setting, path, mode) in [
            ("login.client_secret_file", &secret, "0640"),
            ("sources.library.api_key_file", &api_key, "0604"),
            ("sources.library.client_key_file", &key, "0620"),
            ("traces.headers_file", &headers, "0604"),
        ] {
            let line =
                told.iter().find(|line| line.starts_with(setting)).unwrap_or_else(|| panic!("{setting}: {told:?}"));
            let hint = format!("chmod 600 {}", path.display());
            assert!(line.contains(mode) && line.contains(&hint), "{line}");
        }
        fs::remove_file(&key).expect("removed");
        assert_eq!(config.open_files().len(), 3, "what is not there is told of by whoever reads it");
    }
}
