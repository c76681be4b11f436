//! A node of one's own for each test, on a free port, and what a caller needs to talk to it.

use std::{io::Cursor, time::Duration};

use figurine::{
    auth::{Expected, MintRequest},
    config::Settings,
    domain::{AccountId, PlanLimits, Scopes},
    server::{Node, Wiring},
    store::{Clock, MemoryStore},
};
use image::{DynamicImage, ImageFormat, Rgb, RgbImage};
use reqwest::{Client, Method, RequestBuilder, Response, redirect::Policy};
use secrecy::ExposeSecret;
use serde_json::Value;

/// A node and a caller of it.
pub(crate) struct TestApp {
    pub(crate) node: Node,
    pub(crate) client: Client,
    pub(crate) clock: Clock,
    /// A live key of the account `acme` with every scope of an integrator.
    pub(crate) key: String,
}

impl TestApp {
    /// A node with default settings, whose engine answers with a fixed image at once.
    pub(crate) async fn start() -> Self {
        Self::with(&[], |_| {}).await
    }

    /// A node with other settings and wiring.
    pub(crate) async fn with(vars: &[(&str, &str)], change: impl FnOnce(&mut Wiring)) -> Self {
        let own = [("FIGURINE_LISTEN", "127.0.0.1:0"), ("FIGURINE_MANAGEMENT_LISTEN", "127.0.0.1:0")];
        let vars = own.iter().chain(vars).map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Settings::from_vars(vars).expect("the settings are sound");
        let clock = Clock::default();
        let mut wiring = Wiring { clock: clock.clone(), ..Wiring::default() };
        wiring.simulator.fixed_image = Some(png(64, 64).into());
        change(&mut wiring);
        let node = Node::start(settings, wiring).await.expect("the node starts");
        let client = Client::builder().redirect(Policy::none()).timeout(Duration::from_secs(60)).build().unwrap();
        let mut app = Self { node, client, clock, key: String::new() };
        app.key = app.key_of("acme", |_| {});
        app
    }

    /// Mints a key.
    pub(crate) fn key_of(&self, account: &str, change: impl FnOnce(&mut MintRequest)) -> String {
        let names = Expected { issuer: "figurine".to_owned(), audience: "figurine-api".to_owned() };
        let mut request = MintRequest::new(AccountId::parse(account).unwrap(), &names);
        // Most tests are not about how fast they ask.
        request.limits = PlanLimits::parse(Some(6_000), Some(1_000), None, None, None).unwrap();
        change(&mut request);
        self.node.mint(&request).unwrap().text.expose_secret().to_owned()
    }

    pub(crate) fn key_with(&self, scopes: &str) -> String {
        self.key_of("acme", |request| request.scopes = Scopes::parse(scopes).unwrap())
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.node.address())
    }

    /// A request with the key.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, self.url(path)).bearer_auth(&self.key)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    /// A request for a figure.
    pub(crate) fn post(&self, query: &str, photo: Vec<u8>) -> RequestBuilder {
        self.request(Method::POST, &format!("/v1/figures{query}")).body(photo)
    }

    /// A request for a figure with a form.
    pub(crate) fn post_form(&self, form: Form) -> RequestBuilder {
        self.request(Method::POST, "/v1/figures").header("Content-Type", Form::TYPE).body(form.body())
    }

    /// Keeps a photo ahead of use; gives its id.
    pub(crate) async fn upload(&self, photo: Vec<u8>) -> String {
        let answer = self.request(Method::POST, "/v1/uploads").body(photo).send().await.unwrap();
        json_of(answer, 201).await["id"].as_str().expect("an id").to_owned()
    }

    /// A request for something with JSON.
    pub(crate) fn post_json(&self, path: &str, body: &Value) -> RequestBuilder {
        let json = self.request(Method::POST, path).header("Content-Type", "application/json");
        json.body(body.to_string())
    }

    /// Makes a figure without waiting for it; gives its id.
    pub(crate) async fn submit(&self) -> String {
        let answer = self.post("", jpeg(320, 240)).header("Prefer", "respond-async").send().await.unwrap();
        let figure = json_of(answer, 202).await;
        figure["id"].as_str().expect("an id").to_owned()
    }

    /// Waits until a figure has ended and its photo is gone.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        loop {
            let answer = self.get(&format!("/v1/figures/{id}")).header("Prefer", "wait=20").send().await.unwrap();
            let figure = json_of(answer, 200).await;
            if !figure["upload"]["purged_at"].is_null() {
                return figure;
            }
        }
    }

    /// Its store, which lies in memory.
    pub(crate) fn memory(&self) -> &MemoryStore {
        self.node.memory().expect("the node has a store in memory")
    }

    /// The names of all values in the store that hold a photo, a data key of one, or a specification.
    pub(crate) fn photos_kept(&self) -> Vec<String> {
        let held = self.memory().dump();
        held.into_keys().filter(|name| name.contains(":photo:") || name.contains(":spec:")).collect()
    }
}

/// A form, part by part.
#[derive(Default)]
pub(crate) struct Form(Vec<u8>);

impl Form {
    pub(crate) const TYPE: &str = "multipart/form-data; boundary=----figurine";

    pub(crate) fn text(mut self, name: &str, value: &str) -> Self {
        self.part(&format!("name=\"{name}\""), value.as_bytes());
        self
    }

    pub(crate) fn file(mut self, name: &str, bytes: &[u8]) -> Self {
        self.part(&format!("name=\"{name}\"; filename=\"photo.jpg\"\r\nContent-Type: image/jpeg"), bytes);
        self
    }

    fn part(&mut self, head: &str, body: &[u8]) {
        self.0.extend(format!("------figurine\r\nContent-Disposition: form-data; {head}\r\n\r\n").into_bytes());
        self.0.extend_from_slice(body);
        self.0.extend_from_slice(b"\r\n");
    }

    pub(crate) fn body(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"------figurine--\r\n");
        self.0
    }
}

/// The JSON of an answer of which the status is checked.
pub(crate) async fn json_of(answer: Response, status: u16) -> Value {
    let (got, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(got, status, "{text}");
    serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"))
}

/// The problem of an answer, checked for all that every problem has.
pub(crate) async fn problem_of(answer: Response, status: u16, code: &str) -> Value {
    let headers = answer.headers().clone();
    let (got, text) = (answer.status(), answer.text().await.unwrap());
    assert_eq!(got, status, "{text}");
    assert_eq!(headers["content-type"], "application/problem+json", "{text}");
    let problem: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("no JSON: {text}"));
    assert_eq!(problem["code"], code, "{text}");
    assert_eq!(problem["status"], status, "{text}");
    assert!(problem["type"].as_str().unwrap().ends_with(&format!("/problems/{code}")), "{text}");
    assert!(problem["type"].as_str().unwrap().starts_with("http://"), "{text}");
    assert!(problem["instance"].as_str().unwrap().starts_with('/'), "{text}");
    assert_eq!(headers["x-request-id"], problem["request_id"].as_str().unwrap(), "{text}");
    assert!(headers.contains_key("figurine-server-version"), "{text}");
    assert!(problem["retryable"].is_boolean() && problem["charged"] == false, "{text}");
    if matches!(status, 429 | 503) {
        assert!(headers.contains_key("retry-after"), "{text}");
    }
    problem
}

/// A picture with something in its middle.
pub(crate) fn picture(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (i64::from(x) - i64::from(width / 2), i64::from(y) - i64::from(height / 2));
        let inside = dx * dx + dy * dy < i64::from(width.min(height) / 3).pow(2);
        let shade = u8::try_from((x * 7 + y * 13) % 31).unwrap();
        if inside { Rgb([200 - shade, 90 + shade, 40]) } else { Rgb([60, 110 + shade, 160]) }
    })
}

fn encoded(width: u32, height: u32, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(picture(width, height)).write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

pub(crate) fn jpeg(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Jpeg)
}

pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::Png)
}

pub(crate) fn webp(width: u32, height: u32) -> Vec<u8> {
    encoded(width, height, ImageFormat::WebP)
}
