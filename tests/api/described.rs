//! What is answered beside figures is described, too.

use figurine::http::openapi;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::{
    app::{TestApp, jpeg},
    document::assert_described,
};

async fn send(document: &Value, place: (&str, &str), request: RequestBuilder, status: u16) -> Value {
    assert_described(document, place, request.send().await.unwrap(), status).await
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_in_the_life_of_an_upload_is_described() {
    let (app, document) = (TestApp::start().await, openapi::document());
    let (all, one, receipt) = ("/v1/uploads", "/v1/uploads/{id}", "/v1/uploads/{id}/receipt");
    let post = |photo: Vec<u8>| app.request(Method::POST, all).body(photo);
    for (request, status) in [
        (post(b"no photo".to_vec()), 415),
        (post(Vec::new()), 422),
        (post(jpeg(64, 64)).header("Accept", "image/png"), 406),
        (post(jpeg(64, 64)).header("Idempotency-Key", ""), 400),
        (post(jpeg(64, 64)).header("Idempotency-Key", "d-1"), 201),
        (post(jpeg(64, 64)).header("Idempotency-Key", "d-1"), 201),
    ] {
        send(&document, ("post", all), request, status).await;
    }
    for end in ["taken", "deleted"] {
        let id = app.upload(jpeg(64, 64)).await;
        let path = format!("{all}/{id}");
        let body = json!({"image": {"upload_id": id}});
        send(&document, ("get", one), app.get(&path), 200).await;
        send(&document, ("head", one), app.request(Method::HEAD, &path), 200).await;
        send(&document, ("get", receipt), app.get(&format!("{path}/receipt")), 404).await;
        let delete = || app.request(Method::DELETE, &path);
        let (deleted, read, made) = if end == "taken" {
            send(&document, ("post", "/v1/figures"), app.post_json("/v1/figures", &body), 201).await;
            (409, 200, 409)
        } else {
            (204, 410, 410)
        };
        send(&document, ("delete", one), delete(), deleted).await;
        send(&document, ("get", one), app.get(&path), read).await;
        for place in ["/v1/figures", "/v1/figures/validate", "/v1/analyses", "/v1/prompts"] {
            send(&document, ("post", place), app.post_json(place, &body), made).await;
        }
        send(&document, ("get", receipt), app.get(&format!("{path}/receipt")), 200).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_of_an_analysis_and_a_prompt_is_described() {
    let (app, document) = (TestApp::start().await, openapi::document());
    for path in ["/v1/analyses", "/v1/prompts"] {
        let post = |photo: Vec<u8>| app.request(Method::POST, path).body(photo);
        for (request, status) in [
            (post(jpeg(64, 64)), 200),
            (post(jpeg(64, 64)).header("Idempotency-Key", path), 200),
            (post(jpeg(64, 64)).header("Idempotency-Key", path), 200),
            (post(jpeg(80, 64)).header("Idempotency-Key", path), 422),
            (post(b"no photo".to_vec()), 415),
            (post(jpeg(64, 64)).header("Accept", "image/png"), 406),
        ] {
            send(&document, ("post", path), request, status).await;
        }
    }
    let seen = send(&document, ("post", "/v1/analyses"), app.post_json("/v1/analyses", &json!({})), 422).await;
    assert_eq!(seen["code"], "image_missing");
    let made = app.request(Method::POST, "/v1/analyses").body(jpeg(64, 64)).send().await.unwrap();
    let made = assert_described(&document, ("post", "/v1/analyses"), made, 200).await;
    let from = json!({"analysis": made["analysis"], "enhance": false});
    send(&document, ("post", "/v1/prompts"), app.post_json("/v1/prompts", &from), 200).await;
    let styles = app.get("/v1/styles").header("If-None-Match", "*");
    send(&document, ("get", "/v1/styles"), styles, 304).await;
}
