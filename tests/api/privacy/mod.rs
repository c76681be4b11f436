//! The promise, searched for: marked photos, words and keys go every way that there is, and none of them lies anywhere in
//! clear, while a figure is made or afterwards. Before that, each is found where it must be, so that the search is known
//! to look in the right places.

mod marks;
mod search;

use std::time::{Duration, Instant};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use figurine::simulator::{CallKind, Carry, Simulator, SimulatorSettings, Spoil, Step};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use tempfile::TempDir;

use self::{
    marks::{Marks, holds, photos_in, with_words},
    search::{Place, files, found, lasting, names, values},
};
use crate::{
    app::{Form, jpeg, json_of, png, problem_of},
    installation::{Installation, Node},
    private_redis::PrivateRedis,
    program::{run, url_in},
};

const EXIF: &str = "exif-mark-81c5d0e2";
const PROMPT: &str = "a prompt-mark-3f9be7a1 with wings";
const METADATA: &str = "metadata-mark-6b20fd44";
const PERSON: &str = "person-mark-c07e95ab";
const ONCE: &str = "once-mark-1d4478f6";
const ACCOUNT: &str = "account-mark-95e3";
const AGENT: &str = "agent-mark-20aa/7.1 (device-mark-77f1)";
const GEMINI_KEY: &str = "gemini-key-mark-b8d1f3";

struct Search {
    it: Installation,
    marks: Marks,
    /// Bodies that the engine has received.
    bodies: TempDir,
    /// Where a node's temporary files would lie.
    temporary: TempDir,
    key: String,
    nodes: Vec<Node>,
    metrics_at: Vec<String>,
    /// What each node has told of its metrics.
    metrics: Vec<Place>,
}

fn minted(it: &Installation) -> String {
    let mint = ["keys", "mint", "--account", ACCOUNT, "--rpm", "6000", "--burst", "1000"];
    let minted = run(&it.folder, &mint, &[("FIGURINE_SIGNING_KEYS", "signing.pem")]);
    String::from_utf8(minted.stdout).unwrap().trim().to_owned()
}

impl Search {
    async fn start() -> Self {
        let kept = ["--appendonly", "yes", "--appendfsync", "always", "--rdbcompression", "no"];
        let mut it = Installation::new(PrivateRedis::start_with(&kept), Some(PrivateRedis::start())).await;
        let bodies = tempfile::tempdir().unwrap();
        let settings = SimulatorSettings {
            fixed_image: Some(png(64, 64).into()),
            keep_bodies: Some(bodies.path().to_owned()),
            ..SimulatorSettings::default()
        };
        it.engine = Simulator::start(settings).await.unwrap();
        it.found();
        let key = minted(&it);
        let mut marks = Marks::default();
        for (what, words) in [
            ("EXIF", EXIF),
            ("prompt", PROMPT),
            ("metadata", METADATA),
            ("person", PERSON),
            ("idempotency key", ONCE),
            ("account", ACCOUNT),
            ("user agent", AGENT),
            ("Gemini's key", GEMINI_KEY),
        ] {
            marks.words(what, words);
        }
        key.split('.').for_each(|part| marks.words("API key", &part[..part.len().min(60)]));
        Self {
            it,
            marks,
            bodies,
            temporary: tempfile::tempdir().unwrap(),
            key,
            nodes: Vec::new(),
            metrics_at: Vec::new(),
            metrics: Vec::new(),
        }
    }

    fn node(&mut self, more: &[(&str, &str)]) -> usize {
        let temporary = self.temporary.path().to_str().unwrap();
        let own = [("TMPDIR", temporary), ("GEMINI_API_KEY", GEMINI_KEY), ("FIGURINE_LOG", "trace")];
        let node = self.it.node_with(&[&own[..], more].concat());
        self.metrics_at.push(url_in(&node.process.line_with("Metrics: ")) + "/metrics");
        self.nodes.push(node);
        self.nodes.len() - 1
    }

    fn request(&self, node: usize, method: Method, path: &str) -> RequestBuilder {
        let request = crate::program::client().request(method, format!("{}{path}", self.nodes[node].url));
        request.bearer_auth(&self.key).header("User-Agent", AGENT)
    }

    fn get(&self, path: &str) -> RequestBuilder {
        self.request(0, Method::GET, path)
    }

    /// A photo that nobody else has, and its marks.
    fn photo(&mut self, side: u32) -> Vec<u8> {
        let photo = with_words(&jpeg(side, side), EXIF);
        self.marks.file("a photo as it came", &photo);
        photo
    }

    /// A request for a figure with all that can be said.
    fn order(&mut self, node: usize, side: u32) -> RequestBuilder {
        let data = STANDARD.encode(self.photo(side));
        let body =
            json!({"image": {"data": data}, "prompt": PROMPT, "metadata": {"note": METADATA}, "end_user": PERSON});
        self.json(node, "/v1/figures", &body).header("Idempotency-Key", format!("{ONCE}-{side}"))
    }

    fn json(&self, node: usize, path: &str, body: &Value) -> RequestBuilder {
        let request = self.request(node, Method::POST, path).header("Content-Type", "application/json");
        request.body(body.to_string())
    }

    /// What a caller was told of its photo and its person is a mark, too.
    fn learn(&mut self, figure: &Value) {
        if let Some(summary) = figure["analysis"]["summary"].as_str() {
            self.marks.words("summary", summary);
        }
        if let Some(prompt) = figure["prompt"].as_str() {
            self.marks.words("written prompt", &prompt.chars().take(60).collect::<String>());
        }
        if let Some(salt) = figure["upload"]["commitment_salt"].as_str() {
            self.marks.words("salt", salt);
        }
    }

    /// Waits for an end and learns from it.
    async fn ended(&mut self, id: &str) -> Value {
        loop {
            let answer = self.get(&format!("/v1/figures/{id}")).header("Prefer", "wait=10").send().await.unwrap();
            let figure = json_of(answer, 200).await;
            if !figure["upload"]["purged_at"].is_null() {
                self.learn(&figure);
                return figure;
            }
        }
    }

    /// Asks every node that is there for its metrics.
    async fn ask_for_metrics(&mut self) {
        for (node, url) in self.metrics_at.iter().enumerate() {
            let told = crate::program::client().get(url).send().await.unwrap().text().await.unwrap();
            assert!(told.contains("figurine_"), "node {node}: {told}");
            self.metrics.push((format!("the metrics of node {node}"), told.into_bytes()));
        }
    }

    /// Every place.
    fn places(&self) -> Vec<Place> {
        let mut places = self.metrics.clone();
        for redis in [&self.it.redis, self.it.key_redis.as_ref().unwrap()] {
            redis::cmd("SAVE").query::<()>(&mut redis.raw()).unwrap();
            places.extend(values(redis));
            places.extend(files(redis.dir()));
        }
        places.extend(files(self.temporary.path()));
        let of_node = files(self.it.folder.path());
        places.extend(of_node.into_iter().filter(|(file, _)| !file.ends_with("signing.pem")));
        for node in &self.nodes {
            places.extend(node.process.said().into_iter().map(|line| (format!("the line {line}"), line.into_bytes())));
        }
        places
    }

    /// That nothing is anywhere in clear, and nothing without an end.
    fn assert_nothing_in_clear(&mut self, when: &str) -> Vec<Place> {
        for photo in photos_in(self.bodies.path()) {
            self.marks.file("a photo as it was sent out", &photo);
        }
        let places = self.places();
        let found = found(&self.marks, &places);
        assert!(found.is_empty(), "{when}: {} places: {:#?}", found.len(), &found[..found.len().min(5)]);
        for redis in [&self.it.redis, self.it.key_redis.as_ref().unwrap()] {
            assert!(lasting(redis).is_empty(), "{when}: {:?} never go", lasting(redis));
        }
        places
    }
}

/// Searches for something that was put into every kind of place, and finds it in each.
fn assert_the_search_finds(it: &Search) {
    let mut control = Marks::default();
    control.words("control", "control-mark-0a1b2c3d");
    let mark = "control-mark-0a1b2c3d";
    let commands = [
        vec!["SET", "control:string", mark],
        vec!["HSET", "control:hash", "field", mark],
        vec!["RPUSH", "control:list", "x", mark],
        vec!["SADD", "control:set", mark],
        vec!["ZADD", "control:zset", "1", mark],
        vec!["XADD", "control:stream", "*", "field", mark],
    ];
    let mut raw = it.it.redis.raw();
    for words in &commands {
        redis::cmd(words[0]).arg(&words[1..]).query::<redis::Value>(&mut raw).unwrap();
    }
    std::fs::write(it.temporary.path().join("control"), mark).unwrap();
    let found = found(&control, &it.places());
    for place in
        ["string control:", "hash control:", "list control:", "set control:", "zset control:", "stream control:"]
    {
        assert!(found.iter().any(|told| told.contains(place)), "{place}: {found:#?}");
    }
    for place in ["dump.rdb", ".aof", "/control"] {
        assert!(found.iter().any(|told| told.ends_with(place)), "{place}: {found:#?}");
    }
    for words in &commands {
        redis::cmd("DEL").arg(words[1]).query::<()>(&mut raw).unwrap();
    }
    // What was appended stays in its file, which is searched for other marks.
    std::fs::remove_file(it.temporary.path().join("control")).unwrap();
}

/// While the engine draws: marks are where they must be, and nowhere else.
async fn mid_flight(it: &mut Search) {
    it.it.engine.script(vec![Step::new(Carry::NeverAnswers).of(CallKind::Image)]);
    let order = it.order(0, 211).header("Prefer", "respond-async");
    let id = json_of(order.send().await.unwrap(), 202).await["id"].as_str().unwrap().to_owned();
    it.it.engine.wait_for_calls(3).await;
    let limit = Instant::now() + Duration::from_secs(10);
    while photos_in(it.bodies.path()).len() < 2 {
        assert!(Instant::now() < limit, "the bodies are written down");
    }
    let bodies: Vec<u8> = files(it.bodies.path()).into_iter().flat_map(|(_, body)| body).collect();
    let sent = photos_in(it.bodies.path()).remove(0);
    assert!(holds(&bodies, PROMPT.as_bytes()), "the engine got the prompt");
    assert!(!holds(&sent, EXIF.as_bytes()) && !holds(&bodies, EXIF.as_bytes()), "and no EXIF");
    for word in [METADATA, PERSON, ONCE, ACCOUNT] {
        assert!(!holds(&bodies, word.as_bytes()), "nor {word}");
    }
    let pixels = image::load_from_memory(&sent).unwrap().to_rgb8();
    let [red, green, blue] = pixels.get_pixel(105, 105).0;
    assert!(red > 150 && green > 70 && blue < 80, "the photo's own pixels: {red} {green} {blue}");
    it.ask_for_metrics().await;
    let places = it.assert_nothing_in_clear("mid-flight");

    let (name, sealed) = places.iter().find(|(place, _)| place.contains(":photo:")).expect("the sealed photo");
    assert!(sealed.len() > sent.len(), "{name}: all of it");
    let middle = &sealed[sealed.len() / 2..][..48];
    for place in ["dump.rdb", ".aof"] {
        let file = places.iter().any(|(file, bytes)| file.ends_with(place) && holds(bytes, middle));
        assert!(file, "the sealed photo is in {place}");
    }
    let deleted = it.request(0, Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    assert_eq!(it.ended(&id).await["status"], "canceled");
}

/// Figures that end well: as bytes, as JSON that is deleted, by form and inline, kept for no time.
async fn successes(it: &mut Search) {
    let photo = it.photo(212);
    let raw = it.request(0, Method::POST, "/v1/figures?style=anime").header("Accept", "image/png").body(photo);
    let answer = raw.send().await.unwrap();
    let image = answer.bytes().await.unwrap();
    assert!(image.starts_with(b"\x89PNG"), "{}", String::from_utf8_lossy(&image));
    it.marks.file("an image", &image);
    let made = json_of(it.order(0, 213).send().await.unwrap(), 201).await;
    it.learn(&made);
    assert_eq!(made["metadata"]["note"], METADATA, "a caller gets its own words: {made:#}");
    let deleted = it.request(0, Method::DELETE, made["links"]["self"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let form = Form::default().text("prompt", PROMPT).text("delivery", "inline").file("image", &it.photo(214));
    let form = it.request(0, Method::POST, "/v1/figures").header("Content-Type", Form::TYPE).body(form.body());
    let made = json_of(form.send().await.unwrap(), 201).await;
    it.learn(&made);
    let photo = it.photo(215);
    let short = it.request(0, Method::POST, "/v1/figures?retention_seconds=0&delivery=inline").body(photo);
    json_of(short.send().await.unwrap(), 201).await;
}

/// Figures that end without an image.
async fn failures(it: &mut Search) {
    let blocked = || Spoil::BlockedOutput { reason: "IMAGE_SAFETY".to_owned() };
    let refused = || Spoil::BlockedInput { reason: "PROHIBITED_CONTENT".to_owned() };
    let scripts = [
        (Step::new(Spoil::NoImage).of(CallKind::Image).times(10), 502, "no_image_produced"),
        (Step::new(Spoil::BadJsonText).of(CallKind::Analysis).times(10), 502, "upstream_garbled"),
        (Step::new(blocked()).of(CallKind::Image).times(10), 422, "blocked_figure"),
        (Step::new(refused()).of(CallKind::Analysis).times(10), 422, "blocked_photo"),
    ];
    for ((step, status, code), side) in scripts.into_iter().zip(220..) {
        it.it.engine.script(vec![step]);
        let problem = problem_of(it.order(0, side).send().await.unwrap(), status, code).await;
        it.ended(problem["figure"].as_str().unwrap()).await;
    }
    it.it.engine.script(Vec::new());
    it.it.engine.hold();
    let late = it.node(&[("FIGURINE_JOB_DEADLINE_SECONDS", "2"), ("FIGURINE_MAX_WAIT_SECONDS", "1")]);
    let order = it.order(late, 230).header("Prefer", "respond-async");
    let id = json_of(order.send().await.unwrap(), 202).await["id"].as_str().unwrap().to_owned();
    assert_eq!(it.ended(&id).await["problem"]["code"], "deadline_exceeded");
    it.it.engine.release();
}

/// Photos kept ahead of use: taken, deleted, past their time; analyses and prompts alone.
async fn uploads_and_studies(it: &mut Search) {
    let short = it.node(&[("FIGURINE_UPLOAD_TTL_SECONDS", "1")]);
    let mut ids = Vec::new();
    for (node, side) in [(0, 240), (0, 241), (short, 242)] {
        let photo = it.photo(side);
        let kept = it.request(node, Method::POST, "/v1/uploads").body(photo).send().await.unwrap();
        ids.push(json_of(kept, 201).await["id"].as_str().unwrap().to_owned());
    }
    let analysis = it.json(0, "/v1/analyses", &json!({"image": {"upload_id": ids[0]}}));
    let analysis = json_of(analysis.send().await.unwrap(), 200).await;
    it.learn(&analysis);
    let prompt = json!({"analysis": analysis["analysis"], "prompt": PROMPT, "style": "anime"});
    let prompt = json_of(it.json(0, "/v1/prompts", &prompt).send().await.unwrap(), 200).await;
    it.learn(&prompt);
    let taken = it.json(0, "/v1/figures", &json!({"image": {"upload_id": ids[0]}, "prompt": PROMPT}));
    let made = json_of(taken.send().await.unwrap(), 201).await;
    it.learn(&made);
    let deleted = it.request(0, Method::DELETE, &format!("/v1/uploads/{}", ids[1])).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    let limit = Instant::now() + Duration::from_secs(10);
    while it.get(&format!("/v1/uploads/{}", ids[2])).send().await.unwrap().status() != 410 {
        assert!(Instant::now() < limit, "the upload's time is over");
    }
}

/// Requests that are refused, and name what they must not.
async fn refusals(it: &mut Search) {
    let photo = it.photo(250);
    let key = it.key.clone();
    let wrong = format!("{}x", &key[..key.len() - 1]);
    let plain = |path: &str| crate::program::client().post(format!("{}{path}", it.nodes[0].url)).body(photo.clone());
    let mut answers = vec![
        plain(&format!("/v1/figures?key={key}")).send().await.unwrap(),
        plain("/v1/figures").bearer_auth(&wrong).send().await.unwrap(),
        it.request(0, Method::POST, &format!("/v1/figures?prompt={PROMPT}")).body(photo.clone()).send().await.unwrap(),
        it.request(0, Method::POST, "/v1/figures").body(format!("<html>{PROMPT}</html>")).send().await.unwrap(),
        it.request(0, Method::POST, "/v1/figures").body(photo[..photo.len() / 2].to_vec()).send().await.unwrap(),
        it.get(&format!("/v1/figures/{PROMPT}")).send().await.unwrap(),
    ];
    for body in [format!("{{\"prompt\": \"{PROMPT}\""), json!({METADATA: PROMPT}).to_string()] {
        let json = it.request(0, Method::POST, "/v1/figures").header("Content-Type", "application/json");
        answers.push(json.body(body).send().await.unwrap());
    }
    for answer in answers {
        assert!((400..500).contains(&answer.status().as_u16()), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn marked_photos_words_and_keys_are_found_nowhere_in_clear_whatever_the_end() {
    let mut it = Search::start().await;
    it.node(&[]);
    assert_the_search_finds(&it);
    mid_flight(&mut it).await;
    it.it.engine.script(Vec::new());
    successes(&mut it).await;
    failures(&mut it).await;
    uploads_and_studies(&mut it).await;
    refusals(&mut it).await;
    it.ask_for_metrics().await;
    it.nodes.iter().for_each(|node| node.process.terminate());
    let places = it.assert_nothing_in_clear("at the end");

    let requests =
        places.iter().filter(|(line, _)| line.starts_with("the line") && line.contains("/v1/figures")).count();
    assert!(requests > 10, "requests are logged: {requests}");
    let left = |redis: &PrivateRedis| {
        let names = names(redis).into_iter().map(|name| String::from_utf8(name).unwrap());
        names.filter(|name| [":photo:", ":spec:"].iter().any(|part| name.contains(part))).collect::<Vec<_>>()
    };
    assert_eq!([left(&it.it.redis), left(it.it.key_redis.as_ref().unwrap())].concat(), Vec::<String>::new());
}
