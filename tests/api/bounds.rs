//! What a node holds at once is bounded, and what is beyond is refused before it costs anything.

use std::{net::SocketAddr, process::Command, time::Instant};

use figurine::domain::PlanLimits;
use futures_util::{FutureExt, StreamExt, stream::FuturesUnordered};

use crate::{
    app::{TestApp, jpeg},
    program::{LISTEN, PATIENCE, Running, url_in},
    raw::{Raw, RawAnswer},
};

/// As large as a photo may be, in bytes.
const LARGE: usize = 26_214_400;

const HEALTH: &str = "GET /healthz HTTP/1.1\r\nHost: figurine\r\n\r\n";

fn assert_overloaded(answer: &RawAnswer) {
    answer.problem(503, "overloaded");
    assert_eq!(answer.headers["retry-after"], "2", "{answer:?}");
    assert_eq!(answer.headers["connection"], "close", "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_for_which_there_is_no_room_is_refused_before_it_comes() {
    let app = TestApp::start().await;
    let limits = PlanLimits::parse(Some(6_000), Some(1_000), Some(256), None, None).unwrap();
    // One account would leave room to others.
    let keys = (0..26).map(|number| app.key_of(&format!("account-{number}"), |request| request.limits = limits));
    let (keys, newcomer) = (keys.collect::<Vec<_>>(), app.key_of("newcomer", |request| request.limits = limits));
    // The framework says 100 before anything is looked at; what counts is what comes then.
    let announce = async |key: &str, bytes: usize| {
        let mut raw = Raw::to(app.node.address()).await;
        let head = format!("Authorization: Bearer {key}\r\nContent-Length: {bytes}\r\nExpect: 100-continue");
        raw.send(format!("POST /v1/figures HTTP/1.1\r\nHost: figurine\r\n{head}\r\n\r\n")).await;
        assert_eq!(raw.answer().await.status, 100);
        raw
    };
    let mut waiting = FuturesUnordered::new();
    for key in &keys {
        let mut raw = announce(key, LARGE).await;
        waiting.push(async move { (raw.answer().await, raw) });
    }
    // 512 MiB hold twenty bodies of 25 MiB, which wait for their bytes.
    for _ in 0..6 {
        let (refused, _) = waiting.next().await.unwrap();
        assert_overloaded(&refused);
    }
    let (mut small, photo) = (announce(&newcomer, jpeg(64, 64).len()).await, jpeg(64, 64));
    small.send(&photo).await;
    assert_eq!(small.answer().await.status, 201);
    assert!(waiting.next().now_or_never().is_none(), "nobody else was refused");
    drop(waiting);
    let until = Instant::now() + PATIENCE;
    loop {
        // A body that breaks off was looked at, so there was room for it.
        let mut again = announce(&newcomer, LARGE).await;
        again.finish().await;
        let answer = again.answer().await;
        if answer.status != 503 {
            answer.problem(400, "malformed_request");
            break;
        }
        assert!(Instant::now() < until, "the room of clients that have left is free again");
    }
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
