//! `overblik health`: whether a gateway is ready, asked from where there is no other program, such as its own image.

use std::{
    io::{Read, Write},
    net::{TcpStream, ToSocketAddrs},
    time::Duration,
};

use clap::Args;

use super::{Failure, say};

/// Longer than readiness takes to be told.
const PATIENCE: Duration = Duration::from_secs(3);

/// More than a head and a problem take.
const LONGEST: u64 = 16 * 1024;

#[derive(Args)]
pub(super) struct HealthArguments {
    /// Host and port of its operations listener
    #[arg(default_value = "127.0.0.1:9090", value_name = "HOST:PORT")]
    address: String,
}

/// Runs the command.
///
/// # Errors
/// [`Failure`] when it is not ready, or does not answer.
pub(super) fn run(arguments: &HealthArguments) -> Result<(), Failure> {
    let address = &arguments.address;
    let answer = ask(address).map_err(|error| Failure::running(&format!("{address} does not answer: {error}")))?;
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
    match head.split(' ').nth(1) {
        Some("200") => {
            say(&format!("{address}: {}", body.trim()));
            Ok(())
        }
        Some(status) => Err(Failure::running(&format!("{address} is not ready ({status}): {}", body.trim()))),
        None => Err(Failure::running(&format!("{address} does not speak HTTP: is it the operations listener?"))),
    }
}

fn ask(address: &str) -> std::io::Result<String> {
    let mut last = None;
    for resolved in address.to_socket_addrs()? {
        match TcpStream::connect_timeout(&resolved, PATIENCE) {
            Ok(stream) => return exchange(stream, address),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| std::io::Error::other("the name leads to no address")))
}

fn exchange(mut stream: TcpStream, address: &str) -> std::io::Result<String> {
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    write!(stream, "GET /health/ready HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n")?;
    let mut answer = Vec::new();
    stream.take(LONGEST).read_to_end(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
