//! Signs of life of a connection that many share, seen by whoever uses it and by the task that drives it.

use std::{
    io,
    pin::Pin,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    task::{Context, Poll, ready},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::Instant,
};

use super::failure::Failure;

/// A call that was given up after this time, in which nothing at all came, says that the connection may be dead: the
/// shortest time limit that a contract can have, so that every call counts that used its limit up.
const SILENT_AFTER: Duration = Duration::from_millis(100);

/// What is known of a connection.
#[derive(Debug)]
pub(super) struct Signs {
    opened: Instant,
    /// Readings that brought something.
    readings: AtomicU64,
    /// Calls that wait for their answer.
    waiting: AtomicUsize,
    /// When the last call ended, in milliseconds since it was opened.
    left: AtomicU64,
    /// Set while it must first show that it lives.
    doubted: AtomicBool,
    /// Set when it takes no more calls.
    retired: AtomicBool,
    /// What lies beneath ended by this.
    ended_by: OnceLock<Failure>,
}

impl Signs {
    /// Of a connection that was opened now.
    pub(super) fn opened_now() -> Arc<Self> {
        Arc::new(Self {
            opened: Instant::now(),
            readings: AtomicU64::new(0),
            waiting: AtomicUsize::new(0),
            left: AtomicU64::new(0),
            doubted: AtomicBool::new(false),
            retired: AtomicBool::new(false),
            ended_by: OnceLock::new(),
        })
    }

    /// Whether it takes new calls, of which it takes none at a certain age.
    pub(super) fn takes_calls(&self, longest: Duration) -> bool {
        !self.is_retired() && !self.doubted.load(Ordering::Acquire) && self.opened.elapsed() < longest
    }

    /// It takes no new calls from now on.
    pub(super) fn retire(&self) {
        self.retired.store(true, Ordering::Release);
    }

    pub(super) fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    /// Whether it must first show that it lives.
    pub(super) fn doubt(&self, doubted: bool) {
        self.doubted.store(doubted, Ordering::Release);
    }

    /// How often something came.
    pub(super) fn readings(&self) -> u64 {
        self.readings.load(Ordering::Acquire)
    }

    /// How many calls wait for their answer.
    pub(super) fn waiting(&self) -> usize {
        self.waiting.load(Ordering::Acquire)
    }

    /// For how long nobody has waited.
    pub(super) fn idle(&self) -> Duration {
        if self.waiting() > 0 {
            return Duration::ZERO;
        }
        self.opened.elapsed().saturating_sub(Duration::from_millis(self.left.load(Ordering::Acquire)))
    }

    /// The failure that ended what lies beneath, if one did.
    pub(super) fn ended_by(&self) -> Option<Failure> {
        self.ended_by.get().copied()
    }

    /// A call that begins to wait.
    pub(super) fn wait(self: &Arc<Self>) -> Waiting {
        self.waiting.fetch_add(1, Ordering::AcqRel);
        Waiting { signs: Arc::clone(self), since: Instant::now(), readings: self.readings(), is_answered: false }
    }

    /// The connection, observed.
    pub(super) fn observing<S>(self: &Arc<Self>, stream: S) -> Observed<S> {
        Observed { stream, signs: Arc::clone(self) }
    }
}

/// A call that waits for its answer.
#[derive(Debug)]
pub(super) struct Waiting {
    signs: Arc<Signs>,
    since: Instant,
    readings: u64,
    is_answered: bool,
}

impl Waiting {
    /// The answer has begun.
    pub(super) fn answered(&mut self) {
        self.is_answered = true;
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let signs = &self.signs;
        if !self.is_answered && signs.readings() == self.readings && self.since.elapsed() >= SILENT_AFTER {
            signs.retire();
        }
        signs.left.store(u64::try_from(signs.opened.elapsed().as_millis()).unwrap_or(u64::MAX), Ordering::Release);
        signs.waiting.fetch_sub(1, Ordering::AcqRel);
    }
}

/// A connection whose readings are counted.
#[derive(Debug)]
pub(super) struct Observed<S> {
    stream: S,
    signs: Arc<Signs>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Observed<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let outcome = ready!(Pin::new(&mut self.stream).poll_read(context, buffer));
        match &outcome {
            Ok(()) if buffer.filled().len() > before => {
                self.signs.readings.fetch_add(1, Ordering::AcqRel);
            }
            Ok(()) => {}
            // HTTP/2 passes nothing on of what lies beneath, such as TLS that refuses our certificate. The first is the cause.
            Err(error) => drop(self.signs.ended_by.set(Failure::of(error))),
        }
        Poll::Ready(outcome)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Observed<S> {
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
