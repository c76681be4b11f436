//! Clients that leave, send too much, come too slowly or come all at once.

use std::time::Duration;

use figurine::domain::PlanLimits;
use futures_util::future::join_all;
use reqwest::{Body, Method};
use serde_json::Value;

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    delivery::curl,
    raw::Raw,
};

/// The sums of a key's running hour.
pub(crate) async fn this_hour(app: &TestApp, key: &str) -> Value {
    let answer = app.client.get(app.url("/v1/me")).bearer_auth(key).send().await.unwrap();
    json_of(answer, 200).await["this_hour"].take()
}

/// Looks until a sum of a key's hour is reached; entries are written just after their answer.
async fn wait_for_sum(app: &TestApp, name: &str, at_least: u64) -> Value {
    loop {
        let sums = this_hour(app, &app.key).await;
        if sums[name].as_u64().is_some_and(|sum| sum >= at_least) {
            return sums;
        }
    }
}

fn head(key: &str, more: &str) -> String {
    format!("POST /v1/figures HTTP/1.1\r\nHost: figurine\r\nAuthorization: Bearer {key}\r\n{more}\r\n\r\n")
}

fn whole(key: &str, photo: &[u8]) -> Vec<u8> {
    [head(key, &format!("Content-Length: {}", photo.len())).as_bytes(), photo].concat()
}

/// A request whose handler has begun to wait for its body, of which a part was sent.
async fn within_the_body(app: &TestApp) -> Raw {
    let mut raw = Raw::to(app.node.address()).await;
    raw.send(head(&app.key, "Content-Length: 100000\r\nExpect: 100-continue")).await;
    assert_eq!(raw.answer().await.status, 100);
    raw.send(&jpeg(320, 240)[..1_000]).await;
    raw
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_leaves_within_its_body_leaves_an_entry_and_nothing_else() {
    let app = TestApp::start().await;
    let raw = within_the_body(&app).await;
    raw.reset();
    wait_for_sum(&app, "refused_or_failed", 1).await;
    let mut raw = within_the_body(&app).await;
    raw.finish().await;
    raw.answer().await.problem(400, "malformed_request");
    let sums = wait_for_sum(&app, "refused_or_failed", 2).await;
    assert_eq!(sums["figures"], 0, "{sums:#}");
    assert!(app.memory().dump().is_empty());
    assert!(app.node.simulator().calls().is_empty());
}

/// The one figure under way.
fn only_figure(app: &TestApp) -> String {
    let kept = app.photos_kept();
    let names: Vec<_> = kept.iter().filter_map(|name| name.split(":spec:").nth(1)?.split(':').next()).collect();
    assert!(!names.is_empty() && names.iter().all(|name| *name == names[0]), "{kept:?}");
    names[0].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_whose_client_is_gone_is_made_and_purged_all_the_same() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let mut raw = Raw::to(app.node.address()).await;
    raw.send(whole(&app.key, &jpeg(320, 240))).await;
    app.node.simulator().wait_for_calls(1).await;
    let id = only_figure(&app);
    raw.reset();
    wait_for_sum(&app, "refused_or_failed", 1).await;
    app.node.simulator().release();
    let figure = app.ended(&id).await;
    assert_eq!(figure["status"], "succeeded", "{figure:#}");
    assert!(app.photos_kept().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_has_said_all_still_gets_its_figure() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let mut raw = Raw::to(app.node.address()).await;
    raw.send(whole(&app.key, &jpeg(320, 240))).await;
    raw.finish().await;
    app.node.simulator().wait_for_calls(1).await;
    app.node.simulator().release();
    let answer = raw.answer().await;
    assert_eq!((answer.status, &answer.json()["status"]), (201, &"succeeded".into()), "{answer:?}");
    assert_eq!(raw.rest().await, b"");
    wait_for_sum(&app, "figures", 1).await;
    assert!(app.photos_kept().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_upload_is_not_read_and_its_client_sees_the_answer() {
    let app = TestApp::start().await;
    let reader = app.key_with("figures:read");
    let upload = vec![7; 5_000_000];
    for (key, status, code) in [("nonsense", 401, "invalid_key"), (&reader, 403, "missing_scope")] {
        let mut raw = Raw::to(app.node.address()).await;
        raw.send(whole(key, &upload[..1_000_000])).await;
        let answer = raw.answer().await;
        answer.problem(status, code);
        assert_eq!(answer.headers["connection"], "close", "{answer:?}");
        raw.finish().await;
        assert_eq!(raw.rest().await, b"");
        let request = app.client.post(app.url("/v1/figures")).bearer_auth(key).body(upload.clone());
        problem_of(request.send().await.unwrap(), status, code).await;
    }
    let sums = loop {
        let sums = this_hour(&app, &reader).await;
        if sums["refused_or_failed"] == 2 {
            break sums;
        }
    };
    assert_eq!(sums["bytes_in"], 0, "{sums:#}");
    assert!(sums["bytes_out"].as_u64().unwrap() > 400, "two problems: {sums:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_sent_is_summed_for_figures_and_problems_and_not_for_head() {
    let app = TestApp::start().await;
    let path = "/v1/figures/fig_019ab2c3d4e57f60a1b2c3d4e5f60718";
    let problem = app.get(path).send().await.unwrap().bytes().await.unwrap();
    app.request(Method::HEAD, path).send().await.unwrap();
    app.request(Method::HEAD, "/v1/me").send().await.unwrap();
    let (mut asked, mut bytes) = (0, problem.len());
    loop {
        let text = app.get("/v1/me").send().await.unwrap().bytes().await.unwrap();
        let sums = serde_json::from_slice::<Value>(&text).unwrap()["this_hour"].take();
        // Entries are written just after their answer, those of these questions, too.
        if sums["requests"] == 3 + asked {
            return assert_eq!(sums["bytes_out"], bytes, "{sums:#}");
        }
        (asked, bytes) = (asked + 1, bytes + text.len());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_with_a_bad_key_and_a_large_upload_sees_the_answer() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("photo.jpg"), vec![7; 5_000_000]).unwrap();
    let url = app.url("/v1/figures");
    for expect in ["Expect:", "Expect: 100-continue"] {
        let args = [
            "-H",
            "Authorization: Bearer nonsense",
            "-H",
            expect,
            "--data-binary",
            "@photo.jpg",
            "-w",
            "\n%{http_code}",
            &url,
        ];
        let Some(output) = curl(folder.path(), &args).await else { return };
        assert!(output.status.success(), "{output:?}");
        let text = String::from_utf8(output.stdout).unwrap();
        let (problem, status) = text.rsplit_once('\n').unwrap();
        let problem: Value = serde_json::from_str(problem).unwrap();
        assert_eq!((status, &problem["code"]), ("401", &"invalid_key".into()), "{expect}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_upload_without_an_end_does_not_keep_its_connection() {
    let app = TestApp::start().await;
    let mut raw = Raw::to(app.node.address()).await;
    raw.send(head("nonsense", "Transfer-Encoding: chunked") + "3\r\nabc\r\n").await;
    let answer = raw.answer().await;
    answer.problem(401, "invalid_key");
    assert_eq!(answer.headers["connection"], "close", "{answer:?}");
    // The chunks never end; the server ends the connection.
    assert_eq!(raw.rest().await, b"");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_refused_upload_without_an_end_little_is_read() {
    let app = TestApp::start().await;
    for framing in ["Content-Length: 20000000", "Transfer-Encoding: chunked"] {
        let mut raw = Raw::to(app.node.address()).await;
        raw.send(head("nonsense", framing)).await;
        let piece = [&b"10000\r\n"[..], &vec![7; 0x1_0000], b"\r\n"].concat();
        let mut sent = 0;
        // What the system itself holds for both sides comes on top of the mebibyte that is read.
        while sent < 1_000 && raw.sends_within(&piece, Duration::from_secs(1)).await {
            sent += 1;
        }
        assert!(sent < 400, "{framing}: {sent} pieces of 64 KiB were taken");
        raw.answer().await.problem(401, "invalid_key");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_asks_before_it_sends_is_answered() {
    let app = TestApp::start().await;
    let photo = jpeg(320, 240);
    let expecting = format!("Content-Length: {}\r\nExpect: 100-continue", photo.len());
    let mut raw = Raw::to(app.node.address()).await;
    raw.send(head(&app.key, &expecting)).await;
    assert_eq!(raw.answer().await.status, 100);
    raw.send(&photo).await;
    assert_eq!(raw.answer().await.status, 201);
    let mut raw = Raw::to(app.node.address()).await;
    raw.send(head("nonsense", &expecting)).await;
    let mut answer = raw.answer().await;
    if answer.status == 100 {
        answer = raw.answer().await;
    }
    answer.problem(401, "invalid_key");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_sent_all_at_once_on_one_connection_are_answered_in_order() {
    let app = TestApp::start().await;
    let get = |path: &str| format!("GET {path} HTTP/1.1\r\nHost: figurine\r\n\r\n").into_bytes();
    let post = whole(&app.key, &jpeg(320, 240));
    let mut raw = Raw::to(app.node.address()).await;
    raw.send([get("/healthz"), post, get("/nowhere"), get("/v1/styles")].concat()).await;
    let mut statuses = Vec::new();
    for _ in 0..4 {
        statuses.push(raw.answer().await.status);
    }
    assert_eq!(statuses, [200, 201, 404, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_holds_up_nobody() {
    let app = TestApp::start().await;
    let ask = "GET /openapi.json HTTP/1.1\r\nHost: figurine\r\n\r\n";
    let mut lazy = Raw::to(app.node.address()).await;
    lazy.send(ask.repeat(300)).await;
    for _ in 0..20 {
        json_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 201).await;
    }
    for _ in 0..300 {
        assert_eq!(lazy.answer().await.status, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_head_that_comes_too_slowly_ends_its_connection_alone() {
    let app = TestApp::start().await;
    let mut raw = Raw::to(app.node.address()).await;
    raw.send("POST /v1/figures HTTP/1.1\r\nHost: fig").await;
    let mut steady = Raw::to(app.node.address()).await;
    steady.send("GET /healthz HTTP/1.1\r\nHost: figurine\r\n\r\n").await;
    assert_eq!(steady.answer().await.status, 200);
    raw.answer().await.problem(408, "body_too_slow");
    assert_eq!(raw.rest().await, b"");
    steady.send("GET /healthz HTTP/1.1\r\nHost: figurine\r\n\r\n").await;
    assert_eq!(steady.answer().await.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_figures_at_once_take_the_seats_there_are_and_lose_nothing() {
    let app = TestApp::start().await;
    let limits = PlanLimits::parse(Some(6_000), Some(1_000), Some(8), None, None).unwrap();
    let key = app.key_of("acme", |request| request.limits = limits);
    app.node.simulator().hold();
    let photo = bytes::Bytes::from(jpeg(160, 120));
    let submit = async || {
        let request = app.client.post(app.url("/v1/figures")).bearer_auth(&key).header("Prefer", "respond-async");
        request.body(Body::from(photo.clone())).send().await.unwrap()
    };
    let (taken, refused): (Vec<_>, Vec<_>) =
        join_all((0..100).map(|_| submit())).await.into_iter().partition(|answer| answer.status() == 202);
    assert_eq!(taken.len(), 8);
    for answer in refused {
        let wait = answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        // Without a seat no photo is read either, so the readers are never overloaded by one key.
        problem_of(answer, 429, "too_many_in_flight").await;
    }
    app.node.simulator().release();
    for answer in taken {
        let figure = json_of(answer, 202).await;
        assert_eq!(app.ended(figure["id"].as_str().unwrap()).await["status"], "succeeded");
    }
    assert!(app.photos_kept().is_empty());
    assert_eq!(submit().await.status(), 202);
}
