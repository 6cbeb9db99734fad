//! A real nginx in front of the gateway: one that keeps every answer that it may, and one that speaks TLS.

use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    process::{Child, Command},
    time::Duration,
};

use tempfile::TempDir;
use url::Url;

use crate::redis_server::make_certificates;

/// Says whether nginx had an answer kept: `HIT`, `MISS` and so on.
pub const X_CACHE: &str = "x-cache";

/// A running nginx. It stops with this value.
pub struct CachingProxy {
    /// Where it is. The host is the gateway's, so that cookies are for both.
    pub url: Url,
    _nginx: Nginx,
}

/// A running nginx that keeps connections to the gateway, and sends requests of many on one. It stops with this value.
pub struct KeepingProxy {
    /// Where it is.
    pub url: Url,
    _nginx: Nginx,
}

/// A running nginx that takes TLS off. It stops with this value.
pub struct TlsProxy {
    /// Where it is, by https.
    pub url: Url,
    /// Who issued its certificate (PEM).
    pub issuer: PathBuf,
    _nginx: Nginx,
}

struct Nginx {
    process: Child,
    folder: TempDir,
}

impl TlsProxy {
    /// Starts nginx before a server.
    ///
    /// # Panics
    /// When there is no nginx or no openssl, or it does not start.
    pub async fn before(server: &Url) -> Self {
        Self::set_up_before(server, "").await
    }

    /// The same with further settings of its TLS, as nginx writes them.
    ///
    /// # Panics
    /// As [`TlsProxy::before`].
    #[expect(clippy::expect_used, reason = "a test that cannot start its parties must fail and say why")]
    pub async fn set_up_before(server: &Url, settings: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        make_certificates(folder.path());
        let (free, at) = (free_port(), folder.path().display().to_string());
        let certificate = format!("ssl_certificate {at}/server.crt; ssl_certificate_key {at}/server.key;");
        let port = server.port().unwrap_or_default();
        let location = format!("proxy_pass http://127.0.0.1:{port}; proxy_http_version 1.1;");
        let listens = format!("listen {free} ssl; {certificate} {settings}");
        let nginx = Nginx::start(folder, free, &configured(&at, "", &listens, &location)).await;
        let url = Url::parse(&format!("https://{free}/")).expect("an address");
        Self { url, issuer: nginx.folder.path().join("ca.crt"), _nginx: nginx }
    }
}

impl CachingProxy {
    /// Starts nginx before a gateway.
    ///
    /// # Panics
    /// When there is no nginx, or it does not start.
    #[expect(clippy::expect_used, reason = "a test that cannot start its parties must fail and say why")]
    pub async fn before(gateway: &Url) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (free, at) = (free_port(), folder.path().display().to_string());
        let cache = format!("proxy_cache_path {at}/cache keys_zone=everything:1m;");
        let location = format!(
            "proxy_pass http://127.0.0.1:{};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_cache everything;
            proxy_cache_valid any 10m;
            proxy_cache_revalidate on;
            proxy_cache_use_stale error timeout updating http_403 http_404 http_500 http_502 http_503 http_504;
            add_header X-Cache $upstream_cache_status always;",
            gateway.port().unwrap_or_default()
        );
        let configuration = configured(&at, &cache, &format!("listen {free};"), &location);
        let nginx = Nginx::start(folder, free, &configuration).await;
        let mut url = gateway.clone();
        url.set_port(Some(free.port())).expect("an address with a port");
        Self { url, _nginx: nginx }
    }
}

impl KeepingProxy {
    /// Starts nginx before a gateway.
    ///
    /// # Panics
    /// When there is no nginx, or it does not start.
    #[expect(clippy::expect_used, reason = "a test that cannot start its parties must fail and say why")]
    pub async fn before(gateway: &Url) -> Self {
        let folder = TempDir::new().expect("a folder");
        let (free, at) = (free_port(), folder.path().display().to_string());
        let port = gateway.port().unwrap_or_default();
        let kept = format!("upstream gateway {{ server 127.0.0.1:{port}; keepalive 1; }}");
        // Bodies go through as they come: the proxy's own reading of them mends nothing.
        let location = "proxy_pass http://gateway; proxy_http_version 1.1; proxy_set_header Connection \"\";
            proxy_set_header Host $http_host; proxy_request_buffering off;";
        let nginx = Nginx::start(folder, free, &configured(&at, &kept, &format!("listen {free};"), location)).await;
        Self { url: Url::parse(&format!("http://{free}/")).expect("an address"), _nginx: nginx }
    }
}

#[expect(clippy::expect_used, reason = "a test that cannot start its parties must fail and say why")]
fn free_port() -> SocketAddr {
    TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port")
}

impl Nginx {
    #[expect(clippy::expect_used, clippy::panic, reason = "a test that cannot start its parties must fail and say why")]
    async fn start(folder: TempDir, listens: SocketAddr, configured: &str) -> Self {
        let (configuration, at) = (folder.path().join("nginx.conf"), folder.path().display());
        std::fs::write(&configuration, configured).expect("written");
        let mut process = Command::new("nginx")
            .args(["-e", &format!("{at}/error.log"), "-p", &at.to_string(), "-c"])
            .arg(&configuration)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
            .spawn()
            .expect("nginx starts; `./test tools` installs it");
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(listens).await.is_ok() {
                return Self { process, folder };
            }
            if let Some(ended) = process.try_wait().expect("its state") {
                let log = std::fs::read_to_string(folder.path().join("error.log")).unwrap_or_default();
                panic!("nginx ended with {ended}: {log}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nginx does not listen");
    }
}

impl Drop for Nginx {
    fn drop(&mut self) {
        // It is this process's own child, so that its id is nobody else's.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn configured(folder: &str, of_all: &str, listens: &str, location: &str) -> String {
    format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    {of_all}
    server {{
        {listens}
        location / {{
            {location}
        }}
    }}
}}
"
    )
}
