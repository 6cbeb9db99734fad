//! Connections that a server can cut from its own side, without a word to the caller.

use std::{
    io,
    net::SocketAddr,
    pin::Pin,
    task::{Context, Poll, ready},
};

use axum::{
    extract::connect_info::Connected,
    serve::{IncomingStream, Listener},
};
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    net::{TcpListener, TcpStream},
};
use tokio_rustls::{Accept, TlsAcceptor, server::TlsStream};
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

/// The handle of one connection; a request finds it in its `ConnectInfo`.
#[derive(Clone)]
pub(crate) struct Connection(CancellationToken);

impl Connection {
    /// Closes the connection at once. Whatever is being answered on it is dropped.
    pub(crate) fn cut(&self) {
        self.0.cancel();
    }
}

impl Connected<IncomingStream<'_, CuttableListener>> for Connection {
    fn connect_info(stream: IncomingStream<'_, CuttableListener>) -> Self {
        Self(stream.io().cut.clone())
    }
}

/// A listener whose connections all end when its token is cancelled. Without that a caller who keeps a connection
/// open would keep a closed port's tasks alive.
pub(crate) struct CuttableListener {
    pub(crate) listener: TcpListener,
    pub(crate) open: CancellationToken,
    /// How the port is secured, if it is.
    pub(crate) tls: Option<TlsAcceptor>,
}

impl Listener for CuttableListener {
    type Io = PartyStream;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Self::Io, Self::Addr) {
        let (stream, peer) = Listener::accept(&mut self.listener).await;
        // The drip fault sends single bytes, which Nagle's algorithm would collect.
        if let Err(error) = stream.set_nodelay(true) {
            tracing::debug!(%error, "TCP_NODELAY not set");
        }
        let token = self.open.child_token();
        let cut = token.clone();
        let stream = CuttableStream { stream, cut: Box::pin(token.clone().cancelled_owned()), token };
        let state = match &self.tls {
            None => State::Plain(stream),
            // Shaken hands with while it is read and written: a caller who is slow about it keeps nobody else waiting.
            Some(acceptor) => State::ShakingHands(Box::new(acceptor.accept(stream))),
        };
        (PartyStream { state, cut }, peer)
    }

    fn local_addr(&self) -> io::Result<Self::Addr> {
        self.listener.local_addr()
    }
}

/// A connection to a party, secured or not.
pub(crate) struct PartyStream {
    state: State,
    cut: CancellationToken,
}

enum State {
    Plain(CuttableStream),
    ShakingHands(Box<Accept<CuttableStream>>),
    Secured(Box<TlsStream<CuttableStream>>),
    /// The caller could not be agreed with, or has shown no certificate that counts.
    Refused,
}

impl PartyStream {
    /// The stream to read and write, once it is agreed how it is secured.
    fn poll_stream(&mut self, context: &mut Context<'_>) -> Poll<io::Result<Pin<&mut dyn Duplex>>> {
        if let State::ShakingHands(handshake) = &mut self.state {
            match ready!(Pin::new(handshake.as_mut()).poll(context)) {
                Ok(stream) => self.state = State::Secured(Box::new(stream)),
                Err(error) => {
                    tracing::debug!(%error, "a caller is not let in");
                    self.state = State::Refused;
                    return Poll::Ready(Err(error));
                }
            }
        }
        Poll::Ready(match &mut self.state {
            State::Plain(stream) => Ok(Pin::new(stream)),
            State::Secured(stream) => Ok(Pin::new(stream.as_mut())),
            State::ShakingHands(_) | State::Refused => Err(io::ErrorKind::NotConnected.into()),
        })
    }
}

/// Something to read and write.
trait Duplex: AsyncRead + AsyncWrite + Unpin {}

impl<T: AsyncRead + AsyncWrite + Unpin> Duplex for T {}

impl AsyncRead for PartyStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_read(context, buffer)
    }
}

impl AsyncWrite for PartyStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_stream(context))?.poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_stream(context))?.poll_shutdown(context)
    }
}

/// A TCP stream that reads as ended, and cannot be written, once it was cut.
pub(crate) struct CuttableStream {
    stream: TcpStream,
    token: CancellationToken,
    cut: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl CuttableStream {
    /// Ready when cut; else the task is woken when that happens.
    fn poll_cut(&mut self, context: &mut Context<'_>) -> Poll<()> {
        // A finished future must not be polled again; the token keeps the answer.
        if self.token.is_cancelled() { Poll::Ready(()) } else { self.cut.as_mut().poll(context) }
    }
}

impl AsyncRead for CuttableStream {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if self.poll_cut(context).is_ready() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl AsyncWrite for CuttableStream {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.poll_cut(context).is_ready() {
            return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()));
        }
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
