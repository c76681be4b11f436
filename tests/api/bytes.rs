//! Answers that are an image's bytes, and headers that clients act by.

use figurine::simulator::{CallKind, Instead, Spoil, Step};

use crate::app::{TestApp, jpeg, json_of, problem_of};

#[tokio::test(flavor = "multi_thread")]
async fn the_usual_misspelling_of_jpeg_gets_its_image() {
    let app = TestApp::start().await;
    let answer = app.post("", jpeg(64, 64)).header("Accept", "image/jpg").send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert_eq!(answer.headers()["content-type"], "image/jpeg");
    assert!(answer.bytes().await.unwrap().starts_with(&[0xff, 0xd8, 0xff]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_success_never_lacks_its_image_whatever_the_caller_has_already() {
    let app = TestApp::start().await;
    let asked = app.post("", jpeg(64, 64)).header("Accept", "image/png").header("If-None-Match", "*");
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(answer.bytes().await.unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_the_caller_has_is_not_sent_again_and_not_kept_by_others() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    app.ended(&id).await;
    let path = format!("/v1/figures/{id}/images/0");
    let first = app.get(&path).send().await.unwrap();
    let second = app.get(&path).header("If-None-Match", first.headers()["etag"].clone()).send().await.unwrap();
    assert_eq!(second.status(), 304);
    for name in ["etag", "cache-control"] {
        assert_eq!(second.headers()[name], first.headers()[name]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_yet_leads_to_itself() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let path = format!("/v1/figures/{}/images/1", app.submit().await);
    let answer = app.get(&path).header("Prefer", "wait=0").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    assert!(answer.headers()["location"].to_str().unwrap().ends_with(&path), "{:?}", answer.headers());
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn to_read_the_image_of_a_figure_that_has_failed_again_is_told_as_vain() {
    let app = TestApp::start().await;
    let limited = Instead::RateLimited { retry_delay_seconds: Some(3_600.0), retry_after_seconds: None };
    for (act, status, code) in [
        (Instead::BadJson, 502, "upstream_garbled"),
        (Instead::DeadlineExpired, 504, "upstream_timeout"),
        (Instead::QuotaZero, 502, "engine_misconfigured"),
        // The engine's pause is kept from then on.
        (limited, 503, "upstream_rate_limited"),
    ] {
        app.node.simulator().script(vec![Step::new(act).of(CallKind::Image).times(10)]);
        let id = app.submit().await;
        let own = app.ended(&id).await["problem"].clone();
        assert_eq!(own["code"], code, "{own:#}");
        assert_eq!(own["retryable"], code != "engine_misconfigured", "a new figure may succeed: {own:#}");
        for _ in 0..2 {
            let answer = app.get(&format!("/v1/figures/{id}/images/0")).send().await.unwrap();
            assert_eq!(answer.headers()["x-should-retry"], "false", "{answer:?}");
            let told = problem_of(answer, status, code).await;
            assert_eq!(told["retryable"], false, "this image will never be there: {told:#}");
            assert_eq!((&told["detail"], &told["figure"]), (&own["detail"], &id.as_str().into()), "{told:#}");
        }
        let after = json_of(app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 200).await;
        assert_eq!(after["problem"], own, "the figure's own problem is what it was");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn clients_are_told_where_retrying_is_vain() {
    let app = TestApp::start().await;
    app.node.simulator().script(vec![Step::new(Instead::QuotaZero).of(CallKind::Image).times(10)]);
    let answer = app.post("", jpeg(64, 64)).send().await.unwrap();
    assert_eq!(answer.headers()["x-should-retry"], "false");
    problem_of(answer, 502, "engine_misconfigured").await;
    app.node.simulator().script(vec![Step::new(Spoil::NoImage).of(CallKind::Image).times(10)]);
    let answer = app.post("", jpeg(64, 64)).send().await.unwrap();
    assert!(!answer.headers().contains_key("x-should-retry"));
    problem_of(answer, 502, "no_image_produced").await;
}
