//! Models that an installation names and its engine does not have: found at start, told, and no reason not to start.

use std::time::{Duration, Instant};

use figurine::simulator::{Simulator, SimulatorSettings};
use serde_json::Value;

use crate::{
    app::{TestApp, json_of},
    gemini::{BehindGemini, node_before},
    program::run,
};

async fn listed(app: &TestApp) -> Value {
    json_of(app.client.get(app.url("/v1/models")).send().await.unwrap(), 200).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_retired_model_is_found_at_start_and_told_with_sizes_ratios_and_prices() {
    let vars = [("FIGURINE_IMAGE_MODELS", "gemini-3-pro-image-preview,gemini-3-pro-image")];
    let it = BehindGemini::with(&vars, |_| {}).await;
    let limit = Instant::now() + Duration::from_secs(20);
    let mut told = listed(&it.app).await;
    while told.to_string().contains("\"unknown\"") {
        assert!(Instant::now() < limit, "the engine was not asked: {told:#}");
        told = listed(&it.app).await;
    }
    let models = told["models"].as_array().unwrap();
    let seen: Vec<_> = models.iter().map(|model| (&model["name"], &model["purpose"], &model["standing"])).collect();
    let expected = [
        ("gemini-3-pro-image-preview", "image", "gone"),
        ("gemini-3-pro-image", "image", "served"),
        ("gemini-3.5-flash-lite", "text", "served"),
        ("gemini-3.8-flash", "text", "served"),
    ];
    let expected = expected.map(|(name, purpose, standing)| (name.into(), purpose.into(), standing.into()));
    assert_eq!(seen, expected.each_ref().map(|(name, purpose, standing)| (name, purpose, standing)), "{told:#}");
    assert_eq!(models[0]["prices"], Value::Null, "{told:#}");
    assert_eq!(models[1]["sizes"][0], serde_json::json!({"size": "1K", "micro_usd": 134_400}));
    assert!(models[1]["aspect_ratios"].as_array().unwrap().contains(&"3:4".into()), "{told:#}");
    assert_eq!(models[2]["prices"]["input"], 300_000);
    assert!(it.engine.look_ups().contains(&"/v1beta/models/gemini-3-pro-image-preview".to_owned()));
    let metrics = it.app.client.get(format!("http://{}/metrics", it.app.node.management())).send().await.unwrap();
    let metrics = metrics.text().await.unwrap();
    for (model, served) in [("gemini-3-pro-image-preview", 0), ("gemini-3-pro-image", 1)] {
        let line = format!("figurine_engine_model_served{{model=\"{model}\"}} {served}\n");
        assert!(metrics.contains(&line), "{line} is missing: {metrics}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_starts_without_its_engine() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let app = node_before(&format!("http://{nobody}"), &[]).await;
    assert_eq!(app.client.get(app.url("/readyz")).send().await.unwrap().status(), 200);
    let told = listed(&app).await;
    assert!(told["models"].as_array().unwrap().iter().all(|model| model["standing"] == "unknown"), "{told:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn figurine_check_reaches_the_engine_and_says_what_is_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let engine = Simulator::start(SimulatorSettings::default()).await.unwrap();
    let checked = |key: &str, models: &str| {
        let vars = [
            ("GEMINI_API_KEY", key),
            ("FIGURINE_GEMINI_TIER", "paid"),
            ("FIGURINE_GEMINI_BASE_URL", &engine.base_url),
            ("FIGURINE_IMAGE_MODELS", models),
        ];
        let ended = run(&folder, &["check"], &vars);
        (ended.status.success(), String::from_utf8(ended.stdout).unwrap())
    };
    let (sound, said) = checked("a-key", "gemini-3-pro-image");
    assert!(sound && said.contains("ok     engine: it has gemini-3-pro-image"), "{said}");
    let (sound, said) = checked("a-key", "gemini-3-pro-image-preview,gemini-3-pro-image");
    let told = "unwise FIGURINE_IMAGE_MODELS: gemini-3-pro-image-preview is unknown to the engine, or was retired";
    assert!(sound && said.contains(told), "another can stand in: {said}");
    let (sound, said) = checked("a-key", "gemini-3-pro-image-preview");
    assert!(!sound && said.contains("wrong  FIGURINE_IMAGE_MODELS: the engine has none"), "{said}");
    let (sound, said) = checked("invalid", "gemini-3-pro-image");
    assert!(!sound && said.contains("wrong  engine: misconfigured: the key is not valid"), "{said}");
    assert!(!said.contains("invalid\n") && engine.look_ups().len() > 4, "{said}");
}
