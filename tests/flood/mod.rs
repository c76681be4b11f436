//! An engine that answers every request with a body without end and without a declared length, and counts what it sends.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    time::Duration,
};

/// What it would send, if somebody read it.
pub(crate) const BYTES: usize = 200_000_000;

/// What lies in buffers between two programs at most, that nobody has read.
pub(crate) const UNDER_WAY: usize = 16 << 20;

const HEAD: &str = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
const START: &str = r#"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":""#;

pub(crate) struct Flood {
    address: SocketAddr,
    sent: Receiver<usize>,
}

impl Flood {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (teller, sent) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                // Nobody listens any more when the test is over.
                let _ = teller.send(flood(&connection.unwrap()));
            }
        });
        Self { address, sent }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// How much of the next answer was sent until its reader had left.
    pub(crate) fn sent(&self) -> usize {
        self.sent.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

/// Reads a request without keeping its body: its first line and the body's length.
pub(crate) fn request(reader: &mut impl BufRead) -> Option<(String, u64)> {
    let (mut first, mut line, mut length) = (String::new(), String::new(), 0);
    reader.read_line(&mut first).ok().filter(|read| *read > 0)?;
    while reader.read_line(&mut line).ok()? > 2 {
        if let Some(told) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = told.trim().parse().unwrap();
        }
        line.clear();
    }
    let read = std::io::copy(&mut reader.take(length), &mut std::io::sink()).ok()?;
    (read == length).then_some((first, length))
}

/// Answers a request; how much of the body was taken.
fn flood(mut connection: &TcpStream) -> usize {
    request(&mut BufReader::new(connection));
    let piece = vec![b'A'; 1 << 16];
    let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
    chunk.extend_from_slice(&piece);
    chunk.extend_from_slice(b"\r\n");
    let first = format!("{HEAD}{:x}\r\n{START}\r\n", START.len());
    let mut sent = 0;
    let mut taken = connection.write_all(first.as_bytes()).is_ok();
    while taken && sent < BYTES {
        taken = connection.write_all(&chunk).is_ok();
        sent += if taken { piece.len() } else { 0 };
    }
    sent
}
