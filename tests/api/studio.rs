//! What is made of a photo: by which rules, with which words, and for what money.

use figurine::simulator::{CallKind, Instead, Spoil, Step};
use serde_json::{Value, json};

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    gemini::BehindGemini,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};

pub(crate) fn asking(more: &Value) -> Value {
    let mut body = json!({"image": {"data": STANDARD.encode(jpeg(320, 240))}});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

pub(crate) async fn figure(app: &TestApp, more: &Value) -> Value {
    json_of(app.post_json("/v1/figures", &asking(more)).send().await.unwrap(), 201).await
}

/// An analysis as the engine gives it.
pub(crate) fn seen(minor: &str, summary: &str) -> Step {
    analyzed(&json!({
        "subject": "person", "count": 1, "summary": summary, "pose": "standing", "attire": ["a coat"],
        "palette": ["#336699"], "accessories": [], "apparent_minor": minor, "quality": {"usable": true, "issues": []}
    }))
}

pub(crate) fn analyzed(analysis: &Value) -> Step {
    Step::new(Spoil::Says { text: analysis.to_string() }).of(CallKind::Analysis).times(99)
}

#[tokio::test(flavor = "multi_thread")]
async fn of_a_photo_with_a_child_wishes_are_dropped_and_only_child_safe_styles_are_made() {
    for minor in ["possible", "likely"] {
        let it = BehindGemini::start().await;
        it.engine.script(vec![seen(minor, "A child in a coat.")]);
        let made = figure(&it.app, &json!({"prompt": "with a crown"})).await;
        assert!(!made["prompt"].as_str().unwrap().contains("crown"), "{made:#}");
        assert_eq!(made["options"]["prompt"], Value::Null, "the effective value is told: {made:#}");
        let asked = it.app.post_json("/v1/figures", &asking(&json!({"style": "marble-bust"})));
        let problem = problem_of(asked.send().await.unwrap(), 422, "blocked_photo").await;
        assert_eq!((&problem["category"], &problem["stage"]), (&"minor".into(), &"analyze".into()), "{problem:#}");
        let images = it.engine.calls().iter().filter(|call| call.kind == CallKind::Image).count();
        assert_eq!(images, 1, "no image was asked for");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_installation_may_refuse_every_photo_in_which_a_child_might_be() {
    let it = BehindGemini::with(&[("FIGURINE_MINORS", "refuse")], |_| {}).await;
    it.engine.script(vec![seen("possible", "Somebody in a coat.")]);
    let asked = it.app.post("", jpeg(320, 240)).send().await.unwrap();
    assert_eq!(problem_of(asked, 422, "blocked_photo").await["category"], "minor");
    it.engine.script(vec![seen("none", "Somebody in a coat.")]);
    figure(&it.app, &json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_that_does_not_fit_the_schema_is_asked_for_once_more() {
    let it = BehindGemini::start().await;
    let wrong =
        || Step::new(Spoil::Says { text: r#"{"subject":"person","ethnicity":"x"}"#.to_owned() }).of(CallKind::Analysis);
    it.engine.script(vec![wrong()]);
    let made = figure(&it.app, &json!({})).await;
    assert!(made["analysis"].get("ethnicity").is_none(), "{made:#}");
    assert!(made["cost"]["charged_micro_usd"].as_u64() < made["cost"]["upstream_micro_usd"].as_u64(), "{made:#}");
    it.engine.forget_calls();
    it.engine.script(vec![wrong().times(9)]);
    let asked = it.app.post("", jpeg(320, 240)).send().await.unwrap();
    assert_eq!(problem_of(asked, 502, "upstream_garbled").await["stage"], "analyze");
    assert_eq!(it.engine.calls().len(), 2, "once, and one repair");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_engines_words_a_figure_has_its_styles_and_says_so() {
    let it = BehindGemini::start().await;
    let plain = figure(&it.app, &json!({"enhance": false})).await;
    assert_eq!(plain["problems"], json!([]));
    for (act, code) in [
        (Instead::Overloaded.into(), "upstream_unavailable"),
        (Spoil::BadJsonText.into(), "upstream_garbled"),
        (Spoil::Says { text: json!({"prompt": "no"}).to_string() }.into(), "upstream_garbled"),
    ] as [(figurine::simulator::Act, _); 3]
    {
        it.engine.script(vec![Step::new(act).of(CallKind::Prompt).times(9)]);
        let made = figure(&it.app, &json!({})).await;
        assert_eq!(made["prompt"], plain["prompt"], "{code}");
        let problem = &made["problems"][0];
        assert_eq!((&problem["code"], &problem["stage"]), (&code.into(), &"enhance".into()), "{made:#}");
        assert_eq!(problem["charged"], false);
        let asked = it.app.post_json("/v1/prompts", &asking(&json!({}))).send().await.unwrap();
        assert!(asked.status().is_server_error(), "a prompt alone is not made up: {asked:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_engine_bills_in_vain_is_not_charged_and_nothing_beyond_the_worst_case_is() {
    let it = BehindGemini::with(&[("FIGURINE_IMAGE_MODELS", "gemini-nano-banana-2.1")], |_| {}).await;
    let cost = |made: &Value| {
        let of = |name: &str| made["cost"][name].as_u64().unwrap();
        (of("charged_micro_usd"), of("upstream_micro_usd"))
    };
    let (charged, upstream) = cost(&figure(&it.app, &json!({})).await);
    assert!(charged == upstream && charged > 33_600, "{charged} {upstream}");
    it.engine.script(vec![Step::new(Spoil::TextOnly).of(CallKind::Image).times(2)]);
    let (again, billed) = cost(&figure(&it.app, &json!({})).await);
    assert!(again.abs_diff(charged) < 100, "a re-ask is not charged: {again} for {charged}");
    assert!(billed > again + 1_000, "and is metered: {billed}");
    it.engine.script(vec![Step::new(Spoil::SeveralImages).of(CallKind::Image).times(9)]);
    let dry = it.app.post_json("/v1/figures/validate", &asking(&json!({}))).send().await.unwrap();
    let worst = json_of(dry, 200).await["worst_case_micro_usd"].as_u64().unwrap();
    let (charged, billed) = cost(&figure(&it.app, &json!({})).await);
    assert!(charged == worst && billed > worst, "drafts are billed and not charged: {charged} {billed} {worst}");
}

/// The models that were asked for an image, in order.
fn asked_for_images(it: &BehindGemini) -> Vec<String> {
    let calls = it.engine.calls().into_iter().filter(|call| call.kind == CallKind::Image || call.status == 404);
    calls.map(|call| call.model).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_draws_what_is_asked_and_has_a_price_where_cost_is_limited() {
    let models = "gemini-9-image,gemini-3-pro-image,gemini-nano-banana-2.1";
    for (options, asked) in [
        (json!({}), &["gemini-9-image", "gemini-3-pro-image"][..]),
        (json!({"max_cost_micro_usd": 1_000_000}), &["gemini-3-pro-image"]),
        (json!({"max_cost_micro_usd": 1_000_000, "aspect_ratio": "1:8"}), &["gemini-nano-banana-2.1"]),
    ] {
        let it = BehindGemini::with(&[("FIGURINE_IMAGE_MODELS", models)], |_| {}).await;
        figure(&it.app, &options).await;
        assert_eq!(asked_for_images(&it), asked, "{options}");
    }
    let it = BehindGemini::with(&[("FIGURINE_IMAGE_MODELS", "gemini-9-image")], |_| {}).await;
    let limited = it.app.post_json("/v1/figures", &asking(&json!({"max_cost_micro_usd": 1_000_000})));
    problem_of(limited.send().await.unwrap(), 422, "cost_limit").await;
    assert!(it.engine.calls().is_empty(), "nothing was asked");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_no_model_draws_is_refused_beforehand_and_what_follows_the_photo_is_drawn_by_all() {
    let (first, second) = ("gemini-nano-banana-2.1", "gemini-3-pro-image");
    let it = BehindGemini::with(&[("FIGURINE_IMAGE_MODELS", &format!("{first},{second}"))], |_| {}).await;
    it.engine.script(vec![Step::new(Instead::Sample("model_not_found".to_owned())).to_model(first)]);
    let narrow = it.app.post("", jpeg(100, 400)).send().await.unwrap();
    let made = json_of(narrow, 201).await;
    assert_eq!((&made["options"]["aspect_ratio"], &made["engine"]["image_model"]), (&json!("9:16"), &json!(second)));
    let it = BehindGemini::with(&[("FIGURINE_IMAGE_MODELS", second)], |_| {}).await;
    for path in ["/v1/figures", "/v1/figures/validate"] {
        let asked = it.app.post_json(path, &asking(&json!({"aspect_ratio": "1:4"}))).send().await.unwrap();
        let problem = problem_of(asked, 422, "invalid_option").await;
        assert_eq!(problem["errors"][0]["pointer"], "/aspect_ratio", "{problem:#}");
    }
    assert!(it.engine.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fallback_that_does_not_fit_what_was_set_aside_is_never_asked() {
    let (cheap, dear) = ("gemini-nano-banana-2.1", "gemini-3-pro-image");
    let it = BehindGemini::with(&[("FIGURINE_IMAGE_MODELS", &format!("{cheap},{dear}"))], |_| {}).await;
    it.engine.script(vec![Step::new(Instead::Overloaded).to_model(cheap).times(99)]);
    let dry = it.app.post_json("/v1/figures/validate", &asking(&json!({}))).send().await.unwrap();
    let worst = json_of(dry, 200).await["worst_case_micro_usd"].as_u64().unwrap();
    assert!(worst > 134_400, "the dearest may be asked: {worst}");
    // The first would fit either limit by itself.
    for limit in [100_000, worst - 1] {
        let asked = it.app.post_json("/v1/figures", &asking(&json!({"max_cost_micro_usd": limit})));
        problem_of(asked.send().await.unwrap(), 422, "cost_limit").await;
    }
    assert!(it.engine.calls().is_empty(), "nobody was asked: {:#?}", it.engine.calls());
    let made = figure(&it.app, &json!({"max_cost_micro_usd": worst})).await;
    assert_eq!(made["engine"]["image_model"], dear, "{made:#}");
    let charged = made["cost"]["charged_micro_usd"].as_u64().unwrap();
    assert!((134_400..=worst).contains(&charged), "{made:#}");
    assert_eq!(made["images"].as_array().unwrap().len(), 1, "{made:#}");
}
