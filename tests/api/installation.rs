//! Several processes of the program on one Redis, with an engine of this process behind them.

use figurine::simulator::{RunningSimulator, Simulator, SimulatorSettings};
use reqwest::{Method, RequestBuilder};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app::{jpeg, json_of, png},
    private_redis::PrivateRedis,
    program::{Running, client, keys, run, serve},
};

pub(crate) const SEAL_KEY: &str = "a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub(crate) struct Installation {
    pub(crate) folder: TempDir,
    pub(crate) redis: PrivateRedis,
    /// Where nodes look for the store: that server, unless it is told otherwise.
    pub(crate) store_url: String,
    /// Where data keys lie, when apart.
    pub(crate) key_redis: Option<PrivateRedis>,
    pub(crate) engine: RunningSimulator,
    /// A live key of the account `acme`.
    pub(crate) key: String,
}

/// A node of an installation.
pub(crate) struct Node {
    pub(crate) process: Running,
    pub(crate) url: String,
    key: String,
}

impl Installation {
    /// One that was not founded yet.
    pub(crate) async fn new(redis: PrivateRedis, key_redis: Option<PrivateRedis>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let [key, _] = keys(&folder);
        let settings = SimulatorSettings { fixed_image: Some(png(64, 64).into()), ..SimulatorSettings::default() };
        let engine = Simulator::start(settings).await.unwrap();
        let store_url = redis.url();
        Self { folder, redis, store_url, key_redis, engine, key }
    }

    /// One that was founded.
    pub(crate) async fn founded() -> Self {
        let installation = Self::new(PrivateRedis::start(), None).await;
        installation.found();
        installation
    }

    pub(crate) fn vars(&self) -> Vec<(&'static str, String)> {
        let mut vars = vec![
            ("FIGURINE_STORE_URL", self.store_url.clone()),
            ("FIGURINE_SIGNING_KEYS", "signing.pem".to_owned()),
            ("FIGURINE_SEAL_KEYS", SEAL_KEY.to_owned()),
            ("FIGURINE_INDEX_KEYS", SEAL_KEY.to_owned()),
            ("GEMINI_API_KEY", "not-a-real-key".to_owned()),
            ("FIGURINE_GEMINI_TIER", "paid".to_owned()),
            ("FIGURINE_GEMINI_BASE_URL", self.engine.base_url.clone()),
        ];
        vars.extend(self.key_redis.as_ref().map(|redis| ("FIGURINE_KEY_STORE_URL", redis.url())));
        vars
    }

    /// Runs `figurine check`; gives whether it succeeded and what it said.
    pub(crate) fn check(&self, args: &[&str]) -> (bool, String) {
        let vars = self.vars();
        let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let checked = run(&self.folder, &[&["check"], args].concat(), &vars);
        let said = [checked.stdout, checked.stderr].concat();
        (checked.status.success(), String::from_utf8(said).unwrap())
    }

    pub(crate) fn found(&self) {
        let (founded, said) = self.check(&["--found"]);
        assert!(founded, "{said}");
    }

    /// Starts a node.
    pub(crate) fn node(&self) -> Node {
        self.node_with(&[])
    }

    /// Starts a node with more settings.
    pub(crate) fn node_with(&self, more: &[(&str, &str)]) -> Node {
        let vars = self.vars();
        let vars: Vec<_> =
            vars.iter().map(|(name, value)| (*name, value.as_str())).chain(more.iter().copied()).collect();
        let (process, url) = serve(&self.folder, &vars);
        Node { process, url, key: self.key.clone() }
    }

    /// Names in the store of photos, their data keys and specifications.
    pub(crate) fn photos_kept(&self) -> Vec<String> {
        let names: Vec<String> = redis::cmd("KEYS").arg("fig:*").query(&mut self.redis.raw()).unwrap();
        names.into_iter().filter(|name| name.contains(":photo:") || name.contains(":spec:")).collect()
    }
}

impl Node {
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        client().request(method, format!("{}{path}", self.url)).bearer_auth(&self.key)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.request(Method::GET, path)
    }

    pub(crate) fn post(&self) -> RequestBuilder {
        self.request(Method::POST, "/v1/figures").body(jpeg(320, 240))
    }

    /// Makes a figure without waiting for it; gives its id.
    pub(crate) async fn submit(&self) -> String {
        let figure = json_of(self.post().header("Prefer", "respond-async").send().await.unwrap(), 202).await;
        figure["id"].as_str().unwrap().to_owned()
    }

    /// Waits until a figure has ended and its photo is gone.
    pub(crate) async fn ended(&self, id: &str) -> Value {
        loop {
            let answer = self.get(&format!("/v1/figures/{id}")).header("Prefer", "wait=10").send().await.unwrap();
            let figure = json_of(answer, 200).await;
            if !figure["upload"]["purged_at"].is_null() {
                return figure;
            }
        }
    }
}
