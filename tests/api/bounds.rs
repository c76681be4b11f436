//! What a node holds at once is bounded, and what is beyond is refused before it costs anything.

use std::{net::SocketAddr, process::Command, time::Instant};

use crate::{
    program::{LISTEN, PATIENCE, Running, url_in},
    raw::{Raw, RawAnswer},
};

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: figurine\r\n\r\n";

fn assert_overloaded(answer: &RawAnswer) {
    answer.problem(503, "overloaded");
    assert_eq!(answer.headers["retry-after"], "2", "{answer:?}");
    assert_eq!(answer.headers["connection"], "close", "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_connection_too_many_is_refused_and_the_others_go_on() {
    let folder = tempfile::tempdir().unwrap();
    // A node keeps 512 descriptors back, so that few are left for clients.
    let script = format!("ulimit -n 532; exec {} serve", env!("CARGO_BIN_EXE_figurine"));
    let mut command = Command::new("sh");
    command.args(["-c", &script]).current_dir(folder.path()).env_clear().envs(LISTEN);
    let running = Running::start_command(command);
    let url = url_in(&running.line_with("listens on"));
    let address: SocketAddr = url.trim_start_matches("http://").parse().unwrap();
    let mut held = Vec::new();
    for _ in 0..20 {
        let mut raw = Raw::to(address).await;
        raw.send(HEALTH).await;
        assert_eq!(raw.answer().await.status, 200);
        held.push(raw);
    }
    let mut more = Raw::to(address).await;
    more.send(HEALTH).await;
    assert_overloaded(&more.answer().await);
    assert_eq!(more.rest().await, b"");
    for raw in &mut held {
        raw.send(HEALTH).await;
        assert_eq!(raw.answer().await.status, 200);
    }
    drop(held);
    let until = Instant::now() + PATIENCE;
    loop {
        let mut again = Raw::to(address).await;
        again.send(HEALTH).await;
        if again.answer().await.status == 200 {
            break;
        }
        assert!(Instant::now() < until, "places of connections that ended are free again");
    }
    running.terminate();
    assert_eq!(running.exit().code(), Some(0));
}
