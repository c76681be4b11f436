//! Photos ahead of use: one figure takes one, and whatever its end is, nothing of it stays.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use figurine::{
    simulator::{CallKind, Spoil, Step},
    vault::receipt::{Reason, Receipt, Salt, check_photo, verify},
};
use futures_util::future::join_all;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::app::{Form, TestApp, jpeg, json_of, problem_of};

fn of_upload(app: &TestApp, id: &str) -> RequestBuilder {
    app.post_json("/v1/figures", &json!({"image": {"upload_id": id}}))
}

async fn delete(app: &TestApp, id: &str) -> reqwest::Response {
    app.request(Method::DELETE, &format!("/v1/uploads/{id}")).send().await.unwrap()
}

/// The receipt of an upload, its signature checked with the public keys.
async fn receipt(app: &TestApp, id: &str) -> Receipt {
    let answer = app.get(&format!("/v1/uploads/{id}/receipt")).send().await.unwrap();
    assert_eq!(
        (answer.status().as_u16(), &answer.headers()["content-type"]),
        (200, &"application/jose".parse().unwrap())
    );
    let jwks = json_of(app.client.get(app.url("/.well-known/jwks.json")).send().await.unwrap(), 200).await;
    let receipt = verify(&answer.text().await.unwrap(), &jwks).expect("it is signed");
    assert_eq!(receipt.upload.map(|id| id.to_string()).as_deref(), Some(id));
    receipt
}

/// That neither a photo nor a data key of one is kept, and nothing that says that one could be used.
fn assert_no_photo(app: &TestApp) {
    assert!(app.photos_kept().is_empty(), "{:?}", app.photos_kept());
    let marks: Vec<_> = app.memory().dump().into_keys().filter(|name| name.contains(":unused:")).collect();
    assert!(marks.is_empty(), "{marks:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_told_with_its_time_and_report_and_lies_sealed() {
    let app = TestApp::start().await;
    let answer = app.request(Method::POST, "/v1/uploads").body(jpeg(320, 240)).send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    let upload = json_of(answer, 201).await;
    assert!(location.ends_with(upload["links"]["self"].as_str().unwrap()), "{location}");
    assert_eq!((&upload["status"], &upload["photo"]["width"]), (&"ready".into(), &320.into()), "{upload:#}");
    assert_eq!(json_of(app.client.get(location).bearer_auth(&app.key).send().await.unwrap(), 200).await, upload);
    assert_eq!(app.photos_kept().len(), 2, "a photo and its data key: {:?}", app.photos_kept());
    for (name, value) in app.memory().dump() {
        assert!(!value.windows(3).any(|bytes| bytes == [0xff, 0xd8, 0xff]), "a JPEG in {name}");
        assert!(!value.windows(5).any(|bytes| bytes == b"width"), "a report in {name}");
    }
    assert!(app.node.simulator().calls().is_empty(), "nobody was shown the photo");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_comes_in_every_way() {
    let app = TestApp::start().await;
    let photo = jpeg(320, 240);
    let form = app.request(Method::POST, "/v1/uploads").header("Content-Type", Form::TYPE);
    let ways = [
        app.request(Method::POST, "/v1/uploads").body(photo.clone()),
        form.body(Form::default().file("image", &photo).body()),
        app.post_json("/v1/uploads", &json!({"image": {"data": STANDARD.encode(&photo)}})),
    ];
    for way in ways {
        let upload = json_of(way.send().await.unwrap(), 201).await;
        assert_eq!(upload["photo"]["bytes"], photo.len(), "{upload:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_takes_an_upload_once_and_both_are_in_its_receipt() {
    let app = TestApp::start().await;
    let (photo, salt) = (jpeg(320, 240), "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ");
    let body = json!({"image": {"data": STANDARD.encode(&photo)}, "commitment_salt": salt});
    let upload = json_of(app.post_json("/v1/uploads", &body).send().await.unwrap(), 201).await;
    let id = upload["id"].as_str().unwrap();
    let figure = json_of(of_upload(&app, id).send().await.unwrap(), 201).await;
    assert_eq!((&figure["photo"], &figure["upload"]["commitment_salt"]), (&upload["photo"], &salt.into()));
    assert_no_photo(&app);
    problem_of(of_upload(&app, id).send().await.unwrap(), 409, "upload_consumed").await;
    let told = json_of(app.get(&format!("/v1/uploads/{id}")).send().await.unwrap(), 200).await;
    assert_eq!((&told["status"], &told["figure"]), (&"consumed".into(), &figure["id"]), "{told:#}");
    let problem = problem_of(delete(&app, id).await, 409, "upload_consumed").await;
    assert_eq!(problem["figure"], figure["id"], "{problem:#}");
    let receipt = receipt(&app, id).await;
    assert_eq!(receipt.figure.map(|id| id.to_string().into()), Some(figure["id"].clone()));
    assert_eq!(receipt.reason, Reason::Succeeded);
    check_photo(&receipt, &Salt::parse(salt).unwrap(), &photo).expect("it commits to the file as it was received");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_goes_with_its_figure_however_that_ends() {
    let app = TestApp::start().await;
    for (spoil, reason) in [
        (Spoil::NoImage, Reason::Failed),
        (Spoil::BlockedOutput { reason: "IMAGE_SAFETY".to_owned() }, Reason::Blocked),
    ] {
        app.node.simulator().script(vec![Step::new(spoil).of(CallKind::Image).times(10)]);
        let id = app.upload(jpeg(320, 240)).await;
        let answer = of_upload(&app, &id).send().await.unwrap();
        assert!(answer.status().as_u16() > 400, "{answer:?}");
        assert_no_photo(&app);
        assert_eq!(receipt(&app, &id).await.reason, reason);
    }
    app.node.simulator().script(Vec::new());
    app.node.simulator().hold();
    let id = app.upload(jpeg(320, 240)).await;
    let figure = json_of(of_upload(&app, &id).header("Prefer", "respond-async").send().await.unwrap(), 202).await;
    let own = figure["links"]["self"].as_str().unwrap();
    assert_eq!(app.request(Method::DELETE, own).send().await.unwrap().status(), 204);
    assert_no_photo(&app);
    assert_eq!(receipt(&app, &id).await.reason, Reason::Canceled);
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn one_of_many_figures_takes_an_upload() {
    let app = TestApp::start().await;
    let id = app.upload(jpeg(320, 240)).await;
    let answers = join_all((0..8).map(|_| of_upload(&app, &id).send())).await;
    let mut made = 0;
    for answer in answers.into_iter().map(Result::unwrap) {
        if answer.status() == 201 {
            made += 1;
        } else {
            problem_of(answer, 409, "upload_consumed").await;
        }
    }
    assert_eq!(made, 1);
    assert_no_photo(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_figure_leaves_its_upload_as_it_was() {
    let app = TestApp::with(&[("FIGURINE_JOBS_IN_FLIGHT", "1"), ("FIGURINE_JOBS_QUEUED", "1")], |_| {}).await;
    app.node.simulator().hold();
    let running = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let waiting = app.submit().await;
    let id = app.upload(jpeg(320, 240)).await;
    problem_of(of_upload(&app, &id).send().await.unwrap(), 503, "overloaded").await;
    let told = json_of(app.get(&format!("/v1/uploads/{id}")).send().await.unwrap(), 200).await;
    assert_eq!(told["status"], "ready");
    app.node.simulator().release();
    app.ended(&running).await;
    app.ended(&waiting).await;
    json_of(of_upload(&app, &id).send().await.unwrap(), 201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deleted_upload_is_gone_at_once_and_its_receipt_stays() {
    let app = TestApp::start().await;
    let id = app.upload(jpeg(320, 240)).await;
    problem_of(app.get(&format!("/v1/uploads/{id}/receipt")).send().await.unwrap(), 404, "not_found").await;
    for _ in 0..2 {
        assert_eq!(delete(&app, &id).await.status(), 204);
        assert_no_photo(&app);
    }
    let left = app.memory().dump();
    assert!(left.keys().all(|name| name.contains(":receipt:")), "{:?}", left.keys());
    problem_of(app.get(&format!("/v1/uploads/{id}")).send().await.unwrap(), 410, "upload_deleted").await;
    problem_of(of_upload(&app, &id).send().await.unwrap(), 410, "upload_deleted").await;
    let receipt = receipt(&app, &id).await;
    assert_eq!((receipt.reason, receipt.figure, receipt.recipients.len()), (Reason::Deleted, None, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_nobody_takes_goes_when_its_time_is_over() {
    let app = TestApp::with(&[("FIGURINE_UPLOAD_TTL_SECONDS", "60")], |_| {}).await;
    let (id, unseen) = (app.upload(jpeg(320, 240)).await, app.upload(jpeg(64, 64)).await);
    app.clock.advance(Duration::from_secs(61));
    app.node.api().flow.store.sweep().await.unwrap();
    assert_no_photo(&app);
    problem_of(of_upload(&app, &id).send().await.unwrap(), 410, "upload_expired").await;
    problem_of(app.get(&format!("/v1/uploads/{id}")).send().await.unwrap(), 410, "upload_expired").await;
    assert_eq!(receipt(&app, &id).await.reason, Reason::Expired);
    assert_eq!(delete(&app, &id).await.status(), 204);
    app.clock.advance(Duration::from_secs(24 * 3_600));
    problem_of(app.get(&format!("/v1/uploads/{unseen}")).send().await.unwrap(), 404, "not_found").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_that_waits_longer_than_an_upload_would_keeps_its_photo() {
    let app = TestApp::with(&[("FIGURINE_UPLOAD_TTL_SECONDS", "60"), ("FIGURINE_JOBS_IN_FLIGHT", "1")], |_| {}).await;
    app.node.simulator().hold();
    let running = app.submit().await;
    app.node.simulator().wait_for_calls(1).await;
    let id = app.upload(jpeg(320, 240)).await;
    let waiting = of_upload(&app, &id).header("Prefer", "respond-async").send().await.unwrap();
    let waiting = json_of(waiting, 202).await;
    app.clock.advance(Duration::from_secs(61));
    problem_of(app.get(&format!("/v1/uploads/{id}")).send().await.unwrap(), 410, "upload_expired").await;
    app.node.simulator().release();
    assert_eq!(app.ended(waiting["id"].as_str().unwrap()).await["status"], "succeeded");
    app.ended(&running).await;
    assert_no_photo(&app);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_strangers_upload_is_as_if_there_were_none() {
    let app = TestApp::start().await;
    let id = app.upload(jpeg(320, 240)).await;
    let stranger = app.key_of("else", |_| {});
    let unknown = "upl_019ab2c3d4e57f60a1b2c3d4e5f60718";
    for id in [id.as_str(), unknown] {
        let path = app.url(&format!("/v1/uploads/{id}"));
        let body = json!({"image": {"upload_id": id}}).to_string();
        for request in [
            app.client.get(&path),
            app.client.get(format!("{path}/receipt")),
            app.client.delete(&path),
            app.client.post(app.url("/v1/figures")).header("Content-Type", "application/json").body(body.clone()),
            app.client.post(app.url("/v1/figures/validate")).header("Content-Type", "application/json").body(body),
        ] {
            problem_of(request.bearer_auth(&stranger).send().await.unwrap(), 404, "not_found").await;
        }
    }
    for path in ["upl_", "x", "fig_019ab2c3d4e57f60a1b2c3d4e5f60718"] {
        problem_of(app.get(&format!("/v1/uploads/{path}")).send().await.unwrap(), 404, "not_found").await;
    }
    assert_eq!(json_of(of_upload(&app, &id).send().await.unwrap(), 201).await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn bad_uploads_are_refused_and_leave_nothing() {
    let app = TestApp::start().await;
    let (post, photo) = (|| app.request(Method::POST, "/v1/uploads"), jpeg(64, 64));
    let json = |body: Value| app.post_json("/v1/uploads", &body);
    let data = STANDARD.encode(&photo);
    let form = |form: Form| post().header("Content-Type", Form::TYPE).body(form.body());
    let with_option = app.request(Method::POST, "/v1/uploads?style=anime").body(photo.clone());
    let salt = app.request(Method::POST, "/v1/uploads?commitment_salt=x").body(photo.clone());
    let cases = [
        (post().body(Vec::new()), 422, "image_missing"),
        (post().body("no photo"), 415, "not_an_image"),
        (post().body(photo.clone()).header("Accept", "image/png"), 406, "not_acceptable"),
        (with_option, 422, "unknown_field"),
        (salt, 422, "invalid_option"),
        (json(json!({})), 422, "image_missing"),
        (json(json!({"image": {}})), 400, "malformed_json"),
        (json(json!({"image": {"upload_id": "upl_019ab2c3d4e57f60a1b2c3d4e5f60718"}})), 422, "invalid_option"),
        (json(json!({"image": {"data": data}, "style": "anime"})), 422, "unknown_field"),
        (form(Form::default().file("image", &photo).text("n", "2")), 422, "unknown_field"),
        (form(Form::default().file("image", &photo).file("image", &photo)), 422, "image_ambiguous"),
        (post().header("Idempotency-Key", "").body(photo), 400, "malformed_request"),
    ];
    for (request, status, code) in cases {
        problem_of(request.send().await.unwrap(), status, code).await;
    }
    assert_eq!(app.memory().dump().into_keys().collect::<Vec<_>>(), Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_that_makes_no_sense_in_a_figure_is_refused() {
    let app = TestApp::start().await;
    let id = app.upload(jpeg(64, 64)).await;
    let salt = "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ";
    let cases = [
        (json!({"image": {"upload_id": "nonsense"}}), 422, "invalid_option"),
        (json!({"image": {"upload_id": 7}}), 400, "malformed_json"),
        (json!({"image": {"upload_id": id, "data": "AAAA"}}), 422, "image_ambiguous"),
        (json!({"image": {"upload_id": id}, "commitment_salt": salt}), 422, "invalid_option"),
        (json!({"image": {"upload_id": id}, "size": "9K"}), 422, "invalid_option"),
    ];
    for (body, status, code) in cases {
        problem_of(app.post_json("/v1/figures", &body).send().await.unwrap(), status, code).await;
    }
    let dry = app.post_json("/v1/figures/validate", &json!({"image": {"upload_id": id}})).send().await.unwrap();
    assert_eq!(json_of(dry, 200).await["photo"]["width"], 64);
    assert_eq!(json_of(of_upload(&app, &id).send().await.unwrap(), 201).await["status"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_upload_is_kept_once() {
    let app = TestApp::start().await;
    let keyed = |photo: Vec<u8>| app.request(Method::POST, "/v1/uploads").header("Idempotency-Key", "u-1").body(photo);
    let (mut ids, mut replays) = (Vec::new(), 0);
    for answer in join_all((0..20).map(|_| keyed(jpeg(320, 240)).send())).await {
        let answer = answer.unwrap();
        replays += usize::from(answer.headers().contains_key("idempotency-replayed"));
        ids.push(json_of(answer, 201).await["id"].as_str().unwrap().to_owned());
    }
    ids.dedup();
    assert_eq!((ids.len(), replays, app.photos_kept().len()), (1, 19, 2));
    problem_of(keyed(jpeg(64, 64)).send().await.unwrap(), 422, "idempotency_mismatch").await;
    let figure = app.post("", jpeg(320, 240)).header("Idempotency-Key", "u-1").send().await.unwrap();
    problem_of(figure, 422, "idempotency_mismatch").await;
    let twice = || of_upload(&app, &ids[0]).header("Idempotency-Key", "f-1");
    let first = json_of(twice().send().await.unwrap(), 201).await;
    assert_eq!(json_of(twice().send().await.unwrap(), 201).await["id"], first["id"], "a replay takes nothing");
    assert_eq!(json_of(keyed(jpeg(320, 240)).send().await.unwrap(), 201).await["status"], "consumed");
    let id = app.upload(jpeg(320, 240)).await;
    assert_eq!(delete(&app, &id).await.status(), 204);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_kept_before_and_deleted_since_is_not_kept_again() {
    let app = TestApp::start().await;
    let keyed =
        || app.request(Method::POST, "/v1/uploads").header("Idempotency-Key", "u-2").body(jpeg(320, 240)).send();
    let id = json_of(keyed().await.unwrap(), 201).await["id"].as_str().unwrap().to_owned();
    assert_eq!(delete(&app, &id).await.status(), 204);
    let problem = problem_of(keyed().await.unwrap(), 410, "upload_deleted").await;
    assert!(problem["detail"].as_str().unwrap().contains(&format!("/v1/uploads/{id}/receipt")), "{problem:#}");
    assert_no_photo(&app);
}
