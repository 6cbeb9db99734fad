//! The `overblik` command as an operator types it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
};

use overblik_tests::GatewayBinary;

use crate::configuration::{Deployment, LOGIN_SECRET, SOURCE_SECRET, assert_refused};

/// What clap ends with when it cannot read a command line.
const USAGE: Option<i32> = Some(2);

/// The command beside the test's own executable.
pub(crate) fn overblik() -> Command {
    GatewayBinary::Overblik.command()
}

pub(crate) fn run(arguments: &[&str]) -> Output {
    overblik().args(arguments).output().expect("the command runs")
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn help_names_every_command() {
    let output = run(&["--help"]);
    assert!(output.status.success());
    for command in ["demo", "serve", "config", "schema"] {
        assert!(text(&output.stdout).contains(&format!("\n  {command} ")), "{command}");
    }
    let demo = text(&run(&["demo", "--help"]).stdout);
    for option in ["--port", "--any-ports", "--fault", "--console", "--contracts"] {
        assert!(demo.contains(option), "{option}");
    }
}

#[test]
fn serve_refuses_what_check_refuses_and_starts_nothing() {
    let deployment = Deployment::new();
    deployment.write("overblik.yaml", &(deployment.good() + "session: { idle_s: 0 }\n"));
    let output = run(&["serve", "--config", &deployment.path("overblik.yaml").display().to_string()]);
    assert_refused(&output, &["session.idle_s"]);
    let output = run(&["serve", "--config", "no-such-file.yaml"]);
    assert_refused(&output, &["no-such-file.yaml"]);
    assert_eq!(run(&["serve"]).status.code(), USAGE);
}

#[test]
fn names_that_do_not_exist_are_refused_with_those_that_do() {
    for (arguments, listed) in [
        (&["demo", "--fault", "library=sulk"][..], "stall"),
        (&["demo", "--fault", "tax=slow"], "library-catalogue"),
        (&["demo", "--fault", "library"], "library=stall"),
        (&["demo", "--port", "65536"], "65536"),
        (&["dmeo"], "--help"),
        (&["config"], "check"),
    ] {
        let output = run(arguments);
        assert_eq!(output.status.code(), USAGE, "{arguments:?}");
        assert!(text(&output.stderr).contains(listed), "{arguments:?}: {}", text(&output.stderr));
    }
}

#[test]
fn a_port_that_is_taken_is_told_with_a_way_out() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let address = taken.local_addr().expect("an address");
    let deployment = Deployment::new();
    deployment.write("overblik.yaml", &deployment.good().replace("127.0.0.1:0", &address.to_string()));
    let file = deployment.path("overblik.yaml").display().to_string();
    let port = address.port().to_string();
    for arguments in [&["serve", "--config", &file][..], &["demo", "--any-ports", "--port", &port]] {
        let output = run(arguments);
        let complaint = text(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {complaint}");
        assert!(complaint.contains(&address.to_string()) && complaint.contains("hint:"), "{complaint}");
        assert!(!complaint.contains(LOGIN_SECRET) && !complaint.contains(SOURCE_SECRET), "{complaint}");
    }
}

/// A running command, ended when the test ends.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // Fails only when it has ended already, which is what is wanted.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

#[test]
fn the_demo_starts_answers_and_stops_when_it_is_told_to() {
    let mut command = overblik();
    command.args(["demo", "--any-ports", "--port", "0"]).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut running = Running(command.spawn().expect("the command runs"));
    let lines = BufReader::new(running.0.stdout.take().expect("standard output")).lines();
    let mut lines = lines.map(|line| line.expect("a line"));
    let overview = lines.find_map(|line| line.split("http://localhost:").nth(1).map(str::to_owned));
    let port: u16 = overview.and_then(|rest| rest.trim_end_matches('/').parse().ok()).expect("the overview's address");
    let mut connection = TcpStream::connect(("127.0.0.1", port)).expect("a connection");
    let request = b"GET / HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
    connection.write_all(request).expect("sent");
    let mut page = String::new();
    connection.read_to_string(&mut page).expect("a page");
    assert!(page.starts_with("HTTP/1.1 200") && page.contains("/auth/login"), "{page}");

    let told = Command::new("kill").args(["-TERM", &running.0.id().to_string()]).status().expect("kill runs");
    assert!(told.success());
    let status = running.0.wait().expect("it ends");
    assert!(status.success(), "{status}");
    let mut complaints = String::new();
    running.0.stderr.take().expect("standard error").read_to_string(&mut complaints).expect("text");
    assert!(!complaints.contains("ERROR") && !complaints.contains("panic"), "{complaints}");
}
