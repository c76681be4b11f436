//! Callers: each sends a request until it is accepted and asks until it has ended, wherever a node answers.

use std::{
    sync::{
        Mutex,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{StreamExt, stream};
use reqwest::{Client, Method, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::watch;

use crate::{
    app::jpeg,
    installation::{Installation, Node},
    program::run,
};

/// Words that are sent with every photo and must be found nowhere.
pub(crate) const MARK: &str = "campaign-mark-5b1c9e";

/// How many callers there are.
const AT_ONCE: usize = 8;

/// A job ends by its deadline; whatever takes longer hangs.
const HANGS_AFTER: Duration = Duration::from_secs(330);

/// Where the nodes are just now, and how far the callers have come.
pub(crate) struct Fleet {
    client: Client,
    key: String,
    urls: Mutex<Vec<String>>,
    pub(crate) accepted: watch::Sender<usize>,
    pub(crate) over: AtomicBool,
}

/// A job that was accepted, and what became of it.
pub(crate) struct Done {
    pub(crate) once: String,
    pub(crate) id: String,
    /// The figure as it ended; `None` when it hung or was lost.
    pub(crate) figure: Option<Value>,
    pub(crate) lost: bool,
}

impl Fleet {
    pub(crate) fn new(it: &Installation) -> Self {
        let fast = ["keys", "mint", "--account", "acme", "--in-flight", "256", "--rpm", "6000", "--burst", "1000"];
        let many = ["--figures-per-day", "1000000", "--micro-usd-per-month", "100000000000"];
        let minted = run(&it.folder, &[&fast[..], &many].concat(), &[("FIGURINE_SIGNING_KEYS", "signing.pem")]);
        Self {
            client: Client::builder().no_proxy().timeout(Duration::from_secs(5)).build().unwrap(),
            key: String::from_utf8(minted.stdout).unwrap().trim().to_owned(),
            urls: Mutex::default(),
            accepted: watch::Sender::new(0),
            over: AtomicBool::new(false),
        }
    }

    /// Tells callers where the nodes are.
    pub(crate) fn tell(&self, nodes: &[Node]) {
        *self.urls.lock().unwrap() = nodes.iter().map(|node| node.url.clone()).collect();
    }

    /// A request to one of the nodes.
    fn request(&self, which: usize, method: Method, path: &str) -> RequestBuilder {
        let url = {
            let urls = self.urls.lock().unwrap();
            urls[which % urls.len()].clone()
        };
        self.client.request(method, format!("{url}{path}")).bearer_auth(&self.key)
    }

    pub(crate) async fn submit(&self, which: usize, once: &str) -> Option<(u16, Value)> {
        let body = json!({"image": {"data": STANDARD.encode(jpeg(320, 240))}, "prompt": MARK});
        let request = self
            .request(which, Method::POST, "/v1/figures")
            .header("Content-Type", "application/json")
            .body(body.to_string());
        told(request.header("Idempotency-Key", once).header("Prefer", "respond-async")).await
    }

    async fn read(&self, which: usize, id: &str) -> Option<(u16, Value)> {
        let request = self.request(which, Method::GET, &format!("/v1/figures/{id}")).header("Prefer", "wait=2");
        told(request).await
    }
}

/// Status and JSON of an answer; `None` where the connection broke.
async fn told(request: RequestBuilder) -> Option<(u16, Value)> {
    let answer = request.send().await.ok()?;
    let status = answer.status().as_u16();
    serde_json::from_slice(&answer.bytes().await.ok()?).ok().map(|json| (status, json))
}

/// Sends so many jobs and waits for their ends.
pub(crate) async fn all(fleet: &Fleet, jobs: usize) -> Vec<Done> {
    let done = stream::iter(0..jobs).map(|number| one(fleet, number)).buffer_unordered(AT_ONCE).collect().await;
    fleet.over.store(true, Ordering::SeqCst);
    fleet.accepted.send_modify(|count| *count += 1_000_000);
    done
}

async fn one(fleet: &Fleet, number: usize) -> Done {
    let once = format!("campaign-{number}");
    let mut which = number;
    let id = loop {
        which += 1;
        match fleet.submit(which, &once).await {
            Some((202, figure)) => break figure["id"].as_str().unwrap().to_owned(),
            // A node that was stopped tells 408 to what came while it was.
            Some((408 | 429 | 503, _)) | None => {}
            Some((status, answer)) => panic!("{status}: {answer:#}"),
        }
    };
    fleet.accepted.send_modify(|count| *count += 1);
    let limit = Instant::now() + HANGS_AFTER;
    while Instant::now() < limit {
        which += 1;
        match fleet.read(which, &id).await {
            Some((200, figure)) if !figure["upload"]["purged_at"].is_null() => {
                return Done { once, id, figure: Some(figure), lost: false };
            }
            Some((404, _)) => return Done { once, id, figure: None, lost: true },
            Some((200 | 408 | 429 | 503, _)) | None => {}
            Some((status, answer)) => panic!("{status}: {answer:#}"),
        }
    }
    Done { once, id, figure: None, lost: false }
}
