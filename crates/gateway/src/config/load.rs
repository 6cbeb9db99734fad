//! Reading the configuration, layer by layer.

use std::path::{Path, PathBuf};

use overblik_connectors::Secret;
use serde_json::Value;

use super::{
    Config, check,
    environment::{lay_over, variables},
    mistake::{ConfigMistake, ConfigMistakes},
};

/// Reads and checks the configuration: the file, the environment over it, then the secret files they name.
///
/// # Errors
/// [`ConfigMistakes`], all that can be found in one go.
pub fn load(file: &Path) -> Result<Config, ConfigMistakes> {
    load_with(file, &variables())
}

fn load_with(file: &Path, variables: &[(String, String)]) -> Result<Config, ConfigMistakes> {
    let one = |mistake: ConfigMistake| ConfigMistakes(vec![mistake]);
    let place = file.display().to_string();
    let text = std::fs::read_to_string(file).map_err(|error| {
        one(ConfigMistake::new(&place, format!("cannot be read: {error}"))
            .hint("give the path of a YAML file; docs/configuration.md shows one"))
    })?;
    let mut tree: Value = serde_saphyr::from_str(&text).map_err(|error| one(yaml_mistake(&place, &error)))?;
    if tree.is_null() {
        tree = Value::Object(serde_json::Map::new());
    }
    let from_file_only = tree.clone();
    lay_over(&mut tree, variables).map_err(ConfigMistakes)?;
    let config: Config = if tree == from_file_only {
        // Nothing from the environment: read the text itself, so that a mistake has its line.
        serde_saphyr::from_str(&text).map_err(|error| one(yaml_mistake(&place, &error)))?
    } else {
        from_tree(tree, &place, &text)?
    };
    finish(config)
}

/// Reads a tree that the environment changed. If the file has the same mistake on its own, its line is told.
fn from_tree(tree: Value, place: &str, text: &str) -> Result<Config, ConfigMistakes> {
    serde_json::from_value(tree).map_err(|error| {
        let mistake = ConfigMistake::new(format!("{place} with OVERBLIK__ variables"), error.to_string());
        match serde_saphyr::from_str::<Config>(text) {
            Err(in_file) if in_file.to_string().contains(&error.to_string()) => {
                ConfigMistakes(vec![yaml_mistake(place, &in_file)])
            }
            _ => ConfigMistakes(vec![mistake]),
        }
    })
}

/// The last layer and the checks; also for configurations made in code.
pub(super) fn finish(mut config: Config) -> Result<Config, ConfigMistakes> {
    let (mut mistakes, mut files) = (Vec::new(), Vec::new());
    let mut read_secret = |name: &str, secret: &mut Option<Secret>, file: &mut Option<PathBuf>| {
        files.extend(file.clone().map(|path| (format!("{name}_file"), path)));
        read_secret(name, secret, file, &mut mistakes);
    };
    read_secret("login.client_secret", &mut config.login.client_secret, &mut config.login.client_secret_file);
    if let Some(login) = config.admin.as_mut().and_then(|admin| admin.login.as_mut()) {
        let (secret, file) = (&mut login.client_secret, &mut login.client_secret_file);
        read_secret("admin.login.client_secret", secret, file);
    }
    for (slug, source) in &mut config.sources {
        for (name, secret, file) in [
            ("api_key", &mut source.api_key, &mut source.api_key_file),
            ("client_secret", &mut source.client_secret, &mut source.client_secret_file),
            ("password", &mut source.password, &mut source.password_file),
        ] {
            read_secret(&format!("sources.{slug}.{name}"), secret, file);
        }
    }
    let registry = config.registry.as_mut().map(|registry| ("registry.redis", &mut registry.redis));
    let others = [("session.redis", &mut config.session.redis), ("statistics.redis", &mut config.statistics.redis)];
    for (place, redis) in others.into_iter().chain(registry) {
        read_secret(&format!("{place}.password"), &mut redis.password, &mut redis.password_file);
        let (secret, file) = (&mut redis.sentinel_password, &mut redis.sentinel_password_file);
        read_secret(&format!("{place}.sentinel_password"), secret, file);
    }
    config.secret_files.extend(files);
    mistakes.extend(check::contradictions(&config));
    if mistakes.is_empty() { Ok(config) } else { Err(ConfigMistakes(mistakes)) }
}

/// Reads a secret from its file, once: the file's name is taken, so that a second look finds the secret alone.
fn read_secret(name: &str, secret: &mut Option<Secret>, file: &mut Option<PathBuf>, mistakes: &mut Vec<ConfigMistake>) {
    let Some(file) = file.take() else { return };
    if secret.is_some() {
        mistakes.push(
            ConfigMistake::new(name, format!("is set, and {name}_file too"))
                .hint("keep one of them; the file is the safer one"),
        );
        return;
    }
    match std::fs::read_to_string(&file) {
        Ok(text) if text.trim().is_empty() => {
            mistakes.push(ConfigMistake::new(format!("{name}_file"), format!("{} is empty", file.display())));
        }
        Ok(text) => *secret = Some(Secret::new(text.trim().to_owned())),
        Err(error) => mistakes
            .push(ConfigMistake::new(format!("{name}_file"), format!("{} cannot be read: {error}", file.display()))),
    }
}

fn yaml_mistake(place: &str, error: &serde_saphyr::Error) -> ConfigMistake {
    let position = error.location().map(|at| format!(":{}:{}", at.line(), at.column())).unwrap_or_default();
    ConfigMistake::new(format!("{place}{position}"), error.without_snippet().to_string())
        .hint("docs/configuration.md lists every setting")
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const MINIMAL: &str = "\
server: { public_url: https://overblik.example }
login:
  issuer: https://login.example
  client_id: overblik
  client_secret: not-a-real-one-0123456789
contracts: { directory: . }
";

    struct Folder(PathBuf);

    impl Folder {
        fn new() -> Self {
            let path = std::env::temp_dir().join(format!("overblik-config-{}", crate::secrets::random_token()));
            std::fs::create_dir(&path).expect("a folder");
            Self(path)
        }

        fn file(&self, name: &str, text: &str) -> PathBuf {
            let path = self.0.join(name);
            std::fs::File::create(&path).and_then(|mut file| file.write_all(text.as_bytes())).expect("written");
            path
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            std::fs::remove_dir_all(&self.0).expect("removed");
        }
    }

    fn variable(name: &str, value: &str) -> (String, String) {
        (name.to_owned(), value.to_owned())
    }

    fn mistakes(text: &str, variables: &[(String, String)]) -> String {
        let folder = Folder::new();
        let file = folder.file("overblik.yaml", text);
        let message = load_with(&file, variables).expect_err("a mistake").to_string();
        message.replace(&folder.0.display().to_string(), "")
    }

    #[test]
    fn defaults_hold_where_nothing_is_said() {
        let folder = Folder::new();
        let config = load_with(&folder.file("c.yaml", MINIMAL), &[]).expect("a configuration");
        assert_eq!(config.session.idle_s, 1200);
        assert_eq!(config.overview.json_deadline_ms, 2000);
        assert_eq!(config.login.minimum_level, overblik_widgets::AssuranceLevel::Substantial);
        assert!(!config.development.fictitious_persons);
    }

    #[test]
    fn the_environment_goes_over_the_file() {
        let folder = Folder::new();
        let variables = [
            variable("OVERBLIK__SESSION__IDLE_S", "60"),
            variable("OVERBLIK__LOGIN__SCOPES", "[openid, cpr]"),
            variable("OVERBLIK__SERVER__LISTEN", "0.0.0.0:9000"),
        ];
        let config = load_with(&folder.file("c.yaml", MINIMAL), &variables).expect("a configuration");
        assert_eq!(config.session.idle_s, 60);
        assert_eq!(config.login.scopes, ["openid", "cpr"]);
        assert_eq!(config.server.listen.port(), 9000);
    }

    #[test]
    fn secret_files_come_last_and_are_trimmed() {
        let folder = Folder::new();
        let secret = folder.file("secret", "from-the-file-0123456789\n");
        let text = MINIMAL
            .replace("client_secret: not-a-real-one-0123456789", &format!("client_secret_file: {}", secret.display()));
        let config = load_with(&folder.file("c.yaml", &text), &[]).expect("a configuration");
        assert!(config.login.client_secret.is_some_and(|secret| secret.reveal() == "from-the-file-0123456789"));
    }

    #[test]
    fn r75_a_secret_from_the_environment_is_taken_to_the_letter() {
        let folder = Folder::new();
        let file = folder.file("c.yaml", &MINIMAL.replace("  client_secret: not-a-real-one-0123456789\n", ""));
        for secret in [
            "1234567890123456789",
            "0x1234567890123456",
            "abcdefghijklmnop #rest",
            "\"quoted quoted quoted\"",
            "!tag-abcdefghijklmnop",
        ] {
            let config =
                load_with(&file, &[variable("OVERBLIK__LOGIN__CLIENT_SECRET", secret)]).expect("a configuration");
            assert!(config.login.client_secret.is_some_and(|read| read.reveal() == secret), "{secret}");
        }
        let number = MINIMAL.replace("not-a-real-one-0123456789", "1234567890123456789");
        let number = mistakes(&number, &[variable("OVERBLIK__SESSION__IDLE_S", "60")]);
        assert!(number.contains("write the secret in quotes") && !number.contains("12345678"), "{number}");
    }

    #[test]
    fn an_unknown_key_is_refused_with_its_line() {
        let message = mistakes(&format!("{MINIMAL}sesion: {{ idle_s: 1 }}\n"), &[]);
        assert!(message.starts_with("/overblik.yaml:7:"), "{message}");
        assert!(message.contains("sesion"), "{message}");
    }

    #[test]
    fn an_unknown_key_from_the_environment_is_refused() {
        let message = mistakes(MINIMAL, &[variable("OVERBLIK__SESSION__IDLES", "1")]);
        assert!(message.contains("OVERBLIK__") && message.contains("idles"), "{message}");
    }

    #[test]
    fn secrets_are_never_printed() {
        let folder = Folder::new();
        let text = format!("{MINIMAL}sources: {{ library: {{ api_key: another-secret-0123456789 }} }}\n");
        let config = load_with(&folder.file("c.yaml", &text), &[]).expect("a configuration");
        let printed = format!("{config:?}{config:#?}");
        assert!(!printed.contains("not-a-real-one") && !printed.contains("another-secret"), "{printed}");
        let refused = mistakes(&text.replace("client_id: overblik", "client_id: ''"), &[]);
        assert!(!refused.contains("not-a-real-one") && !refused.contains("another-secret"), "{refused}");
    }

    #[test]
    fn all_contradictions_are_told_at_once() {
        let text = MINIMAL.replace("https://overblik.example", "http://overblik.example/path")
            + "session: { idle_s: 100, absolute_s: 50 }\noverview: { json_deadline_ms: 20000 }\n";
        let message = mistakes(&text, &[]);
        for place in ["server.public_url", "session.idle_s", "overview.json_deadline_ms"] {
            assert!(message.contains(place), "{place} is missing in: {message}");
        }
    }

    #[test]
    fn r73_proxies_whose_word_would_count_for_nothing_or_everybody_are_refused() {
        for (network, said) in [
            ("0.0.0.0/0", "trusts everybody"),
            ("::/0", "trusts everybody"),
            ("::ffff:10.0.0.0/104", "IPv4 network written as IPv6"),
            ("::ffff:10.0.0.1/128", "IPv4 network written as IPv6"),
        ] {
            let text = MINIMAL.replace("server: { ", &format!("server: {{ trusted_proxies: ['{network}'], "));
            let message = mistakes(&text, &[]);
            assert!(message.contains("server.trusted_proxies") && message.contains(said), "{network}: {message}");
        }
    }

    #[test]
    fn r72_limits_that_contradict_each_other_or_let_nobody_in_are_refused() {
        for (section, place) in [
            ("limits: { streams_per_session: 11 }", "limits.streams_per_session: is more"),
            ("limits: { streams_per_citizen: 20, overviews_in_flight: 19 }", "limits.streams_per_citizen: is more"),
            ("limits: { connections: 10, connections_per_address: 11 }", "limits.connections_per_address: is more"),
            ("limits: { overviews_in_flight: 0 }", "limits.overviews_in_flight: lets nobody in"),
            ("limits: { lateness_ms: 0 }", "limits.lateness_ms: lets nobody in"),
            ("overview: { stream_deadline_ms: 15000 }", "server.grace_s: must be longer"),
        ] {
            let message = mistakes(&format!("{MINIMAL}{section}\n"), &[]);
            assert!(message.contains(place), "{section}: {message}");
        }
        let patience = MINIMAL.replace("server: {", "server: { patience: { head_s: 0 },");
        assert!(mistakes(&patience, &[]).contains("server.patience.head_s: waits for nobody"));
        let folder = Folder::new();
        let off =
            format!("{MINIMAL}limits: {{ overviews_in_flight: null, streams_per_citizen: null, lateness_ms: null }}\n");
        let limits = load_with(&folder.file("c.yaml", &off), &[]).expect("a configuration").limits;
        assert_eq!((limits.overviews_in_flight, limits.lateness_ms), (None, None));
        assert_eq!(limits.streams_per_session, Some(5), "what is not written keeps its default");
        let shipped = load_with(&folder.file("d.yaml", MINIMAL), &[]).expect("a configuration").limits;
        assert!(shipped.overviews_in_flight.is_some_and(|most| (64..=10_000).contains(&most)));
    }

    #[test]
    fn r7_every_level_has_a_name_of_its_own() {
        for levels in ["substantial: ''", "low: x, high: x", "high: 'https://data.gov.dk/concept/core/nsis/loa/Low'"] {
            let text = MINIMAL.replace("  client_id:", &format!("  levels: {{ {levels} }}\n  client_id:"));
            let message = mistakes(&text, &[]);
            assert!(message.contains("login.levels: "), "{levels}: {message}");
        }
    }

    #[test]
    fn a_secret_given_twice_is_refused() {
        let folder = Folder::new();
        let secret = folder.file("secret", "x");
        let text = MINIMAL
            .replace("  client_secret:", &format!("  client_secret_file: {}\n  client_secret:", secret.display()));
        let message = load_with(&folder.file("c.yaml", &text), &[]).expect_err("a mistake").to_string();
        assert!(message.contains("login.client_secret: is set, and login.client_secret_file too"), "{message}");
    }

    #[test]
    fn a_redis_store_is_told_what_it_lacks_all_at_once() {
        let redis = "session: { store: redis, redis: { nodes: ['redis://redis.example'], mode: sentinel, database: -1, prefix: 'a{b' } }\n";
        let message = mistakes(&format!("{MINIMAL}{redis}"), &[]);
        for place in ["session.keys_file", "redis.nodes", "redis.sentinel_master", "redis.database", "redis.prefix"] {
            assert!(message.contains(place), "{place} is missing in: {message}");
        }
        let none = mistakes(&format!("{MINIMAL}session: {{ store: redis, keys_file: keys }}\n"), &[]);
        assert!(none.contains("session.redis.nodes: names no node"), "{none}");
        let unused = mistakes(&format!("{MINIMAL}session: {{ redis: {{ nodes: ['redis://127.0.0.1'] }} }}\n"), &[]);
        assert!(unused.contains("session.store"), "{unused}");
    }

    #[test]
    fn a_registry_in_redis_is_told_what_it_lacks_in_its_own_place() {
        let minimal = MINIMAL.replace("contracts: { directory: . }\n", "");
        let redis = "registry: { store: redis, redis: { nodes: ['redis://redis.example'], mode: sentinel } }\n";
        let message = mistakes(&format!("{minimal}{redis}"), &[]);
        for place in ["registry.redis.nodes: must be rediss", "registry.redis.sentinel_master: is missing"] {
            assert!(message.contains(place), "{place}: {message}");
        }
        assert!(message.contains("registry.redis.allow_plaintext") && !message.contains("session."), "{message}");
        let unused = mistakes(&format!("{minimal}registry: {{ redis: {{ nodes: ['redis://127.0.0.1'] }} }}\n"), &[]);
        assert!(unused.contains("registry.store: is files, and registry.redis.nodes"), "{unused}");
        let folder = Folder::new();
        let file = folder.file("password", "a-password-of-redis-123\n");
        let redis = format!(
            "registry: {{ store: redis, redis: {{ nodes: ['rediss://redis.example'], password_file: {} }} }}\n",
            file.display()
        );
        let config = load_with(&folder.file("c.yaml", &format!("{minimal}{redis}")), &[]).expect("a configuration");
        let password = config.registry.and_then(|registry| registry.redis.password);
        assert!(password.is_some_and(|read| read.reveal() == "a-password-of-redis-123"));
    }

    #[test]
    fn r75_redis_passwords_come_from_files_and_are_never_printed() {
        let folder = Folder::new();
        let password = folder.file("password", "a-password-of-redis-123\n");
        let redis = format!(
            "session: {{ store: redis, keys_file: keys, redis: {{ nodes: ['rediss://redis.example'], password_file: {} }} }}\n",
            password.display()
        );
        let config = load_with(&folder.file("c.yaml", &format!("{MINIMAL}{redis}")), &[]).expect("a configuration");
        assert!(!format!("{config:?}").contains("a-password-of"));
        assert!(config.session.redis.password.is_some_and(|read| read.reveal() == "a-password-of-redis-123"));
        let in_address =
            format!("{MINIMAL}session: {{ redis: {{ nodes: ['redis://:a-password-of-redis@127.0.0.1'] }} }}\n");
        let refused = mistakes(&in_address, &[]);
        assert!(refused.contains("their own settings") && !refused.contains("a-password-of"), "{refused}");
        let plain = redis.replace("rediss://", "redis://");
        assert!(mistakes(&format!("{MINIMAL}{plain}"), &[]).contains("session.redis.nodes: must be rediss"));
        let allowed = plain.replace("redis: { nodes", "redis: { allow_plaintext: true, nodes");
        assert!(load_with(&folder.file("d.yaml", &format!("{MINIMAL}{allowed}")), &[]).is_ok());
    }

    #[test]
    fn r75_what_a_source_s_tokens_need_is_read_from_files_and_checked() {
        let folder = Folder::new();
        let secret = folder.file("secret", "a-secret-of-a-source-123\n");
        let password = folder.file("password", "pw\n");
        let source = format!(
            "sources: {{ health: {{ token_url: 'https://login.example/token', exchange_url: 'https://login.example/x', \
             client_id: c, client_secret_file: '{}', user: u, password_file: '{}' }} }}\n",
            secret.display(),
            password.display()
        );
        let config = load_with(&folder.file("c.yaml", &format!("{MINIMAL}{source}")), &[]).expect("a configuration");
        let health = &config.sources["health"];
        let read = [&health.client_secret, &health.password].map(|read| read.as_ref().expect("a secret").reveal());
        assert_eq!(read, ["a-secret-of-a-source-123", "pw"]);
        for (from, to, expected) in [
            ("client_id: c, ", "", "sources.health.client_id: is missing, and client_secret is set"),
            ("user: u, ", "", "sources.health.user: and password belong together"),
            ("https://login.example/token", "http://login.example/token", "sources.health.token_url: must be https"),
            ("https://login.example/x", "http://login.example/x", "sources.health.exchange_url: must be https"),
            ("client_id: c", "client_id: c, client_secret: short", "client_secret: is set, and"),
        ] {
            assert!(source.contains(from), "{from}");
            let told = mistakes(&format!("{MINIMAL}{}", source.replacen(from, to, 1)), &[]);
            assert!(told.contains(expected), "{told}");
        }
    }

    #[test]
    fn r75_plain_http_needs_the_development_permission() {
        let text = MINIMAL.replace("https://login.example", "http://127.0.0.1:9000");
        assert!(mistakes(&text, &[]).contains("login.issuer"));
        let folder = Folder::new();
        let allowed = format!("{text}development: {{ loopback_http: true }}\n");
        assert!(load_with(&folder.file("c.yaml", &allowed), &[]).is_ok());
        let foreign = allowed.replace("http://127.0.0.1:9000", "http://login.example");
        assert!(mistakes(&foreign, &[]).contains("login.issuer"));
    }
}
