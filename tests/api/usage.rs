//! `/v1/usage`: everything is counted once, whoever counts it, and nothing that was not to be.

use std::{
    collections::BTreeMap,
    time::{Duration, Instant},
};

use figurine::domain::PlanLimits;
use futures_util::{StreamExt, stream};
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    app::{TestApp, jpeg, json_of, problem_of},
    two_nodes::Nodes,
};

/// A key with room for everything.
fn roomy(app: &TestApp, account: &str) -> String {
    let limits = r#"{"rpm":6000,"burst":1000,"in_flight":256,"figures_per_day":1000000}"#;
    let limits: PlanLimits = serde_json::from_str(limits).unwrap();
    app.key_of(account, |request| request.limits = limits)
}

async fn report(app: &TestApp, key: &str, query: &str) -> Value {
    let asked = app.client.get(app.url(&format!("/v1/usage{query}"))).bearer_auth(key).header("Sec-GPC", "1");
    json_of(asked.send().await.unwrap(), 200).await
}

/// The report once so many requests were counted; entries are written just after their answers, its own, too.
async fn report_of(app: &TestApp, key: &str, query: &str, requests: u64) -> Value {
    report_and_bytes_before(app, key, query, requests).await.0
}

/// The same, and how long those that were asked for before it were.
async fn report_and_bytes_before(app: &TestApp, key: &str, query: &str, requests: u64) -> (Value, u64) {
    let limit = Instant::now() + Duration::from_secs(30);
    let (mut asked, mut before) = (0, 0);
    loop {
        let url = app.url(&format!("/v1/usage{query}"));
        let answer = app.client.get(url).bearer_auth(key).header("Sec-GPC", "1").send().await.unwrap();
        let text = answer.text().await.unwrap();
        let report: Value = serde_json::from_str(&text).unwrap();
        if report["total"]["counts"]["requests"] == requests + asked {
            return (report, before);
        }
        assert!(Instant::now() < limit, "{requests} and {asked}: {report:#}");
        asked += 1;
        before += text.len() as u64;
    }
}

const NO_PHOTO: &str = "no photo at all";

/// One of a thousand requests of every kind.
fn request(app: &TestApp, at: usize, key: &str) -> RequestBuilder {
    let ask = |method, path: &str| app.client.request(method, app.url(path)).bearer_auth(key);
    match at % 20 {
        0 => ask(Method::POST, "/v1/figures?style=anime&n=2").body(jpeg(64, 64)),
        1 => ask(Method::POST, "/v1/figures?style=chibi").body(jpeg(64, 64)).header("Sec-GPC", "1"),
        2 => ask(Method::POST, "/v1/figures?size=9K").body(jpeg(64, 64)),
        3 => ask(Method::POST, "/v1/figures").body(NO_PHOTO),
        4 => ask(Method::GET, "/v1/figures/fig_019ab2c3d4e57f60a1b2c3d4e5f60718"),
        5 => ask(Method::HEAD, "/v1/me"),
        6 => ask(Method::PUT, "/v1/styles"),
        7 => ask(Method::GET, "/v1/figures?limit=0"),
        8 => ask(Method::GET, "/v1/me").header("User-Agent", "python-requests/2.31.0"),
        _ => ask(Method::GET, "/v1/me").header("User-Agent", "curl/8.5.0"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_thousand_requests_at_once_are_summed_exactly() {
    let nodes = Nodes::new();
    let apps = [nodes.start().await, nodes.start().await];
    let key = roomy(&apps[0], "summed");
    let sent = stream::iter(0..1_000).map(|at| {
        let request = request(&apps[at / 20 % 2], at, &key);
        async move {
            let answer = request.send().await.unwrap();
            (answer.status().as_u16(), answer.bytes().await.unwrap())
        }
    });
    let answers: Vec<(u16, bytes::Bytes)> = sent.buffer_unordered(48).collect().await;
    let (mut statuses, sums) = tallied(&answers);
    // What needs no key counts for nobody: a method that is not there is refused before anybody is known.
    let known = answers.len() as u64 - statuses.remove(&405).unwrap();
    assert_eq!(statuses[&201], 100, "{statuses:?}");
    let (report, of_reports) = report_and_bytes_before(&apps[1], &key, "?by=day", known).await;
    let counts = &report["total"]["counts"];
    // Of a body whose options stand in the query nothing is read where those are wrong.
    let received = 100 * jpeg(64, 64).len() + 50 * NO_PHOTO.len();
    assert_eq!(counts["bytes_in"], received, "{report:#}");
    let sent: usize = answers.iter().filter(|(status, _)| *status != 405).map(|(_, body)| body.len()).sum();
    assert_eq!(counts["bytes_out"], sent as u64 + of_reports, "{report:#}");
    for name in ["figures", "images", "input_tokens", "output_tokens", "charged_micro_usd", "upstream_micro_usd"] {
        assert_eq!(counts[name].as_u64().unwrap_or_default(), sums[name], "{name}: {report:#}");
    }
    let refusals: u64 = statuses.iter().filter(|(status, _)| (400..500).contains(*status)).map(|(_, sum)| sum).sum();
    assert_eq!(counts["refusals"], refusals, "{report:#}");
    assert_eq!(report["total"]["styles"], json!({"anime": 50}), "{report:#}");
    assert_eq!(report["total"]["options"]["n"], json!({"2": 50}), "{report:#}");
    assert_eq!(report["total"]["clients"]["curl 8"], 550, "{report:#}");
    assert_eq!(report["total"]["clients"]["python-requests 2"], 50, "{report:#}");
    let latency = &report["total"]["latency_ms"];
    let [p50, p95, p99] = ["p50", "p95", "p99"].map(|name| latency[name].as_f64().unwrap());
    assert!(0.0 < p50 && p50 <= p95 && p95 <= p99, "{latency}");
    assert_rows(&apps[0], &key, &statuses).await;
}

/// How many answers had which status, and what the figures among them come to.
fn tallied(answers: &[(u16, bytes::Bytes)]) -> (BTreeMap<u16, u64>, BTreeMap<&'static str, u64>) {
    let (mut statuses, mut sums) = (BTreeMap::<u16, u64>::new(), BTreeMap::new());
    for (status, body) in answers {
        *statuses.entry(*status).or_default() += 1;
        let figure: Value = serde_json::from_slice(body).unwrap_or_default();
        if figure["object"] != "figure" || *status != 201 {
            continue;
        }
        *sums.entry("figures").or_default() += 1;
        *sums.entry("images").or_default() += figure["images"].as_array().unwrap().len() as u64;
        for name in ["input_tokens", "output_tokens", "charged_micro_usd", "upstream_micro_usd"] {
            *sums.entry(name).or_default() += figure["cost"][name].as_u64().unwrap();
        }
    }
    (statuses, sums)
}

async fn assert_rows(app: &TestApp, key: &str, statuses: &BTreeMap<u16, u64>) {
    let rows = report_by(app, key, "status").await;
    for (status, sum) in statuses {
        let told = rows.iter().find(|row| row["status"] == *status).unwrap()["counts"]["requests"].as_u64().unwrap();
        // The reports that were asked for count as well.
        assert!(told == *sum || *status == 200 && told > *sum, "{status}: {told} for {sum}");
    }
    let styles = report_by(app, key, "style").await;
    assert_eq!((styles.len(), &styles[0]["counts"]["images"]), (1, &json!(100)), "{styles:?}");
    let hours = report_by(app, key, "hour").await;
    let figures: u64 = hours.iter().map(|row| row["counts"]["figures"].as_u64().unwrap_or_default()).sum();
    assert_eq!(figures, 100);
}

async fn report_by(app: &TestApp, key: &str, by: &str) -> Vec<Value> {
    report(app, key, &format!("?by={by}")).await["data"].as_array().unwrap().clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_job_that_fails_is_counted_as_that_and_costs_what_it_cost() {
    let app = TestApp::start().await;
    let ask = app.post("", b"\x89PNG\r\n\x1a\nbroken".to_vec()).send().await.unwrap();
    assert_eq!(ask.status(), 422, "{}", ask.text().await.unwrap());
    app.node.simulator().hold();
    let id = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let deleted = app.request(Method::DELETE, &format!("/v1/figures/{id}")).send().await.unwrap();
    assert_eq!(deleted.status(), 204);
    app.node.simulator().release();
    let report = report_of(&app, &app.key, "", 3).await;
    let counts = &report["total"]["counts"];
    assert_eq!((&counts["canceled"], counts.get("figures")), (&json!(1), None), "{report:#}");
    assert_eq!(counts["refusals"], 1, "{report:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn sums_are_kept_by_hours_and_days_of_utc_for_as_long_as_is_said() {
    let app = TestApp::start().await;
    app.get("/v1/me").send().await.unwrap();
    let first = report_of(&app, &app.key, "?by=hour", 1).await;
    let start = first["data"][0]["start"].as_str().unwrap().to_owned();
    assert!(start.ends_with(":00:00Z"), "{start}");
    assert!(report(&app, &app.key, "?by=day").await["data"][0]["start"].as_str().unwrap().contains("T00:00:00"));
    let hours = first["kept_seconds"].as_u64().unwrap();
    app.clock.advance(Duration::from_secs(hours));
    let its_hour = format!("?by=hour&from={start}&to={}:59:59Z", &start[..13]);
    assert_eq!(report(&app, &app.key, &its_hour).await["data"], json!([]));
    let days = report(&app, &app.key, &format!("?by=day&from={}", &start[..10])).await;
    assert!(days["data"][0]["counts"]["requests"].as_u64().unwrap() >= 1, "{days:#}");
    app.clock.advance(Duration::from_secs(days["kept_seconds"].as_u64().unwrap() - hours + 1));
    let over = report(&app, &app.key, &format!("?by=day&from={0}&to={0}T23:59:59Z", &start[..10])).await;
    assert_eq!(over["data"], json!([]), "{over:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_sees_its_own_usage_and_needs_the_scope() {
    let app = TestApp::start().await;
    app.get("/v1/me").send().await.unwrap();
    let other = app.key_of("acme", |_| {});
    let theirs = report(&app, &other, "").await;
    assert_eq!(theirs["data"], json!([]), "{theirs:#}");
    let poor = app.client.get(app.url("/v1/usage")).bearer_auth(app.key_with("figures:read"));
    problem_of(poor.send().await.unwrap(), 403, "missing_scope").await;
    for query in ["?by=week", "?from=soon", "?page=2", "?by=hour&from=2026-01-01&to=2026-06-01"] {
        let answer = app.get(&format!("/v1/usage{query}")).send().await.unwrap();
        assert_eq!(answer.status(), 422, "{query}: {}", answer.text().await.unwrap());
    }
}

fn decide(app: &TestApp, analytics: bool, person: Option<&str>) -> RequestBuilder {
    let put = app.request(Method::PUT, "/v1/me/preferences").header("Content-Type", "application/json");
    let put = put.header("Sec-GPC", "1").body(json!({ "analytics": analytics }).to_string());
    person.into_iter().fold(put, |put, person| put.header("Figurine-End-User", person))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_opted_out_is_counted_and_nothing_else() {
    let app = TestApp::start().await;
    let figure = |person: &str| app.post("?style=anime", jpeg(64, 64)).header("Figurine-End-User", person.to_owned());
    let decided = json_of(decide(&app, false, Some("anna")).send().await.unwrap(), 200).await;
    assert_eq!(decided["analytics"], false, "{decided:#}");
    json_of(figure("anna").send().await.unwrap(), 201).await;
    json_of(figure("bert").send().await.unwrap(), 201).await;
    let of_form = app.post_json(
        "/v1/figures",
        &json!({
            "image": {"data": base64(&jpeg(64, 64))}, "style": "chibi", "end_user": "anna",
        }),
    );
    json_of(of_form.send().await.unwrap(), 201).await;
    let report = report_of(&app, &app.key, "", 4).await;
    assert_eq!(report["total"]["counts"]["figures"], 3, "{report:#}");
    assert_eq!(report["total"]["styles"], json!({"anime": 1}), "{report:#}");
    json_of(decide(&app, false, None).send().await.unwrap(), 200).await;
    let before = report["total"]["devices"].clone();
    json_of(figure("bert").send().await.unwrap(), 201).await;
    let after = json_of(app.get("/v1/me/preferences").send().await.unwrap(), 200).await;
    assert_eq!(after["analytics"], false, "{after:#}");
    let limit = Instant::now() + Duration::from_secs(20);
    while report_counts(&app).await["figures"] != 4 {
        assert!(Instant::now() < limit);
    }
    let report = self::report(&app, &app.key, "").await;
    assert_eq!(
        (&report["total"]["devices"], &report["total"]["styles"]),
        (&before, &json!({"anime": 1})),
        "{report:#}"
    );
    // Decided anew, it begins anew.
    json_of(decide(&app, true, None).send().await.unwrap(), 200).await;
    json_of(figure("bert").send().await.unwrap(), 201).await;
    let limit = Instant::now() + Duration::from_secs(20);
    while self::report(&app, &app.key, "").await["total"]["styles"] != json!({"anime": 2}) {
        assert!(Instant::now() < limit);
    }
}

async fn report_counts(app: &TestApp) -> Value {
    report(app, &app.key, "").await["total"]["counts"].take()
}

pub(crate) fn base64(bytes: &[u8]) -> String {
    use ::base64::{Engine as _, engine::general_purpose::STANDARD};
    STANDARD.encode(bytes)
}
