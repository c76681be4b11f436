//! `/v1/keys`: minting, showing and revoking keys; a revoked key is refused at once, wherever it is used.

use figurine::{
    auth::{generate_pem, inspect},
    domain::{KeyId, Mode, PlanLimits, Scopes},
};
use reqwest::{Method, RequestBuilder, Response};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    installation::SEAL_KEY,
    private_redis::PrivateRedis,
    program::run,
    sse::Events,
};

const ALL: &str = "figures:write figures:read usage:read privacy:manage keys:admin";

fn with(app: &TestApp, key: &str, method: Method, path: &str) -> RequestBuilder {
    app.client.request(method, app.url(path)).bearer_auth(key)
}

async fn mint(app: &TestApp, key: &str, body: Value) -> Response {
    with(app, key, Method::POST, "/v1/keys")
        .header("Content-Type", "application/json")
        .body(body.to_string())
        .send()
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_minted_key_is_shown_once_and_works_as_it_says() {
    let app = TestApp::start().await;
    let admin = app.key_with(ALL);
    let body =
        json!({"scopes": ["figures:read"], "days": 3, "mode": "test", "limits": {"rpm": 7, "figures_per_day": 0}});
    let answer = mint(&app, &admin, body).await;
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let minted = json_of(answer, 201).await;
    let text = minted["key"].as_str().unwrap();
    assert_eq!((&minted["mode"], &minted["scopes"]), (&json!("test"), &json!(["figures:read"])), "{minted:#}");
    assert_eq!((&minted["limits"]["rpm"], &minted["limits"]["burst"]), (&json!(7), &json!(20)), "{minted:#}");
    let me = json_of(with(&app, text, Method::GET, "/v1/me").send().await.unwrap(), 200).await;
    assert_eq!((&me["id"], &me["account"], &me["limits"]), (&minted["id"], &json!("acme"), &minted["limits"]));
    assert_eq!((&me["issued_at"], &me["expires_at"]), (&minted["issued_at"], &minted["expires_at"]));
    problem_of(with(&app, text, Method::POST, "/v1/figures").send().await.unwrap(), 403, "missing_scope").await;
    let shown = json_of(app.client.get(location).bearer_auth(&admin).send().await.unwrap(), 200).await;
    assert_eq!((&shown["status"], shown.get("key")), (&json!("active"), None), "{shown:#}");
    assert_eq!(shown["minted_by"], json!(inspect(&admin, None).unwrap().key_id));
    for (name, value) in app.memory().dump() {
        assert!(!String::from_utf8_lossy(&value).contains(text), "the key lies in {name}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_mints_nothing_that_it_has_not_itself() {
    let app = TestApp::start().await;
    let limits = PlanLimits::parse(Some(600), None, None, Some(10), None).unwrap();
    let of = |scopes: &str, mode| {
        app.key_of("acme", |request| {
            (request.scopes, request.mode, request.limits) = (Scopes::parse(scopes).unwrap(), mode, limits);
        })
    };
    let admin = of("figures:read keys:admin", Mode::Live);
    problem_of(mint(&app, &admin, json!({"scopes": ["figures:write"]})).await, 403, "missing_scope").await;
    let problem =
        problem_of(mint(&app, &admin, json!({"limits": {"figures_per_day": 11}})).await, 422, "invalid_option").await;
    assert_eq!(problem["errors"][0]["pointer"], "/limits~1figures_per_day", "{problem:#}");
    let usual = json_of(mint(&app, &admin, json!({})).await, 201).await;
    assert_eq!(
        (&usual["scopes"], &usual["limits"]["figures_per_day"]),
        (&json!(["figures:read"]), &json!(10)),
        "{usual:#}"
    );
    let test = of(ALL, Mode::Test);
    problem_of(mint(&app, &test, json!({"mode": "live"})).await, 422, "invalid_option").await;
    assert_eq!(json_of(mint(&app, &test, json!({})).await, 201).await["mode"], "test");
    problem_of(mint(&app, &app.key, json!({})).await, 403, "missing_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wish_that_makes_no_sense_is_refused_with_all_its_faults() {
    let app = TestApp::start().await;
    let admin = app.key_with(ALL);
    let wrong = json!({"scopes": ["figures:*"], "days": 366, "mode": "both", "limits": {"rpm": 0}, "name": "x"});
    let problem = problem_of(mint(&app, &admin, wrong).await, 422, "unknown_field").await;
    assert_eq!(problem["errors"].as_array().unwrap().len(), 5, "{problem:#}");
    for (body, status, code) in
        [("", 400, "malformed_json"), ("{", 400, "malformed_json"), ("[]", 422, "invalid_option")]
    {
        let asked = with(&app, &admin, Method::POST, "/v1/keys").header("Content-Type", "application/json");
        problem_of(asked.body(body).send().await.unwrap(), status, code).await;
    }
    let asked = with(&app, &admin, Method::POST, "/v1/keys").body("{}");
    problem_of(asked.send().await.unwrap(), 415, "unsupported_media_type").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_are_listed_from_their_minting_or_first_use_and_by_their_own_account_alone() {
    let app = TestApp::start().await;
    let (admin, other) =
        (app.key_with(ALL), app.key_of("other", |request| request.scopes = Scopes::parse(ALL).unwrap()));
    let never_used = app.key_of("acme", |_| {});
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(json_of(mint(&app, &admin, json!({})).await, 201).await["id"].clone());
    }
    with(&app, &app.key, Method::GET, "/v1/me").send().await.unwrap();
    let mut listed = Vec::new();
    let mut cursor = String::new();
    loop {
        let path = format!("/v1/keys?limit=2{cursor}");
        let page = json_of(with(&app, &admin, Method::GET, &path).send().await.unwrap(), 200).await;
        assert!(page["data"].as_array().unwrap().len() <= 2, "{page:#}");
        listed.extend(page["data"].as_array().unwrap().iter().map(|key| key["id"].clone()));
        match page["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    for known in [&admin, &app.key] {
        ids.push(json!(inspect(known, None).unwrap().key_id));
    }
    ids.sort_by_key(|id| std::cmp::Reverse(id.as_str().unwrap().to_owned()));
    assert_eq!(listed, ids);
    assert!(!listed.contains(&json!(inspect(&never_used, None).unwrap().key_id)));
    let path = format!("/v1/keys/{}", ids[0].as_str().unwrap());
    for method in [Method::GET, Method::DELETE] {
        problem_of(with(&app, &other, method, &path).send().await.unwrap(), 404, "not_found").await;
    }
    assert_eq!(with(&app, &admin, Method::GET, &path).send().await.unwrap().status(), 200, "nobody else revoked it");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_key_is_refused_at_once_and_stays_known_as_revoked() {
    let app = TestApp::start().await;
    let admin = app.key_with(ALL);
    let minted = json_of(mint(&app, &admin, json!({})).await, 201).await;
    let (text, path) = (minted["key"].as_str().unwrap(), format!("/v1/keys/{}", minted["id"].as_str().unwrap()));
    assert_eq!(with(&app, text, Method::GET, "/v1/me").send().await.unwrap().status(), 200);
    for _ in 0..2 {
        assert_eq!(with(&app, &admin, Method::DELETE, &path).send().await.unwrap().status(), 204);
    }
    let refused = with(&app, text, Method::GET, "/v1/me").send().await.unwrap();
    assert!(refused.headers()["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    problem_of(refused, 401, "revoked_key").await;
    let shown = json_of(with(&app, &admin, Method::GET, &path).send().await.unwrap(), 200).await;
    assert_eq!((&shown["status"], shown["revoked_at"].is_string()), (&json!("revoked"), true), "{shown:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_holds_a_key_can_revoke_it_whatever_it_may_do() {
    let app = TestApp::start().await;
    let leaked = app.key_with("usage:read");
    let answer = with(&app, &leaked, Method::POST, "/v1/keys/self/revoke").send().await.unwrap();
    assert_eq!(answer.status(), 204);
    problem_of(with(&app, &leaked, Method::GET, "/v1/me").send().await.unwrap(), 401, "revoked_key").await;
}

/// Nodes that share a Redis, each with its own signing keys.
struct Nodes {
    redis: PrivateRedis,
    folder: TempDir,
}

impl Nodes {
    fn new() -> Self {
        let nodes = Self { redis: PrivateRedis::start(), folder: tempfile::tempdir().unwrap() };
        for name in ["old.pem", "new.pem"] {
            std::fs::write(nodes.path(name), generate_pem().unwrap().as_str()).unwrap();
        }
        let founded = nodes.program(&["check", "--found"]);
        assert!(founded.status.success(), "{founded:?}");
        nodes
    }

    fn path(&self, name: &str) -> String {
        self.folder.path().join(name).to_str().unwrap().to_owned()
    }

    fn vars(&self, keys: &[&str]) -> Vec<(&'static str, String)> {
        let keys: Vec<_> = keys.iter().map(|name| self.path(name)).collect();
        vec![
            ("FIGURINE_STORE_URL", self.redis.url()),
            ("FIGURINE_SIGNING_KEYS", keys.join(",")),
            ("FIGURINE_SEAL_KEYS", SEAL_KEY.to_owned()),
            ("FIGURINE_INDEX_KEYS", SEAL_KEY.to_owned()),
        ]
    }

    async fn start(&self, keys: &[&str]) -> TestApp {
        let vars = self.vars(keys);
        let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        TestApp::with(&vars, |_| {}).await
    }

    fn program(&self, args: &[&str]) -> std::process::Output {
        let vars = self.vars(&["old.pem"]);
        let vars: Vec<_> = vars.iter().map(|(name, value)| (*name, value.as_str())).collect();
        run(&self.folder, args, &vars)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_on_one_node_ends_what_another_is_answering_and_outlives_both() {
    let nodes = Nodes::new();
    let (one, two) = (nodes.start(&["old.pem"]).await, nodes.start(&["old.pem"]).await);
    let key = two.key.clone();
    let id = json_of(with(&two, &key, Method::GET, "/v1/me").send().await.unwrap(), 200).await["id"].clone();
    let id = id.as_str().unwrap();
    one.node.simulator().hold();
    two.node.simulator().hold();
    let figure = two.submit().await;
    let path = format!("/v1/figures/{figure}");
    let mut stream = Events::of(&two, &figure, None).await;
    stream.next().await.expect("what has happened comes at once");
    let begun = std::time::Instant::now();
    let revoke = async {
        let revoked = tokio::task::block_in_place(|| nodes.program(&["keys", "revoke", id]));
        assert!(revoked.status.success(), "{revoked:?}");
    };
    // The wait is asked for before the revocation begins.
    let (poll, ()) = tokio::join!(two.get(&path).header("Prefer", "wait=20").send(), revoke);
    stream.rest().await;
    problem_of(poll.unwrap(), 401, "revoked_key").await;
    assert!(begun.elapsed() < std::time::Duration::from_secs(10), "long before the wait and the heartbeat end");
    for app in [&one, &two] {
        problem_of(with(app, &key, Method::GET, "/v1/me").send().await.unwrap(), 401, "revoked_key").await;
        app.node.simulator().release();
    }
    one.node.stop().await;
    two.node.stop().await;
    let after = nodes.start(&["old.pem"]).await;
    problem_of(with(&after, &key, Method::GET, "/v1/me").send().await.unwrap(), 401, "revoked_key").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_by_the_operator_stands_in_the_trail_of_the_installation() {
    let nodes = Nodes::new();
    let app = nodes.start(&["old.pem"]).await;
    let id = KeyId::random().to_string();
    let revoked = nodes.program(&["keys", "revoke", &id]);
    assert!(revoked.status.success(), "{revoked:?}");
    let admin = app.key_with(ALL);
    let told = json_of(with(&app, &admin, Method::GET, "/v1/audit").send().await.unwrap(), 200).await;
    let newest = &told["data"][0];
    assert_eq!((&newest["act"], &newest["by"], &newest["key"]), (&json!("key_revoked"), &Value::Null, &json!(id)));
}

#[tokio::test(flavor = "multi_thread")]
async fn signing_keys_change_without_a_pause() {
    let nodes = Nodes::new();
    let before = nodes.start(&["old.pem"]).await;
    let old = before.key.clone();
    // First every node learns to verify the new key; then one after the other signs with it; then the old one goes.
    let (learned, signing) = (nodes.start(&["old.pem", "new.pem"]).await, nodes.start(&["new.pem", "old.pem"]).await);
    let new = signing.key.clone();
    assert_ne!(inspect(&old, None).unwrap().kid, inspect(&new, None).unwrap().kid);
    for app in [&learned, &signing] {
        for key in [&old, &new] {
            let figure = with(app, key, Method::POST, "/v1/figures").body(jpeg(64, 64)).send().await.unwrap();
            json_of(figure, 201).await;
        }
    }
    problem_of(with(&before, &new, Method::GET, "/v1/me").send().await.unwrap(), 401, "invalid_key").await;
    let last = nodes.start(&["new.pem"]).await;
    assert_eq!(with(&last, &new, Method::GET, "/v1/me").send().await.unwrap().status(), 200);
    problem_of(with(&last, &old, Method::GET, "/v1/me").send().await.unwrap(), 401, "invalid_key").await;
}

#[test]
fn a_signing_key_is_made_before_there_are_settings_that_name_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = [("FIGURINE_STORE_URL", "redis://127.0.0.1:1")];
    let made = run(&folder, &["keys", "generate", "--out", "signing.pem"], &store);
    assert!(made.status.success(), "{made:?}");
    assert!(folder.path().join("signing.pem").exists());
}
