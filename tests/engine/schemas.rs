//! What is sent and what is answered, against Google's own schemas.

use crate::harness::*;
use figurine::engine::TextAsk;
use figurine::simulator::{SimulatorSettings, Spoil, Step};
use serde_json::{Value, json};

const SCHEMAS: &str = include_str!("../data/generate-content.schema.json");

pub(crate) fn faults(message: &str, value: &Value) -> Vec<String> {
    let mut schema: Value = serde_json::from_str(SCHEMAS).unwrap();
    schema["$ref"] = format!("#/$defs/{message}").into();
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

#[tokio::test]
async fn every_request_fits_googles_schema() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SimulatorSettings { keep_bodies: Some(folder.path().to_owned()), ..SimulatorSettings::default() };
    let bench = Bench::with(|_| {}, settings).await;
    let again = vec![Step::new(Spoil::MaxTokens), Step::new(Spoil::TextOnly)];
    bench.simulator.script(again);
    bench.image_of(&[BANANA]).await.unwrap();
    bench.text_of(&[FLASH]).await.unwrap();
    let ask = TextAsk { system: "s", text: "t", photo: None, schema: json!({"type": "object"}) };
    bench.engine.text(&[LITE.to_owned()], ask, in_seconds(9)).await.unwrap();
    let calls = bench.simulator.calls();
    assert!(calls.len() >= 4, "{calls:?}");
    for call in calls {
        let body = std::fs::read(folder.path().join(format!("{}.json", call.id))).unwrap();
        assert_eq!(body.len(), call.body_bytes);
        let body: Value = serde_json::from_slice(&body).unwrap();
        let faults = faults("GenerateContentRequest", &body);
        assert!(faults.is_empty(), "{faults:?}");
        assert_eq!(body["store"], false);
        assert_eq!(body["safetySettings"].as_array().unwrap().len(), 4);
    }
}

#[tokio::test]
async fn a_reask_says_what_was_missing() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SimulatorSettings { keep_bodies: Some(folder.path().to_owned()), ..SimulatorSettings::default() };
    let bench = Bench::with(|_| {}, settings).await;
    let body = |id: u64| std::fs::read_to_string(folder.path().join(format!("{id}.json"))).unwrap();
    let cases = [
        (Spoil::TextOnly, "the picture itself"),
        (Spoil::NoImage, "a loose likeness is enough"),
        (Spoil::BlockedOutput { reason: "IMAGE_RECITATION".to_owned() }, "no brand"),
        (Spoil::MaxTokens, "\"thinkingLevel\":\"MINIMAL\""),
    ];
    for (at, (act, plea)) in (0..).zip(cases) {
        bench.simulator.script(once(act));
        bench.image_of(&[BANANA]).await.unwrap();
        assert!(!body(2 * at + 1).contains(plea), "{plea}");
        assert!(body(2 * at + 2).contains(plea), "{plea}");
    }
}
