//! nginx in front of two gateways: it takes TLS off, and asks the other gateway when one goes away.

use std::{
    fs,
    process::{Child, Command},
    time::Duration,
};

use tempfile::TempDir;
use url::Url;

use super::certificates::{Authority, Certificate, shown_by};

/// The certificate's name at the authority.
const NAME: &str = "front";

/// Longest that nginx takes to show another certificate.
const SHOWN_WITHIN: Duration = Duration::from_secs(5);

/// A running nginx; it stops when it is dropped.
pub(super) struct Front {
    /// Its address, which is the public one.
    pub(super) url: Url,
    process: Child,
    folder: TempDir,
}

impl Drop for Front {
    fn drop(&mut self) {
        // Asked, and not killed, so that the processes that it started end too. It ends at once: what is under way is cut.
        self.signal("TERM");
        drop(self.process.wait());
    }
}

impl Front {
    /// Starts nginx at a port, before gateways at others.
    #[expect(clippy::expect_used, clippy::panic, reason = "a test without its parties must fail and say why")]
    pub(super) async fn start(port: u16, gateways: &[u16], authority: &Authority) -> Self {
        let folder = TempDir::new().expect("a folder");
        let at = folder.path();
        fs::write(at.join("nginx.conf"), configuration(port, gateways, &authority.issue(NAME), at)).expect("written");
        let process = Command::new("nginx")
            .args(["-e", &at.join("error.log").display().to_string(), "-p", &at.display().to_string(), "-c"])
            .arg(at.join("nginx.conf"))
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
            .spawn()
            .expect("nginx is not installed: `./test tools` installs it");
        let url = Url::parse(&format!("https://localhost:{port}/")).expect("an address");
        let mut front = Self { url, process, folder };
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                return front;
            }
            if let Some(ended) = front.process.try_wait().expect("its state") {
                let log = fs::read_to_string(front.folder.path().join("error.log")).unwrap_or_default();
                panic!("nginx ended with {ended}: {log}");
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("nginx does not listen");
    }

    /// Has another certificate issued and shown.
    pub(super) async fn exchange_certificate(&self, authority: &Authority) {
        let port = self.url.port().unwrap_or_default();
        let before = shown_by(port);
        drop(authority.issue(NAME));
        self.signal("HUP");
        let began = tokio::time::Instant::now();
        while shown_by(port) == before {
            assert!(began.elapsed() < SHOWN_WITHIN, "nginx goes on showing the former certificate");
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    fn signal(&self, name: &str) {
        // Fails only when it has ended already.
        drop(Command::new("kill").args([&format!("-{name}"), &self.process.id().to_string()]).status());
    }
}

/// A gateway that does not take a connection, or says that it is going away, has done nothing: the other one is asked. A
/// login that comes back from the provider can be taken once, and is served by a gateway that is going away too. A gateway
/// is never left out for having failed once (`max_fails=0`): it is asked again as soon as it is back.
fn configuration(port: u16, gateways: &[u16], certificate: &Certificate, at: &std::path::Path) -> String {
    let servers: Vec<_> = gateways.iter().map(|port| format!("        server 127.0.0.1:{port} max_fails=0;")).collect();
    let servers = servers.join("\n");
    let (folder, crt, key) = (at.display(), certificate.file.display(), certificate.key.display());
    format!(
        "daemon off; worker_processes 1; pid {folder}/pid; worker_shutdown_timeout 15s;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    upstream gateways {{
{servers}
    }}
    server {{
        listen 127.0.0.1:{port} ssl;
        ssl_certificate {crt}; ssl_certificate_key {key};
        proxy_http_version 1.1;
        proxy_set_header Host $http_host;
        proxy_set_header Connection \"\";
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_buffering off;
        proxy_connect_timeout 1s;
        proxy_read_timeout 30s;
        proxy_next_upstream_tries 2;
        location / {{
            proxy_pass http://gateways;
            proxy_next_upstream error timeout http_503;
        }}
        location = /auth/callback {{
            proxy_pass http://gateways;
            proxy_next_upstream error;
        }}
    }}
}}
"
    )
}
