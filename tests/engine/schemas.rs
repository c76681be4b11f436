//! What is sent and what is answered, against Google's own schemas.

use crate::harness::*;
use figurine::engine::{Meter, TextAsk};
use figurine::simulator::{SimulatorSettings, Spoil, Step};
use serde_json::{Value, json};
use std::sync::LazyLock;

const SCHEMAS: &str = include_str!("../data/generate-content.schema.json");

/// Where the whole documents lie, if they were fetched: they are too large to be kept here.
const DOCUMENTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../shared/gemini");

/// The Developer API's own messages: those that are kept here, and the whole document where it is.
static DEVELOPER: LazyLock<Vec<Value>> = LazyLock::new(|| {
    let mut kept: Value = serde_json::from_str(SCHEMAS).unwrap();
    let whole = document("discovery-generativelanguage-v1beta.json");
    [kept["$defs"].take()].into_iter().chain(whole).collect()
});

static VERTEX: LazyLock<Option<Value>> =
    LazyLock::new(|| document("discovery-aiplatform-v1beta1-generatecontent.json"));

/// What is wrong with a message, by the Developer API's documents and by Vertex's.
pub(crate) fn faults(message: &str, value: &Value) -> Vec<String> {
    let mut faults = developer_faults(message, value);
    if let Some(vertex) = &*VERTEX {
        let (name, mut value) = (format!("GoogleCloudAiplatformV1beta1{message}"), value.clone());
        // The one member that Vertex does not know.
        value.as_object_mut().and_then(|members| members.remove("store"));
        if vertex.get(&name).is_some() {
            faults.extend(faults_by(vertex, &name, &value));
        }
    }
    faults
}

/// What is wrong with a message by the documents of the API that the simulator serves.
pub(crate) fn developer_faults(message: &str, value: &Value) -> Vec<String> {
    DEVELOPER.iter().flat_map(|messages| faults_by(messages, message, value)).collect()
}

fn faults_by(messages: &Value, message: &str, value: &Value) -> Vec<String> {
    assert!(messages[message].is_object(), "there is no {message}");
    let schema = json!({"$ref": format!("#/$defs/{message}"), "$defs": messages});
    let validator = jsonschema::validator_for(&schema).unwrap();
    validator.iter_errors(value).map(|error| format!("{}: {error}", error.instance_path())).collect()
}

/// The messages of a discovery document as JSON Schema.
fn document(name: &str) -> Option<Value> {
    let text = std::fs::read(format!("{DOCUMENTS}/{name}")).ok()?;
    let mut document: Value = serde_json::from_slice(&text).unwrap();
    let mut messages = document["schemas"].take();
    for message in messages.as_object_mut().unwrap().values_mut() {
        translated(message);
    }
    Some(messages)
}

/// Discovery names messages without a path and closes them without saying so.
fn translated(schema: &mut Value) {
    if let Some(members) = schema.as_object_mut() {
        for noise in ["id", "format", "default", "enumDescriptions", "enumDeprecated", "readOnly", "deprecated"] {
            members.remove(noise);
        }
        if let Some(name) = members.get("$ref").and_then(Value::as_str) {
            let place = format!("#/$defs/{name}");
            members.insert("$ref".to_owned(), place.into());
        }
        if members.get("type") == Some(&"any".into()) {
            members.remove("type");
        }
        if members.contains_key("properties") {
            members.insert("additionalProperties".to_owned(), false.into());
        }
    }
    let nested = ["items", "additionalProperties"];
    for name in nested {
        if let Some(inner) = schema.get_mut(name) {
            translated(inner);
        }
    }
    for property in schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten() {
        translated(property.1);
    }
}

#[test]
fn the_schemas_find_what_is_wrong() {
    let good = json!({"contents": [{"role": "user", "parts": [{"text": "x"}]}]});
    assert!(faults("GenerateContentRequest", &good).is_empty(), "{:?}", faults("GenerateContentRequest", &good));
    for (place, wrong) in [
        ("/contents/0/parts/0", json!({"txt": "x"})),
        ("/contents/0/role", json!(7)),
        ("", json!({"contents": [], "generationConfig": {"responseModalities": ["PICTURE"]}})),
        ("", json!({"safetySettings": [{"category": "HARM_CATEGORY_NONE", "threshold": "OFF"}]})),
    ] {
        let mut bad = good.clone();
        *bad.pointer_mut(place).unwrap() = wrong;
        assert!(!faults("GenerateContentRequest", &bad).is_empty(), "{bad}");
    }
}

/// One image for all who ask, and the bodies of their requests kept.
fn keeping(folder: &tempfile::TempDir) -> SimulatorSettings {
    SimulatorSettings {
        fixed_image: Some(figure().into()),
        keep_bodies: Some(folder.path().to_owned()),
        ..SimulatorSettings::default()
    }
}

#[tokio::test]
async fn every_request_fits_googles_schema() {
    let folder = tempfile::tempdir().unwrap();
    let settings = keeping(&folder);
    let bench = Bench::with(|_| {}, settings).await;
    let again = vec![Step::new(Spoil::MaxTokens), Step::new(Spoil::TextOnly)];
    bench.simulator.script(again);
    bench.image_of(&[BANANA]).await.unwrap();
    bench.text_of(&[FLASH]).await.unwrap();
    let ask = TextAsk { system: "s", text: "t", photo: None, schema: json!({"type": "object"}) };
    bench.engine.text(&[LITE.to_owned()], ask, in_seconds(9), &Meter::default()).await.unwrap();
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
    let settings = keeping(&folder);
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
