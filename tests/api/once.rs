//! Requests that are to be done once.

use figurine::{
    domain::PlanLimits,
    simulator::{CallKind, Spoil, Step},
};
use futures_util::future::join_all;
use reqwest::{RequestBuilder, Response};

use crate::app::{Form, TestApp, jpeg, json_of, problem_of};

fn keyed(app: &TestApp, query: &str, key: &str) -> RequestBuilder {
    app.post(query, jpeg(320, 240)).header("Idempotency-Key", key)
}

fn replayed(answer: &Response) -> bool {
    answer.headers().get("idempotency-replayed").is_some_and(|value| value == "true")
}

fn renders(app: &TestApp) -> usize {
    app.node.simulator().calls().iter().filter(|call| call.kind == CallKind::Image).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_twins_make_one_job_and_one_render() {
    let app = TestApp::start().await;
    let answers = join_all((0..100).map(|_| keyed(&app, "?style=anime", "order-1").send())).await;
    let mut ids = Vec::new();
    let mut replays = 0;
    for answer in answers {
        let answer = answer.unwrap();
        replays += usize::from(replayed(&answer));
        ids.push(json_of(answer, 201).await["id"].as_str().unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!((ids.len(), replays, renders(&app)), (1, 99, 1));
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_in_another_form_is_the_same_and_another_meaning_is_refused() {
    let app = TestApp::start().await;
    let first = json_of(keyed(&app, "?style=anime", "\"order 2\"").send().await.unwrap(), 201).await;
    let form = Form::default().text("style", "anime").file("image", &jpeg(320, 240));
    let again = app.post_form(form).header("Idempotency-Key", "order 2");
    let again = again.send().await.unwrap();
    assert!(replayed(&again));
    assert_eq!(json_of(again, 201).await["id"], first["id"]);
    let other = keyed(&app, "?style=chibi", "order 2").send().await.unwrap();
    problem_of(other, 422, "idempotency_mismatch").await;
    let photo = app.post("?style=anime", jpeg(320, 241)).header("Idempotency-Key", "order 2").send().await.unwrap();
    problem_of(photo, 422, "idempotency_mismatch").await;
    assert_eq!(renders(&app), 1);
    let stranger = app.key_of("else", |_| {});
    let theirs = app.client.post(app.url("/v1/figures?style=anime")).bearer_auth(stranger).body(jpeg(320, 240));
    let theirs = theirs.header("Idempotency-Key", "order 2").send().await.unwrap();
    assert!(!replayed(&theirs), "keys are an account's own");
    assert_ne!(json_of(theirs, 201).await["id"], first["id"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_does_not_use_the_key_up_and_neither_does_a_failure_that_may_pass() {
    let app = TestApp::start().await;
    problem_of(keyed(&app, "?style=nothing", "order-3").send().await.unwrap(), 422, "invalid_option").await;
    app.node.simulator().script(vec![Step::new(Spoil::NoImage).of(CallKind::Image).times(10)]);
    let failed = problem_of(keyed(&app, "", "order-3").send().await.unwrap(), 502, "no_image_produced").await;
    app.ended(failed["figure"].as_str().unwrap()).await;
    app.node.simulator().script(Vec::new());
    let made = keyed(&app, "", "order-3").send().await.unwrap();
    assert!(!replayed(&made));
    assert_ne!(json_of(made, 201).await["id"], failed["figure"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_that_will_not_pass_is_told_again() {
    let app = TestApp::start().await;
    let reason = "IMAGE_SAFETY".to_owned();
    app.node.simulator().script(vec![Step::new(Spoil::BlockedOutput { reason }).of(CallKind::Image)]);
    let first = problem_of(keyed(&app, "", "order-4").send().await.unwrap(), 422, "blocked_figure").await;
    let again = problem_of(keyed(&app, "", "order-4").send().await.unwrap(), 422, "blocked_figure").await;
    assert_eq!((&again["figure"], renders(&app)), (&first["figure"], 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_joins_the_figure_under_way_and_takes_no_seat() {
    let app = TestApp::start().await;
    let limits = PlanLimits::parse(None, None, Some(1), None, None).unwrap();
    let one_seat = app.key_of("acme", |request| request.limits = limits);
    app.node.simulator().hold();
    let post = |key: &str| {
        let request = app.client.post(app.url("/v1/figures")).bearer_auth(&one_seat).body(jpeg(320, 240));
        request.header("Idempotency-Key", key.to_owned()).header("Prefer", "respond-async").send()
    };
    let first = json_of(post("order-5").await.unwrap(), 202).await;
    let again = post("order-5").await.unwrap();
    assert!(replayed(&again));
    assert_eq!(json_of(again, 202).await["id"], first["id"]);
    problem_of(post("order-6").await.unwrap(), 429, "too_many_in_flight").await;
    app.node.simulator().release();
    app.ended(first["id"].as_str().unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retry_after_the_result_has_gone_is_told_so_and_makes_nothing() {
    let app = TestApp::start().await;
    let figure = json_of(keyed(&app, "?retention_seconds=60", "order-7").send().await.unwrap(), 201).await;
    app.clock.advance(std::time::Duration::from_secs(61));
    let again = keyed(&app, "?retention_seconds=60", "order-7").send().await.unwrap();
    let problem = problem_of(again, 410, "figure_expired").await;
    let receipt = format!("/v1/figures/{}/receipt", figure["id"].as_str().unwrap());
    assert!(problem["detail"].as_str().unwrap().contains(&receipt), "{problem:#}");
    assert_eq!(app.get(&receipt).send().await.unwrap().status(), 200);
    assert_eq!(renders(&app), 1);
    app.clock.advance(std::time::Duration::from_secs(24 * 3_600));
    let fresh = keyed(&app, "?retention_seconds=60", "order-7").send().await.unwrap();
    assert!(!replayed(&fresh), "a key is remembered for a day");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_cannot_be_read_is_refused() {
    let app = TestApp::start().await;
    for key in ["", "\"", &"x".repeat(256)] {
        problem_of(keyed(&app, "", key).send().await.unwrap(), 400, "malformed_request").await;
    }
    let twice = keyed(&app, "", "a").header("Idempotency-Key", "b").send().await.unwrap();
    problem_of(twice, 400, "malformed_request").await;
}
