//! The trail of administrative acts.

use figurine::auth::inspect;
use reqwest::Method;
use serde_json::{Value, json};

use crate::app::{TestApp, json_of, problem_of};

async fn acts(app: &TestApp, key: &str, query: &str) -> Value {
    let asked = app.client.get(app.url(&format!("/v1/audit{query}"))).bearer_auth(key);
    json_of(asked.send().await.unwrap(), 200).await
}

#[tokio::test(flavor = "multi_thread")]
async fn administrative_acts_are_told_to_administrators_and_hold_nothing_of_anybody() {
    let app = TestApp::start().await;
    let admin = app.key_with("keys:admin");
    assert_eq!(acts(&app, &admin, "").await["data"], json!([]));
    let put = app.request(Method::PUT, "/v1/me/preferences").header("Content-Type", "application/json");
    let put = put.header("Figurine-End-User", "anna").body(r#"{"analytics":false}"#);
    json_of(put.send().await.unwrap(), 200).await;
    json_of(app.request(Method::DELETE, "/v1/me/data").send().await.unwrap(), 200).await;
    let told = acts(&app, &admin, "").await;
    let names: Vec<_> = told["data"].as_array().unwrap().iter().map(|act| act["act"].as_str().unwrap()).collect();
    assert_eq!(names, ["account_erased", "person_preferences_changed"], "{told:#}");
    let me = json_of(app.get("/v1/me").send().await.unwrap(), 200).await;
    for act in told["data"].as_array().unwrap() {
        let mut members: Vec<_> = act.as_object().unwrap().keys().map(String::as_str).collect();
        members.sort_unstable();
        assert_eq!(members, ["act", "at", "by", "id", "key", "object"], "{act:#}");
        assert_eq!((&act["by"], &act["key"]), (&me["id"], &Value::Null), "{act:#}");
    }
    let first = acts(&app, &admin, "?limit=1").await;
    let next = acts(&app, &admin, &format!("?limit=1&cursor={}", first["next_cursor"].as_str().unwrap())).await;
    assert_eq!((&first["data"][0], &next["data"][0]), (&told["data"][0], &told["data"][1]));
    assert_eq!(
        (&first["has_more"], &next["has_more"], &next["next_cursor"]),
        (&true.into(), &false.into(), &Value::Null)
    );
    // Another account's trail is its own, and nobody reads without the scope.
    let theirs = app.key_of("globex", |request| {
        request.scopes = figurine::domain::Scopes::parse("keys:admin").unwrap();
    });
    assert_eq!(acts(&app, &theirs, "").await["data"], json!([]));
    problem_of(app.get("/v1/audit").send().await.unwrap(), 403, "missing_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_mints_and_revokes_keys_stands_in_the_trail() {
    let app = TestApp::start().await;
    let admin = app.key_with("keys:admin figures:read");
    let of = |key: &str| json!(inspect(key, None).unwrap().key_id);
    let asked = |method, path: &str, key: &str| app.client.request(method, app.url(path)).bearer_auth(key);
    let wish = asked(Method::POST, "/v1/keys", &admin).header("Content-Type", "application/json").body("{}");
    let minted = json_of(wish.send().await.unwrap(), 201).await;
    let path = format!("/v1/keys/{}", minted["id"].as_str().unwrap());
    assert_eq!(asked(Method::DELETE, &path, &admin).send().await.unwrap().status(), 204);
    let own = asked(Method::POST, "/v1/keys/self/revoke", &app.key).send().await.unwrap();
    assert_eq!(own.status(), 204);
    let told = acts(&app, &admin, "").await;
    let told: Vec<_> =
        told["data"].as_array().unwrap().iter().map(|act| [&act["act"], &act["by"], &act["key"]]).collect();
    let (revoked, made) = (json!("key_revoked"), json!("key_minted"));
    let (own, by) = (of(&app.key), of(&admin));
    assert_eq!(told, [[&revoked, &own, &own], [&revoked, &by, &minted["id"]], [&made, &by, &minted["id"]]]);
}
