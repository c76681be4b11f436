//! What every route does, whatever it is for.

use std::collections::BTreeMap;

use actix_web::{App, HttpResponse, middleware::from_fn, test as actix, web};
use figurine::http::record;
use reqwest::{Method, Response};

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    raw::Raw,
};

/// Every route with the methods that it has; `{id}` is a finished figure's.
const ROUTES: [(&str, &str); 24] = [
    ("/v1/figures", "GET, HEAD, POST, OPTIONS"),
    ("/v1/figures/{id}", "GET, HEAD, DELETE, OPTIONS"),
    ("/v1/figures/{id}/images/0", "GET, HEAD, OPTIONS"),
    ("/v1/figures/{id}/events", "GET, HEAD, OPTIONS"),
    ("/v1/figures/{id}/receipt", "GET, HEAD, OPTIONS"),
    ("/v1/uploads", "POST, OPTIONS"),
    ("/v1/analyses", "POST, OPTIONS"),
    ("/v1/prompts", "POST, OPTIONS"),
    ("/v1/me", "GET, HEAD, OPTIONS"),
    ("/v1/me/data", "GET, HEAD, DELETE, OPTIONS"),
    ("/v1/me/preferences", "GET, HEAD, PUT, OPTIONS"),
    ("/v1/usage", "GET, HEAD, OPTIONS"),
    ("/v1/audit", "GET, HEAD, OPTIONS"),
    ("/v1/privacy", "GET, HEAD, OPTIONS"),
    ("/v1/keys", "GET, HEAD, POST, OPTIONS"),
    ("/v1/keys/key_019ab2c3d4e57f60a1b2c3d4e5f60718", "GET, HEAD, DELETE, OPTIONS"),
    ("/v1/keys/self/revoke", "POST, OPTIONS"),
    ("/v1/styles", "GET, HEAD, OPTIONS"),
    ("/v1/models", "GET, HEAD, OPTIONS"),
    ("/openapi.json", "GET, HEAD, OPTIONS"),
    ("/.well-known/jwks.json", "GET, HEAD, OPTIONS"),
    ("/problems/not_found", "GET, HEAD, OPTIONS"),
    ("/healthz", "GET, HEAD, OPTIONS"),
    ("/readyz", "GET, HEAD, OPTIONS"),
];

async fn with_figure() -> (TestApp, String) {
    let app = TestApp::start().await;
    let id = app.submit().await;
    app.ended(&id).await;
    (app, id)
}

/// The headers of an answer that do not change from one to the next.
fn lasting(answer: &Response) -> BTreeMap<String, String> {
    let passed = ["date", "traceparent", "x-request-id", "ratelimit"];
    let headers = answer.headers().iter().filter(|(name, _)| !passed.contains(&name.as_str()));
    headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_is_its_get_without_the_body() {
    let (app, id) = with_figure().await;
    let missing = ("/v1/figures/fig_019ab2c3d4e57f60a1b2c3d4e5f60718", "GET, HEAD");
    for (path, _) in ROUTES.iter().chain([&missing]).filter(|(_, methods)| methods.contains("HEAD")) {
        let path = path.replace("{id}", &id);
        let get = app.get(&path).send().await.unwrap();
        let head = app.request(Method::HEAD, &path).send().await.unwrap();
        assert_eq!(get.status(), head.status(), "{path}");
        let (mut of_get, mut of_head) = (lasting(&get), lasting(&head));
        let length = get.text().await.map_or(0, |text| text.len());
        if ["/v1/me", "/v1/me/data", "/v1/usage"].contains(&path.as_str()) {
            // What it counts changes with each request.
            assert!(of_get.remove("content-length").is_some() && of_head.remove("content-length").is_some());
        } else if !path.contains("images") && !path.contains("events") {
            assert_eq!(of_head["content-length"], length.to_string(), "{path}");
        }
        assert_eq!(of_get, of_head, "{path}");
        assert_eq!(head.bytes().await.unwrap().len(), 0, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_route_tells_its_methods_and_refuses_others() {
    let (app, id) = with_figure().await;
    let methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "TRACE", "BREW"];
    for (path, allowed) in ROUTES {
        let path = path.replace("{id}", &id);
        let answer = app.client.request(Method::OPTIONS, app.url(&path)).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), &answer.headers()["allow"]), (204, &allowed.parse().unwrap()), "{path}");
        for method in methods.into_iter().filter(|method| !allowed.contains(method)) {
            let request = app.request(method.parse().unwrap(), &path);
            let answer = request.send().await.unwrap();
            assert_eq!(answer.headers()["allow"], allowed, "{method} {path}");
            if method == "HEAD" {
                assert_eq!(answer.status(), 405, "{path}");
            } else {
                problem_of(answer, 405, "method_not_allowed").await;
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_problem_names_a_page_that_answers() {
    let app = TestApp::start().await;
    let problem = problem_of(app.get("/nowhere").send().await.unwrap(), 404, "not_found").await;
    let page = json_of(app.client.get(problem["type"].as_str().unwrap()).send().await.unwrap(), 200).await;
    for member in ["code", "title", "status", "retryable"] {
        assert_eq!(page[member], problem[member], "{page:#}");
    }
    problem_of(app.get("/problems/nonsense").send().await.unwrap(), 404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn errors_are_problems_whatever_is_acceptable() {
    let app = TestApp::start().await;
    for accept in ["image/png", "text/html", "application/json"] {
        problem_of(app.get("/nowhere").header("Accept", accept).send().await.unwrap(), 404, "not_found").await;
        let bad = app.client.post(app.url("/v1/figures")).header("Accept", accept).body(jpeg(64, 64));
        problem_of(bad.send().await.unwrap(), 401, "missing_key").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_parsed_is_refused_as_a_problem_too() {
    let app = TestApp::start().await;
    // As long as the longest head that is read, and without an end.
    let mut long = "GET / HTTP/1.1\r\nHost: figurine\r\nX-Padding: ".to_owned();
    long += &"a".repeat(131_072 - long.len());
    let unsound = [
        "nonsense\r\n\r\n",
        "GET / HTTP/9.9\r\n\r\n",
        "GET / HTTP/1.1\r\nno colon\r\n\r\n",
        "POST /v1/figures HTTP/1.1\r\nContent-Length: x\r\n\r\n",
        "POST /v1/figures HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        "POST /v1/figures HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /v1/figures HTTP/1.0\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        &long,
    ];
    for request in unsound {
        let mut raw = Raw::to(app.node.address()).await;
        raw.send("GET /healthz HTTP/1.1\r\nHost: figurine\r\n\r\n").await;
        assert_eq!(raw.answer().await.status, 200);
        raw.send(request).await;
        let answer = raw.answer().await;
        let problem = answer.problem(400, "malformed_request");
        assert_eq!(answer.headers["x-request-id"], problem["request_id"].as_str().unwrap(), "{problem:#}");
        assert_eq!(answer.headers["connection"], "close", "{answer:?}");
        assert_eq!(raw.rest().await, b"", "{request:.60}");
    }
}

async fn panicking() -> HttpResponse {
    panic!("on purpose")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_is_an_internal_problem_and_the_server_lives() {
    let app = TestApp::start().await;
    let (api, panics) = (app.node.api().clone(), web::get().to(panicking));
    let service = actix::init_service(App::new().app_data(api).wrap(from_fn(record)).route("/panic", panics)).await;
    for _ in 0..2 {
        let request = actix::TestRequest::get().uri("/panic").to_request();
        let error = actix::try_call_service(&service, request).await.err().unwrap();
        let answer = error.error_response();
        assert_eq!(answer.status(), 500);
        assert_eq!(answer.headers().get("content-type").unwrap(), "application/problem+json");
        let body = actix_web::body::to_bytes(answer.into_body()).await.unwrap();
        let problem: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!((&problem["code"], &problem["instance"]), (&"internal".into(), &"/panic".into()), "{problem:#}");
        assert!(!problem.to_string().contains("on purpose"));
    }
}
