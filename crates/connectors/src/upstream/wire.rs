//! What HTTP is spoken over: TCP, or TLS on it.

use tokio::io::{AsyncRead, AsyncWrite};

/// Both directions of a connection.
pub(super) trait Duplex: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> Duplex for S {}

/// A connection, whatever it is made of.
pub(super) type Wire = Box<dyn Duplex>;
