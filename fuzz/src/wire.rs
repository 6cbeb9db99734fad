//! HTTP/1.1 as the product reads it and as hyper's client does, which is the judge.
//!
//! The product may refuse what the judge takes; it never takes what the judge refuses, reads anything in another way, or
//! keeps a connection that the judge would not keep.

use std::{
    io,
    pin::{Pin, pin},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    task::{Context, Poll, Wake, Waker},
};

use bytes::Bytes;
use http::Request;
use http_body_util::{BodyExt, Empty};
use hyper::client::conn::http1::{Builder, SendRequest};
use hyper_util::rt::TokioIo;
use overblik_connectors::fuzzing::{Exchanged, exchanged};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

const BODY_LIMIT: usize = 64 * 1024;

/// Most header lines, as in the product.
const MOST_HEADERS: usize = 100;

const PIECES: [usize; 4] = [usize::MAX, 1, 3, 64];

/// Reads what a source says in both ways.
///
/// # Panics
/// Where they differ as they must not.
pub fn agree(said: &[u8], choice: u8) {
    let (piece, closes) = (PIECES[usize::from(choice & 3)], choice & 4 == 0);
    let saying = Saying { unsaid: Bytes::copy_from_slice(said), piece, closes, is_asked: false };
    let ours = exchanged(saying.clone(), BODY_LIMIT);
    let theirs = judged(saying);
    let agrees = match (&ours, &theirs) {
        (
            Exchanged::Answer { status, headers, body, is_kept },
            Exchanged::Answer { status: its_status, headers: its_headers, body: its_body, is_kept: it_keeps },
        ) => (status, headers, body) == (its_status, its_headers, its_body) && (*it_keeps || !is_kept),
        (Exchanged::Answer { .. }, _) => false,
        (Exchanged::Refused, Exchanged::Waits) => !closes,
        (Exchanged::Refused, _) => true,
        (Exchanged::Waits, judged) => !closes && !matches!(judged, Exchanged::Answer { .. }),
    };
    assert!(agrees, "{ours:?}\n{theirs:?}");
}

fn judged(saying: Saying) -> Exchanged {
    let woken = Arc::new(Woken(AtomicBool::new(true)));
    let waker = Waker::from(Arc::clone(&woken));
    let mut context = Context::from_waker(&waker);
    let handshake = pin!(Builder::new().max_headers(MOST_HEADERS).handshake(TokioIo::new(saying)));
    let Poll::Ready(Ok((sender, connection))) = handshake.poll(&mut context) else { return Exchanged::Refused };
    let (mut connection, mut is_over) = (pin!(connection), false);
    let mut asking = pin!(ask(sender));
    while woken.0.swap(false, Ordering::SeqCst) {
        if !is_over {
            is_over = connection.as_mut().poll(&mut context).is_ready();
        }
        if let Poll::Ready(outcome) = asking.as_mut().poll(&mut context) {
            let Some((answer, sender)) = outcome else { return Exchanged::Refused };
            is_over = is_over || connection.as_mut().poll(&mut context).is_ready();
            let is_kept = !is_over && sender.is_ready();
            let (head, body) = answer.into_parts();
            return Exchanged::Answer { status: head.status, headers: head.headers, body, is_kept };
        }
    }
    if is_over { Exchanged::Refused } else { Exchanged::Waits }
}

async fn ask(mut sender: SendRequest<Empty<Bytes>>) -> Option<(http::Response<Bytes>, SendRequest<Empty<Bytes>>)> {
    let request = Request::get("/").body(Empty::new()).ok()?;
    let (head, body) = sender.send_request(request).await.ok()?.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    Some((http::Response::from_parts(head, body), sender))
}

struct Woken(AtomicBool);

impl Wake for Woken {
    fn wake(self: Arc<Self>) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// A connection to somebody who says so much once they are asked.
#[derive(Clone)]
struct Saying {
    unsaid: Bytes,
    piece: usize,
    closes: bool,
    is_asked: bool,
}

impl AsyncRead for Saying {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.is_asked || (self.unsaid.is_empty() && !self.closes) {
            return Poll::Pending;
        }
        let piece = self.unsaid.len().min(self.piece).min(buffer.remaining());
        let piece = self.unsaid.split_to(piece);
        buffer.put_slice(&piece);
        Poll::Ready(Ok(()))
    }
}

impl AsyncWrite for Saying {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.is_asked = true;
        // Somebody may already wait for what is said now.
        context.waker().wake_by_ref();
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }
}
