//! An installation: an engine that answers a fixed image, keys, and stores.

use std::{collections::BTreeMap, fs, path::Path};

use serde_json::Value;
use tempfile::TempDir;

use crate::{
    caller::Caller,
    photo,
    private_redis::PrivateRedis,
    process::{Process, run},
};

const SEAL_KEY: &str = "a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

pub(crate) struct Site {
    folder: TempDir,
    redis: Option<[PrivateRedis; 2]>,
    pub(crate) engine: Process,
    pub(crate) keys: Vec<String>,
    settings: Vec<(&'static str, String)>,
}

impl Site {
    /// With everything in memory, or in two stores; the engine waits so long before each answer.
    pub(crate) fn new(in_redis: bool, delay_ms: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("fixed.png"), photo::figure()).unwrap();
        run(folder.path(), &["keys", "generate", "--out", "signing.pem"], &[]);
        let keys = (0..64).map(|number| mint(folder.path(), &format!("load-{number}"))).collect();
        let engine = engine(folder.path(), &["--delay", &delay_ms.to_string()]);
        let append = ["--appendonly", "yes", "--appendfsync", "everysec"];
        let redis = in_redis.then(|| [PrivateRedis::start_with(&append), PrivateRedis::start()]);
        let site = Self { folder, redis, engine, keys, settings: Vec::new() };
        if in_redis {
            run(site.folder.path(), &["check", "--found"], &site.vars("127.0.0.1:0", &site.engine.url));
        }
        site
    }

    /// With these settings of its nodes besides.
    pub(crate) fn set(mut self, settings: &[(&'static str, &str)]) -> Self {
        self.settings = settings.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        self
    }

    fn vars(&self, listen: &str, engine: &str) -> Vec<(&'static str, String)> {
        let mut vars = vec![
            ("FIGURINE_LISTEN", listen.to_owned()),
            ("FIGURINE_MANAGEMENT_LISTEN", "127.0.0.1:0".to_owned()),
            ("FIGURINE_SIGNING_KEYS", "signing.pem".to_owned()),
            ("FIGURINE_SEAL_KEYS", SEAL_KEY.to_owned()),
            ("FIGURINE_INDEX_KEYS", SEAL_KEY.to_owned()),
            ("GEMINI_API_KEY", "not-a-real-key".to_owned()),
            ("FIGURINE_GEMINI_TIER", "paid".to_owned()),
            ("FIGURINE_GEMINI_BASE_URL", engine.to_owned()),
        ];
        if let Some([store, keys]) = &self.redis {
            vars.push(("FIGURINE_STORE_URL", store.url()));
            vars.push(("FIGURINE_KEY_STORE_URL", keys.url()));
        }
        vars.extend(self.settings.iter().cloned());
        vars
    }

    pub(crate) fn node(&self) -> Process {
        self.node_at("127.0.0.1:0")
    }

    pub(crate) fn node_at(&self, listen: &str) -> Process {
        Process::start(self.folder.path(), &["serve"], &self.vars(listen, &self.engine.url))
    }

    /// The calls that one figure makes to its engine: path and body of each.
    pub(crate) async fn calls(&self, photo: &[u8]) -> Vec<(String, Vec<u8>)> {
        let engine = engine(self.folder.path(), &["--keep-bodies", "bodies"]);
        let node = Process::start(self.folder.path(), &["serve"], &self.vars("127.0.0.1:0", &engine.url));
        let caller = Caller::new(&node.url, &self.keys);
        caller.figure(0, photo).await;
        let told: Value = serde_json::from_slice(&caller.get(&format!("{}/__calls", engine.url)).await).unwrap();
        let mut calls = BTreeMap::new();
        for call in told.as_array().unwrap().iter().filter(|call| call["method"] == "POST") {
            let body = fs::read(self.folder.path().join(format!("bodies/{}.json", call["id"]))).unwrap();
            calls.insert(call["id"].as_u64().unwrap(), (call["path"].as_str().unwrap().to_owned(), body));
        }
        assert_eq!(calls.len(), 3, "analysis, prompt and image: {told:#}");
        calls.into_values().collect()
    }
}

fn engine(folder: &Path, more: &[&str]) -> Process {
    let args = ["simulator", "--listen", "127.0.0.1:0", "--fixed-image", "fixed.png"];
    Process::start(folder, &[&args[..], more].concat(), &[])
}

fn mint(folder: &Path, account: &str) -> String {
    let most = ["--rpm", "6000", "--burst", "1000", "--in-flight", "256", "--figures-per-day", "1000000"];
    let args = [&["keys", "mint", "--account", account, "--micro-usd-per-month", "100000000000"], &most[..]].concat();
    run(folder, &args, &[("FIGURINE_SIGNING_KEYS", "signing.pem".to_owned())])
}
