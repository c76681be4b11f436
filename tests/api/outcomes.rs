//! Everything that Gemini was seen to answer, and what a caller is told of it.

use std::collections::BTreeSet;

use figurine::{
    auth::MintRequest,
    domain::PlanLimits,
    simulator::{Act, CallKind, Instead, Spoil, Step},
};
use futures_util::{StreamExt, stream};
use reqwest::Response;
use serde_json::{Value, json};

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    gemini::BehindGemini,
    limits,
};

const SAMPLES: &str = include_str!("../../src/simulator/samples.json");
const SCHEMAS: &str = include_str!("../data/generate-content.schema.json");

/// What a caller is told when the request for an image is answered so, and how often upstream was asked for it.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Told {
    /// The figure, after so many requests.
    Figure(usize),
    /// No figure: status, code, whether to try again later, stage, category, requests.
    No(u16, &'static str, bool, &'static str, Option<&'static str>, usize),
}

const fn misconfigured(asked: usize) -> Told {
    Told::No(502, "engine_misconfigured", false, "render", None, asked)
}

const fn no_image(asked: usize) -> Told {
    Told::No(502, "no_image_produced", true, "render", None, asked)
}

const fn blocked(category: &'static str, asked: usize) -> Told {
    Told::No(422, "blocked_figure", false, "render", Some(category), asked)
}

const fn blocked_input(category: &'static str) -> Told {
    Told::No(422, "blocked_photo", false, "render", Some(category), 1)
}

const fn unavailable(asked: usize) -> Told {
    Told::No(503, "upstream_unavailable", true, "render", None, asked)
}

const LIMITED: Told = Told::No(503, "upstream_rate_limited", true, "render", None, 2);
const TIMED_OUT: Told = Told::No(504, "upstream_timeout", true, "render", None, 2);

/// One row for each captured body.
const CAPTURED: [(&str, Told); 31] = [
    ("bad_api_key", misconfigured(1)),
    ("unknown_field", misconfigured(1)),
    ("bad_enum", misconfigured(1)),
    ("bad_image", misconfigured(1)),
    ("deadline_too_short", misconfigured(1)),
    ("missing_thought_signature", misconfigured(1)),
    ("token_type", misconfigured(1)),
    ("prepay_depleted", misconfigured(1)),
    ("no_key", misconfigured(1)),
    ("leaked_key", misconfigured(1)),
    // The next model is asked, and is gone, too.
    ("model_not_found", misconfigured(2)),
    ("quota", LIMITED),
    ("quota_zero", misconfigured(1)),
    ("internal", unavailable(3)),
    ("overloaded", unavailable(3)),
    ("deadline_as_503", unavailable(3)),
    ("deadline_504", TIMED_OUT),
    ("image_ok", Told::Figure(1)),
    ("interim_then_final", Told::Figure(1)),
    ("only_image_is_marked_thought", Told::Figure(1)),
    ("several_unmarked_images", Told::Figure(1)),
    ("text_only", no_image(3)),
    ("stop_but_empty", no_image(3)),
    ("image_other", no_image(3)),
    ("image_safety_null_parts", blocked("safety", 1)),
    ("image_prohibited_content", blocked("prohibited", 1)),
    ("no_image", no_image(3)),
    ("max_tokens", no_image(2)),
    ("prompt_blocked", blocked_input("prohibited")),
    ("prompt_feedback_unspecified", no_image(2)),
    // Words where an image was asked for.
    ("analysis_json", no_image(3)),
];

/// One row for each reason why an answer ends: those of the published schema, and newer ones.
const FINISH_REASONS: [(&str, Told); 25] = [
    ("FINISH_REASON_UNSPECIFIED", no_image(3)),
    ("STOP", no_image(3)),
    ("MAX_TOKENS", no_image(2)),
    ("SAFETY", blocked("safety", 1)),
    ("RECITATION", blocked("recitation", 2)),
    ("LANGUAGE", no_image(3)),
    ("OTHER", no_image(3)),
    ("BLOCKLIST", blocked("blocklist", 1)),
    ("PROHIBITED_CONTENT", blocked("prohibited", 1)),
    ("SPII", blocked("privacy", 1)),
    ("MALFORMED_FUNCTION_CALL", no_image(2)),
    ("IMAGE_SAFETY", blocked("safety", 1)),
    ("IMAGE_PROHIBITED_CONTENT", blocked("prohibited", 1)),
    ("IMAGE_OTHER", no_image(3)),
    ("NO_IMAGE", no_image(3)),
    ("IMAGE_RECITATION", blocked("recitation", 2)),
    ("UNEXPECTED_TOOL_CALL", no_image(2)),
    ("TOO_MANY_TOOL_CALLS", no_image(2)),
    ("MISSING_THOUGHT_SIGNATURE", no_image(2)),
    ("MALFORMED_RESPONSE", no_image(3)),
    ("ESCALATION", misconfigured(1)),
    ("PUP_LIMITED_DISABLED", misconfigured(1)),
    ("CONTINUATION", no_image(2)),
    ("MODEL_ARMOR", blocked("prohibited", 1)),
    ("SOMETHING_NEW", no_image(2)),
];

/// One row for each reason why a prompt is blocked.
const BLOCK_REASONS: [(&str, Told); 11] = [
    ("BLOCK_REASON_UNSPECIFIED", no_image(2)),
    ("BLOCKED_REASON_UNSPECIFIED", no_image(2)),
    ("", no_image(2)),
    ("SAFETY", blocked_input("safety")),
    ("OTHER", blocked_input("other")),
    ("BLOCKLIST", blocked_input("blocklist")),
    ("PROHIBITED_CONTENT", blocked_input("prohibited")),
    ("IMAGE_SAFETY", blocked_input("safety")),
    ("MODEL_ARMOR", blocked_input("prohibited")),
    ("JAILBREAK", blocked_input("prohibited")),
    ("SOMETHING_NEW", blocked_input("other")),
];

/// What the statuses that no captured body has mean: HTTP status, the status word in the body, outcome.
const STATUSES: [(u16, &str, Told); 14] = [
    (400, "INVALID_ARGUMENT", misconfigured(1)),
    (400, "FAILED_PRECONDITION", misconfigured(1)),
    (401, "UNAUTHENTICATED", misconfigured(1)),
    (402, "RESOURCE_EXHAUSTED", misconfigured(1)),
    (403, "PERMISSION_DENIED", misconfigured(1)),
    (404, "NOT_FOUND", misconfigured(2)),
    (408, "", TIMED_OUT),
    (413, "", misconfigured(1)),
    (500, "INTERNAL", unavailable(3)),
    (502, "", unavailable(3)),
    (503, "UNAVAILABLE", unavailable(3)),
    (504, "DEADLINE_EXCEEDED", TIMED_OUT),
    (520, "", unavailable(3)),
    (204, "", Told::No(502, "upstream_garbled", true, "render", None, 1)),
];

/// Lets every request for an image be answered so and looks at all that a caller sees; nothing may stay behind: no seat,
/// no upload, no charge.
pub(crate) async fn assert_told(name: &str, act: impl Into<Act>, told: Told, deadline: &str) {
    let wait = if deadline == DEADLINE { "25" } else { "1" };
    let vars = [("FIGURINE_JOB_DEADLINE_SECONDS", deadline), ("FIGURINE_MAX_WAIT_SECONDS", wait)];
    let mut it = BehindGemini::with(&vars, |_| {}).await;
    it.engine.script(vec![Step::new(act).of(CallKind::Image).times(9)]);
    it.app.key = it.app.key_of("acme", one_at_a_time);
    let (answer, later) = last_answer(&it.app).await;
    let (figure, asked) = match told {
        Told::Figure(asked) => (json_of(answer, 201).await, asked),
        Told::No(status, code, retryable, stage, category, asked) => {
            let vain = answer.headers().get("x-should-retry").map(|value| value.to_str().unwrap().to_owned());
            let problem = problem_of(answer, status, code).await;
            let again = retryable && !later;
            let seen = (&problem["retryable"], &problem["stage"], problem.get("category"));
            let category = category.map(Value::from);
            assert_eq!(seen, (&json!(again), &json!(stage), category.as_ref()), "{name}: {problem:#}");
            assert_eq!(vain.is_some(), status >= 500 && !again, "{name}: {vain:?}");
            let figure = assert_uncharged(&it.app, name, &problem, category.is_some()).await;
            assert_eq!(figure["problem"]["retryable"], retryable, "{name}: {figure:#}");
            assert!(
                figure["cost"]["upstream_micro_usd"].as_u64().unwrap() > 0,
                "what was spent is told: {name}: {figure:#}"
            );
            (figure, asked)
        }
    };
    let calls = it.engine.calls();
    let images = calls.iter().filter(|call| call.kind == CallKind::Image).count();
    assert_eq!(images, asked, "{name}: {calls:#?}");
    assert_free(&it.app, name, &figure).await;
    it.engine.script(Vec::new());
    let next = it.app.post("", jpeg(320, 240)).header("Prefer", "respond-async").send().await.unwrap();
    json_of(next, 202).await;
}

/// What a figure comes to: the answer to who has asked for it or, with `true`, to who reads its image later and is told the
/// same, and that reading it again is vain.
async fn last_answer(app: &TestApp) -> (Response, bool) {
    let answer = app.post("", jpeg(320, 240)).send().await.unwrap();
    if answer.status() != 202 {
        return (answer, false);
    }
    let figure = json_of(answer, 202).await;
    let id = figure["id"].as_str().unwrap();
    app.ended(id).await;
    (app.get(&format!("/v1/figures/{id}/images/0")).send().await.unwrap(), true)
}

/// A key with one seat, so that one that is not given back is missed at once.
fn one_at_a_time(request: &mut MintRequest) {
    request.limits = PlanLimits::parse(None, None, Some(1), None, None).unwrap();
}

/// Of a figure that has ended nothing is held any more: not the photo nor its data key, no seat, and no more money than was
/// charged.
pub(crate) async fn assert_free(app: &TestApp, name: &str, figure: &Value) {
    assert!(!figure["upload"]["purged_at"].is_null(), "{name}: {figure:#}");
    assert!(app.photos_kept().is_empty(), "{name}: {:?}", app.photos_kept());
    let answer = app.get(figure["links"]["self"].as_str().unwrap()).send().await.unwrap();
    let (policies, left) = (limits::told(&answer, "ratelimit-policy"), limits::told(&answer, "ratelimit"));
    let of = |told: &str| told.parse::<u64>().unwrap();
    let delivered = u64::from(figure["status"] == "succeeded");
    let charged = figure["cost"]["charged_micro_usd"].as_u64().unwrap();
    assert_eq!(charged > 0, delivered > 0, "{name}: {figure:#}");
    for (policy, used) in [("in_flight", 0), ("figures_per_day", delivered), ("micro_usd_per_month", charged)] {
        for policy in [policy.to_owned(), format!("account_{policy}")] {
            let held = of(&policies[&policy]["q"]) - of(&left[&policy]["r"]);
            assert_eq!(held, used, "{name}: {policy} is still held");
        }
    }
}

pub(crate) async fn assert_uncharged(app: &TestApp, name: &str, problem: &Value, is_refusal: bool) -> Value {
    let path = format!("/v1/figures/{}", problem["figure"].as_str().unwrap());
    let figure = json_of(app.get(&path).send().await.unwrap(), 200).await;
    assert_eq!(figure["cost"]["charged_micro_usd"], 0, "{name}: {figure:#}");
    assert_eq!(figure["status"], if is_refusal { "blocked" } else { "failed" }, "{name}: {figure:#}");
    assert_eq!(figure["problem"]["code"], problem["code"], "{name}: {figure:#}");
    assert_eq!(figure["problem"]["category"], problem["category"], "{name}: {figure:#}");
    figure
}

/// Long enough for every attempt, and too short to wait out the captured quota.
pub(crate) const DEADLINE: &str = "30";

/// Makes all checks, some at once: more would only wait for the cores.
pub(crate) async fn all(checks: impl IntoIterator<Item = impl Future<Output = ()>>) {
    stream::iter(checks).map(Box::pin).for_each_concurrent(6, |check| check).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_captured_answer_has_its_outcome() {
    let checks =
        CAPTURED.into_iter().map(|(name, told)| assert_told(name, Instead::Sample(name.to_owned()), told, DEADLINE));
    all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_for_an_end_has_its_outcome() {
    let ended = |reason: &str| Spoil::BlockedOutput { reason: reason.to_owned() };
    let checks = FINISH_REASONS.into_iter().map(|(reason, told)| assert_told(reason, ended(reason), told, DEADLINE));
    all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_reason_for_a_block_has_its_outcome() {
    let refused = |reason: &str| Spoil::BlockedInput { reason: reason.to_owned() };
    let checks = BLOCK_REASONS.into_iter().map(|(reason, told)| assert_told(reason, refused(reason), told, DEADLINE));
    all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_status_has_its_outcome() {
    let checks = STATUSES.into_iter().map(|(http, word, told)| async move {
        // Some answers stand in an array.
        let body = format!(r#"[{{"error":{{"code":{http},"message":"Told by a test.","status":"{word}"}}}}]"#);
        let act = Instead::Status { http, body: Some(body), retry_after_seconds: None };
        assert_told(&format!("{http} {word}"), act, told, DEADLINE).await;
    });
    all(checks).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_none_does_not_take_the_others_with_it() {
    let it = BehindGemini::start().await;
    it.engine.script(vec![Step::new(Spoil::BombImage).of(CallKind::Image).times(1)]);
    let figure = json_of(it.app.post("?n=3", jpeg(320, 240)).send().await.unwrap(), 201).await;
    assert_eq!((&figure["status"], figure["images"].as_array().unwrap().len()), (&json!("succeeded"), 2), "{figure:#}");
    assert_eq!(figure["problems"][0]["code"], "upstream_garbled", "{figure:#}");
    let cost = |name: &str| figure["cost"][name].as_u64().unwrap();
    assert!(cost("charged_micro_usd") < cost("upstream_micro_usd"), "{figure:#}");
    it.engine.script(vec![Step::new(Spoil::BombImage).of(CallKind::Image).times(9)]);
    let answer = it.app.post("?n=2", jpeg(320, 240)).send().await.unwrap();
    problem_of(answer, 502, "upstream_garbled").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_limit_of_the_engine_is_told_with_the_time_that_it_has_named() {
    let it = BehindGemini::with(&[("FIGURINE_JOB_DEADLINE_SECONDS", DEADLINE)], |_| {}).await;
    let limited = Instead::RateLimited { retry_delay_seconds: Some(77.5), retry_after_seconds: None };
    it.engine.script(vec![Step::new(limited).of(CallKind::Image).times(9)]);
    let answer = it.app.post("", jpeg(320, 240)).send().await.unwrap();
    let named = answer.headers()["retry-after"].to_str().unwrap().parse::<u64>().unwrap();
    let problem = problem_of(answer, 503, "upstream_rate_limited").await;
    let figure = format!("/v1/figures/{}", problem["figure"].as_str().unwrap());
    let figure = json_of(it.app.get(&figure).send().await.unwrap(), 200).await;
    assert_eq!(figure["problem"]["retry_after"], named, "{figure:#}");
    assert!((60..=78).contains(&named), "some of the time may have passed: {named}");
}

#[test]
fn no_captured_answer_and_no_published_reason_lacks_a_row() {
    let samples: Value = serde_json::from_str(SAMPLES).unwrap();
    let captured = ["errors", "responses"].iter().flat_map(|list| samples[*list].as_array().unwrap());
    let captured: BTreeSet<_> = captured.map(|sample| sample["name"].as_str().unwrap()).collect();
    assert_eq!(captured, CAPTURED.map(|(name, _)| name).into());
    let schemas: Value = serde_json::from_str(SCHEMAS).unwrap();
    let published = |message: &str, field: &str| -> Vec<String> {
        let values = &schemas["$defs"][message]["properties"][field]["enum"];
        values.as_array().unwrap().iter().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    for (message, field, rows) in
        [("Candidate", "finishReason", &FINISH_REASONS[..]), ("PromptFeedback", "blockReason", &BLOCK_REASONS)]
    {
        for reason in published(message, field) {
            assert!(rows.iter().any(|(known, _)| *known == reason), "{field} {reason} has no row");
        }
    }
}
