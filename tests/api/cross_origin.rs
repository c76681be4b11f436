//! What browsers are told: which origins may call, and to do nothing with answers beyond what was asked for.

use reqwest::{Method, Response};

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    raw::Raw,
};

const OURS: &str = "https://app.example.com";

fn told(answer: &Response, name: &str) -> String {
    answer.headers().get(name).map_or_else(String::new, |value| value.to_str().unwrap().to_lowercase())
}

async fn ask(app: &TestApp, origin: &str) -> Response {
    app.client
        .request(Method::OPTIONS, app.url("/v1/figures"))
        .header("Origin", origin)
        .header("Access-Control-Request-Method", "POST")
        .header("Access-Control-Request-Headers", "authorization,content-type,idempotency-key,prefer")
        .send()
        .await
        .unwrap()
}

/// Whether an answer lets no page read it. Which headers such a page could see may be said all the same.
fn lets_nobody(answer: &Response) -> bool {
    answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-allow"))
}

#[tokio::test(flavor = "multi_thread")]
async fn pages_of_listed_origins_may_call_and_read_every_header() {
    let app =
        TestApp::with(&[("FIGURINE_CORS_ORIGINS", "https://app.example.com, http://localhost:5173")], |_| {}).await;
    for origin in [OURS, "http://localhost:5173"] {
        let may = ask(&app, origin).await;
        assert_eq!((may.status().as_u16(), told(&may, "access-control-allow-origin").as_str()), (204, origin));
        assert!(told(&may, "access-control-allow-methods").contains("post"), "{may:?}");
        let headers = told(&may, "access-control-allow-headers");
        assert!(["authorization", "idempotency-key", "prefer"].iter().all(|name| headers.contains(name)), "{headers}");
        assert_eq!(told(&may, "access-control-allow-credentials"), "");
        assert!(may.headers().contains_key("x-request-id"), "{may:?}");
    }
    let made = app.post("", jpeg(64, 64)).header("Origin", OURS).send().await.unwrap();
    assert_eq!((made.status().as_u16(), told(&made, "access-control-allow-origin").as_str()), (201, OURS));
    let exposed = told(&made, "access-control-expose-headers");
    assert!(["location", "x-request-id", "server-timing"].iter().all(|name| exposed.contains(name)), "{exposed}");
    let refused = app.post("?size=9K", jpeg(64, 64)).header("Origin", OURS).send().await.unwrap();
    assert_eq!(told(&refused, "access-control-allow-origin"), OURS, "a page may read why it was refused");
    assert!(told(&refused, "vary").contains("origin"), "{refused:?}");
    problem_of(refused, 422, "invalid_option").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_told_to_other_origins_and_to_none_where_none_are_listed() {
    let app = TestApp::with(&[("FIGURINE_CORS_ORIGINS", OURS)], |_| {}).await;
    for origin in ["https://app.example.com.evil.test", "http://app.example.com", "null", "*"] {
        let refused = ask(&app, origin).await;
        assert!(lets_nobody(&refused), "{origin}: {refused:?}");
        problem_of(refused, 400, "malformed_request").await;
        assert!(lets_nobody(&app.get("/v1/me").header("Origin", origin).send().await.unwrap()), "{origin}");
    }
    let app = TestApp::start().await;
    let (asked, got) = (ask(&app, OURS).await, app.get("/v1/me").header("Origin", OURS).send().await.unwrap());
    assert_eq!(asked.status(), 204);
    for answer in [asked, got] {
        assert!(answer.headers().keys().all(|name| !name.as_str().starts_with("access-control-")), "{answer:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_keeps_browsers_to_what_was_asked_for() {
    let app = TestApp::start().await;
    let figure = json_of(app.post("", jpeg(64, 64)).send().await.unwrap(), 201).await;
    let image = figure["images"][0]["href"].as_str().unwrap();
    let of = |path: &str| app.get(path).send();
    let mut answers = vec![
        of(image).await.unwrap(),
        of("/v1/styles").await.unwrap(),
        of("/openapi.json").await.unwrap(),
        of("/nowhere").await.unwrap(),
        of("/v1/figures?limit=0").await.unwrap(),
        app.client.get(app.url("/v1/me")).send().await.unwrap(),
        app.request(Method::OPTIONS, "/v1/me").send().await.unwrap(),
        app.request(Method::PATCH, "/v1/me").send().await.unwrap(),
    ];
    answers.push(app.request(Method::DELETE, figure["links"]["self"].as_str().unwrap()).send().await.unwrap());
    for answer in answers {
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
            ("referrer-policy", "no-referrer"),
            ("cross-origin-resource-policy", "same-origin"),
            ("strict-transport-security", ""),
        ] {
            assert_eq!(told(&answer, name), value, "{answer:?}");
        }
        let public = ["/v1/styles", "/openapi.json"].iter().any(|path| answer.url().path() == *path);
        assert_eq!(told(&answer, "cache-control").contains("no-store"), !public, "{answer:?}");
    }
    // What is refused before it is a request has them, too.
    let mut raw = Raw::to(app.node.address()).await;
    raw.send("nonsense\r\n\r\n").await;
    let answer = raw.answer().await;
    answer.problem(400, "malformed_request");
    assert_eq!(answer.headers["x-content-type-options"], "nosniff", "{answer:?}");
}
