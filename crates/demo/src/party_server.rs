//! One listening port: opened, closed when it is to refuse connections, opened again.

use std::{io, net::SocketAddr, time::Duration};

use axum::Router;
use tokio::{
    net::{TcpListener, TcpSocket},
    sync::watch,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;

use crate::{
    connection::{Connection, CuttableListener},
    fault_board::FaultBoard,
    party::Party,
};

/// Connections that may wait to be accepted.
const BACKLOG: u32 = 1024;

/// How soon to try again for a port that another process took while it was closed.
const PORT_TAKEN_PAUSE: Duration = Duration::from_millis(100);

/// A party's server, before it runs.
pub(crate) struct PartyServer {
    pub(crate) party: Party,
    pub(crate) router: Router,
    pub(crate) board: FaultBoard,
    /// Told whether the port takes connections.
    pub(crate) listening: watch::Sender<bool>,
    pub(crate) stop: CancellationToken,
    /// How the port is secured, if it is.
    pub(crate) tls: Option<TlsAcceptor>,
}

impl PartyServer {
    /// Serves until stopped. All connections have ended when this returns.
    pub(crate) async fn run(self, listener: TcpListener, address: SocketAddr) {
        let mut listener = listener;
        loop {
            self.serve(listener).await;
            listener = tokio::select! {
                biased;
                () = self.stop.cancelled() => return,
                reopened = self.refuse(address) => reopened,
            };
        }
    }

    /// Takes connections until the port is to refuse them or the server is stopped.
    async fn serve(&self, listener: TcpListener) {
        let open = self.stop.child_token();
        self.listening.send_replace(true);
        let service = self.router.clone().into_make_service_with_connect_info::<Connection>();
        let listener = CuttableListener { listener, open: open.clone(), tls: self.tls.clone() };
        let serving = axum::serve(listener, service).with_graceful_shutdown(open.clone().cancelled_owned());
        let ending = async {
            tokio::select! {
                () = self.stop.cancelled() => {}
                () = self.board.refusal_becomes(self.party, true) => {}
            }
            open.cancel();
        };
        let (served, ()) = tokio::join!(serving.into_future(), ending);
        if let Err(error) = served {
            tracing::error!(party = %self.party, %error, "the server ended");
        }
    }

    /// Refuses connections until the port is to take them again.
    async fn refuse(&self, address: SocketAddr) -> TcpListener {
        loop {
            // A socket that is bound but does not listen: callers are refused, and nobody else gets the port.
            let socket = match reserve(address) {
                Ok(socket) => socket,
                Err(error) => {
                    tracing::warn!(party = %self.party, %error, "the port is taken");
                    tokio::time::sleep(PORT_TAKEN_PAUSE).await;
                    continue;
                }
            };
            self.listening.send_replace(false);
            self.board.refusal_becomes(self.party, false).await;
            match socket.listen(BACKLOG) {
                Ok(listener) => return listener,
                Err(error) => tracing::warn!(party = %self.party, %error, "the port cannot be opened again"),
            }
            tokio::time::sleep(PORT_TAKEN_PAUSE).await;
        }
    }
}

/// Opens a port on the loopback address.
pub(crate) fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    reserve(address)?.listen(BACKLOG)
}

fn reserve(address: SocketAddr) -> io::Result<TcpSocket> {
    let socket = TcpSocket::new_v4()?;
    // Connections of the time before the port was closed must not keep it from being opened again.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    Ok(socket)
}
