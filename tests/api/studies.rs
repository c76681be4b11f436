//! Analyses and prompts without a figure: the same work, the same purge, no image.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use figurine::{
    simulator::{CallKind, Spoil, Step},
    vault::receipt::{Reason, verify},
};
use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{Form, TestApp, jpeg, json_of, problem_of};

const BOTH: [&str; 2] = ["/v1/analyses", "/v1/prompts"];

fn raw(app: &TestApp, path: &str) -> RequestBuilder {
    app.request(Method::POST, path).body(jpeg(320, 240))
}

fn images_asked(app: &TestApp) -> usize {
    app.node.simulator().calls().iter().filter(|call| call.kind == CallKind::Image).count()
}

/// The reason of the receipt of an answer's photo, its signature checked with the public keys.
async fn reason(app: &TestApp, receipt: &str, upload: &Value) -> Reason {
    let jwks = json_of(app.client.get(app.url("/.well-known/jwks.json")).send().await.unwrap(), 200).await;
    let receipt = verify(receipt, &jwks).expect("it is signed");
    assert_eq!((receipt.upload.map(|id| id.to_string().into()), receipt.figure), (Some(upload.clone()), None));
    receipt.reason
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_gives_the_same_and_no_photo_stays() {
    let app = TestApp::start().await;
    for path in BOTH {
        let photo = jpeg(320, 240);
        let form = Form::default().file("image", &photo).body();
        let ways = [
            raw(&app, path),
            app.request(Method::POST, path).header("Content-Type", Form::TYPE).body(form),
            app.post_json(path, &json!({"image": {"data": STANDARD.encode(&photo)}})),
        ];
        let mut told = Vec::new();
        for way in ways {
            let made = json_of(way.send().await.unwrap(), 200).await;
            assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
            let upload = &made["upload"];
            assert_eq!(reason(&app, upload["receipt"].as_str().unwrap(), &upload["id"]).await, Reason::Succeeded);
            let version = env!("CARGO_PKG_VERSION");
            let engine = json!({"name": "offline", "text_model": "offline", "text_model_version": version});
            assert_eq!(made["engine"], engine, "{made:#}");
            assert_eq!(made["cost"]["charged_micro_usd"], 0, "the offline engine costs nothing");
            told.push((
                made["object"].clone(),
                made["analysis"].clone(),
                made["prompt"].clone(),
                made["photo"].clone(),
            ));
        }
        assert!(told.iter().all(|other| *other == told[0]), "{told:#?}");
        assert!(told[0].1["summary"].is_string(), "{told:#?}");
        assert_eq!(told[0].2.is_string(), path == "/v1/prompts");
    }
    assert_eq!(images_asked(&app), 0);
    let figures = json_of(app.get("/v1/figures").send().await.unwrap(), 200).await;
    assert_eq!(figures["data"], json!([]), "no figure was made");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_looked_at_and_not_used_up() {
    let app = TestApp::start().await;
    let id = app.upload(jpeg(320, 240)).await;
    let body = json!({"image": {"upload_id": id}});
    for path in BOTH {
        let made = json_of(app.post_json(path, &body).send().await.unwrap(), 200).await;
        let upload = &made["upload"];
        assert_eq!(
            (&upload["id"], &upload["purged_at"], &upload["receipt"]),
            (&id.clone().into(), &Value::Null, &Value::Null)
        );
        assert_eq!(app.photos_kept().len(), 2, "{:?}", app.photos_kept());
    }
    json_of(app.post_json("/v1/figures", &body).send().await.unwrap(), 201).await;
    for path in BOTH {
        problem_of(app.post_json(path, &body).send().await.unwrap(), 409, "upload_consumed").await;
    }
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_is_deleted_while_it_is_looked_at_is_told_so() {
    let app = TestApp::with(&[("FIGURINE_JOBS_IN_FLIGHT", "1")], |_| {}).await;
    app.node.simulator().hold();
    let figure = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let id = app.upload(jpeg(320, 240)).await;
    let asked = app.post_json("/v1/analyses", &json!({"image": {"upload_id": id}})).send();
    let deleted = async {
        let flow = &app.node.api().flow;
        while flow.store.queued().await.unwrap() == 0 {
            tokio::task::yield_now().await;
        }
        let answer = app.request(Method::DELETE, &format!("/v1/uploads/{id}")).send().await.unwrap();
        app.node.simulator().release();
        answer
    };
    let (asked, deleted) = tokio::join!(asked, deleted);
    assert_eq!(deleted.status(), 204);
    problem_of(asked.unwrap(), 409, "state_conflict").await;
    app.ended(&figure).await;
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_prompt_is_written_from_a_given_analysis_as_from_its_photo() {
    let app = TestApp::start().await;
    let seen = json_of(raw(&app, "/v1/analyses").send().await.unwrap(), 200).await;
    let from_photo =
        json_of(app.request(Method::POST, "/v1/prompts?style=anime").body(jpeg(320, 240)).send().await.unwrap(), 200);
    let from_photo = from_photo.await;
    let calls = app.node.simulator().calls().len();
    let body = json!({"analysis": seen["analysis"], "style": "anime", "metadata": {"a": "b"}});
    let given = json_of(app.post_json("/v1/prompts", &body).send().await.unwrap(), 200).await;
    assert_eq!((&given["prompt"], &given["analysis"]), (&from_photo["prompt"], &seen["analysis"]), "{given:#}");
    assert_eq!((&given["photo"], &given["upload"]["receipt"]), (&Value::Null, &Value::Null));
    assert_eq!((&given["options"]["style"], &given["metadata"]["a"]), (&"anime".into(), &"b".into()));
    assert_eq!(app.node.simulator().calls().len(), calls + 1, "one ask, for the prompt");
    let plain = json!({"analysis": seen["analysis"], "enhance": false, "prompt": "with a red umbrella"});
    let plain = json_of(app.post_json("/v1/prompts", &plain).send().await.unwrap(), 200).await;
    assert!(plain["prompt"].as_str().unwrap().contains("with a red umbrella"), "{plain:#}");
    assert_eq!((&plain["engine"], app.node.simulator().calls().len()), (&Value::Null, calls + 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_the_end_the_photo_is_gone() {
    let vars = [("FIGURINE_MAX_WAIT_SECONDS", "1")];
    let app = TestApp::with(&vars, |_| {}).await;
    for path in BOTH {
        let blocked = Spoil::BlockedInput { reason: "SAFETY".to_owned() };
        app.node.simulator().script(vec![Step::new(blocked)]);
        let problem = problem_of(raw(&app, path).send().await.unwrap(), 422, "blocked_photo").await;
        assert!(problem.get("figure").is_none(), "there is none: {problem:#}");
        assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
        app.node.simulator().hold();
        problem_of(raw(&app, path).send().await.unwrap(), 504, "deadline_exceeded").await;
        assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
        // A call that is still there when it is released would take the next one's place in the script.
        let called = app.node.simulator().calls().len() as u64;
        app.node.simulator().wait_for_ends(called).await;
        app.node.simulator().release();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_requests_are_refused_and_leave_nothing() {
    let app = TestApp::start().await;
    let (photo, data) = (jpeg(64, 64), STANDARD.encode(jpeg(64, 64)));
    for path in BOTH {
        let json = |body: Value| app.post_json(path, &body);
        let query = |query: &str| app.request(Method::POST, &format!("{path}?{query}")).body(photo.clone());
        let cases = [
            (app.request(Method::POST, path).body(Vec::new()), 422, "image_missing"),
            (app.request(Method::POST, path).body("no photo"), 415, "not_an_image"),
            (raw(&app, path).header("Accept", "image/png"), 406, "not_acceptable"),
            (query("n=2"), 422, "unknown_field"),
            (query("retention_seconds=999999999"), 422, "invalid_option"),
            (query("metadata=x"), 422, "invalid_option"),
            (json(json!({})), 422, "image_missing"),
            (json(json!({"image": {"upload_id": "upl_019ab2c3d4e57f60a1b2c3d4e5f60718"}})), 404, "not_found"),
            (json(json!({"image": {"data": data}, "size": "1K"})), 422, "unknown_field"),
        ];
        for (request, status, code) in cases {
            problem_of(request.send().await.unwrap(), status, code).await;
        }
    }
    assert_nothing_kept(&app);
}

/// That nothing is in the store and nobody was asked.
fn assert_nothing_kept(app: &TestApp) {
    assert_eq!(app.memory().dump().into_keys().collect::<Vec<_>>(), Vec::<String>::new());
    assert_eq!(app.node.simulator().calls(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_that_is_none_is_refused() {
    let (app, data) = (TestApp::start().await, STANDARD.encode(jpeg(64, 64)));
    let prompts = |body: Value| app.post_json("/v1/prompts", &body);
    let analysis = json!({"subject": "person", "count": 1, "summary": "", "pose": "", "attire": [], "palette": [],
        "accessories": [], "apparent_minor": "none", "quality": {"usable": true, "issues": []}});
    let mut named = analysis.clone();
    named["name"] = "Somebody".into();
    let salt = "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ";
    let cases = [
        (prompts(json!({"analysis": {}})), 422, "invalid_option"),
        (prompts(json!({"analysis": named})), 422, "invalid_option"),
        (prompts(json!({"analysis": "a person"})), 422, "invalid_option"),
        (prompts(json!({"analysis": analysis, "commitment_salt": salt})), 422, "invalid_option"),
        (prompts(json!({"analysis": analysis, "image": {"data": data}})), 422, "image_ambiguous"),
        (app.post_json("/v1/analyses", &json!({"analysis": analysis})), 422, "unknown_field"),
        (app.post_json("/v1/figures", &json!({"analysis": analysis})), 422, "unknown_field"),
    ];
    for (request, status, code) in cases {
        problem_of(request.send().await.unwrap(), status, code).await;
    }
    assert_nothing_kept(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_request_is_done_once_and_gone_when_its_time_is_over() {
    let app = TestApp::start().await;
    for (path, key) in BOTH.into_iter().zip(["a-1", "p-1"]) {
        let keyed = || raw(&app, &format!("{path}?retention_seconds=60")).header("Idempotency-Key", key).send();
        let before = app.node.simulator().calls().len();
        let (mut receipts, mut replays) = (Vec::new(), 0);
        for answer in join_all((0..20).map(|_| keyed())).await {
            let answer = answer.unwrap();
            replays += usize::from(answer.headers().contains_key("idempotency-replayed"));
            receipts.push(json_of(answer, 200).await["upload"]["receipt"].clone());
        }
        receipts.dedup();
        assert_eq!((receipts.len(), replays), (1, 19));
        let asks = if path == "/v1/prompts" { 2 } else { 1 };
        assert_eq!(app.node.simulator().calls().len(), before + asks);
        let other = raw(&app, path).header("Idempotency-Key", key).send().await.unwrap();
        problem_of(other, 422, "idempotency_mismatch").await;
        let figure = app.post("?retention_seconds=60", jpeg(320, 240)).header("Idempotency-Key", key);
        problem_of(figure.send().await.unwrap(), 422, "idempotency_mismatch").await;
        app.clock.advance(Duration::from_secs(61));
        let problem = problem_of(keyed().await.unwrap(), 410, "figure_expired").await;
        let words = problem["detail"].as_str().unwrap();
        let place = words.split_whitespace().find(|word| word.starts_with("/v1/uploads/")).expect(words);
        let receipt = app.get(place.trim_end_matches('.')).send().await.unwrap();
        assert_eq!((receipt.status().as_u16(), receipt.text().await.unwrap().into()), (200, receipts.remove(0)));
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_analysis_costs_less_than_a_figure_and_has_its_own_limit() {
    let vars = [("GEMINI_API_KEY", "a-key"), ("FIGURINE_GEMINI_TIER", "paid")];
    let app = TestApp::with(&vars, |_| {}).await;
    for path in ["/v1/analyses?max_cost_micro_usd=1", "/v1/prompts?max_cost_micro_usd=1"] {
        problem_of(raw(&app, path).send().await.unwrap(), 422, "cost_limit").await;
        assert!(app.photos_kept().is_empty());
    }
}
