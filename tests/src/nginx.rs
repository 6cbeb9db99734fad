//! A real nginx in front of the gateway, which keeps every answer that it may.

use std::{
    net::TcpListener,
    process::{Child, Command},
    time::Duration,
};

use tempfile::TempDir;
use url::Url;

/// Says whether nginx had an answer kept: `HIT`, `MISS` and so on.
pub const X_CACHE: &str = "x-cache";

/// A running nginx. It stops with this value.
pub struct CachingProxy {
    /// Where it is. The host is the gateway's, so that cookies are for both.
    pub url: Url,
    process: Child,
    _folder: TempDir,
}

impl CachingProxy {
    /// Starts nginx before a gateway.
    ///
    /// # Panics
    /// When there is no nginx, or it does not start.
    #[expect(clippy::expect_used, clippy::panic, reason = "a test that cannot start its parties must fail and say why")]
    pub async fn before(gateway: &Url) -> Self {
        let folder = TempDir::new().expect("a folder");
        let free = TcpListener::bind(("127.0.0.1", 0)).and_then(|listener| listener.local_addr()).expect("a port");
        let configuration = folder.path().join("nginx.conf");
        let at = folder.path().display();
        std::fs::write(&configuration, configured(&at.to_string(), free.port(), gateway)).expect("written");
        let mut process = Command::new("nginx")
            .args(["-e", &format!("{at}/error.log"), "-p", &at.to_string(), "-c"])
            .arg(&configuration)
            .env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/sbin:/usr/local/bin")
            .spawn()
            .expect("nginx starts; `./test tools` installs it");
        for _ in 0..500 {
            if tokio::net::TcpStream::connect(free).await.is_ok() {
                let mut url = gateway.clone();
                url.set_port(Some(free.port())).expect("an address with a port");
                return Self { url, process, _folder: folder };
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

impl Drop for CachingProxy {
    fn drop(&mut self) {
        // It is this process's own child, so that its id is nobody else's.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn configured(folder: &str, port: u16, gateway: &Url) -> String {
    let gateway_port = gateway.port().unwrap_or_default();
    format!(
        "daemon off; master_process off; worker_processes 1; pid {folder}/pid;
events {{}}
http {{
    access_log off;
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    proxy_cache_path {folder}/cache keys_zone=everything:1m;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{gateway_port};
            proxy_http_version 1.1;
            proxy_set_header Host $http_host;
            proxy_set_header X-Forwarded-For $remote_addr;
            proxy_cache everything;
            proxy_cache_valid any 10m;
            proxy_cache_revalidate on;
            proxy_cache_use_stale error timeout updating http_403 http_404 http_500 http_502 http_503 http_504;
            add_header X-Cache $upstream_cache_status always;
        }}
    }}
}}
"
    )
}
