//! Requirement R49: TLS towards a source.

use std::{fs, path::PathBuf, sync::Arc};

use rustls::{
    HandshakeKind, ServerConfig, SupportedProtocolVersion,
    crypto::aws_lc_rs,
    server::WebPkiClientVerifier,
    version::{TLS12, TLS13},
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::TlsAcceptor;

use super::{
    super::{
        failure::{Failure, TlsFailure},
        tls::{FollowedTls, TlsFiles},
    },
    AddressPolicy, SourceTls, UpstreamClient,
    authority::{Algorithm, Authority, EXPIRED, GOOD, Issued, OF_ANOTHER_HOST, OF_THE_FUTURE},
    get,
    listening::{Listening, read_request},
};

pub(super) const VERSIONS: [&SupportedProtocolVersion; 2] = [&TLS12, &TLS13];

/// How a source secures its connections.
pub(super) fn securing(
    issued: &Issued,
    clients: Option<&Authority>,
    versions: &[&'static SupportedProtocolVersion],
) -> ServerConfig {
    let provider = Arc::new(aws_lc_rs::default_provider());
    let builder =
        ServerConfig::builder_with_provider(provider.clone()).with_protocol_versions(versions).expect("versions");
    let builder = match clients {
        None => builder.with_no_client_auth(),
        Some(authority) => {
            let verifier = WebPkiClientVerifier::builder_with_provider(authority.roots().into(), provider);
            builder.with_client_cert_verifier(verifier.build().expect("a verifier"))
        }
    };
    builder.with_single_cert(issued.chain(), issued.private_key()).expect("a certificate")
}

/// A source that answers with what it saw of the client: the certificate's common name, and how the handshake went.
async fn secured(config: ServerConfig) -> Listening {
    let acceptor = TlsAcceptor::from(Arc::new(config));
    Listening::start(move |connection| {
        let acceptor = acceptor.clone();
        async move {
            let Ok(mut connection) = acceptor.accept(connection).await else { return };
            let seen = connection.get_ref().1;
            let shown = seen.peer_certificates().and_then(|chain| chain.first());
            let shown = shown.map_or("nobody".to_owned(), |shown| {
                let der = String::from_utf8_lossy(shown.as_ref()).into_owned();
                let names = ["present", "next", "client"].into_iter().find(|name| der.contains(name));
                names.expect("one of these tests' names").to_owned()
            });
            let resumed = seen.handshake_kind() == Some(HandshakeKind::Resumed);
            let body = format!("{shown}{}", if resumed { ", resumed" } else { "" });
            if read_request(&mut connection).await.is_some() {
                let answer = format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{body}", body.len());
                let _gone = connection.write_all(answer.as_bytes()).await;
                let _gone = connection.flush().await;
                // The client says farewell, or goes away.
                let _farewell = connection.read(&mut [0]).await;
            }
        }
    })
    .await
}

pub(super) fn client(files: TlsFiles) -> UpstreamClient {
    let (_, tls) = FollowedTls::open("library", files).expect("usable files");
    UpstreamClient::new(AddressPolicy::LoopbackAllowed, tls)
}

pub(super) fn trusting(authority: &Authority) -> TlsFiles {
    TlsFiles { trusted_roots: Some(authority.root()), ..TlsFiles::default() }
}

pub(super) fn showing(files: TlsFiles, issued: &Issued) -> TlsFiles {
    TlsFiles { client_certificate: Some(issued.certificate.clone()), client_key: Some(issued.key.clone()), ..files }
}

fn with_next(files: TlsFiles, issued: &Issued) -> TlsFiles {
    let (certificate, key) = (issued.certificate.clone(), issued.key.clone());
    TlsFiles { client_certificate_next: Some(certificate), client_key_next: Some(key), ..files }
}

async fn ask(client: &UpstreamClient, source: &Listening) -> Result<String, Failure> {
    let call = get(&format!("https://localhost:{}/", source.address.port()));
    let answer = client.answer(&call).await?;
    Ok(String::from_utf8(answer.body.to_vec()).expect("a text"))
}

#[tokio::test]
async fn r49_a_source_is_trusted_by_its_own_issuers_and_by_no_others() {
    let (ours, other) = (Authority::new(Algorithm::Ecdsa), Authority::new(Algorithm::Ecdsa));
    let certificate = ours.issue("source", GOOD);
    for versions in VERSIONS.iter().map(std::slice::from_ref) {
        let source = secured(securing(&certificate, None, versions)).await;
        assert_eq!(ask(&client(trusting(&ours)), &source).await.as_deref(), Ok("nobody"));
        let unknown = Err(Failure::Tls(TlsFailure::UnknownIssuer));
        assert_eq!(ask(&client(trusting(&other)), &source).await, unknown);
        let platform = UpstreamClient::new(AddressPolicy::LoopbackAllowed, SourceTls::platform().expect("TLS"));
        assert_eq!(ask(&platform, &source).await, unknown);
    }
}

#[tokio::test]
async fn r49_a_certificate_out_of_its_time_or_of_another_host_is_refused() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let client = client(trusting(&authority));
    for (name, kind, failure) in [
        ("expired", EXPIRED, TlsFailure::OutOfTime),
        ("future", OF_THE_FUTURE, TlsFailure::OutOfTime),
        ("other", OF_ANOTHER_HOST, TlsFailure::OtherHost),
    ] {
        let source = secured(securing(&authority.issue(name, kind), None, &VERSIONS)).await;
        assert_eq!(ask(&client, &source).await, Err(Failure::Tls(failure)), "{name}");
    }
    // By its number, for which the certificate of the other host has another one too.
    let source = secured(securing(&authority.issue("source", GOOD), None, &VERSIONS)).await;
    let by_number = get(&format!("https://127.0.0.1:{}/", source.address.port()));
    assert!(client.answer(&by_number).await.is_ok());
    let by_other_number = get(&format!("https://127.0.0.1:{}/", source.address.port()).replace("127.0.0.1", "[::1]"));
    assert!(client.answer(&by_other_number).await.is_err());
}

#[tokio::test]
async fn r49_tls_1_1_is_refused() {
    // A greeting of a server that speaks TLS 1.1 (RFC 4346 section 7.4.1.3), with a cipher that was common then.
    let mut hello = vec![0x03, 0x02];
    hello.extend([7; 32]);
    hello.extend([0x00, 0xc0, 0x13, 0x00]);
    let length = u8::try_from(hello.len()).expect("a short message");
    let mut record = vec![0x16, 0x03, 0x02, 0x00, length + 4, 0x02, 0x00, 0x00, length];
    record.extend(hello);
    let (tell, mut told) = tokio::sync::mpsc::channel(1);
    let source = Listening::start(move |mut connection| {
        let (record, tell) = (record.clone(), tell.clone());
        async move {
            let mut header = [0; 5];
            connection.read_exact(&mut header).await.expect("the head of the client's greeting");
            let mut greeting = vec![0; usize::from(u16::from_be_bytes([header[3], header[4]]))];
            connection.read_exact(&mut greeting).await.expect("the client's greeting");
            connection.write_all(&record).await.expect("written");
            let mut alert = Vec::new();
            connection.read_to_end(&mut alert).await.expect("the client goes away");
            tell.send(alert).await.expect("the test waits");
        }
    })
    .await;
    let client = UpstreamClient::new(AddressPolicy::LoopbackAllowed, SourceTls::platform().expect("TLS"));
    assert_eq!(ask(&client, &source).await, Err(Failure::Tls(TlsFailure::Handshake)));
    // A fatal alert about the protocol version (70), and nothing of a request.
    let alert = told.recv().await.expect("an alert");
    assert_eq!(alert.iter().rev().take(2).collect::<Vec<_>>(), [&70, &2], "{alert:?}");
    assert_eq!(alert.len(), 7);
}

#[tokio::test]
async fn a_source_that_speaks_no_tls_is_refused() {
    let source = Listening::start(|mut connection| async move {
        let _gone = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
        let _gone = connection.read(&mut [0; 4096]).await;
    })
    .await;
    let client = UpstreamClient::new(AddressPolicy::LoopbackAllowed, SourceTls::platform().expect("TLS"));
    assert_eq!(ask(&client, &source).await, Err(Failure::Tls(TlsFailure::Handshake)));
}

#[tokio::test]
async fn r49_a_body_until_the_end_is_whole_only_where_tls_says_that_it_ends() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let certificate = authority.issue("source", GOOD);
    // Anybody on the way can close TCP.
    for (says_farewell, framing, expected) in [
        (true, "x: y", Ok("[]")),
        (false, "x: y", Err(Failure::Broke)),
        (true, "content-length: 2", Ok("[]")),
        (false, "content-length: 2", Ok("[]")),
        (true, "content-length: 3", Err(Failure::Broke)),
        (false, "content-length: 3", Err(Failure::Broke)),
    ] {
        let acceptor = TlsAcceptor::from(Arc::new(securing(&certificate, None, &VERSIONS)));
        let source = Listening::start(move |connection| {
            let acceptor = acceptor.clone();
            async move {
                let Ok(mut connection) = acceptor.accept(connection).await else { return };
                if read_request(&mut connection).await.is_none() {
                    return;
                }
                let _gone = connection.write_all(format!("HTTP/1.1 200 OK\r\n{framing}\r\n\r\n[]").as_bytes()).await;
                let _gone = connection.flush().await;
                if says_farewell {
                    let _gone = connection.shutdown().await;
                }
            }
        })
        .await;
        let answer = ask(&client(trusting(&authority)), &source).await;
        assert_eq!(answer.as_deref().map_err(|failure| *failure), expected, "{says_farewell} {framing}");
    }
}

#[tokio::test]
async fn r49_we_show_our_certificate_where_the_source_wants_one() {
    let (theirs, ours, strangers) =
        (Authority::new(Algorithm::Ecdsa), Authority::new(Algorithm::Ecdsa), Authority::new(Algorithm::Ecdsa));
    let certificate = theirs.issue("source", GOOD);
    let (good, expired, strange) =
        (ours.issue("client", GOOD), ours.issue("client-then", EXPIRED), strangers.issue("client", GOOD));
    for versions in VERSIONS.iter().map(std::slice::from_ref) {
        let source = secured(securing(&certificate, Some(&ours), versions)).await;
        let refused = Err(Failure::Tls(TlsFailure::OursRefused));
        assert_eq!(ask(&client(showing(trusting(&theirs), &good)), &source).await.as_deref(), Ok("client"));
        assert_eq!(ask(&client(trusting(&theirs)), &source).await, refused, "{versions:?}, without a certificate");
        assert_eq!(
            ask(&client(showing(trusting(&theirs), &strange)), &source).await,
            refused,
            "{versions:?}, another's"
        );
        assert_eq!(ask(&client(showing(trusting(&theirs), &expired)), &source).await, refused, "{versions:?}, expired");
    }
}

#[tokio::test]
async fn r49_certificates_signed_with_rsassa_pss_are_good_on_both_sides() {
    let authority = Authority::new(Algorithm::RsaPss);
    let (certificate, ours) = (authority.issue("source", GOOD), authority.issue("client", GOOD));
    for versions in VERSIONS.iter().map(std::slice::from_ref) {
        let source = secured(securing(&certificate, Some(&authority), versions)).await;
        let client = client(showing(trusting(&authority), &ours));
        assert_eq!(ask(&client, &source).await.as_deref(), Ok("client"));
    }
    let other = secured(securing(&Authority::new(Algorithm::RsaPss).issue("source", GOOD), None, &VERSIONS)).await;
    let unknown = ask(&client(trusting(&authority)), &other).await;
    assert_eq!(unknown, Err(Failure::Tls(TlsFailure::UnknownIssuer)));
}

#[tokio::test]
async fn a_session_of_tls_is_resumed_on_the_next_connection() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let source = secured(securing(&authority.issue("source", GOOD), None, &[&TLS13])).await;
    let client = client(trusting(&authority));
    assert_eq!(ask(&client, &source).await.as_deref(), Ok("nobody"));
    assert_eq!(ask(&client, &source).await.as_deref(), Ok("nobody, resumed"));
    assert_eq!(source.connections(), 2);
}

#[tokio::test]
async fn r49_a_session_of_tls_is_not_resumed_as_somebody_else() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let certificate = authority.issue("source", GOOD);
    let (present, next) = (authority.issue("present", GOOD), authority.issue("next", GOOD));
    for versions in VERSIONS.iter().map(std::slice::from_ref) {
        // One host for two sources, each of which knows us by another certificate.
        let source = secured(securing(&certificate, Some(&authority), versions)).await;
        let one = client(showing(trusting(&authority), &present));
        let other = client(showing(trusting(&authority), &next));
        for (client, expected) in
            [(&one, "present"), (&other, "next"), (&one, "present, resumed"), (&other, "next, resumed")]
        {
            assert_eq!(ask(client, &source).await.as_deref(), Ok(expected), "{versions:?}");
        }
    }
}

#[tokio::test]
async fn r49_during_an_exchange_the_next_certificate_is_shown_when_the_present_one_is_over() {
    let (authority, strangers) = (Authority::new(Algorithm::Ecdsa), Authority::new(Algorithm::Ecdsa));
    let certificate = authority.issue("source", GOOD);
    let (present, next) = (authority.issue("present", GOOD), authority.issue("next", GOOD));
    let (over, not_yet) = (authority.issue("present-then", EXPIRED), authority.issue("next-then", OF_THE_FUTURE));
    let strange = strangers.issue("present", GOOD);
    for versions in VERSIONS.iter().map(std::slice::from_ref) {
        let source = secured(securing(&certificate, Some(&authority), versions)).await;
        let with = |present, next| client(with_next(showing(trusting(&authority), present), next));
        // Good: shown as long as it is.
        assert_eq!(ask(&with(&present, &next), &source).await.as_deref(), Ok("present"));
        // Expired: not even tried.
        let before = source.connections();
        assert_eq!(ask(&with(&over, &next), &source).await.as_deref(), Ok("next"));
        assert_eq!(source.connections(), before + 1);
        // Refused: tried once, and then the next from the beginning.
        let (client, before) = (with(&strange, &next), source.connections());
        assert_eq!(ask(&client, &source).await.as_deref(), Ok("next"));
        assert_eq!(source.connections(), before + 2);
        assert_eq!(ask(&client, &source).await.map(|body| body.starts_with("next")), Ok(true));
        assert_eq!(source.connections(), before + 3);
        // Not valid yet: not shown, whatever became of the present one.
        for present in [&over, &strange] {
            let before = source.connections();
            let refused = Err(Failure::Tls(TlsFailure::OursRefused));
            assert_eq!(ask(&with(present, &not_yet), &source).await, refused);
            assert_eq!(source.connections(), before + 1);
        }
    }
}

fn copy(from: &PathBuf, to: &PathBuf) {
    fs::copy(from, to).expect("copied");
}

#[tokio::test]
async fn r49_files_that_change_are_taken_without_a_restart_and_broken_ones_are_not() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let (present, next) = (authority.issue("present", GOOD), authority.issue("next", GOOD));
    let source = secured(securing(&authority.issue("source", GOOD), Some(&authority), &[&TLS12])).await;
    let shown = authority.issue("shown", GOOD);
    copy(&present.certificate, &shown.certificate);
    copy(&present.key, &shown.key);
    let (mut followed, tls) = FollowedTls::open("library", showing(trusting(&authority), &shown)).expect("files");
    let client = UpstreamClient::new(AddressPolicy::LoopbackAllowed, tls);
    let seen = async || ask(&client, &source).await.map(|body| body.trim_end_matches(", resumed").to_owned());
    assert_eq!(seen().await.as_deref(), Ok("present"));

    // One file of the two is new: they do not belong together.
    copy(&next.certificate, &shown.certificate);
    followed.reread();
    followed.reread();
    assert_eq!(seen().await.as_deref(), Ok("present"));
    // Both are, but one reading may have come between two writings.
    copy(&next.key, &shown.key);
    followed.reread();
    assert_eq!(seen().await.as_deref(), Ok("present"));
    followed.reread();
    assert_eq!(seen().await.as_deref(), Ok("next"));

    fs::write(&shown.certificate, "-----BEGIN CERTIFICATE-----\nbroken").expect("written");
    followed.reread();
    followed.reread();
    assert_eq!(seen().await.as_deref(), Ok("next"));
    fs::remove_file(&shown.key).expect("removed");
    followed.reread();
    followed.reread();
    assert_eq!(seen().await.as_deref(), Ok("next"));
    copy(&present.certificate, &shown.certificate);
    copy(&present.key, &shown.key);
    followed.reread();
    followed.reread();
    assert_eq!(seen().await.as_deref(), Ok("present"));
}

#[test]
fn r49_files_that_cannot_be_used_are_told_by_their_settings() {
    let authority = Authority::new(Algorithm::Ecdsa);
    let (one, other) = (authority.issue("one", GOOD), authority.issue("other", GOOD));
    let nothing = one.certificate.with_file_name("nothing.pem");
    fs::write(&nothing, "nothing at all").expect("written");
    let missing = one.certificate.with_file_name("missing.pem");
    let good = || showing(TlsFiles::default(), &one);
    let some = |path: &PathBuf| Some(path.clone());
    for (files, setting, message) in [
        (TlsFiles { client_key: None, ..good() }, "client_certificate_file", "is set without client_key_file"),
        (TlsFiles { client_certificate: None, ..good() }, "client_key_file", "is set without client_certificate_file"),
        (TlsFiles { client_key: some(&other.key), ..good() }, "client_key_file", "does not belong to the first"),
        (TlsFiles { client_key: some(&missing), ..good() }, "client_key_file", "cannot be read: No such file"),
        (TlsFiles { client_key: some(&nothing), ..good() }, "client_key_file", "holds no private key"),
        (TlsFiles { client_key: some(&one.certificate), ..good() }, "client_key_file", "holds no private key"),
        (TlsFiles { client_certificate: some(&nothing), ..good() }, "client_certificate_file", "holds no certificate"),
        (TlsFiles { client_certificate: some(&one.key), ..good() }, "client_certificate_file", "holds no certificate"),
        (
            TlsFiles { client_certificate_next: some(&other.certificate), ..good() },
            "client_certificate_next_file",
            "is set without client_key_next_file",
        ),
        (
            with_next(TlsFiles::default(), &other),
            "client_certificate_next_file",
            "is set without client_certificate_file",
        ),
        (
            TlsFiles { client_key_next: some(&one.key), client_certificate_next: some(&other.certificate), ..good() },
            "client_key_next_file",
            "does not belong to the first",
        ),
        (TlsFiles { trusted_roots: some(&nothing), ..good() }, "trusted_roots_file", "holds no certificate"),
        (
            TlsFiles { trusted_roots: Some(one.key.parent().expect("a folder").to_owned()), ..good() },
            "trusted_roots_file",
            "is not a file",
        ),
    ] {
        let Err(error) = FollowedTls::open("library", files) else { panic!("{setting}: {message}") };
        let told = error.to_string();
        assert!(told.starts_with(&format!("{setting}: {message}")), "{told}");
    }
    assert!(FollowedTls::open("library", good()).is_ok());
}
