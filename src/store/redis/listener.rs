//! Wake-ups from other nodes. They may be lost with a connection, so after every new one everybody looks again.

use std::{sync::Arc, time::Duration};

use futures_util::StreamExt;
use redis::{Msg, RedisResult};
use tokio::time::{interval, sleep, timeout};
use tokio_util::sync::CancellationToken;

use super::{reach::Client, shard::WAKE};
use crate::{
    domain::{FigureId, KeyId, Mode},
    store::bells::Bells,
};

/// How long to wait before connecting again.
const AGAIN: Duration = Duration::from_millis(200);

/// How often the connection is asked whether it lives.
const ALIVE: Duration = Duration::from_secs(5);

/// How long it may take to answer.
const ANSWER: Duration = Duration::from_secs(2);

/// Listens until told to stop.
pub(super) async fn listen(client: Client, bells: Arc<Bells>, stopping: CancellationToken) {
    let forever = async {
        for attempt in 0.. {
            if let Err(error) = listen_once(&client, attempt, &bells).await {
                tracing::warn!(kind = ?error.kind(), "wake-ups from other nodes are interrupted");
            }
            sleep(AGAIN).await;
        }
    };
    tokio::select! {
        () = forever => {}
        () = stopping.cancelled() => {}
    }
}

/// Listens for as long as a connection lasts.
async fn listen_once(client: &Client, attempt: usize, bells: &Bells) -> RedisResult<()> {
    let connecting = async {
        let mut connection = client.listen(attempt).await?;
        connection.subscribe(WAKE).await?;
        RedisResult::Ok(connection)
    };
    let (mut sink, mut stream) = timeout(ANSWER, connecting).await.map_err(std::io::Error::from)??.split();
    bells.ring_all();
    let mut alive = interval(ALIVE);
    loop {
        tokio::select! {
            message = stream.next() => match message {
                Some(message) => ring(bells, &message),
                None => return Ok(()),
            },
            _ = alive.tick() => {
                timeout(ANSWER, sink.ping::<redis::Value>()).await.map_err(std::io::Error::from)??;
            }
        }
    }
}

fn ring(bells: &Bells, message: &Msg) {
    match std::str::from_utf8(message.get_payload_bytes()) {
        Ok("jobs") => bells.ring_jobs(Mode::Live),
        Ok("jobs:test") => bells.ring_jobs(Mode::Test),
        Ok(text) => {
            if let Ok(figure) = FigureId::parse(text) {
                bells.ring(&figure);
            } else if let Some(figure) = text.strip_suffix('+').and_then(|figure| FigureId::parse(figure).ok()) {
                bells.ring_on(&figure);
            } else if let Ok(key) = KeyId::parse(text) {
                bells.ring_key(&key);
            }
        }
        Err(_) => {}
    }
}
