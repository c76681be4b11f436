//! How a figure comes: as its object or as bytes, at once or later.

use std::process::{Command, Output};

use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use figurine::{
    auth::inspect,
    domain::{AccountId, KeyId},
};
use reqwest::{Method, RequestBuilder, Response};

use crate::app::{TestApp, jpeg, json_of, problem_of};

fn post(app: &TestApp, query: &str, accept: &str) -> RequestBuilder {
    app.post(query, jpeg(320, 240)).header("Accept", accept)
}

fn header<'a>(answer: &'a Response, name: &str) -> &'a str {
    answer.headers().get(name).unwrap_or_else(|| panic!("no {name}: {answer:?}")).to_str().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn json_comes_wherever_it_fits() {
    let app = TestApp::start().await;
    for accept in ["*/*", "application/json", "application/*", "image/png, application/json;q=0.1", "image/*, */*"] {
        let answer = post(&app, "", accept).send().await.unwrap();
        let location = header(&answer, "location").to_owned();
        assert_eq!(header(&answer, "cache-control"), "no-store");
        let figure = json_of(answer, 201).await;
        assert_eq!(location, app.url(&format!("/v1/figures/{}", figure["id"].as_str().unwrap())));
        assert_eq!(figure["options"]["format"], "original", "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_come_where_images_alone_are_acceptable() {
    let app = TestApp::start().await;
    let kinds: [(&str, &str, &str, &[u8]); 5] = [
        ("image/png", "png", "image/png", b"\x89PNG"),
        ("image/jpeg", "jpeg", "image/jpeg", b"\xff\xd8\xff"),
        ("image/webp", "webp", "image/webp", b"RIFF"),
        ("image/webp;q=0.1, image/jpeg", "jpeg", "image/jpeg", b"\xff\xd8\xff"),
        ("image/*", "original", "image/png", b"\x89PNG"),
    ];
    for (accept, format, media_type, magic) in kinds {
        let answer = post(&app, "", accept).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "content-type")), (201, media_type), "{accept}");
        let id = header(&answer, "figurine-id").to_owned();
        let told = header(&answer, "repr-digest").to_owned();
        assert!(header(&answer, "location").ends_with(&id));
        assert!(header(&answer, "figurine-provenance").contains("ai_generated=?0"));
        header(&answer, "figurine-charged-micro-usd");
        header(&answer, "figurine-commitment-salt");
        let receipt = header(&answer, "figurine-receipt").to_owned();
        let size: usize = answer.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
        assert!(size < 3 * 1024, "{size} bytes of headers");
        let bytes = answer.bytes().await.unwrap();
        assert!(bytes.starts_with(magic), "{accept}");
        assert_eq!(told, format!("sha-256=:{}:", STANDARD.encode(digest(&SHA256, &bytes))));
        let figure = app.ended(&id).await;
        assert_eq!(figure["options"]["format"], format, "{accept}");
        let sent = app.get(receipt.strip_prefix(&app.url("")).unwrap_or(&receipt)).send().await.unwrap();
        assert_eq!(sent.text().await.unwrap(), figure["upload"]["receipt"].as_str().unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_format_that_is_not_acceptable_is_refused_before_anything_is_spent() {
    let app = TestApp::start().await;
    problem_of(post(&app, "?format=jpeg", "image/png").send().await.unwrap(), 406, "not_acceptable").await;
    assert!(app.node.simulator().calls().is_empty());
    for accept in ["image/jpeg", "image/*", "application/json"] {
        assert_eq!(post(&app, "?format=jpeg", accept).send().await.unwrap().status(), 201, "{accept}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_is_read_as_what_it_is() {
    let app = TestApp::start().await;
    let figure = json_of(post(&app, "?format=jpeg", "*/*").send().await.unwrap(), 201).await;
    let image = &figure["images"][0];
    assert_eq!(image["media_type"], "image/jpeg");
    let href = image["href"].as_str().unwrap();
    for accept in ["image/jpeg", "image/*", "*/*"] {
        let answer = app.get(href).header("Accept", accept).send().await.unwrap();
        assert_eq!((answer.status().as_u16(), header(&answer, "content-type")), (200, "image/jpeg"));
        assert_eq!(header(&answer, "etag"), format!("\"{}\"", image["sha256"].as_str().unwrap()));
        assert_eq!(answer.bytes().await.unwrap().len() as u64, image["bytes"].as_u64().unwrap());
    }
    for accept in ["image/png", "application/json", "image/jpeg;q=0"] {
        problem_of(app.get(href).header("Accept", accept).send().await.unwrap(), 406, "not_acceptable").await;
    }
    for index in ["1", "4", "-1", "x", "4294967296", "00000000000"] {
        let path = href.replace("images/0", &format!("images/{index}"));
        let answer = app.get(&path).send().await.unwrap();
        if index.bytes().all(|digit| digit == b'0') {
            assert_eq!(answer.status(), 200);
        } else {
            problem_of(answer, 404, "not_found").await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_the_client_has_is_not_sent_again() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    let figure = app.ended(&id).await;
    let href = figure["images"][0]["href"].as_str().unwrap();
    let etag = format!("\"{}\"", figure["images"][0]["sha256"].as_str().unwrap());
    for known in [&etag, &format!("W/{etag}"), &format!("\"x\", {etag}"), "*"] {
        for method in [Method::GET, Method::HEAD] {
            let answer = app.request(method, href).header("If-None-Match", known).send().await.unwrap();
            assert_eq!((answer.status().as_u16(), header(&answer, "etag")), (304, etag.as_str()), "{known}");
            assert_eq!(answer.bytes().await.unwrap().len(), 0);
        }
    }
    let other = app.get(href).header("If-None-Match", "\"x\"").send().await.unwrap();
    assert_eq!(other.status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_just_made_is_sent_whatever_the_client_says_it_has() {
    let app = TestApp::start().await;
    let answer = post(&app, "", "image/png").header("If-None-Match", "*").send().await.unwrap();
    assert_eq!(answer.status(), 201);
    assert!(answer.bytes().await.unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_does_not_wait_is_told_where_the_figure_will_be() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    for (prefer, applied) in
        [("respond-async", "respond-async"), ("wait=0", "wait"), ("respond-async, wait=9", "respond-async")]
    {
        let answer = post(&app, "", "*/*").header("Prefer", prefer).send().await.unwrap();
        assert_eq!(header(&answer, "preference-applied"), applied);
        header(&answer, "retry-after").parse::<u64>().unwrap();
        let location = header(&answer, "location").to_owned();
        let figure = json_of(answer, 202).await;
        assert!(figure["upload"]["purged_at"].is_null() && figure["images"] == serde_json::json!([]), "{figure:#}");
        assert_eq!(location, app.url(figure["links"]["self"].as_str().unwrap()));
    }
    app.node.simulator().release();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_caller_that_does_not_wait_is_answered_alike_however_fast_the_engine_is() {
    let app = TestApp::start().await;
    for accept in ["*/*", "image/png"].repeat(10) {
        let answer = post(&app, "", accept).header("Prefer", "respond-async").send().await.unwrap();
        assert_eq!(header(&answer, "preference-applied"), "respond-async");
        assert_eq!(answer.status(), if accept == "*/*" { 202 } else { 303 });
        let location = header(&answer, "location").strip_prefix(&app.url("/v1/figures/")).unwrap().to_owned();
        app.ended(location.trim_end_matches("/images/0")).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_image_that_is_not_there_yet_is_waited_for_behind_a_redirect() {
    let app = TestApp::start().await;
    app.node.simulator().hold();
    let answer = post(&app, "", "image/png").header("Prefer", "wait=0").send().await.unwrap();
    assert_eq!(answer.status(), 303);
    let location = header(&answer, "location").to_owned();
    assert!(location.ends_with(&format!("/v1/figures/{}/images/0", header(&answer, "figurine-id"))));
    let path = location.strip_prefix(&app.url("")).unwrap().to_owned();
    let again = app.get(&path).header("Prefer", "wait=0").send().await.unwrap();
    assert_eq!((again.status().as_u16(), header(&again, "location")), (303, location.as_str()));
    app.node.simulator().release();
    // A client that repeats its headers behind the redirect waits all the same.
    let image = app.get(&path).header("Accept", "image/png").header("Prefer", "respond-async").send().await.unwrap();
    assert_eq!(image.status(), 200);
    assert!(image.bytes().await.unwrap().starts_with(b"\x89PNG"));
}

/// Runs curl in a folder; `None` where there is none.
pub(crate) async fn curl(folder: &std::path::Path, args: &[&str]) -> Option<Output> {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--max-time", "30", "--noproxy", "*"]).args(args).current_dir(folder);
    match tokio::task::spawn_blocking(move || command.output()).await.unwrap() {
        Ok(output) => Some(output),
        Err(error) => {
            assert_eq!(error.kind(), std::io::ErrorKind::NotFound);
            None
        }
    }
}

/// Whether the entry of a request with a body is written. Asked beside the API, since asking there is counted.
async fn written(app: &TestApp, key: &str) -> bool {
    let (api, caller) = (app.node.api(), inspect(key, None).unwrap());
    let owner = api.flow.vault.owner(&AccountId::parse(&caller.account).unwrap()).unwrap();
    let sums = api.ledger.this_hour(&owner, &KeyId::parse(&caller.key_id).unwrap()).await.unwrap();
    sums.iter().any(|(name, sum)| name == "bytes_in" && *sum > 0)
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_that_follows_redirects_gets_the_image() {
    let app = TestApp::with(&[("FIGURINE_MAX_WAIT_SECONDS", "1")], |_| {}).await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("photo.jpg"), jpeg(320, 240)).unwrap();
    let key = app.key_of("curl", |_| {});
    let (bearer, url) = (format!("Authorization: Bearer {key}"), app.url("/v1/figures?style=pvc-scale"));
    let bytes =
        ["-fL", "-H", &bearer, "-H", "Accept: image/png", "--data-binary", "@photo.jpg", &url, "-o", "figure.png"];
    app.node.simulator().hold();
    let args = [&bytes[..], &["-w", "%{http_code} %{num_redirects}"]].concat();
    if curl(folder.path(), &["--version"]).await.is_none() {
        return;
    }
    let follow = curl(folder.path(), &args);
    let release = async {
        // The entry of the POST is written once the redirect is answered.
        while !written(&app, &key).await {}
        app.node.simulator().release();
    };
    let (followed, ()) = tokio::join!(follow, release);
    let followed = followed.unwrap();
    assert!(followed.status.success(), "{followed:?}");
    let told = String::from_utf8(followed.stdout).unwrap();
    let (status, redirects) = told.split_once(' ').unwrap();
    assert_eq!(status, "200");
    assert!(redirects.parse::<u32>().unwrap() >= 1, "{told}");
    assert!(std::fs::read(folder.path().join("figure.png")).unwrap().starts_with(b"\x89PNG"));
}

#[tokio::test(flavor = "multi_thread")]
async fn curl_as_it_comes_gets_the_object_and_fails_on_problems() {
    let app = TestApp::start().await;
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("photo.jpg"), jpeg(320, 240)).unwrap();
    let (bearer, url) = (format!("Authorization: Bearer {}", app.key), app.url("/v1/figures?style=anime"));
    let Some(made) = curl(folder.path(), &["-f", "-H", &bearer, "--data-binary", "@photo.jpg", &url]).await else {
        return;
    };
    let figure: serde_json::Value = serde_json::from_slice(&made.stdout).unwrap();
    assert_eq!((&figure["status"], &figure["photo"]["media_type"]), (&"succeeded".into(), &"image/jpeg".into()));
    let bad = format!("{url}&size=8K");
    let refused = curl(folder.path(), &["-f", "-H", &bearer, "--data-binary", "@photo.jpg", &bad]).await.unwrap();
    assert_eq!(refused.status.code(), Some(22), "{refused:?}");
}
