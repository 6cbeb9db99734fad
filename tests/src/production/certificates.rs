//! An authority of our own, and certificates by it that are exchanged while they are used.

use std::{
    fs,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use tempfile::TempDir;

use super::network::ADDRESSES;

const INSTALL: &str = "openssl is not installed: `./test tools` installs it";

/// An elliptic-curve key, as it is asked for.
const KEY: &str = "-newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes";

/// An authority that vouches for servers of this machine.
pub(super) struct Authority {
    folder: TempDir,
}

/// A server's certificate and key, at paths that stay while their contents are exchanged.
pub(super) struct Certificate {
    /// The certificate.
    pub(super) file: PathBuf,
    /// Its key.
    pub(super) key: PathBuf,
}

impl Authority {
    pub(super) fn new() -> Self {
        #[expect(clippy::expect_used, reason = "a machine without a temporary folder runs no tests")]
        let folder = TempDir::new().expect("a folder");
        openssl(folder.path(), &format!("req -x509 {KEY} -keyout ca.key -out ca.crt -days 2 -subj /CN=authority"));
        Self { folder }
    }

    /// Its own certificate.
    pub(super) fn file(&self) -> PathBuf {
        self.folder.path().join("ca.crt")
    }

    /// A certificate for a server, or another one in its place.
    #[expect(clippy::expect_used, reason = "a test that cannot make its certificates must fail and say why")]
    pub(super) fn issue(&self, server: &str) -> Certificate {
        let at = self.folder.path();
        let request = format!("req {KEY} -keyout {server}.new.key -out {server}.csr -subj /CN={server}");
        openssl(at, &request);
        let names = format!("subjectAltName=IP:127.0.0.1,DNS:localhost,IP:{}\n", ADDRESSES.join(",IP:"));
        fs::write(at.join("names"), names).expect("written");
        let ca = "-CA ca.crt -CAkey ca.key -CAcreateserial -days 2 -extfile names";
        openssl(at, &format!("x509 -req -in {server}.csr {ca} -out {server}.new.crt"));
        let file = |ending: &str| at.join(format!("{server}{ending}"));
        for ending in [".key", ".crt"] {
            fs::rename(file(&format!(".new{ending}")), file(ending)).expect("moved");
        }
        Certificate { file: file(".crt"), key: file(".key") }
    }
}

/// The serial number of the certificate that a server of this machine shows.
#[expect(clippy::expect_used, reason = "a test without its tools must fail and say why")]
pub(super) fn shown_by(port: u16) -> String {
    let script = format!(
        "openssl s_client -connect 127.0.0.1:{port} -servername localhost </dev/null 2>/dev/null | \
         openssl x509 -noout -serial"
    );
    let output = Command::new("sh").args(["-c", &script]).output().expect(INSTALL);
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

#[expect(clippy::expect_used, reason = "a test without its tools must fail and say why")]
fn openssl(folder: &Path, arguments: &str) {
    let mut command = Command::new("openssl");
    let output = command.args(arguments.split(' ')).current_dir(folder).stdin(Stdio::null()).output().expect(INSTALL);
    assert!(output.status.success(), "openssl {arguments}: {}", String::from_utf8_lossy(&output.stderr));
}
