use crate::harness::*;
use figurine::engine::{ImageAsk, Meter, TextAsk};
use figurine::simulator::{CallKind, SimulatorSettings};
use serde_json::{Value, json};

#[tokio::test(flavor = "multi_thread")]
async fn an_image_comes_in_the_ratio_and_size_asked() {
    let bench = Bench::drawing().await;
    let answer = bench.image().await.unwrap();
    assert_eq!(sides(&answer.bytes), (896, 1200));
    assert_eq!(answer.declared_type, "image/png");
    assert_eq!(answer.model_version.as_deref(), Some(PRO));
    assert_eq!(answer.attempts, 1);
    let usage = answer.usage;
    assert_eq!(usage.micro_usd, usage.input_tokens * 2 + 213 * 12 + 1120 * 120);
    bench.simulator.stop().await.unwrap();
}

#[tokio::test]
async fn an_analysis_fits_its_schema() {
    let bench = Bench::drawing().await;
    let answer = bench.text().await.unwrap();
    let value: Value = answer.parse().unwrap();
    assert!(jsonschema::is_valid(&schema(), &value), "{value}");
    assert!(value["palette"].as_array().is_some_and(|colors| !colors.is_empty()), "{value}");
    assert!(answer.usage.micro_usd > 0 && answer.usage.unknown_calls == 0);
    assert_eq!(bench.simulator.calls()[0].kind, CallKind::Analysis);
}

#[tokio::test]
async fn a_prompt_is_made_better_offline_too() {
    let bench = Bench::new().await;
    let ask = TextAsk {
        system: "You write prompts.",
        text: "A figure\n of   a cat.",
        photo: None,
        schema: json!({"type": "object", "properties": {"prompt": {"type": "string"}}}),
    };
    let answer = bench.engine.text(&[LITE.to_owned()], ask, in_seconds(30), &Meter::default()).await.unwrap();
    assert_eq!(&**answer.text, r#"{"prompt":"A figure of a cat."}"#);
    assert_eq!(bench.simulator.calls()[0].kind, CallKind::Prompt);
}

#[tokio::test]
async fn every_known_size_and_ratio_is_drawn() {
    let bench = Bench::drawing().await;
    let photo = photo64();
    for (model, ratio, size, expected) in [
        (PRO, "1:1", "2K", (2048, 2048)),
        ("gemini-3.1-flash-image", "16:9", "512", (688, 384)),
        ("gemini-2.5-flash-image", "9:16", "1K", (768, 1376)),
        (BANANA, "1:8", "1K", (352, 2928)),
    ] {
        let ask = ImageAsk { prompt: "A figure.", photo: &photo, aspect_ratio: ratio, image_size: size, seed: None };
        let answer = bench.engine.image(&[model.to_owned()], ask, in_seconds(60), &Meter::default()).await;
        assert_eq!(sides(&answer.unwrap().bytes), expected, "{model}");
    }
}

#[tokio::test]
async fn a_fixed_image_is_answered_as_it_is() {
    let fixed = jpeg();
    let settings = SimulatorSettings { fixed_image: Some(fixed.clone().into()), ..SimulatorSettings::default() };
    let bench = Bench::with(|_| {}, settings).await;
    let answer = bench.image().await.unwrap();
    assert_eq!(*answer.bytes, *fixed);
    assert_eq!(answer.declared_type, "image/jpeg");
}

#[tokio::test]
async fn answers_hide_what_they_hold_from_debug() {
    let bench = Bench::new().await;
    let answer = bench.text().await.unwrap();
    let shown = format!("{answer:?} {:?}", bench.image().await.unwrap());
    assert!(!shown.contains("person") && !shown.contains("[137"), "{shown}");
}
