//! One line for each request, with a closed set of members.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::{
    app::{jpeg, json_of},
    program::{client, keys, serve},
};

#[tokio::test(flavor = "multi_thread")]
async fn a_request_is_one_line_of_members_that_the_privacy_statement_names() {
    let folder = tempfile::tempdir().unwrap();
    let [key, _] = keys(&folder);
    let vars = [("FIGURINE_SIGNING_KEYS", "signing.pem"), ("FIGURINE_LOG_FORMAT", "json")];
    let (running, url) = serve(&folder, &vars);
    let get = |path: &str| client().get(format!("{url}{path}"));
    let statement = json_of(get("/v1/privacy").send().await.unwrap(), 200).await;
    let named: BTreeSet<_> =
        statement["logged_fields"].as_array().unwrap().iter().map(|it| it.as_str().unwrap()).collect();
    let agent = "curl/8.5.0 secret-of-anna";
    let made = client().post(format!("{url}/v1/figures?style=anime")).bearer_auth(&key).body(jpeg(64, 64));
    json_of(made.header("User-Agent", agent).header("Figurine-End-User", "anna").send().await.unwrap(), 201).await;
    get("/v1/figures/secret-of-anna?prompt=secret-of-anna").header("User-Agent", agent).send().await.unwrap();
    let mut seen = BTreeSet::new();
    for _ in 0..3 {
        let line = running.line_with("figurine::ledger");
        assert!(!line.contains("anna") && !line.contains("127.0.0.1"), "{line}");
        let entry: Value = serde_json::from_str(&line).unwrap();
        seen.extend(entry.as_object().unwrap().keys().cloned());
        if entry["route"] == "/v1/figures" {
            assert_eq!(
                (&entry["client"], &entry["device"], &entry["status"]),
                (&"curl 8".into(), &"program".into(), &201.into())
            );
            assert!(entry["request.bytes"].as_u64().unwrap() > 100 && entry["account"].is_string(), "{line}");
        }
    }
    let seen: BTreeSet<_> = seen.iter().map(String::as_str).collect();
    assert_eq!(seen, named);
}

/// What lines may hold that tell of something else than a request as a whole.
const OF_FAILURES: [&str; 20] = [
    "timestamp",
    "level",
    "message",
    "target",
    "span",
    "spans",
    "name",
    "http.method",
    "request.id",
    "trace.id",
    "figure.id",
    "code",
    "stage",
    "cause",
    "error",
    "kind",
    "model",
    "failure",
    "attempt",
    "finish_message.size_bytes",
];

#[tokio::test(flavor = "multi_thread")]
async fn lines_about_failures_hold_ids_codes_and_stages_and_nothing_of_a_person() {
    let folder = tempfile::tempdir().unwrap();
    let [_, test_key] = keys(&folder);
    let vars = [("FIGURINE_SIGNING_KEYS", "signing.pem"), ("FIGURINE_LOG_FORMAT", "json")];
    let (running, url) = serve(&folder, &vars);
    let scenarios = ["internal", "overloaded", "blocked_photo", "engine_misconfigured", "upstream_garbled"];
    for scenario in scenarios {
        let asked = client().post(format!("{url}/v1/figures?style=anime")).bearer_auth(&test_key).body(jpeg(64, 64));
        let asked = asked.header("Figurine-Scenario", scenario).header("User-Agent", "of-anna/1");
        let answer = asked.header("Figurine-End-User", "anna").send().await.unwrap();
        assert!(answer.status().as_u16() >= 400, "{answer:?}");
        running.line_with("figurine::ledger");
    }
    let lines: Vec<Value> = running.said().iter().filter_map(|line| serde_json::from_str(line).ok()).collect();
    let of = |target: &str| lines.iter().filter(|line| line["target"] == target).count();
    assert!(of("figurine::http::record") >= 3 && of("figurine::worker") >= 3, "{lines:#?}");
    for line in &lines {
        assert!(!line.to_string().contains("anna") && !line.to_string().contains("\"127."), "{line}");
        let spans = line["spans"].as_array().into_iter().flatten().chain(Some(line));
        let members = spans.flat_map(|part| part.as_object().unwrap().keys());
        for member in members.filter(|_| line["target"].as_str().unwrap().starts_with("figurine::")) {
            assert!(OF_FAILURES.contains(&member.as_str()), "{member} in {line}");
        }
    }
}
