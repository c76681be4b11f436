//! The management address: metrics by a closed list, and health.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::TcpListener,
};

use figurine::telemetry::{Kind, METRICS};
use reqwest::Response;

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    program::{LISTEN, client, run},
};

const README: &str = include_str!("../../README.md");

async fn ask(app: &TestApp, path: &str) -> Response {
    client().get(format!("http://{}{path}", app.node.management())).send().await.unwrap()
}

/// The metrics that are told, each with the labels that it was seen with; parts of histograms count as these.
fn told(text: &str) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for line in text.lines().filter(|line| !line.starts_with('#') && !line.is_empty()) {
        let (name, labels) = line.rsplit_once(' ').unwrap().0.split_once('{').unwrap_or((line, ""));
        let name = name.split(' ').next().unwrap();
        let histogram = METRICS.iter().find(|metric| {
            let part = name.strip_prefix(metric.name).unwrap_or("none");
            metric.kind == Kind::Histogram && ["_bucket", "_sum", "_count"].contains(&part)
        });
        let labels =
            labels.trim_end_matches('}').split("\",").filter_map(|label| label.split_once('=')).map(|(it, _)| it);
        let labels = labels.filter(|label| histogram.is_none() || *label != "le").map(str::to_owned);
        found.entry(histogram.map_or(name, |metric| metric.name).to_owned()).or_default().extend(labels);
    }
    found
}

#[tokio::test(flavor = "multi_thread")]
async fn the_metrics_are_those_of_the_list_and_name_nobody() {
    let app = TestApp::start().await;
    let figure = app.post("", jpeg(64, 64)).header("Figurine-End-User", "anna-of-the-test").send().await.unwrap();
    let figure = json_of(figure, 201).await;
    app.get(figure["links"]["self"].as_str().unwrap()).send().await.unwrap();
    let listed: BTreeMap<_, BTreeSet<_>> = METRICS
        .iter()
        .map(|metric| (metric.name.to_owned(), metric.labels.iter().map(|label| (*label).to_owned()).collect()))
        .collect();
    let text = ask(&app, "/metrics").await.text().await.unwrap();
    for (name, labels) in told(&text) {
        let known = listed.get(&name).unwrap_or_else(|| panic!("{name} is told and not listed"));
        assert!(labels.is_subset(known), "{name}: {labels:?}");
    }
    // What needs a fault to happen is told only then.
    let silent = ["figurine_store_errors_total", "figurine_engine_model_served"];
    for name in listed.keys().filter(|name| !silent.contains(&name.as_str())) {
        assert!(told(&text).contains_key(name), "{name} is listed and not told: {text}");
    }
    let me = json_of(app.get("/v1/me").send().await.unwrap(), 200).await;
    let secret = [&figure["id"], &me["id"], &me["account"], &me["account_pseudonym"], &"anna-of-the-test".into()];
    for word in secret {
        assert!(!text.contains(word.as_str().unwrap()), "{word} is in the metrics");
    }
    assert!(text.contains(r#"route="/v1/figures/{id}""#), "{text}");
}

#[test]
fn the_readme_lists_every_metric_and_no_other() {
    let section = README.split("\n## Metrics\n").nth(1).unwrap().split("\n## ").next().unwrap();
    let rows = section.lines().filter(|line| line.starts_with("| `figurine_"));
    let named: BTreeSet<_> = rows.map(|row| row.split('`').nth(1).unwrap().split('{').next().unwrap()).collect();
    let listed: BTreeSet<_> = METRICS.iter().map(|metric| metric.name).collect();
    assert_eq!(named, listed);
}

#[tokio::test(flavor = "multi_thread")]
async fn health_is_told_on_the_management_address_too() {
    let app = TestApp::start().await;
    for path in ["/healthz", "/readyz"] {
        assert_eq!(json_of(ask(&app, path).await, 200).await["status"], "ok", "{path}");
    }
    assert_eq!(ask(&app, "/v1/figures").await.status(), 404);
    problem_of(app.get("/metrics").send().await.unwrap(), 404, "not_found").await;
    app.node.api().tasks.drain();
    assert_eq!(
        (ask(&app, "/readyz").await.status().as_u16(), ask(&app, "/healthz").await.status().as_u16()),
        (503, 200)
    );
}

#[test]
fn a_port_that_is_taken_is_told_by_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let folder = tempfile::tempdir().unwrap();
    for at in [0, 1] {
        let mut vars = LISTEN;
        vars[at].1 = &address;
        let ended = run(&folder, &["serve"], &vars);
        let told = String::from_utf8(ended.stderr).unwrap();
        assert!(!ended.status.success() && told.contains(LISTEN[at].0) && told.contains(&address), "{told}");
    }
}
