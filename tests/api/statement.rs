//! The privacy statement says what is true of a store that was used.

use std::collections::BTreeMap;

use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{TestApp, jpeg, json_of},
    two_nodes::Nodes,
};

async fn statement(app: &TestApp) -> Value {
    json_of(app.client.get(app.url("/v1/privacy")).send().await.unwrap(), 200).await
}

/// The longest time in seconds of each kind; `None` for one without an end.
fn kept(statement: &Value) -> BTreeMap<String, Option<u64>> {
    let records = statement["records"].as_array().unwrap().iter();
    records.map(|record| (record["kind"].as_str().unwrap().to_owned(), record["kept_seconds"].as_u64())).collect()
}

/// The kind of a record, by its name.
fn kind(name: &str) -> &str {
    if name.contains(":dek:") {
        return "dek";
    }
    let rest = name.strip_prefix("fig:").unwrap();
    let rest = if rest.starts_with('{') { rest.split_once("}:").unwrap().1 } else { rest };
    rest.split(':').next().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_record_in_the_store_is_named_with_a_time_that_it_keeps_to() {
    let nodes = Nodes::new();
    let app = nodes.start_with(&[("FIGURINE_UPLOAD_TTL_SECONDS", "120"), ("FIGURINE_JOBS_IN_FLIGHT", "1")]).await;
    app.node.simulator().hold();
    let figure = app.post("", jpeg(320, 240)).header("Idempotency-Key", "p-1").header("Figurine-End-User", "anna");
    json_of(figure.header("Prefer", "respond-async").send().await.unwrap(), 202).await;
    app.upload(jpeg(320, 240)).await;
    app.node.simulator().wait_for_calls(1).await;
    app.submit().await;
    let under_way = assert_kept_to(&nodes, &statement(&app).await);
    for kind in ["photo", "dek", "spec", "jobs", "due", "wait", "turns", "gate", "places", "keys"] {
        assert!(under_way.contains(&kind.to_owned()), "{kind} is not among {under_way:?}");
    }
    app.node.simulator().release();
    json_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 201).await;
    let put = app.request(Method::PUT, "/v1/me/preferences").header("Content-Type", "application/json");
    json_of(put.body(json!({"analytics": true}).to_string()).send().await.unwrap(), 200).await;
    let statement = statement(&app).await;
    let seen = assert_kept_to(&nodes, &statement);
    for kind in
        ["record", "image", "receipt", "events", "job", "idem", "upload", "held", "who", "use", "seen", "pref", "audit"]
    {
        assert!(seen.contains(&kind.to_owned()), "{kind} is not among {seen:?}");
    }
}

/// That everything in the store is of a kind that is named, and goes by then; gives the kinds that were seen.
fn assert_kept_to(nodes: &Nodes, statement: &Value) -> Vec<String> {
    let kept = kept(statement);
    let mut redis = nodes.redis.raw();
    let names: Vec<String> = redis::cmd("KEYS").arg("*").query(&mut redis).unwrap();
    let mut seen = Vec::new();
    for name in names {
        let kind = kind(&name);
        let most = kept.get(kind).unwrap_or_else(|| panic!("{name} is of a kind that is not named"));
        let left: i64 = redis::cmd("PTTL").arg(&name).query(&mut redis).unwrap();
        match most {
            // -2: it has gone since.
            Some(seconds) => assert!(
                (-2..=i64::try_from(seconds * 1_000).unwrap()).contains(&left) && left != -1,
                "{name}: {left} of {seconds} s"
            ),
            None => assert!(left < 0, "{name} has an end: {left}"),
        }
        seen.push(kind.to_owned());
    }
    seen
}

#[tokio::test(flavor = "multi_thread")]
async fn the_statement_follows_the_settings() {
    let embedded = TestApp::start().await;
    let usual = statement(&embedded).await;
    assert_eq!((&usual["third_parties"], &usual["operator"]["name"]), (&json!([]), &Value::Null), "{usual:#}");
    assert_eq!(usual["stores"][0]["kind"], "memory");
    let set = [
        ("FIGURINE_RESULT_TTL_SECONDS", "77"),
        ("FIGURINE_OPERATOR", "Acme"),
        ("FIGURINE_PRIVACY_CONTACT", "privacy@acme.example"),
        ("GEMINI_API_KEY", "not-a-real-key"),
        ("FIGURINE_GEMINI_TIER", "paid"),
    ];
    let other = TestApp::with(&set, |_| {}).await;
    let told = statement(&other).await;
    // What was made waits for its end until ten minutes past the deadline.
    assert_eq!((kept(&told)["image"], kept(&usual)["image"]), (Some(300 + 600), Some(3_600 + 60)));
    assert_eq!(told["operator"]["contact"], "privacy@acme.example", "{told:#}");
    assert_eq!(told["third_parties"][0]["endpoint"], "generativelanguage.googleapis.com", "{told:#}");
    let grades: Vec<_> =
        told["claims"].as_array().unwrap().iter().map(|claim| claim["grade"].as_str().unwrap()).collect();
    assert!(grades.iter().all(|grade| ["measured", "configured", "declared"].contains(grade)), "{grades:?}");
    assert!(told["not_covered"].as_array().unwrap().len() >= 3, "{told:#}");
}
