//! `retention_seconds=0`: a result goes with its first complete delivery.

use std::time::{Duration, Instant};

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{TestApp, jpeg, json_of, problem_of};

fn post(app: &TestApp, query: &str) -> RequestBuilder {
    app.post(&format!("?retention_seconds=0{query}"), jpeg(320, 240))
}

/// Waits until a path answers 410: erasing begins when the answer was sent.
async fn gone(app: &TestApp, path: &str) -> Value {
    let limit = Instant::now() + Duration::from_secs(10);
    loop {
        let answer = app.get(path).send().await.unwrap();
        if answer.status() == 410 {
            return problem_of(answer, 410, "figure_deleted").await;
        }
        assert!(Instant::now() < limit, "{path} is still there: {}", answer.text().await.unwrap());
    }
}

/// That nothing is left but receipts, and what remembers requests.
fn assert_only_receipts(app: &TestApp) {
    let left: Vec<_> = app.memory().dump().into_keys().collect();
    assert!(left.iter().all(|name| name.contains(":receipt:") || name.contains(":idem:")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_in_the_answer_are_the_last_of_them() {
    let app = TestApp::start().await;
    let answer = post(&app, "").header("Accept", "image/png").header("Idempotency-Key", "e-1").send().await.unwrap();
    assert_eq!(answer.status(), 201);
    let path = format!("/v1/figures/{}", answer.headers()["figurine-id"].to_str().unwrap());
    assert!(answer.bytes().await.unwrap().starts_with(b"\x89PNG"));
    gone(&app, &path).await;
    assert_only_receipts(&app);
    assert_eq!(app.get(&format!("{path}/receipt")).send().await.unwrap().status(), 200);
    let calls = app.node.simulator().calls().len();
    let again = post(&app, "").header("Accept", "image/png").header("Idempotency-Key", "e-1").send().await.unwrap();
    problem_of(again, 410, "figure_deleted").await;
    assert_eq!(app.node.simulator().calls().len(), calls, "nothing is made again");
}

#[tokio::test(flavor = "multi_thread")]
async fn images_in_the_json_are_the_last_of_them() {
    let app = TestApp::start().await;
    let figure = json_of(post(&app, "&delivery=inline&n=2").send().await.unwrap(), 201).await;
    assert_eq!((&figure["options"]["retention_seconds"], figure["images"].as_array().unwrap().len()), (&0.into(), 2));
    assert!(figure["images"][1]["data"].is_string());
    gone(&app, figure["links"]["self"].as_str().unwrap()).await;
    assert_only_receipts(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn linked_images_go_one_by_one_as_they_are_fetched_whole() {
    let app = TestApp::start().await;
    let figure = json_of(post(&app, "&n=2").send().await.unwrap(), 201).await;
    let path = figure["links"]["self"].as_str().unwrap();
    let image = |index: u32| format!("{path}/images/{index}");
    for index in [0, 1] {
        assert_eq!(app.request(Method::HEAD, &image(index)).send().await.unwrap().status(), 200);
        assert_eq!(app.get(&image(index)).header("Range", "bytes=0-9").send().await.unwrap().status(), 206);
        assert_eq!(json_of(app.get(path).send().await.unwrap(), 200).await["status"], "succeeded");
        let whole = app.get(&image(index)).send().await.unwrap();
        assert_eq!(whole.bytes().await.unwrap().len() as u64, figure["images"][index as usize]["bytes"]);
        let images = || app.memory().dump().into_keys().filter(|name| name.contains(":image:")).count();
        let limit = Instant::now() + Duration::from_secs(10);
        while images() > 2 * (1 - index as usize) {
            assert!(Instant::now() < limit, "image {index} is still there");
            tokio::task::yield_now().await;
        }
    }
    gone(&app, path).await;
    assert_only_receipts(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_fetches_goes_after_a_minute() {
    let app = TestApp::start().await;
    let figure = json_of(post(&app, "").send().await.unwrap(), 201).await;
    let path = figure["links"]["self"].as_str().unwrap();
    app.clock.advance(Duration::from_secs(50));
    assert_eq!(json_of(app.get(path).send().await.unwrap(), 200).await["status"], "succeeded");
    app.clock.advance(Duration::from_secs(11));
    problem_of(app.get(path).send().await.unwrap(), 410, "figure_expired").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_for_later_delivers_nothing_and_so_keeps_something() {
    let app = TestApp::start().await;
    let problem =
        problem_of(post(&app, "").header("Prefer", "respond-async").send().await.unwrap(), 422, "invalid_option").await;
    assert_eq!(problem["errors"][0]["pointer"], "/retention_seconds", "{problem:#}");
    assert!(app.memory().dump().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn analyses_and_prompts_are_given_and_kept_nowhere() {
    let app = TestApp::start().await;
    for (path, key) in [("/v1/analyses", "e-2"), ("/v1/prompts", "e-3")] {
        let ask = || app.request(Method::POST, &format!("{path}?retention_seconds=0")).body(jpeg(320, 240));
        let made = json_of(ask().header("Idempotency-Key", key).send().await.unwrap(), 200).await;
        assert_eq!(made["options"]["retention_seconds"], json!(0), "{made:#}");
        let limit = Instant::now() + Duration::from_secs(10);
        while app.memory().dump().into_keys().any(|name| name.contains(":record:")) {
            assert!(Instant::now() < limit, "it is still there");
            tokio::task::yield_now().await;
        }
        assert_only_receipts(&app);
        problem_of(ask().header("Idempotency-Key", key).send().await.unwrap(), 410, "figure_deleted").await;
    }
}
