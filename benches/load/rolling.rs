//! Two nodes on one Redis are restarted one after the other while callers go on. A caller holds both addresses and goes
//! to the other node when one refuses the connection, breaks it, or says that it is draining.

use std::{
    cell::Cell,
    net::TcpListener,
    time::{Duration, Instant},
};

use bytes::Bytes;
use futures_util::future::join_all;
use reqwest::Client;

use crate::{caller::client, photo, process::Process, site::Site};

/// Callers at once.
const CALLERS: usize = 6;

/// How long a caller tries before its request has failed.
const PATIENCE: Duration = Duration::from_secs(60);

#[derive(Default)]
struct Counts {
    served: Cell<usize>,
    failed: Cell<usize>,
    refused: Cell<usize>,
    broken: Cell<usize>,
    draining: Cell<usize>,
    over: Cell<bool>,
}

fn count(cell: &Cell<usize>) {
    cell.set(cell.get() + 1);
}

/// Gives how many requests failed.
pub(crate) async fn measure(restarts: usize) -> usize {
    let site = Site::new(true, 20);
    let ports = [(); 2].map(|()| TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string());
    let mut nodes = ports.clone().map(|port| site.node_at(&port));
    let bases = ports.clone().map(|port| format!("http://{port}"));
    let (photo, counts) = (Bytes::from(photo::jpeg(320, 240, 1)), Counts::default());
    let callers = (0..CALLERS).map(|number| call(number, &site, &bases, &photo, &counts));
    let begun = Instant::now();
    let restart = async {
        let mut unclean = 0;
        for number in 0..restarts {
            // Some requests go through between two restarts.
            let served = counts.served.get();
            while counts.served.get() < served + CALLERS {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            let node: &mut Process = &mut nodes[number % 2];
            unclean += usize::from(!node.stop().await);
            *node = site.node_at(&ports[number % 2]);
        }
        counts.over.set(true);
        unclean
    };
    let (_, unclean) = tokio::join!(join_all(callers), restart);
    println!(
        "\nrolling: restarts {restarts} in {:.0} s, not ended well {unclean}; requests {} failed {}; sent again: {} \
         connections refused, {} broken, {} draining",
        begun.elapsed().as_secs_f64(),
        counts.served.get() + counts.failed.get(),
        counts.failed.get(),
        counts.refused.get(),
        counts.broken.get(),
        counts.draining.get()
    );
    counts.failed.get() + unclean
}

async fn call(number: usize, site: &Site, bases: &[String; 2], photo: &Bytes, counts: &Counts) {
    let (client, mut round, mut which) = (client(), 0, number);
    while !counts.over.get() {
        let once = format!("rolling-{number}-{round}");
        let key = &site.keys[number % site.keys.len()];
        let done = until_served(&client, (bases, &mut which), (key, &once, photo), counts).await;
        count(if done { &counts.served } else { &counts.failed });
        round += 1;
    }
}

async fn until_served(
    client: &Client,
    (bases, which): (&[String; 2], &mut usize),
    (key, once, photo): (&str, &str, &Bytes),
    counts: &Counts,
) -> bool {
    let begun = Instant::now();
    while begun.elapsed() < PATIENCE {
        let request = client.post(format!("{}/v1/figures", bases[*which % 2])).bearer_auth(key).body(photo.clone());
        let answer = request.header("Idempotency-Key", once).header("Accept", "image/png").send().await;
        let retried = match answer {
            Ok(answer) => match answer.status().as_u16() {
                201 => match answer.bytes().await {
                    Ok(_) => return true,
                    Err(_) => &counts.broken,
                },
                503 => &counts.draining,
                status => {
                    eprintln!("{once}: {status} {}", answer.text().await.unwrap_or_default());
                    return false;
                }
            },
            Err(error) if error.is_connect() => &counts.refused,
            Err(_) => &counts.broken,
        };
        count(retried);
        *which += 1;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    false
}
