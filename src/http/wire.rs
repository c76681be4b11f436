//! The connection below the framework. What the framework cannot parse it refuses before anything of ours runs, with a
//! bare status and no body; here such an answer becomes the problem that every refusal is.

use std::{
    cell::Cell,
    io,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll, ready},
};

use actix_web::{
    HttpResponse, ResponseError,
    body::{BodySize, MessageBody},
    web::{Bytes, Data},
};
use bytes::{Buf, BytesMut};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{
    Api,
    common::Common,
    problem::{Place, Problem},
};
use crate::{
    domain::Code,
    ledger::Entry,
    telemetry::{Trace, UnderWay},
};

/// How much is still read after a connection's last answer, in bytes: so much that a client that sends first and reads
/// then gets to see the answer.
const READ_ON: usize = 1 << 20;

/// Tells a connection that its last answer is made.
#[derive(Clone, Default)]
pub struct Closing(Rc<Cell<Option<usize>>>);

impl Closing {
    /// From here on no more than [`READ_ON`] is read.
    pub(super) fn begin(&self) {
        self.0.set(Some(READ_ON));
    }
}

/// A client's connection.
pub struct Wire<T> {
    io: T,
    closing: Closing,
    api: Data<Api>,
    /// What the framework believes to be sent and is not.
    unsent: BytesMut,
    _open: UnderWay,
}

impl<T> Wire<T> {
    /// A connection to this API.
    pub fn new(io: T, api: Data<Api>) -> Self {
        Self { io, closing: Closing::default(), api, unsent: BytesMut::new(), _open: UnderWay::connection() }
    }

    /// What the middleware tells this connection by.
    pub fn closing(&self) -> Closing {
        self.closing.clone()
    }
}

impl<T: AsyncWrite + Unpin> Wire<T> {
    fn poll_unsent(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        while self.unsent.has_remaining() {
            match ready!(Pin::new(&mut self.io).poll_write(context, &self.unsent))? {
                0 => return Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
                sent => self.unsent.advance(sent),
            }
        }
        Poll::Ready(Ok(()))
    }
}

impl<T: AsyncRead + Unpin> AsyncRead for Wire<T> {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let Some(left) = self.closing.0.get() else { return Pin::new(&mut self.io).poll_read(context, into) };
        if left == 0 {
            // Not an end, at which the framework would close and the system reset what a client still sends: the
            // framework's own time for last reads runs on.
            return Poll::Pending;
        }
        let before = into.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(context, into);
        let read = into.filled().len().saturating_sub(before);
        self.closing.0.set(Some(left.saturating_sub(read)));
        polled
    }
}

impl<T: AsyncWrite + Unpin> AsyncWrite for Wire<T> {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_unsent(context))?;
        let Some((before, bare)) = split_bare(bytes) else { return Pin::new(&mut self.io).poll_write(context, bytes) };
        let told = told(&self.api, bare);
        self.unsent.extend_from_slice(before);
        self.unsent.extend_from_slice(&told);
        // What the connection does not take now goes with the flush, which always follows.
        let _ = self.poll_unsent(context)?;
        Poll::Ready(Ok(bytes.len()))
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(context))?;
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_unsent(context))?;
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

/// The longest bare answer, in bytes; they have about 120.
const BARE: usize = 256;

/// Splits off the bare refusal that ends a write. It is a connection's last answer, and none of ours is without a body
/// and with such a status.
fn split_bare(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let head = bytes.strip_suffix(b"\r\n\r\n")?;
    let tail = &head[head.len().saturating_sub(BARE)..];
    let at = tail.windows(9).rposition(|part| part == b"HTTP/1.1 " || part == b"HTTP/1.0 ")?;
    let holds = |words: &[u8]| tail[at..].windows(words.len()).any(|part| part == words);
    let refusal = matches!(tail.get(at + 9), Some(b'4' | b'5'));
    let bare = refusal && holds(b"\r\ncontent-length: 0\r\n") && !holds(b"\r\n\r\n") && !holds(b"x-request-id");
    bare.then(|| bytes.split_at(head.len() - tail.len() + at))
}

/// Why a connection is refused before a request was read from it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unheard {
    /// The node has as many connections as it takes.
    TooManyConnections,
    /// HTTP without TLS came to a port that speaks HTTPS alone.
    PlainHttp,
}

/// The whole answer of a connection that is refused.
pub fn unheard(api: &Api, why: Unheard) -> Vec<u8> {
    answer(
        api,
        match why {
            Unheard::TooManyConnections => Problem::new(Code::Overloaded, "This node has no connection to spare."),
            Unheard::PlainHttp => Problem::new(Code::MalformedRequest, "This port speaks HTTPS alone."),
        },
    )
}

/// The problem in place of a bare refusal.
fn told(api: &Api, bare: &[u8]) -> Vec<u8> {
    let problem = match bare.get(9..12) {
        Some(b"408") => Problem::new(Code::BodyTooSlow, "The head of the request came too slowly."),
        Some(b"431") => Problem::new(Code::MalformedRequest, "The head of the request is too long."),
        Some([b'5', ..]) => Problem::new(Code::Internal, "Something failed on this side."),
        _ => Problem::new(Code::MalformedRequest, "The request is not sound HTTP/1.1."),
    };
    answer(api, problem)
}

/// A problem as a connection's last answer. Nothing of the request is known.
fn answer(api: &Api, problem: Problem) -> Vec<u8> {
    let common = Common::new(api, Trace::random());
    let (code, place) = (problem.code(), Place { base: api.public_url.clone(), instance: "/".to_owned(), common });
    let answer = problem.placed(place).error_response();
    let mut entry = Entry::new(common.request, common.trace, ("unparsed", ""));
    entry.status = Some(answer.status().as_u16());
    entry.code = Some(code);
    entry.bytes_out = if let BodySize::Sized(bytes) = answer.body().size() { bytes } else { 0 };
    let ledger = api.ledger.clone();
    drop(api.tasks.start(async move { ledger.write(entry).await }));
    written(answer)
}

fn written(answer: HttpResponse) -> Vec<u8> {
    let mut text = format!("HTTP/1.1 {}\r\n", answer.status()).into_bytes();
    for (name, value) in answer.headers() {
        text.extend_from_slice(name.as_str().as_bytes());
        text.extend_from_slice(b": ");
        text.extend_from_slice(value.as_bytes());
        text.extend_from_slice(b"\r\n");
    }
    let body: Bytes = answer.into_body().try_into_bytes().unwrap_or_default();
    text.extend_from_slice(format!("content-length: {}\r\nconnection: close\r\n\r\n", body.len()).as_bytes());
    text.extend_from_slice(&body);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_frameworks_own_refusals_are_bare() {
        let bare = b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\ndate: today\r\n\r\n";
        assert_eq!(split_bare(bare), Some((&b""[..], &bare[..])));
        let after = [&b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"[..], bare].concat();
        assert_eq!(split_bare(&after).map(|(before, rest)| (before.len(), rest)), Some((40, &bare[..])));
        for ours in [
            &b"HTTP/1.1 204 No Content\r\ncontent-length: 0\r\n\r\n"[..],
            b"HTTP/1.1 303 See Other\r\ncontent-length: 0\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 30\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\nx-request-id: req_1\r\n\r\n",
            b"HTTP/1.1 404 Not Found\r\ncontent-length: 0\r\n\r\nbody\r\n\r\n",
            b"\r\n\r\n",
            b"",
        ] {
            assert_eq!(split_bare(ours), None, "{:?}", String::from_utf8_lossy(ours));
        }
    }
}
