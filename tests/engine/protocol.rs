//! The simulator as another client sees it.

use crate::harness::*;
use crate::schemas::faults;
use figurine::simulator::{CallKind, Instead, RunningSimulator, Simulator, SimulatorSettings, Step};
use serde_json::{Value, json};

pub(crate) const SAMPLES: &str = include_str!("../../src/simulator/samples.json");

fn sample(name: &str) -> Value {
    let samples: Value = serde_json::from_str(SAMPLES).unwrap();
    let errors = samples["errors"].as_array().unwrap();
    errors.iter().find(|sample| sample["name"] == name).unwrap()["body"].clone()
}

pub(crate) async fn simulator() -> RunningSimulator {
    let settings = SimulatorSettings { control_routes: true, ..SimulatorSettings::default() };
    Simulator::start(settings).await.unwrap()
}

pub(crate) fn client() -> reqwest::Client {
    reqwest::Client::builder().no_proxy().build().unwrap()
}

pub(crate) async fn told(request: reqwest::RequestBuilder) -> (u16, Value) {
    let response = request.send().await.unwrap();
    let http = response.status().as_u16();
    let body = response.text().await.unwrap();
    (http, serde_json::from_str(&body).unwrap_or(Value::String(body)))
}

pub(crate) fn request(simulator: &RunningSimulator, path: &str, body: &Value) -> reqwest::RequestBuilder {
    let url = format!("{}{path}", simulator.base_url);
    client().post(url).header("x-goog-api-key", "k").body(body.to_string())
}

pub(crate) const IMAGE: &str = "/v1beta/models/gemini-3-pro-image:generateContent";
pub(crate) const TEXT: &str = "/v1/models/gemini-3.5-flash-lite:generateContent";

pub(crate) fn asking(config: &Value) -> Value {
    let data = base64_simd::STANDARD.encode_to_string(jpeg());
    json!({"contents": [{"role": "user", "parts": [{"text": "A figure."},
        {"inlineData": {"mimeType": "image/jpeg", "data": data}}]}], "generationConfig": config})
}

#[tokio::test]
async fn refusals_have_the_captured_words() {
    let simulator = simulator().await;
    let image = |field: &str, value: Value| asking(&json!({"responseModalities": ["IMAGE"], field: value}));
    let good = image("seed", json!(1));
    let preview = "/v1beta/models/gemini-3.1-flash-image-preview:generateContent";
    let format = json!({"image": {"aspectRatio": "3:2"}});
    let bad_photo = json!({"contents": [{"parts": [{"text": "x"},
        {"inlineData": {"mimeType": "image/jpeg", "data": "AAAA"}}]}],
        "generationConfig": {"responseModalities": ["IMAGE"]}});
    let keyless = client().post(format!("{}{IMAGE}", simulator.base_url)).body(good.to_string());
    let wrong = client().post(format!("{}{IMAGE}?key=invalid", simulator.base_url)).body(good.to_string());
    for (name, request) in [
        ("unknown_field", request(&simulator, IMAGE, &image("imageConfig", json!({"outputMimeType": "image/png"})))),
        ("bad_image", request(&simulator, IMAGE, &bad_photo)),
        ("deadline_too_short", request(&simulator, IMAGE, &good).header("x-server-timeout", "5")),
        ("no_key", keyless),
        ("bad_api_key", wrong),
        ("model_not_found", request(&simulator, preview, &good)),
    ] {
        let expected = sample(name);
        let http = u16::try_from(expected["error"]["code"].as_u64().unwrap()).unwrap();
        assert_eq!(told(request).await, (http, expected), "{name}");
    }
    let (http, body) = told(request(&simulator, IMAGE, &image("responseFormat", format))).await;
    assert_eq!((http, &body["error"]["message"]), (400, &sample("bad_enum")["error"]["message"]));
}

/// The words that Google has for statuses (`google.rpc.Code`).
const STATUS_WORDS: [&str; 10] = [
    "INVALID_ARGUMENT",
    "UNAUTHENTICATED",
    "RESOURCE_EXHAUSTED",
    "PERMISSION_DENIED",
    "NOT_FOUND",
    "INTERNAL",
    "UNAVAILABLE",
    "DEADLINE_EXCEEDED",
    "UNIMPLEMENTED",
    "UNKNOWN",
];

/// An error is Google's envelope: a `Status` with a word for its code beside.
pub(crate) fn assert_error(http: u16, body: &Value) {
    assert_eq!(body.as_object().map(serde_json::Map::len), Some(1), "{body}");
    let mut status = body["error"].clone();
    assert_eq!(status["code"], http, "{body}");
    let word = status.as_object_mut().unwrap().remove("status").unwrap();
    assert!(STATUS_WORDS.contains(&word.as_str().unwrap()), "{body}");
    assert!(faults("Status", &status).is_empty(), "{:?}", faults("Status", &status));
    for detail in status["details"].as_array().into_iter().flatten() {
        assert!(detail["@type"].as_str().unwrap().starts_with("type.googleapis.com/google.rpc."), "{body}");
    }
}

#[tokio::test]
async fn every_error_has_googles_envelope() {
    let simulator = simulator().await;
    let samples: Value = serde_json::from_str(SAMPLES).unwrap();
    let good = asking(&json!({"responseModalities": ["IMAGE"]}));
    let names = samples["errors"].as_array().unwrap().iter().map(|sample| sample["name"].as_str().unwrap().to_owned());
    let limited = Instead::RateLimited { retry_delay_seconds: Some(1.5), retry_after_seconds: Some(2) };
    for act in names.map(Instead::Sample).chain([limited]) {
        simulator.script(once(act));
        let (http, body) = told(request(&simulator, IMAGE, &good)).await;
        assert_error(http, &body);
    }
    for body in [json!({}), json!({"contents": [], "x": 1}), asking(&json!({"seed": "seven"}))] {
        let (http, body) = told(request(&simulator, IMAGE, &body)).await;
        assert_eq!(http, 400, "{body}");
        assert_error(http, &body);
    }
    let (http, body) = told(request(&simulator, "/v1/models/unknown:generateContent", &good)).await;
    assert_error(http, &body);
    assert_eq!(http, 404);
}

#[tokio::test]
async fn a_malformed_body_hides_a_bad_key() {
    let simulator = simulator().await;
    for body in ["{", "[]", "null", r#"{"contents":[]}"#, r#"{"contents":{}}"#] {
        let url = format!("{}{IMAGE}?key=invalid", simulator.base_url);
        let (http, told) = told(client().post(url).body(body)).await;
        assert_eq!((http, &told["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{body}");
        assert!(!told.to_string().contains("API_KEY_INVALID"), "{told}");
    }
}

#[tokio::test]
async fn fields_that_google_would_refuse_are_refused() {
    let simulator = simulator().await;
    for config in [
        json!({"responseModalities": ["IMAGE"], "imageConfig": {"imageSize": "1k"}}),
        json!({"responseModalities": ["IMAGE"], "imageConfig": {"aspectRatio": "1:8"}}),
        json!({"responseModalities": ["PICTURE"]}),
        json!({"responseModalities": ["IMAGE"], "seed": "seven"}),
        json!({"responseMimeType": "application/json", "responseJsonSchema": {}, "responseSchema": {}}),
        json!({"thinkingConfig": {"thinkingLevel": "HUGE"}}),
    ] {
        let (http, body) = told(request(&simulator, IMAGE, &asking(&config))).await;
        assert_eq!((http, &body["error"]["status"]), (400, &json!("INVALID_ARGUMENT")), "{config}");
    }
    let mut odd = asking(&json!({}));
    odd["safetySettings"] = json!([{"category": "HARM_CATEGORY_NONE", "threshold": "OFF"}]);
    let (http, body) = told(request(&simulator, TEXT, &odd)).await;
    let violation = &body["error"]["details"][0]["fieldViolations"][0]["field"];
    assert_eq!((http, violation), (400, &json!("safety_settings[0].category")));
}

#[tokio::test]
async fn both_spellings_and_url_safe_base64_are_taken() {
    let simulator = simulator().await;
    let data = base64_simd::URL_SAFE.encode_to_string(jpeg());
    let body = json!({"contents": [{"parts": [{"inline_data": {"mime_type": "image/jpeg", "data": data}}]}],
        "generation_config": {"response_modalities": ["TEXT", "IMAGE"],
            "image_config": {"aspect_ratio": "1:1"}, "thinkingConfig": {"include_thoughts": true,
            "thinking_level": "low"}}});
    let (http, body) = told(request(&simulator, IMAGE, &body)).await;
    let parts = &body["candidates"][0]["content"]["parts"];
    assert_eq!((http, &parts[0]["thought"]), (200, &json!(true)));
    let data = parts[2]["inlineData"]["data"].as_str().unwrap();
    assert_eq!(sides(&base64_simd::STANDARD.decode_to_vec(data).unwrap()), (1024, 1024));
}

#[tokio::test]
async fn answers_fit_googles_schema() {
    let simulator = simulator().await;
    let image = asking(&json!({"responseModalities": ["TEXT", "IMAGE"]}));
    let schema = json!({"responseMimeType": "application/json", "responseJsonSchema": schema()});
    for (path, body) in [(IMAGE, image), (TEXT, asking(&schema)), (TEXT, asking(&json!({})))] {
        let (http, body) = told(request(&simulator, path, &body)).await;
        assert_eq!(http, 200, "{body}");
        let faults = faults("GenerateContentResponse", &body);
        assert!(faults.is_empty(), "{faults:?}");
        assert!(body["usageMetadata"]["totalTokenCount"].as_u64().unwrap() > 0);
    }
}

#[tokio::test]
async fn a_stream_is_one_event_with_the_whole_answer() {
    let simulator = simulator().await;
    let path = "/v1beta/models/gemini-3.5-flash-lite:streamGenerateContent?alt=sse";
    let response = request(&simulator, path, &asking(&json!({}))).send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let text = response.text().await.unwrap();
    let json = text.strip_prefix("data: ").unwrap().strip_suffix("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(json).unwrap();
    assert_eq!(body["candidates"][0]["finishReason"], "STOP");
    assert!(faults("GenerateContentResponse", &body).is_empty(), "{:?}", faults("GenerateContentResponse", &body));
}

#[tokio::test]
async fn models_are_listed_and_described_on_both_versions() {
    let simulator = simulator().await;
    let get = |path: &str| {
        let url = format!("{}{path}", simulator.base_url);
        told(client().get(url).header("x-goog-api-key", "k"))
    };
    for (version, count) in [("v1", 9), ("v1beta", 10)] {
        let (http, list) = get(&format!("/{version}/models?pageSize=1000")).await;
        assert_eq!((http, list["models"].as_array().unwrap().len()), (200, count));
        assert!(faults("ListModelsResponse", &list).is_empty(), "{list}");
    }
    for version in ["v1", "v1beta"] {
        let (_, model) = get(&format!("/{version}/models/gemini-3-pro-image")).await;
        assert_eq!(model["name"], "models/gemini-3-pro-image");
        assert!(faults("Model", &model).is_empty(), "{:?}", faults("Model", &model));
    }
    assert_eq!(get("/v1/models/gemini-flash-latest").await.0, 404);
    let keyless = told(client().get(format!("{}/v1/models", simulator.base_url))).await;
    assert_eq!(keyless.0, 403);
}

#[tokio::test]
async fn an_uploaded_photo_can_be_used_and_deleted() {
    let simulator = simulator().await;
    let start = client()
        .post(format!("{}/upload/v1beta/files", simulator.base_url))
        .header("x-goog-api-key", "k")
        .header("x-goog-upload-command", "start")
        .header("x-goog-upload-header-content-type", "image/jpeg");
    let started = start.send().await.unwrap();
    let url = started.headers()["x-goog-upload-url"].to_str().unwrap().to_owned();
    let upload = client().post(url).header("x-goog-upload-command", "upload, finalize");
    let upload = upload.header("x-goog-upload-offset", "0").body(jpeg()).send().await.unwrap();
    assert_eq!(upload.headers()["x-goog-upload-status"], "final");
    let file: Value = serde_json::from_str(&upload.text().await.unwrap()).unwrap();
    assert!(faults("File", &file["file"]).is_empty(), "{file}");
    let uri = file["file"]["uri"].as_str().unwrap();
    let body = json!({"contents": [{"parts": [{"fileData": {"mimeType": "image/jpeg", "fileUri": uri}}]}],
        "generationConfig": {"responseModalities": ["IMAGE"]}});
    assert_eq!(told(request(&simulator, IMAGE, &body)).await.0, 200);
    for expected in [200, 403] {
        let delete = client().delete(uri).header("x-goog-api-key", "k");
        assert_eq!(told(delete).await.0, expected);
    }
    assert_eq!(told(request(&simulator, IMAGE, &body)).await.0, 400);
}

#[tokio::test]
async fn a_process_of_its_own_is_told_and_asked_over_http() {
    let simulator = simulator().await;
    let put = |body: &'static str| {
        let url = format!("{}/__scenario", simulator.base_url);
        told(client().put(url).header("content-type", "application/json").body(body))
    };
    let script = r#"[{"match":{"kind":"image"},"do":{"rate_limited":{"retry_delay_seconds":1.5}}}]"#;
    assert_eq!(put(script).await.0, 204);
    assert_eq!(put(r#"[{"do":"dance"}]"#).await.0, 400);
    let image = asking(&json!({"responseModalities": ["IMAGE"]}));
    let (http, body) = told(request(&simulator, IMAGE, &image)).await;
    assert_eq!((http, &body["error"]["details"][0]["retryDelay"]), (429, &json!("1.5s")));
    let calls = format!("{}/__calls", simulator.base_url);
    let (_, listed) = told(client().get(&calls)).await;
    assert_eq!(listed[0]["kind"], "image");
    assert_eq!(listed[0]["status"], 429);
    assert_eq!(listed[0]["body_sha256"].as_str().unwrap().len(), 64);
    assert_eq!(told(client().delete(&calls)).await.0, 204);
    assert_eq!(told(client().get(&calls)).await.1, json!([]));
}

#[tokio::test]
async fn control_routes_exist_only_where_they_were_asked_for() {
    let simulator = Simulator::start(SimulatorSettings::default()).await.unwrap();
    for path in ["/__calls", "/__scenario"] {
        assert_eq!(told(client().get(format!("{}{path}", simulator.base_url))).await.0, 404);
    }
}

#[tokio::test]
async fn the_key_does_not_follow_a_redirect() {
    let (bench, elsewhere) = (Bench::new().await, simulator().await);
    let to = format!("{}{IMAGE}", elsewhere.base_url);
    bench.simulator.script(once(Instead::Redirect { to }));
    assert!(bench.image().await.is_err());
    assert!(elsewhere.calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn stopping_breaks_off_the_calls_that_are_held() {
    let bench = Bench::new().await;
    bench.simulator.hold();
    let simulator = bench.simulator;
    let ask = image(&bench.engine, &[PRO], in_seconds(60));
    let (answer, stopped) = tokio::join!(ask, async {
        simulator.wait_for_calls(1).await;
        simulator.stop().await
    });
    stopped.unwrap();
    assert!(answer.unwrap_err().attempts() > 0);
}

#[tokio::test]
async fn a_scenario_names_kinds_and_models() {
    let bench = Bench::new().await;
    bench.simulator.script(vec![Step::new(Instead::Internal).of(CallKind::Analysis)]);
    assert_eq!(bench.image().await.unwrap().attempts, 1);
    assert_eq!(bench.text().await.unwrap().attempts, 2);
}
