//! Which files are shown, which are refused and with what words, and how they are exchanged.

use std::path::{Path, PathBuf};

use jiff::ToSpan;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use tempfile::TempDir;

use super::*;

/// Somebody who issues certificates, and a folder of those files.
struct Authority {
    issuer: CertifiedIssuer<'static, KeyPair>,
    folder: TempDir,
}

fn now() -> Timestamp {
    "2026-11-26T12:00:00Z".parse().expect("a time")
}

fn clock() -> Clock {
    Clock::new(now)
}

fn named(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).expect("parameters");
    params.distinguished_name.push(DnType::CommonName, name);
    params.not_before = date_time_ymd(2026, 1, 1);
    params.not_after = date_time_ymd(2027, 6, 1);
    params
}

impl Authority {
    fn new() -> Self {
        let mut params = named("authority");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().expect("a key");
        let issuer = CertifiedIssuer::self_signed(params, key).expect("an issuer");
        Self { issuer, folder: TempDir::new().expect("a folder") }
    }

    /// A certificate and its key, as PEM.
    fn issue(&self, change: impl FnOnce(&mut CertificateParams)) -> (String, String) {
        let mut params = named("server");
        change(&mut params);
        let key = KeyPair::generate().expect("a key");
        (params.signed_by(&key, &self.issuer).expect("a certificate").pem(), key.serialize_pem())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn files(&self) -> TlsConfig {
        TlsConfig { certificate_file: self.path("cert"), key_file: self.path("key"), client_roots_file: None }
    }

    fn write(&self, certificate: &str, key: &str) {
        write(&self.path("cert"), certificate);
        write(&self.path("key"), key);
    }

    fn open(&self) -> Result<ListenerTls, TlsMistake> {
        ListenerTls::open("server", &self.files(), clock())
    }
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).expect("written");
}

#[test]
fn r74_a_chain_with_its_key_is_shown_until_the_first_of_it_expires() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(|params| params.not_after = date_time_ymd(2027, 2, 1));
    authority.write(&(certificate + &authority.issuer.pem()), &key);
    let tls = authority.open().expect("TLS");
    assert_eq!((tls.listener(), tls.expires().to_string().as_str()), ("server", "2027-02-01T00:00:00Z"));
    assert!(tls.config().session_storage.get(b"x").is_none() && tls.config().max_early_data_size == 0);
}

#[test]
fn r74_where_clients_show_certificates_nobody_resumes_and_gets_in_by_one_that_expired() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(|_| {});
    authority.write(&certificate, &key);
    write(&authority.path("roots"), &authority.issuer.pem());
    let files = TlsConfig { client_roots_file: Some(authority.path("roots")), ..authority.files() };
    let asking = ListenerTls::open("operations", &files, clock()).expect("TLS").config();
    assert_eq!((asking.send_tls13_tickets, asking.ticketer.enabled()), (0, false));
    let others = authority.open().expect("TLS").config();
    assert!(others.send_tls13_tickets > 0 && others.ticketer.enabled(), "the control");
}

#[test]
fn r74_whatever_browsers_would_refuse_is_refused_with_its_file_and_what_to_do() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(|_| {});
    let (other, other_key) = authority.issue(|_| {});
    let (expired, expired_key) = authority.issue(|params| params.not_after = date_time_ymd(2026, 11, 1));
    let (early, early_key) = authority.issue(|params| params.not_before = date_time_ymd(2027, 1, 1));
    let root = authority.issuer.pem();
    let half = certificate.get(..200).unwrap_or_default().to_owned();
    for (certificate, key, place, said, hint) in [
        ("", &key, "certificate_file", " holds no certificate", "BEGIN CERTIFICATE"),
        (&half, &key, "certificate_file", " is not PEM", "BEGIN CERTIFICATE"),
        (&certificate, &certificate, "key_file", " holds no private key", "without a password"),
        (&certificate, &other_key, "key_file", " does not belong to the certificate in ", "made as a pair"),
        (
            &(root.clone() + &certificate),
            &key,
            "certificate_file",
            " does not begin with the certificate of the key",
            "first",
        ),
        (
            &(certificate.clone() + &other),
            &key,
            "certificate_file",
            ": certificate 2 did not issue certificate 1",
            "first",
        ),
        (
            &expired,
            &expired_key,
            "certificate_file",
            ": certificate 1 expired at 2026-11-01T00:00:00Z",
            "get a new one",
        ),
        (&early, &early_key, "certificate_file", ": certificate 1 is not valid before 2027-01-01", "clock"),
    ] as [(&str, &str, &str, &str, &str); 8]
    {
        authority.write(certificate, key);
        let message = authority.open().expect_err(said).to_string();
        assert!(message.starts_with(&format!("server.tls.{place}: ")), "{message}");
        assert!(message.contains(said) && message.contains("\n  hint: ") && message.contains(hint), "{message}");
        assert!(message.contains(authority.folder.path().to_str().expect("a path")), "{message}");
        assert!(!message.contains("-----BEGIN PRIVATE KEY-----\nM"), "nothing of a key is quoted");
    }
    std::fs::remove_file(authority.path("key")).expect("removed");
    let message = authority.open().expect_err("no key").to_string();
    assert!(message.contains("server.tls.key_file: ") && message.contains(" cannot be read: "), "{message}");
    authority.write(&certificate, &key);
    let files = TlsConfig { client_roots_file: Some(authority.path("key")), ..authority.files() };
    let message = ListenerTls::open("operations", &files, clock()).expect_err("no issuers").to_string();
    assert!(message.starts_with("operations.tls.client_roots_file: ") && message.contains(" holds no certificate"));
}

#[test]
fn r74_certificate_and_key_are_exchanged_together_or_not_at_all() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(|_| {});
    let (next, next_key) = authority.issue(|params| params.not_after = date_time_ymd(2027, 9, 1));
    authority.write(&certificate, &key);
    let tls = authority.open().expect("TLS");
    let first = tls.config();
    let mut following = Following::new(&tls);
    let mut reread = || {
        following.reread();
        (following.settling.clone(), tls.expires().to_string())
    };
    write(&authority.path("cert"), &next);
    for _ in 0..3 {
        assert_eq!(reread().1, "2027-06-01T00:00:00Z", "half of an exchange is none");
    }
    assert!(Arc::ptr_eq(&first, &tls.config()));
    write(&authority.path("key"), &next_key);
    assert_eq!(reread().1, "2027-06-01T00:00:00Z", "perhaps half written");
    assert_eq!(reread().1, "2027-09-01T00:00:00Z");
    let second = tls.config();
    assert!(!Arc::ptr_eq(&first.ticketer, &second.ticketer), "a resumed session is one of this certificate's");
    std::fs::remove_file(authority.path("cert")).expect("removed");
    for _ in 0..3 {
        assert_eq!(reread().1, "2027-09-01T00:00:00Z", "what was taken away is shown on");
    }
    write(&authority.path("cert"), &next);
    reread();
    reread();
    assert_eq!(tls.expires().to_string(), "2027-09-01T00:00:00Z");
}

#[test]
fn r74_that_a_certificate_expires_is_told_once_a_day_in_its_last_month() {
    let authority = Authority::new();
    let (certificate, key) = authority.issue(|params| params.not_after = date_time_ymd(2027, 1, 10));
    authority.write(&certificate, &key);
    let passed = Arc::new(std::sync::Mutex::new(now()));
    let clock = Clock::new({
        let passed = Arc::clone(&passed);
        move || *passed.lock().expect("a time")
    });
    let tls = ListenerTls::open("server", &authority.files(), clock).expect("TLS");
    let mut following = Following::new(&tls);
    let mut told_in = |days: i64| {
        let mut count = 0;
        for _ in 0..days * 2 {
            let before = following.told;
            following.tell_expiry();
            count += u32::from(before != following.told);
            let mut now = passed.lock().expect("a time");
            *now += (12 * 3600).seconds();
        }
        count
    };
    assert_eq!(told_in(15), 0, "45 days before");
    assert_eq!(told_in(31), 31);
}
