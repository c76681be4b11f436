//! An engine that keeps nothing of what it is sent and answers when it is told to, so that what a node holds meanwhile can
//! be measured in the same process.

use std::{
    io::{BufReader, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, Sender, channel},
    time::Duration,
};

use serde_json::Value;

use crate::flood::request;

pub(crate) struct Held {
    address: SocketAddr,
    calls: Receiver<Call>,
}

/// A whole request that waits for its answer.
pub(crate) struct Call {
    pub(crate) path: String,
    pub(crate) bytes: usize,
    answer: Sender<String>,
}

impl Call {
    pub(crate) fn answer(self, body: &Value) {
        self.answer.send(body.to_string()).unwrap();
    }
}

impl Held {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (teller, calls) = channel();
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (connection, teller) = (connection.unwrap(), teller.clone());
                std::thread::spawn(move || serve(&connection, &teller));
            }
        });
        Self { address, calls }
    }

    pub(crate) fn base_url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn next(&self) -> Call {
        self.calls.recv_timeout(Duration::from_secs(20)).unwrap()
    }
}

fn serve(mut connection: &TcpStream, teller: &Sender<Call>) {
    let mut reader = BufReader::new(connection);
    while let Some((first, bytes)) = request(&mut reader) {
        let path = first.split(' ').nth(1).unwrap().to_owned();
        let (status, body) = if first.starts_with("POST") {
            let (answer, answered) = channel();
            let call = Call { path, bytes: usize::try_from(bytes).unwrap(), answer };
            let Ok(()) = teller.send(call) else { return };
            let Ok(body) = answered.recv() else { return };
            ("200 OK", body)
        } else {
            ("404 Not Found", "{}".to_owned())
        };
        let head =
            format!("HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n", body.len());
        // Whoever has left gets no answer.
        let _ = connection.write_all(head.as_bytes()).and_then(|()| connection.write_all(body.as_bytes()));
    }
}
