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
