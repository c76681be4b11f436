//! From an accepted socket to a connection that HTTP is spoken on: counted, with TLS where that is served.

use std::{
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use actix_web::{rt::net::TcpStream, web::Data};
use rustix::process::{Resource, getrlimit};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, ReadBuf},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_rustls::server::TlsStream;

use super::tls::Tls;
use crate::http::{Api, Unheard, unheard};

/// The most connections of a node at once; one more is refused with 503 before anything is read from it.
const MOST_CONNECTIONS: usize = 16_384;

/// Descriptors that are kept back from connections of clients: files, the store's and the engine's connections.
const KEPT_BACK: u64 = 512;

/// How long a client may take for its part of a TLS handshake.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// How long a refused connection is read on, so that its client gets to see why.
const LAST_READ: Duration = Duration::from_secs(1);

/// How much of a refused connection is read, in bytes.
const READ_ON: u64 = 64 * 1024;

/// What makes connections of sockets.
#[derive(Clone)]
pub(super) struct Links {
    api: Data<Api>,
    tls: Option<Tls>,
    places: Arc<Semaphore>,
}

impl Links {
    pub(super) fn new(api: Data<Api>, tls: Option<Tls>) -> Self {
        let open_files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
        let most = usize::try_from(open_files.saturating_sub(KEPT_BACK)).unwrap_or(usize::MAX);
        Self { api, tls, places: Arc::new(Semaphore::new(most.clamp(1, MOST_CONNECTIONS))) }
    }

    /// The connection on a socket; `None` where there is none to be.
    pub(super) async fn open(&self, socket: TcpStream) -> Option<Link> {
        let Ok(place) = self.places.clone().try_acquire_owned() else {
            self.refuse(socket, Unheard::TooManyConnections).await;
            return None;
        };
        let Some(tls) = &self.tls else { return Some(Link { io: Io::Plain(socket), _place: place }) };
        match timeout(HANDSHAKE, shake_hands(tls, socket)).await {
            Ok(Ok(Shaken::Tls(io))) => Some(Link { io: Io::Tls(io), _place: place }),
            Ok(Ok(Shaken::Plain(socket))) => {
                self.refuse(socket, Unheard::PlainHttp).await;
                None
            }
            Ok(Err(error)) => {
                tracing::debug!(kind = %error.kind(), "a TLS handshake failed");
                None
            }
            Err(_elapsed) => {
                tracing::debug!("a TLS handshake took too long");
                None
            }
        }
    }

    /// Says why and closes. Over TLS there is nobody to say it to without a handshake, which is what cannot be afforded.
    async fn refuse(&self, mut socket: TcpStream, why: Unheard) {
        if self.tls.is_some() && why == Unheard::TooManyConnections {
            return;
        }
        let told = unheard(&self.api, why);
        let said = async {
            socket.write_all(&told).await?;
            socket.shutdown().await?;
            // Closed with bytes unread, the system would reset what was said.
            tokio::io::copy(&mut (&mut socket).take(READ_ON), &mut tokio::io::sink()).await
        };
        // The client may have left; then nobody is left to be told.
        let _ = timeout(LAST_READ, said).await;
    }
}

enum Shaken {
    Tls(Box<TlsStream<TcpStream>>),
    /// The client speaks HTTP without TLS.
    Plain(TcpStream),
}

async fn shake_hands(tls: &Tls, socket: TcpStream) -> io::Result<Shaken> {
    // Every record of a handshake begins with 22, every request with a letter.
    let mut first = [0];
    if socket.peek(&mut first).await? == 1 && first[0].is_ascii_alphabetic() {
        return Ok(Shaken::Plain(socket));
    }
    tls.acceptor().accept(socket).await.map(|stream| Shaken::Tls(Box::new(stream)))
}

/// A connection, which holds its place until it ends.
pub(super) struct Link {
    io: Io,
    _place: OwnedSemaphorePermit,
}

enum Io {
    Plain(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
}

impl AsyncRead for Link {
    fn poll_read(mut self: Pin<&mut Self>, context: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_read(context, into),
            Io::Tls(io) => Pin::new(io).poll_read(context, into),
        }
    }
}

impl AsyncWrite for Link {
    fn poll_write(mut self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_write(context, bytes),
            Io::Tls(io) => Pin::new(io).poll_write(context, bytes),
        }
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_flush(context),
            Io::Tls(io) => Pin::new(io).poll_flush(context),
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.io {
            Io::Plain(io) => Pin::new(io).poll_shutdown(context),
            Io::Tls(io) => Pin::new(io).poll_shutdown(context),
        }
    }
}
