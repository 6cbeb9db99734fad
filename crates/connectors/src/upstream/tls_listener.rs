//! What TLS says on a connection that is used by a library which does not pass it on.

use std::{
    io,
    pin::Pin,
    sync::{Arc, Mutex, PoisonError},
    task::{Context, Poll},
};

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::failure::{Failure, TlsFailure};

/// Hears what TLS says on one connection.
#[derive(Clone, Debug, Default)]
pub(super) struct TlsListener(Arc<Mutex<Option<TlsFailure>>>);

impl TlsListener {
    /// The connection, listened to.
    pub(super) fn listening<S>(&self, stream: S) -> Listened<S> {
        Listened { stream, listener: self.clone() }
    }

    /// What it said, if it ended the connection.
    pub(super) fn heard(&self) -> Option<TlsFailure> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A connection that is listened to.
#[derive(Debug)]
pub(super) struct Listened<S> {
    stream: S,
    listener: TlsListener,
}

impl<S: AsyncRead + Unpin> AsyncRead for Listened<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let outcome = Pin::new(&mut self.stream).poll_read(context, buffer);
        if let Poll::Ready(Err(error)) = &outcome
            && let Failure::Tls(failure) = Failure::of(error)
        {
            *self.listener.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(failure);
        }
        outcome
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Listened<S> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(context, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}
