//! A network of this run's own: a bridge, and for each Redis server a network namespace at a cable that can be pulled out.
//!
//! A process that is stopped still has a system that takes connections; beyond a cable that is pulled out nobody answers at
//! all, and both sides go on by themselves.

use std::process::{Child, Command, Stdio};

const BRIDGE: &str = "overblik";

/// The side of the bridge that sentinels and gateways are on.
const NEAR: &str = "10.99.0.1";

/// Every address in it, as certificates name them.
pub(super) const ADDRESSES: [&str; 4] = [NEAR, "10.99.0.2", "10.99.0.3", "10.99.0.4"];

const INSTALL: &str = "no network of its own can be made: it takes root and iproute2 (`./production` says how)";

/// The bridge. It goes with the namespace that `./test production` starts everything in.
pub(super) struct Network;

/// A server's end of its cable; it ends when this value goes.
pub(super) struct Place {
    index: usize,
    /// Keeps the namespace until its server is there, and between two of them.
    holder: Child,
}

impl Network {
    /// Makes the bridge.
    ///
    /// # Panics
    /// When the machine's own network would be touched, or nothing may be made.
    pub(super) fn lay() -> Self {
        assert!(!has_a_way_out(), "this run is not in a network namespace of its own: start it by `./production`");
        ip(&["link", "add", BRIDGE, "type", "bridge"]);
        ip(&["addr", "add", &format!("{NEAR}/24"), "dev", BRIDGE]);
        ip(&["link", "set", BRIDGE, "up"]);
        Self
    }

    /// The address of whoever is on the bridge itself.
    #[expect(clippy::unused_self, reason = "there is none without the bridge")]
    pub(super) fn near(&self) -> &'static str {
        NEAR
    }

    /// A namespace for another server, and its cable plugged in.
    #[expect(clippy::unused_self, reason = "there is no place without the bridge")]
    #[expect(clippy::expect_used, reason = "a test without its parties must fail and say why")]
    pub(super) fn place(&self, index: usize) -> Place {
        let mut command = Command::new("unshare");
        command.args(["--net", "sleep", "infinity"]).stdin(Stdio::null());
        let place = Place { index, holder: command.spawn().expect(INSTALL) };
        place.wait_until_apart();
        let (near, far, id) = (place.near_end(), "eth0", place.holder.id().to_string());
        ip(&["link", "add", &near, "type", "veth", "peer", "name", far, "netns", &id]);
        ip(&["link", "set", &near, "master", BRIDGE, "up"]);
        for command in [
            &["addr", "add", &format!("{}/24", place.address()), "dev", far][..],
            &["link", "set", far, "up"],
            &["link", "set", "lo", "up"],
        ] {
            run("nsenter", &[&["--target", &id, "--net", "ip"][..], command].concat());
        }
        place
    }
}

impl Place {
    /// The server's address.
    pub(super) fn address(&self) -> &'static str {
        ADDRESSES.get(self.index + 1).copied().unwrap_or(NEAR)
    }

    /// A command that starts a program there.
    pub(super) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.args(["--target", &self.holder.id().to_string(), "--net", program]);
        command
    }

    /// Pulls the cable out, or plugs it in again.
    pub(super) fn cut(&self, cut: bool) {
        ip(&["link", "set", &self.near_end(), if cut { "down" } else { "up" }]);
    }

    fn near_end(&self) -> String {
        format!("redis{}", self.index)
    }

    /// The holder is a child of ours before it has a namespace of its own.
    #[expect(clippy::disallowed_methods, reason = "it is the first thing that happens, and takes milliseconds")]
    fn wait_until_apart(&self) {
        let of = |process: &str| std::fs::read_link(format!("/proc/{process}/ns/net")).ok();
        let id = self.holder.id().to_string();
        let is_apart = || of(&id).is_some_and(|namespace| Some(namespace) != of("self"));
        let mut looks = 0;
        while !is_apart() {
            looks += 1;
            assert!(looks < 500, "{INSTALL}");
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        // Fails only when it has ended already.
        drop(self.holder.kill());
        drop(self.holder.wait());
    }
}

/// A network namespace that was just made has no way out.
fn has_a_way_out() -> bool {
    std::fs::read_to_string("/proc/self/net/route").is_ok_and(|routes| routes.lines().count() > 1)
}

fn ip(arguments: &[&str]) {
    run("ip", arguments);
}

#[expect(clippy::expect_used, reason = "a test without its tools must fail and say why")]
fn run(program: &str, arguments: &[&str]) {
    let output = Command::new(program).args(arguments).stdin(Stdio::null()).output().expect(INSTALL);
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{INSTALL}\n{program} {}: {said}", arguments.join(" "));
}
