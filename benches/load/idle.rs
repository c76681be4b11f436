//! Connections that do nothing: what each costs, and whether others are served beside them.

use std::time::Instant;

use futures_util::{StreamExt, stream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{caller::Caller, site::Site};

/// Gives how many connections could not be had.
pub(crate) async fn measure(wanted: usize) -> usize {
    // Each takes a descriptor here, too.
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    let site = Site::new(false, 0);
    let node = site.node();
    let caller = Caller::new(&node.url, &site.keys);
    caller.get(&format!("{}/healthz", node.url)).await;
    let (before, address) = (node.memory(), node.url.trim_start_matches("http://").to_owned());
    let open = stream::iter(0..wanted).map(|_| connect(&address)).buffer_unordered(64);
    let held: Vec<TcpStream> = open.filter_map(async |connection| connection).collect().await;
    let with = node.memory();
    let begun = Instant::now();
    Caller::new(&node.url, &site.keys).get(&format!("{}/healthz", node.url)).await;
    let latency = begun.elapsed();
    println!(
        "\nidle: connections {} of {wanted}, memory {before:.0} MiB before, {with:.0} with them ({:.1} KiB each); \
         one more is answered in {:.1} ms",
        held.len(),
        (with - before) * 1_024.0 / held.len().max(1) as f64,
        latency.as_secs_f64() * 1_000.0
    );
    wanted - held.len()
}

/// A connection that was answered once and is kept.
async fn connect(address: &str) -> Option<TcpStream> {
    let mut stream = TcpStream::connect(address).await.ok()?;
    stream.write_all(b"GET /healthz HTTP/1.1\r\nHost: figurine\r\n\r\n").await.ok()?;
    let mut answer = Vec::new();
    while !answer.ends_with(b"}") {
        if stream.read_buf(&mut answer).await.ok()? == 0 {
            return None;
        }
    }
    answer.starts_with(b"HTTP/1.1 200").then_some(stream)
}
