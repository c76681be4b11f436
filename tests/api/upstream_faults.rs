//! An engine that breaks, lies, floods or is silent: its caller is told in time, and nothing stays behind.

use std::time::{Duration, Instant};

use figurine::simulator::{Act, CallKind, Carry, Instead, Simulator, SimulatorSettings, Spoil, Step};
use reqwest::Method;

use crate::{
    app::{jpeg, json_of, problem_of},
    flood::{BYTES, Flood, UNDER_WAY},
    gemini::{BehindGemini, node_before},
    outcomes::{DEADLINE, Told, all, assert_free, assert_told, assert_uncharged},
};

const fn garbled(stage: &'static str) -> Told {
    Told::No(502, "upstream_garbled", true, stage, None, 1)
}

const BROKEN: Told = Told::No(503, "upstream_unavailable", true, "render", None, 3);
const TOO_LATE: Told = Told::No(504, "deadline_exceeded", true, "render", None, 1);

/// Each fault, what is told of it, and the deadline that the figure has in seconds.
fn faults() -> Vec<(Act, Told, &'static str)> {
    let to = "http://127.0.0.1:1/elsewhere".to_owned();
    let mut faults = vec![
        (Carry::NeverAnswers.into(), TOO_LATE, "3"),
        (Carry::Latency { ms: 60_000 }.into(), TOO_LATE, "3"),
        (Carry::SlowBody { bytes: 1, ms: 1_000 }.into(), TOO_LATE, "3"),
        (Carry::HalfBody.into(), BROKEN, DEADLINE),
        (Instead::Reset.into(), BROKEN, DEADLINE),
        (Instead::BadGateway.into(), BROKEN, DEADLINE),
        (Spoil::WrongType.into(), Told::Figure(1), DEADLINE),
        (Spoil::BadBase64.into(), garbled("render"), DEADLINE),
        (Spoil::HugeImage { bytes: 200_000_000 }.into(), garbled("render"), DEADLINE),
        (Spoil::BombImage.into(), garbled("finish"), DEADLINE),
        (Spoil::SvgImage.into(), garbled("finish"), DEADLINE),
        (Spoil::HtmlImage.into(), garbled("finish"), DEADLINE),
    ];
    let senseless =
        [Instead::Html200, Instead::BadJson, Instead::DeepJson, Instead::GzipBomb, Instead::Redirect { to }];
    faults.extend(senseless.map(|act| (act.into(), garbled("render"), DEADLINE)));
    faults
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_an_engine_does_costs_no_seat_no_upload_and_no_charge() {
    let checks = faults().into_iter().map(|(act, told, deadline)| async move {
        assert_told(&format!("{act:?}"), act, told, deadline).await;
    });
    all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_engine_that_cannot_be_reached_is_told_as_such() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let app = node_before(&format!("http://{nobody}"), &[]).await;
    let problem = problem_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 503, "upstream_unavailable").await;
    assert_eq!(problem["stage"], "analyze", "{problem:#}");
    let figure = assert_uncharged(&app, "refused", &problem, false).await;
    assert_free(&app, "refused", &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_end_is_left_early_and_nothing_stays_behind() {
    let flood = Flood::start();
    let app = node_before(&flood.base_url(), &[("FIGURINE_TEXT_MODELS", "gemini-3.8-flash")]).await;
    let problem = problem_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 502, "upstream_garbled").await;
    assert_eq!(problem["stage"], "analyze", "{problem:#}");
    let figure = assert_uncharged(&app, "flooded", &problem, false).await;
    assert_free(&app, "flooded", &figure).await;
    // Models are looked up beside, and are answered so, too.
    let sent: Vec<_> = (0..2).map(|_| flood.sent()).collect();
    assert!(sent.iter().all(|sent| *sent < UNDER_WAY), "{sent:?} of {BYTES} bytes were sent");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_key_and_the_photo_do_not_follow_a_redirect() {
    let elsewhere = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let it = BehindGemini::start().await;
    let to = format!("{}/v1beta/models/gemini-3-pro-image:generateContent", elsewhere.base_url);
    it.engine.script(vec![Step::new(Instead::Redirect { to }).times(9)]);
    problem_of(it.app.post("", jpeg(320, 240)).send().await.unwrap(), 502, "upstream_garbled").await;
    assert!(elsewhere.calls().is_empty(), "{:?}", elsewhere.calls());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_comes_after_the_deadline_changes_nothing() {
    let vars = [("FIGURINE_JOB_DEADLINE_SECONDS", "2"), ("FIGURINE_MAX_WAIT_SECONDS", "1")];
    let it = BehindGemini::with(&vars, |_| {}).await;
    it.engine.hold();
    let asked = Instant::now();
    let id = it.app.submit().await;
    let figure = it.app.ended(&id).await;
    assert_eq!(figure["problem"]["code"], "deadline_exceeded", "{figure:#}");
    assert!(asked.elapsed() < Duration::from_secs(4), "{:?}", asked.elapsed());
    it.engine.wait_for_ends(1).await;
    it.engine.release();
    assert!(it.engine.calls()[0].client_left, "the call was closed: {:?}", it.engine.calls());
    let figure = json_of(it.app.get(&format!("/v1/figures/{id}")).send().await.unwrap(), 200).await;
    assert_eq!((&figure["status"], &figure["images"]), (&"failed".into(), &serde_json::json!([])));
    assert_free(&it.app, "too late", &figure).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancellation_closes_the_call_upstream() {
    let it = BehindGemini::start().await;
    it.engine.hold();
    let id = it.app.submit().await;
    it.engine.wait_for_calls(1).await;
    let deleted = it.app.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    it.engine.wait_for_ends(1).await;
    let calls = it.engine.calls();
    assert!(calls.len() == 1 && calls[0].client_left && calls[0].kind == CallKind::Analysis, "{calls:#?}");
    let figure = it.app.ended(&id).await;
    assert_eq!(figure["cost"]["charged_micro_usd"], 0, "{figure:#}");
    assert_free(&it.app, "canceled", &figure).await;
}
