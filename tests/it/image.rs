//! The root of the image, as `packaging/assemble-root` makes it: started as a container would start it, without an engine.

use std::{
    fs,
    net::TcpListener,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use overblik_tests::{GatewayBinary, copy_contracts, raw_get, repository};
use tempfile::TempDir;
use url::Url;

use crate::command_line::text;

/// The user of the image.
const NOBODY: u32 = 65532;

/// Where folders of a deployment are mounted, and the only places where there is anything of it.
const MOUNTS: [&str; 3] = ["etc/overblik/config", "etc/overblik/contracts", "run/secrets/overblik"];

/// An assembled root, and a deployment's folders beside it.
struct Image {
    folder: TempDir,
}

impl Image {
    fn assembled() -> Self {
        let image = Self { folder: TempDir::new().expect("a folder") };
        fs::set_permissions(image.folder.path(), fs::Permissions::from_mode(0o755)).expect("changed");
        let binary = GatewayBinary::Overblik.command().get_program().to_owned();
        let assembled = Command::new(repository().join("packaging/assemble-root"))
            .args([binary, image.root().into_os_string()])
            .output()
            .expect("the script runs");
        assert!(assembled.status.success(), "{}", text(&assembled.stderr));
        image
    }

    fn root(&self) -> PathBuf {
        self.folder.path().join("root")
    }

    /// The folder that is mounted at one of [`MOUNTS`].
    fn mounted(&self, place: &str) -> PathBuf {
        self.folder.path().join(place)
    }

    /// Writes a deployment with its listeners on these ports.
    fn deploy(&self, [public, operations]: [u16; 2]) {
        for place in MOUNTS {
            fs::create_dir_all(self.mounted(place)).expect("a folder");
        }
        copy_contracts(&self.mounted("etc/overblik/contracts"));
        for secret in ["login", "source"] {
            let file = self.mounted("run/secrets/overblik").join(secret);
            fs::write(file, format!("{secret}-secret-0123456789")).expect("written");
        }
        let keys = crate::session_keys::key("audit", 41);
        fs::write(self.mounted("run/secrets/overblik/audit-keys"), keys).expect("written");
        let key = "api_key_file: /run/secrets/overblik/source";
        let config = format!(
            "server: {{ listen: '127.0.0.1:{public}', public_url: https://overblik.example }}\n\
             login: {{ issuer: https://login.example, client_id: overblik, client_secret_file: /run/secrets/overblik/login }}\n\
             audit: {{ sink: stdout, key_file: /run/secrets/overblik/audit-keys }}\n\
             operations: {{ listen: '127.0.0.1:{operations}' }}\n\
             contracts: {{ directory: /etc/overblik/contracts }}\n\
             sources: {{ library: {{ {key} }}, daycare: {{ {key} }}, payments: {{ {key} }} }}\n"
        );
        fs::write(self.mounted("etc/overblik/config").join("overblik.yaml"), config).expect("written");
    }

    /// The image's program with these arguments: another root, all of it read-only, and a user without rights. `exec` all the way,
    /// so that the process that is started becomes the gateway.
    fn command(&self, arguments: &[&str]) -> Command {
        let root = self.root();
        let is_superuser = fs::metadata("/proc/self").expect("a process").uid() == 0;
        let user = if is_superuser { format!("--userspec={NOBODY}:{NOBODY} --groups=") } else { String::new() };
        let mut script = vec!["set -e; root=$1; shift".to_owned()];
        script
            .extend(MOUNTS.map(|place| format!("mount --bind '{}' \"$root/{place}\"", self.mounted(place).display())));
        // The root last, and with all that is beneath it.
        script.push("mount --rbind \"$root\" \"$root\"".to_owned());
        script.extend(MOUNTS.iter().chain(&["."]).map(|place| format!("mount -o remount,bind,ro \"$root/{place}\"")));
        script.push(format!("exec setpriv --no-new-privs chroot {user} \"$root\" /usr/local/bin/overblik \"$@\""));
        let mut command = Command::new("unshare");
        if !is_superuser {
            command.args(["--user", "--map-root-user"]);
        }
        command.args(["--mount", "--", "sh", "-c", &script.join("\n"), "image"]).arg(root).args(arguments);
        command.env_clear().env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin").stdin(Stdio::null());
        command
    }
}

impl Drop for Image {
    fn drop(&mut self) {
        // Its folders can be written to by nobody, so neither can they be emptied.
        for path in everything_in(&self.root()) {
            if path.is_dir() {
                fs::set_permissions(path, fs::Permissions::from_mode(0o755)).expect("changed");
            }
        }
    }
}

/// A gateway that is stopped when its test ends, however it ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.kill().and_then(|()| self.0.wait()).expect("an end");
    }
}

/// Everything below a folder, and the folder itself first.
fn everything_in(folder: &Path) -> Vec<PathBuf> {
    let mut all = vec![folder.to_owned()];
    let mut next = 0;
    while let Some(path) = all.get(next).cloned() {
        next += 1;
        if path.is_dir() && !path.is_symlink() {
            all.extend(fs::read_dir(path).expect("a folder").map(|entry| entry.expect("an entry").path()));
        }
    }
    all
}

/// Ports that are free now.
fn two_free_ports() -> [u16; 2] {
    let listeners = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").expect("a port"));
    listeners.map(|listener| listener.local_addr().expect("an address").port())
}

#[test]
fn r75_the_image_holds_the_gateway_and_nothing_that_could_be_used_otherwise() {
    let image = Image::assembled();
    let root = image.root();
    let mut programs = Vec::new();
    for path in everything_in(&root) {
        let metadata = path.symlink_metadata().expect("metadata");
        let inside = path.strip_prefix(&root).expect("inside").display().to_string();
        assert_eq!(metadata.mode() & 0o7222, 0, "{inside} can be written to, or lends rights");
        assert!(metadata.is_dir() || metadata.is_file(), "{inside} is neither file nor folder");
        let is_library = inside.starts_with("lib") || inside.starts_with("usr/lib");
        if metadata.is_file() && metadata.mode() & 0o111 != 0 && !is_library {
            programs.push(inside);
        }
    }
    assert_eq!(programs, ["usr/local/bin/overblik"], "no shell, and no other program");
    let libraries = everything_in(&root).into_iter().filter(|path| path.to_string_lossy().contains(".so")).count();
    assert!((1..=6).contains(&libraries), "{libraries} libraries");
}

#[tokio::test(flavor = "multi_thread")]
async fn r75_the_image_serves_as_nobody_in_particular_from_a_root_that_cannot_be_written_to() {
    let image = Image::assembled();
    let ports = two_free_ports();
    image.deploy(ports);
    let check = image.command(&["config", "check", "/etc/overblik/config/overblik.yaml"]).output().expect("it runs");
    assert!(check.status.success(), "{}", text(&check.stderr));

    // Exactly what the Dockerfile starts.
    let dockerfile = fs::read_to_string(repository().join("Dockerfile")).expect("a file");
    let started = r#"CMD ["serve", "--config", "/etc/overblik/config/overblik.yaml"]"#;
    assert!(dockerfile.contains(started) && dockerfile.contains(&format!("USER {NOBODY}:{NOBODY}")));
    let mut gateway = image.command(&["serve", "--config", "/etc/overblik/config/overblik.yaml"]);
    let mut gateway = Running(gateway.stdout(Stdio::null()).spawn().expect("it starts"));

    let operations = format!("127.0.0.1:{}", ports[1]);
    let ready_by = Instant::now() + Duration::from_mins(1);
    loop {
        // Asked by the image itself, as there is no other program in it.
        let asked = image.command(&["health", &operations]).output().expect("it runs");
        if asked.status.success() {
            assert!(text(&asked.stdout).contains("ready"), "{}", text(&asked.stdout));
            break;
        }
        assert_eq!(gateway.0.try_wait().expect("a process"), None, "the gateway has ended");
        assert!(Instant::now() < ready_by, "{}", text(&asked.stderr));
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    let public = Url::parse(&format!("http://127.0.0.1:{}/", ports[0])).expect("an address");
    assert_eq!(raw_get(&public, "/", &[]).await.status, 200);

    let of_process = |name: &str| fs::read_to_string(format!("/proc/{}/{name}", gateway.0.id())).expect("a process");
    let status = of_process("status");
    let line = |name: &str| {
        let line =
            status.lines().find_map(|line| line.strip_prefix(name)).unwrap_or_else(|| panic!("{name}: {status}"));
        line.split_whitespace().map(str::to_owned).collect::<Vec<_>>()
    };
    assert!(line("Uid:").iter().all(|id| id != "0"), "{status}");
    assert_eq!(line("NoNewPrivs:"), ["1"]);
    let is_superuser = fs::metadata("/proc/self").expect("a process").uid() == 0;
    if is_superuser {
        assert_eq!(line("Uid:"), [NOBODY.to_string(), NOBODY.to_string(), NOBODY.to_string(), NOBODY.to_string()]);
        assert_eq!(line("CapEff:"), ["0000000000000000"]);
    }
    // All that it sees, as it sees it.
    let mounts = of_process("mountinfo");
    let options: Vec<_> = mounts.lines().filter_map(|line| line.split(' ').nth(5)).collect();
    assert!(options.len() > MOUNTS.len(), "{mounts}");
    assert!(options.iter().all(|options| options.split(',').any(|option| option == "ro")), "{mounts}");
}

#[test]
fn the_image_is_built_by_the_repository_s_toolchain() {
    let read = |name: &str| fs::read_to_string(repository().join(name)).expect("a file");
    let (toolchain, dockerfile) = (read("rust-toolchain.toml"), read("Dockerfile"));
    let version = toolchain.split("channel = \"").nth(1).and_then(|rest| rest.split('"').next()).expect("a version");
    assert!(
        dockerfile.contains(&format!("ARG BUILDER=rust:{version}-")),
        "Dockerfile builds with another than {version}"
    );
}

#[test]
fn r76_a_release_stops_at_an_overflow_and_forbids_unsafe_code() {
    let manifest = fs::read_to_string(repository().join("Cargo.toml")).expect("a file");
    let release = manifest.split("[profile.release]").nth(1).expect("a profile");
    let release = release.split("\n[").next().unwrap_or_default();
    assert!(release.lines().any(|line| line == "overflow-checks = true"), "{release}");
    assert!(!release.contains("debug-assertions"), "the storm's control run must not build as a release: {release}");
    assert!(manifest.contains("\nunsafe_code = \"forbid\"\n"));
}
