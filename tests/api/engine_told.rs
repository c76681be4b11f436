//! What a figure tells of its engine: the versions that answered, and calls whose bill nobody knows.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use figurine::{
    domain::{AccountId, FigureId, MicroUsd, Mode},
    simulator::{Act, CallKind, Carry, Instead, Spoil, Step},
    store::JobRef,
};
use reqwest::Method;
use serde_json::{Value, json};

use crate::{
    app::{TestApp, jpeg, json_of, png, problem_of},
    gemini::BehindGemini,
};

/// An answer of the engine as it stands, by a version of its own.
fn answer(kind: CallKind, version: &str, part: &Value) -> Step {
    let body = json!({
        "candidates": [{"content": {"parts": [part]}, "finishReason": "STOP"}],
        "usageMetadata": {"promptTokenCount": 300, "candidatesTokenCount": 40, "totalTokenCount": 340},
        "modelVersion": version,
    });
    Step::new(Instead::Status { http: 200, body: Some(body.to_string()), retry_after_seconds: None }).of(kind).times(9)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_versions_that_answered_are_told_as_the_engine_has_named_them() {
    let it = BehindGemini::start().await;
    let analysis = json!({
        "subject": "person", "count": 1, "summary": "Somebody in a coat.", "pose": "standing", "attire": ["a coat"],
        "palette": ["#336699"], "accessories": [], "apparent_minor": "none", "quality": {"usable": true, "issues": []}
    });
    let prompt = json!({"prompt": "A small figure of somebody in a coat, standing on a clear base."});
    let image = json!({"inlineData": {"mimeType": "image/png", "data": STANDARD.encode(png(64, 64))}});
    it.engine.script(vec![
        answer(CallKind::Analysis, "looks-1", &json!({"text": analysis.to_string()})),
        answer(CallKind::Prompt, "writes-2", &json!({"text": prompt.to_string()})),
        answer(CallKind::Image, "paints-3", &image),
    ]);
    let figure = json_of(it.app.post("?n=2", jpeg(320, 240)).send().await.unwrap(), 201).await;
    let told = json!({
        "name": "gemini", "image_model": "gemini-nano-banana-2.1", "model_version": "paints-3",
        "text_model": "gemini-3.5-flash-lite", "text_model_version": "looks-1", "attempts": 2,
    });
    assert_eq!(figure["engine"], told, "{figure:#}");
    for (path, version) in [("/v1/analyses", "looks-1"), ("/v1/prompts", "writes-2")] {
        let made = it.app.request(Method::POST, path).body(jpeg(320, 240)).send().await.unwrap();
        let made = json_of(made, 200).await;
        let told = json!({"name": "gemini", "text_model": "gemini-3.5-flash-lite", "text_model_version": version});
        assert_eq!(made["engine"], told, "{made:#}");
    }
}

const CEILING: u64 = 2_000_000;

async fn with_ceiling(more: &[(&str, &str)]) -> (BehindGemini, u64) {
    let ceiling = CEILING.to_string();
    let own = [("FIGURINE_MICRO_USD_PER_DAY", ceiling.as_str())];
    let it = BehindGemini::with(&[&own, more].concat(), |_| {}).await;
    let of_validation = it.app.request(Method::POST, "/v1/figures/validate").body(jpeg(320, 240)).send().await.unwrap();
    let worst = json_of(of_validation, 200).await["worst_case_micro_usd"].as_u64().unwrap();
    (it, worst)
}

/// Asserts that so much of the day's ceiling is used up, by what can still be set aside.
async fn assert_spent(app: &TestApp, spent: u64, why: &str) {
    let flow = &app.node.api().flow;
    let owner = flow.vault.owner(&AccountId::parse("acme").unwrap()).unwrap();
    let one_more = JobRef { owner, figure: FigureId::random() };
    let fits = |left| flow.store.reserve_spend(&one_more, MicroUsd(left), MicroUsd(CEILING));
    assert!(!fits(CEILING - spent + 1).await.unwrap(), "{why}: less than {spent} is counted");
    assert!(fits(CEILING - spent).await.unwrap(), "{why}: more than {spent} is counted");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_with_a_call_of_unknown_cost_says_so_and_counts_at_its_worst() {
    let broken = |act: Act| vec![Step::new(act).of(CallKind::Image)];
    for (steps, unknown) in [
        (broken(Carry::HalfBody.into()), 1),
        (broken(Instead::Reset.into()), 1),
        (broken(Instead::Internal.into()), 0),
        (broken(Spoil::TextOnly.into()), 0),
        (Vec::new(), 0),
    ] {
        let (it, worst) = with_ceiling(&[]).await;
        let why = format!("{steps:?}");
        it.engine.script(steps);
        let figure = json_of(it.app.post("", jpeg(320, 240)).send().await.unwrap(), 201).await;
        let cost = &figure["cost"];
        assert_eq!(cost["unknown_upstream_calls"], unknown, "{why}: {figure:#}");
        let told = cost["upstream_micro_usd"].as_u64().unwrap();
        assert!(told < worst && cost["charged_micro_usd"].as_u64().unwrap() > 0, "{why}: {figure:#}");
        assert_spent(&it.app, if unknown == 0 { told } else { worst }, &why).await;
        let used = json_of(it.app.get("/v1/usage").send().await.unwrap(), 200).await;
        let counted = used["total"]["counts"].get("unknown_upstream_calls").cloned();
        assert_eq!(counted, (unknown > 0).then(|| unknown.into()), "{used:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_images_that_are_given_up_together_those_that_were_there_are_counted() {
    let (it, _) = with_ceiling(&[("FIGURINE_JOB_DEADLINE_SECONDS", "4"), ("FIGURINE_MAX_WAIT_SECONDS", "3")]).await;
    it.engine.script(vec![Step::new(Carry::NeverAnswers).of(CallKind::Image)]);
    let answer = it.app.post("?n=2", jpeg(320, 240)).header("Prefer", "respond-async").send().await.unwrap();
    let id = json_of(answer, 202).await["id"].as_str().unwrap().to_owned();
    let figure = it.app.ended(&id).await;
    let cost = &figure["cost"];
    assert_eq!(cost["unknown_upstream_calls"], 1, "{figure:#}");
    assert!(cost["upstream_micro_usd"].as_u64().unwrap() > 33_600, "one was there: {figure:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_canceled_under_way_says_that_a_call_may_be_billed_and_what_waited_does_not() {
    let (it, worst) = with_ceiling(&[("FIGURINE_JOBS_IN_FLIGHT", "1")]).await;
    it.engine.hold();
    let under_way = it.app.submit().await;
    it.engine.wait_for_calls(1).await;
    let waits = it.app.submit().await;
    for (id, unknown) in [(&waits, 0), (&under_way, 1)] {
        let gone = it.app.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
        assert_eq!(gone.status(), 204);
        let figure = it.app.ended(id).await;
        let told = (&figure["status"], &figure["cost"]["unknown_upstream_calls"]);
        assert_eq!(told, (&"canceled".into(), &unknown.into()), "{figure:#}");
    }
    it.engine.release();
    assert_spent(&it.app, worst, "only what was asked for counts").await;
}

/// The value of a line of the metrics.
async fn metric(app: &TestApp, line: &str) -> Option<String> {
    let told = app.client.get(format!("http://{}/metrics", app.node.management())).send().await.unwrap();
    let told = told.text().await.unwrap();
    told.lines().find_map(|found| found.strip_prefix(line)?.strip_prefix(' ').map(str::to_owned))
}

#[tokio::test(flavor = "multi_thread")]
async fn test_keys_count_with_the_offline_engine_and_move_no_gauge_of_a_real_model() {
    // No other test asks this model, so that its counts are this one's.
    let model = "gemini-2.5-flash-image";
    let it = BehindGemini::with(&[("FIGURINE_IMAGE_MODELS", model)], |_| {}).await;
    it.engine.script(vec![Step::new(Instead::Internal).to_model(model).times(99)]);
    for _ in 0..2 {
        problem_of(it.app.post("", jpeg(320, 240)).send().await.unwrap(), 503, "upstream_unavailable").await;
    }
    let gauge = |engine: &str| format!("figurine_engine_breaker_open{{engine=\"{engine}\",model=\"{model}\"}}");
    let calls = |engine: &str, outcome: &str| {
        format!("figurine_engine_calls_total{{engine=\"{engine}\",model=\"{model}\",outcome=\"{outcome}\"}}")
    };
    assert_eq!(metric(&it.app, &gauge("gemini")).await.as_deref(), Some("1"));
    assert_eq!(metric(&it.app, &calls("gemini", "internal")).await.as_deref(), Some("5"));
    let key = it.app.key_of("acme", |request| request.mode = Mode::Test);
    for (scenario, status) in [("succeeded", 201), ("upstream_unavailable", 503)] {
        let asked = it.app.client.post(it.app.url("/v1/figures")).bearer_auth(&key).body(jpeg(96, 96));
        let answer = asked.header("Figurine-Scenario", scenario).send().await.unwrap();
        assert_eq!(answer.status(), status, "{answer:?}");
    }
    assert_eq!(metric(&it.app, &calls("offline", "answered")).await.as_deref(), Some("1"));
    assert_eq!(metric(&it.app, &calls("gemini", "answered")).await, None);
    assert_eq!(metric(&it.app, &calls("gemini", "internal")).await.as_deref(), Some("5"));
    assert_eq!(metric(&it.app, &gauge("gemini")).await.as_deref(), Some("1"));
    assert_eq!(metric(&it.app, &gauge("offline")).await, None, "scenarios tell nothing of a model");
}
