//! What the service manager that started the process is told, if there is one that listens (`sd_notify`): that it is ready,
//! takes its configuration anew, or is stopping. Nothing depends on whether it hears it.

use std::os::{
    linux::net::SocketAddrExt,
    unix::net::{SocketAddr, UnixDatagram},
};

use crate::config;

/// Where it listens: a path, or `@` and an abstract name.
const SOCKET: &str = "NOTIFY_SOCKET";

/// Tells it something, in its words.
pub(crate) fn tell(state: &str) {
    if let Some(socket) = config::for_option(SOCKET)
        && let Err(error) = send(&socket, state)
    {
        tracing::warn!(%error, "the service manager cannot be told anything");
    }
}

/// Tells it that the configuration is taken anew. When, by the clock that it compares with.
pub(crate) fn tell_reloading() {
    let now = rustix::time::clock_gettime(rustix::time::ClockId::Monotonic);
    let micros = now.tv_sec.saturating_mul(1_000_000).saturating_add(now.tv_nsec / 1_000);
    tell(&format!("RELOADING=1\nMONOTONIC_USEC={micros}"));
}

fn send(socket: &str, state: &str) -> std::io::Result<()> {
    let address = match socket.strip_prefix('@') {
        Some(name) => SocketAddr::from_abstract_name(name)?,
        None => SocketAddr::from_pathname(socket)?,
    };
    let datagram = UnixDatagram::unbound()?;
    // One that does not listen holds nothing up.
    datagram.set_nonblocking(true)?;
    datagram.send_to_addr(state.as_bytes(), &address).map(|_sent| ())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_told_at_a_path_and_at_an_abstract_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("notify");
        let name = format!("overblik-{}", crate::secrets::random_token());
        let sockets = [
            (UnixDatagram::bind(&path).expect("a socket"), path.display().to_string()),
            (
                UnixDatagram::bind_addr(&SocketAddr::from_abstract_name(&name).expect("a name")).expect("a socket"),
                format!("@{name}"),
            ),
        ];
        for (listens, socket) in sockets {
            send(&socket, "READY=1").expect("told");
            let mut heard = [0; 64];
            let length = listens.recv(&mut heard).expect("heard");
            assert_eq!(&heard[..length], b"READY=1");
        }
        assert!(send(&folder.path().join("nobody").display().to_string(), "READY=1").is_err());
    }
}
