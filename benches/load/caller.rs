//! A caller of a node.

use std::{
    sync::atomic::{AtomicUsize, Ordering},
    time::Duration,
};

use bytes::Bytes;
use reqwest::{Client, RequestBuilder, Response};

/// A client and the keys that it uses by turns.
pub(crate) struct Caller {
    pub(crate) client: Client,
    base: String,
    keys: Vec<String>,
    /// How often it was told to come again later.
    pub(crate) refused: AtomicUsize,
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().tcp_nodelay(true).timeout(Duration::from_secs(60)).build().unwrap()
}

impl Caller {
    pub(crate) fn new(base: &str, keys: &[String]) -> Self {
        Self { client: client(), base: base.to_owned(), keys: keys.to_vec(), refused: AtomicUsize::new(0) }
    }

    pub(crate) fn post(&self, number: usize, path: &str, body: Bytes) -> RequestBuilder {
        let key = &self.keys[number % self.keys.len()];
        self.client.post(format!("{}{path}", self.base)).bearer_auth(key).body(body)
    }

    /// Asks for a figure as an image that is kept no longer than until it is delivered: what lies in a store for an hour
    /// would hide what a job takes.
    pub(crate) fn image(&self, number: usize, photo: Bytes) -> RequestBuilder {
        self.post(number, "/v1/figures?retention_seconds=0", photo).header("Accept", "image/png")
    }

    /// Makes a figure, asking again when the node has said that it may; anything but its image fails.
    pub(crate) async fn figure(&self, number: usize, photo: &[u8]) {
        let answer = loop {
            let answer = self.image(number, Bytes::copy_from_slice(photo)).send().await.unwrap();
            if answer.status() != 503 {
                break answer;
            }
            self.refused.fetch_add(1, Ordering::Relaxed);
            let after = answer.headers()["Retry-After"].to_str().unwrap().parse().unwrap();
            tokio::time::sleep(Duration::from_secs(after)).await;
        };
        must_be_figure(answer).await;
    }

    /// Keeps a photo ahead of its use; gives its id.
    pub(crate) async fn upload(&self, number: usize, photo: &[u8]) -> String {
        let answer = self.post(number, "/v1/uploads", Bytes::copy_from_slice(photo)).send().await.unwrap();
        let told: serde_json::Value = serde_json::from_slice(&must(answer, 201).await).unwrap();
        told["id"].as_str().unwrap().to_owned()
    }

    /// Makes a figure of a photo that was kept, by the key that kept it; anything but its image fails.
    pub(crate) async fn figure_of(&self, number: usize, upload: &str) {
        let order = serde_json::json!({"image": {"upload_id": upload}, "retention_seconds": 0}).to_string();
        let asked = self.post(number, "/v1/figures", order.into()).header("Content-Type", "application/json");
        must_be_figure(asked.header("Accept", "image/png").send().await.unwrap()).await;
    }

    /// Has a photo read, and nothing else.
    pub(crate) async fn validate(&self, number: usize, photo: Bytes) {
        must(self.post(number, "/v1/figures/validate", photo).send().await.unwrap(), 200).await;
    }

    pub(crate) async fn get(&self, url: &str) -> Bytes {
        must(self.client.get(url).send().await.unwrap(), 200).await
    }
}

async fn must_be_figure(answer: Response) {
    let bytes = must(answer, 201).await;
    assert!(bytes.starts_with(b"\x89PNG"), "{} bytes", bytes.len());
}

/// The body of an answer that must have this status.
pub(crate) async fn must(answer: Response, status: u16) -> Bytes {
    let got = answer.status();
    let bytes = answer.bytes().await.unwrap();
    assert_eq!(got, status, "{}", String::from_utf8_lossy(&bytes));
    bytes
}
