//! Whatever the end of a figure, its photo is gone.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use bytes::Bytes;
use figurine::{
    domain::Mode,
    flow::{Ending, Made},
    simulator::{CallKind, Spoil, Step},
    store::{CancelOutcome, Store, StoreKey},
};
use reqwest::Method;
use serde_json::Value;

use crate::app::{TestApp, jpeg, json_of, problem_of};

/// What must hold once a figure has ended.
async fn assert_purged(app: &TestApp, figure: &Value) {
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
    let id = figure["id"].as_str().unwrap();
    let receipt = app.get(&format!("/v1/figures/{id}/receipt")).send().await.unwrap();
    assert_eq!(receipt.status(), 200);
    assert_eq!(receipt.text().await.unwrap(), figure["upload"]["receipt"].as_str().unwrap());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_in_gives_a_figure_and_no_photo_stays() {
    let app = TestApp::start().await;
    let answer = app.post("?style=anime&aspect_ratio=3:4", jpeg(320, 240)).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let figure = json_of(answer, 201).await;
    assert_eq!(figure["status"], "succeeded", "{figure:#}");
    assert!(location.ends_with(figure["links"]["self"].as_str().unwrap()));
    assert_eq!(figure["options"]["style"], "anime");
    assert_eq!(figure["engine"]["name"], "offline");
    assert_eq!(figure["provenance"]["ai_generated"], false);
    assert_eq!(figure["cost"]["charged_micro_usd"], 0, "the offline engine costs nothing: {figure:#}");
    assert_purged(&app, &figure).await;
    let image = app.get(figure["images"][0]["href"].as_str().unwrap()).send().await.unwrap();
    assert_eq!(image.headers()["content-type"], "image/png");
    assert_eq!(
        image.bytes().await.unwrap().len(),
        usize::try_from(figure["images"][0]["bytes"].as_u64().unwrap()).unwrap()
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_in_the_store_while_its_figure_is_made_and_not_in_clear() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let held = app.memory().dump();
    assert!(held.keys().any(|name| name.contains(":photo:")), "{:?}", held.keys());
    for (name, value) in &held {
        assert!(!value.windows(3).any(|bytes| bytes == [0xff, 0xd8, 0xff]), "a JPEG in {name}");
        assert!(!value.windows(9).any(|bytes| bytes == b"pvc-scale"), "words in {name}");
    }
    app.node.simulator().release();
    let figure = app.ended(&id).await;
    assert_purged(&app, &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_the_engine_purges_and_is_told_as_problem() {
    let app = TestApp::start().await;
    app.node.simulator().script(vec![Step::new(Spoil::NoImage).of(CallKind::Image).times(10)]);
    let answer = app.post("", jpeg(320, 240)).send().await.unwrap();
    let problem = problem_of(answer, 502, "no_image_produced").await;
    assert_eq!(problem["stage"], "render", "{problem:#}");
    let id = problem["figure"].as_str().unwrap();
    let figure = app.ended(id).await;
    assert_eq!((&figure["status"], &figure["problem"]["code"]), (&"failed".into(), &"no_image_produced".into()));
    assert_purged(&app, &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_by_policy_purges_and_names_its_category() {
    let app = TestApp::start().await;
    let reason = "IMAGE_SAFETY".to_owned();
    app.node.simulator().script(vec![Step::new(Spoil::BlockedOutput { reason }).of(CallKind::Image)]);
    let answer = app.post("", jpeg(320, 240)).send().await.unwrap();
    let problem = problem_of(answer, 422, "blocked_figure").await;
    assert_eq!((&problem["category"], &problem["retryable"]), (&"safety".into(), &false.into()), "{problem:#}");
    let figure = app.ended(problem["figure"].as_str().unwrap()).await;
    assert_eq!(figure["status"], "blocked");
    assert_purged(&app, &figure).await;
}

/// Logs of this thread go to a writer that panics at the first line: a panic in whatever logs it.
fn panic_at_the_first_line_of(module: &str) -> tracing::subscriber::DefaultGuard {
    let sprung = AtomicBool::new(false);
    let writer = move || {
        assert!(sprung.swap(true, Ordering::SeqCst), "as a stage might");
        std::io::sink()
    };
    let lines = tracing_subscriber::fmt().with_env_filter(format!("{module}=info")).with_writer(writer);
    tracing::subscriber::set_default(lines.finish())
}

// On one thread, where the jobs then run, too.
#[tokio::test]
async fn a_stage_that_panics_purges_and_harms_nobody_else() {
    let app = TestApp::start().await;
    // The engine logs an attempt that failed, which happens within the stage that asks.
    let _trap = panic_at_the_first_line_of("figurine::engine");
    app.node.simulator().script(vec![Step::new(Spoil::NoImage).of(CallKind::Image)]);
    let problem = problem_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 500, "internal").await;
    assert_eq!(problem["stage"], "render", "{problem:#}");
    let figure = app.ended(problem["figure"].as_str().unwrap()).await;
    assert_eq!((&figure["status"], &figure["problem"]["code"]), (&"failed".into(), &"internal".into()));
    assert_purged(&app, &figure).await;
    let figure = json_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 201).await;
    assert_purged(&app, &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_closes_the_call_to_the_engine_and_purges() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let answer = app.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    app.node.simulator().wait_for_ends(1).await;
    assert!(app.node.simulator().calls()[0].client_left);
    let figure = app.ended(&id).await;
    assert_eq!((&figure["status"], &figure["problem"]["code"]), (&"canceled".into(), &"canceled_by_caller".into()));
    assert_purged(&app, &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_canceled_before_it_began_purges_too() {
    let app = TestApp::with(&[("FIGURINE_JOBS_IN_FLIGHT", "1")], |_| {}).await;
    app.node.simulator().hold();
    let first = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let second = app.submit().await;
    let answer = app.request(Method::DELETE, &format!("/v1/figures/{second}")).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    let figure = app.ended(&second).await;
    assert_eq!(figure["status"], "canceled", "{figure:#}");
    app.node.simulator().release();
    assert_eq!(app.ended(&first).await["status"], "succeeded");
    assert_purged(&app, &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deadline_ends_the_job_and_purges() {
    let vars = [("FIGURINE_JOB_DEADLINE_SECONDS", "2"), ("FIGURINE_MAX_WAIT_SECONDS", "1")];
    let app = TestApp::with(&vars, |_| {}).await;
    app.node.simulator().hold();
    let id = app.submit().await;
    let figure = app.ended(&id).await;
    assert_eq!((&figure["status"], &figure["problem"]["code"]), (&"failed".into(), &"deadline_exceeded".into()));
    assert_purged(&app, &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_figure_is_gone_and_its_receipt_stays() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    let figure = app.ended(&id).await;
    for _ in 0..2 {
        let answer = app.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
        assert_eq!(answer.status(), 204);
    }
    problem_of(app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 410, "figure_deleted").await;
    problem_of(app.get(&format!("/v1/figures/{id}/images/0")).send().await.unwrap(), 410, "figure_deleted").await;
    assert_purged(&app, &figure).await;
    let left = app.memory().dump();
    assert!(left.keys().all(|name| name.contains(":receipt:")), "{:?}", left.keys());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_past_its_time_answers_410_for_a_day_and_then_404() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    app.ended(&id).await;
    app.clock.advance(std::time::Duration::from_secs(3_601));
    problem_of(app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 410, "figure_expired").await;
    app.clock.advance(std::time::Duration::from_secs(24 * 3_600));
    problem_of(app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 404, "not_found").await;
    assert_eq!(app.get(&format!("/v1/figures/{id}/receipt")).send().await.unwrap().status(), 200);
}

/// A node whose only worker is busy, so that the second figure waits; gives the second's id.
async fn one_waits() -> (TestApp, String) {
    let app = TestApp::with(&[("FIGURINE_JOBS_IN_FLIGHT", "1")], |_| {}).await;
    app.node.simulator().hold();
    app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let second = app.submit().await;
    (app, second)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_that_comes_while_the_end_is_written_leaves_no_figure() {
    let (app, id) = one_waits().await;
    let flow = &app.node.api().flow;
    let claim = flow.jobs.claim(Mode::Live).await.unwrap().expect("the figure that waits");
    assert_eq!(claim.lease.job.figure.to_string(), id);
    let spec = flow.jobs.spec(&claim.lease.job).await.unwrap();
    assert!(matches!(flow.jobs.cancel(&claim.lease.job).await.unwrap(), CancelOutcome::Asked));
    flow.end(&claim, &spec, Made::default(), &Ending::Succeeded).await.unwrap();
    let figure = app.ended(&id).await;
    assert_eq!((&figure["status"], &figure["problem"]["code"]), (&"canceled".into(), &"canceled_by_caller".into()));
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_cannot_be_read_ends_and_its_photo_goes() {
    let (app, id) = one_waits().await;
    let names = app.memory().dump().into_keys();
    let spec = names.filter(|name| name.contains(":spec:") && name.ends_with(&id)).collect::<Vec<_>>();
    assert_eq!(spec.len(), 1, "{spec:?}");
    let job = app.node.api().flow.store.jobs_of(&owner_of(&app), None, 1).await.unwrap().remove(0);
    let name = StoreKey::spec(&job.of.owner, &job.of.figure);
    // The last four bytes name the data key, which is there.
    app.memory().put(&name, Bytes::from_static(b"tampered with\0\0\0\0"), Duration::from_secs(60)).await.unwrap();
    app.node.simulator().release();
    let limit = tokio::time::Instant::now() + Duration::from_secs(20);
    let job = app.node.api().flow.jobs.wait(&job.of, limit).await.unwrap().unwrap();
    assert!(job.purged_at.is_some(), "{job:?}");
    problem_of(app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 500, "internal").await;
    problem_of(app.get(&format!("/v1/figures/{id}/images/0")).send().await.unwrap(), 500, "internal").await;
    let first = app.node.api().flow.store.jobs_of(&owner_of(&app), None, 10).await.unwrap().pop().unwrap();
    app.ended(&first.of.figure.to_string()).await;
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
}

fn owner_of(app: &TestApp) -> figurine::domain::Owner {
    app.node.api().flow.vault.owner(&figurine::domain::AccountId::parse("acme").unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_failed_and_was_deleted_is_gone_in_every_place() {
    let app = TestApp::start().await;
    app.node.simulator().script(vec![Step::new(Spoil::NoImage).of(CallKind::Image).times(10)]);
    let id = app.submit().await;
    assert_eq!(app.ended(&id).await["status"], "failed");
    let image = format!("/v1/figures/{id}/images/0");
    problem_of(app.get(&image).send().await.unwrap(), 502, "no_image_produced").await;
    let answer = app.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(answer.status(), 204);
    problem_of(app.get(&image).send().await.unwrap(), 410, "figure_deleted").await;
    problem_of(app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 410, "figure_deleted").await;
}
