//! Bad input has its own clear problem, costs nothing and leaves nothing.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use figurine::{
    auth::{Expected, KeySet, MintRequest, mint},
    domain::{AccountId, Moment},
    http::BodyLimits,
};
use futures_util::stream;
use image::{DynamicImage, ImageFormat};
use reqwest::{Body, Method, RequestBuilder};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::{
    app::{TestApp, jpeg, json_of, picture, png, problem_of, webp},
    raw::Raw,
};

/// Sends what must be refused; gives its problem.
async fn refused(app: &TestApp, request: RequestBuilder, status: u16, code: &str) -> Value {
    let problem = problem_of(request.send().await.unwrap(), status, code).await;
    assert_nothing_kept(app);
    problem
}

fn assert_nothing_kept(app: &TestApp) {
    assert_eq!(app.node.simulator().calls(), [], "the engine was asked");
    let held = app.memory().dump();
    assert!(held.is_empty(), "{:?}", held.keys());
}

async fn assert_served(app: &TestApp) {
    json_of(app.post("", jpeg(320, 240)).send().await.unwrap(), 201).await;
}

fn jpeg_with_sides(width: u16, height: u16) -> Vec<u8> {
    let mut file = jpeg(64, 64);
    let frame = file.windows(2).position(|pair| pair[0] == 0xff && matches!(pair[1], 0xc0..=0xc2)).unwrap();
    file[frame + 5..frame + 7].copy_from_slice(&height.to_be_bytes());
    file[frame + 7..frame + 9].copy_from_slice(&width.to_be_bytes());
    file
}

/// A WebP of 32 bytes that declares 16384 by 16384 pixels.
fn small_webp_with_huge_sides() -> Vec<u8> {
    let mut file = b"RIFF\x18\0\0\0WEBPVP8L\x0c\0\0\0\x2f".to_vec();
    file.extend_from_slice(&(0x3fff_u32 | 0x3fff << 14).to_le_bytes());
    file.resize(32, 0);
    file
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_whole_photo_are_refused_by_what_they_are() {
    let app = TestApp::start().await;
    let cut = |mut file: Vec<u8>| {
        file.truncate(file.len() / 2);
        file
    };
    let files: [(Vec<u8>, u16, &str); 11] = [
        (Vec::new(), 422, "image_missing"),
        (cut(jpeg(320, 240)), 422, "photo_damaged"),
        (cut(png(320, 240)), 422, "photo_damaged"),
        (cut(webp(320, 240)), 422, "photo_damaged"),
        (b"just words".to_vec(), 415, "not_an_image"),
        (b"<!DOCTYPE html><p>hello</p>".to_vec(), 415, "not_an_image"),
        (b"<svg xmlns=\"http://www.w3.org/2000/svg\"/>".to_vec(), 415, "unsupported_image_type"),
        (b"%PDF-1.7\n%x".to_vec(), 415, "unsupported_image_type"),
        (b"\0\0\0\x1cftypavif\0\0\0\0avifmif1miaf".to_vec(), 415, "unsupported_image_type"),
        (small_webp_with_huge_sides(), 413, "photo_too_many_pixels"),
        (jpeg_with_sides(65_500, 65_500), 413, "photo_too_many_pixels"),
    ];
    for (file, status, code) in files {
        let problem = refused(&app, app.post("", file), status, code).await;
        assert_eq!(problem["stage"], "intake", "{problem:#}");
    }
    assert_served(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_photo_is_taken_whatever_type_is_declared() {
    let app = TestApp::start().await;
    let types =
        ["image/jpg", "application/octet-stream", "application/x-www-form-urlencoded", "image/webp", "text/html"];
    for declared in types {
        let answer = app.post("", jpeg(320, 240)).header("Content-Type", declared).send().await.unwrap();
        assert_eq!(json_of(answer, 201).await["photo"]["media_type"], "image/jpeg", "{declared}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_bytes_are_refused_by_the_header_and_on_the_way() {
    let app = TestApp::with(&[("FIGURINE_MAX_UPLOAD_BYTES", "40000")], |_| {}).await;
    refused(&app, app.post("", vec![0; 40_001]), 413, "body_too_large").await;
    let pieces = (0..50).map(|_| Ok::<_, std::io::Error>(vec![0; 1_000]));
    let chunked = app.request(Method::POST, "/v1/figures").body(Body::wrap_stream(stream::iter(pieces)));
    refused(&app, chunked, 413, "body_too_large").await;
    assert_served(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_chunked_body_without_a_length_is_taken() {
    let app = TestApp::start().await;
    let photo = jpeg(320, 240);
    let pieces: Vec<_> = photo.chunks(100).map(|piece| Ok::<_, std::io::Error>(piece.to_vec())).collect();
    let request = app.request(Method::POST, "/v1/figures").body(Body::wrap_stream(stream::iter(pieces)));
    let figure = json_of(request.send().await.unwrap(), 201).await;
    assert_eq!(figure["photo"]["bytes"], photo.len());
}

#[tokio::test(flavor = "multi_thread")]
async fn more_pixels_than_allowed_are_refused() {
    let app = TestApp::with(&[("FIGURINE_MAX_PIXELS", "80000")], |_| {}).await;
    refused(&app, app.post("", jpeg(400, 300)), 413, "photo_too_many_pixels").await;
    let mut gif = std::io::Cursor::new(Vec::new());
    DynamicImage::from(picture(400, 300)).write_to(&mut gif, ImageFormat::Gif).unwrap();
    refused(&app, app.post("", gif.into_inner()), 413, "photo_too_many_pixels").await;
    assert_served(&app).await;
}

fn head(app: &TestApp, more: &str) -> String {
    format!("POST /v1/figures HTTP/1.1\r\nHost: figurine\r\nAuthorization: Bearer {}\r\n{more}\r\n\r\n", app.key)
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_chunks_are_a_malformed_request() {
    let app = TestApp::start().await;
    for body in ["5\r\nhello\r\nZZ\r\n", "FFFFFFFFFFFFFFFFF\r\n", "5\r\nhelloo\r\n"] {
        let mut raw = Raw::to(app.node.address()).await;
        raw.send(head(&app, "Transfer-Encoding: chunked") + body).await;
        let answer = raw.answer().await;
        answer.problem(400, "malformed_request");
        assert_eq!(answer.headers["connection"], "close", "{answer:?}");
        assert_nothing_kept(&app);
    }
    assert_served(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_comes_too_slowly_is_given_up() {
    let slow = BodyLimits { total: Duration::from_millis(200), ..BodyLimits::new(1_000_000) };
    let trickle = BodyLimits { grace: Duration::from_millis(100), rate: 1_000_000, ..BodyLimits::new(1_000_000) };
    for limits in [slow, trickle] {
        let app = TestApp::with(&[], |wiring| wiring.body = Some(limits)).await;
        for framing in ["Content-Length: 1000", "Transfer-Encoding: chunked"] {
            let mut raw = Raw::to(app.node.address()).await;
            raw.send(head(&app, framing) + "3\r\nabc\r\n").await;
            let answer = raw.answer().await;
            let problem = answer.problem(408, "body_too_slow");
            assert_eq!(problem["retryable"], true);
            assert_eq!(answer.headers["connection"], "close", "{framing}: {answer:?}");
            assert_eq!(raw.rest().await, b"", "{framing}");
            assert_nothing_kept(&app);
        }
        assert_served(&app).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_is_understood_whole_or_refused() {
    let app = TestApp::start().await;
    let photo = || jpeg(320, 240);
    for query in ["?style=%ff", "?style=%zz", "?style=%", "?%c3%28=1"] {
        refused(&app, app.post(query, photo()), 400, "malformed_request").await;
    }
    let problem = refused(&app, app.post("?sytle=anime&a~b/c=1", photo()), 422, "unknown_field").await;
    let pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|error| &error["pointer"]).collect();
    assert_eq!(pointers, ["/sytle", "/a~0b~1c"], "{problem:#}");
    let bad = [
        ("style", "nonsense"),
        ("style", ""),
        ("base", "nonsense"),
        ("aspect_ratio", "3:5"),
        ("aspect_ratio", "auto&aspect_ratio=auto"),
        ("aspect_ratio", "auto&aspect_ratio=3:4"),
        ("size", "8K"),
        ("size", "1K&size=1K"),
        ("format", "tiff"),
        ("enhance", "yes"),
        ("seed", "-1"),
        ("seed", "4294967296"),
        ("retention_seconds", "0.5"),
        ("retention_seconds", "999999999999"),
    ];
    for (name, value) in bad {
        let problem = refused(&app, app.post(&format!("?{name}={value}"), photo()), 422, "invalid_option").await;
        assert_eq!(problem["errors"][0]["pointer"], format!("/{name}"), "{value}: {problem:#}");
    }
    let long = format!("?style={}", "a".repeat(5_000));
    refused(&app, app.post(&long, photo()), 400, "malformed_request").await;
    assert_served(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn headers_that_make_no_sense_are_refused() {
    let app = TestApp::start().await;
    let with = |name: &str, value: &str| app.post("", jpeg(320, 240)).header(name, value);
    for prefer in ["wait=soon", "wait=-1", "wait=", "wait=99999999999999999999999"] {
        refused(&app, with("Prefer", prefer), 400, "malformed_request").await;
    }
    for accept in ["text/html", "application/json;q=0", "video/*", "image/avif", "nonsense"] {
        let problem = refused(&app, with("Accept", accept), 406, "not_acceptable").await;
        assert!(problem["detail"].as_str().unwrap().contains("image/png"), "{problem:#}");
    }
    assert_served(&app).await;
}

/// A key of this node with a part of it replaced.
fn replaced(key: &str, part: usize, with: &str) -> String {
    let mut parts: Vec<_> = key.split('.').collect();
    parts[part] = with;
    parts.join(".")
}

/// Keys that are not to be taken, and why.
fn hostile_keys(app: &TestApp) -> Vec<(&'static str, String)> {
    let names = Expected { issuer: "figurine".to_owned(), audience: "figurine-api".to_owned() };
    let request = MintRequest::new(AccountId::parse("acme").unwrap(), &names);
    let now = u64::try_from(Moment::now().unix_seconds()).unwrap();
    let minted = |keys: &KeySet, at| mint(keys, &request, at).unwrap().text.expose_secret().to_owned();
    let own = &app.node.api().keys;
    let part = |text: &str| URL_SAFE_NO_PAD.encode(text);
    let payload = URL_SAFE_NO_PAD.decode(app.key.split('.').nth(1).unwrap()).unwrap();
    let other_account = String::from_utf8(payload).unwrap().replace("acme", "evil");
    let none = part(r#"{"alg":"none","typ":"figurine-key+jwt"}"#);
    vec![
        ("no token", "nonsense".to_owned()),
        ("two parts", app.key.rsplit_once('.').unwrap().0.to_owned()),
        ("four parts", format!("{}.x", app.key)),
        ("algorithm none", replaced(&replaced(&app.key, 0, &none), 2, "")),
        ("algorithm none, signed", replaced(&app.key, 0, &none)),
        ("another account", replaced(&app.key, 1, &part(&other_account))),
        ("no signature", replaced(&app.key, 2, "")),
        ("an empty signature", replaced(&app.key, 2, &URL_SAFE_NO_PAD.encode([0; 64]))),
        ("a foreign signer", minted(&KeySet::generate().unwrap(), now)),
        ("expired", minted(own, now - 91 * 86_400)),
        ("not yet valid", minted(own, now + 3_600)),
        ("another issuer", app.key_of("acme", |request| "evil".clone_into(&mut request.issuer))),
        ("another audience", app.key_of("acme", |request| "evil".clone_into(&mut request.audience))),
        ("padded", format!("{}=", app.key)),
        ("20 kB", "a".repeat(20_000)),
        ("20 kB of a key", replaced(&app.key, 1, &"e".repeat(20_000))),
    ]
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hostile_key_is_refused_with_a_challenge() {
    let app = TestApp::start().await;
    for (kind, key) in hostile_keys(&app) {
        let request = app.client.post(app.url("/v1/figures")).bearer_auth(&key).body(jpeg(320, 240));
        let answer = request.send().await.unwrap();
        let challenge = answer.headers().get("www-authenticate").map(|value| value.to_str().unwrap().to_owned());
        problem_of(answer, 401, "invalid_key").await;
        assert_eq!(challenge.as_deref(), Some("Bearer realm=\"figurine\", error=\"invalid_token\""), "{kind}");
        assert_nothing_kept(&app);
    }
    assert_served(&app).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_key_comes_in_one_place() {
    let app = TestApp::start().await;
    let bare = || app.client.post(app.url("/v1/figures")).body(jpeg(320, 240));
    let missing = bare().send().await.unwrap();
    assert_eq!(missing.headers()["www-authenticate"], "Bearer realm=\"figurine\"");
    problem_of(missing, 401, "missing_key").await;
    refused(&app, app.post("", jpeg(320, 240)).header("X-API-Key", &app.key), 401, "invalid_key").await;
    refused(&app, app.post("", jpeg(320, 240)).bearer_auth(&app.key), 401, "invalid_key").await;
    for name in ["key", "api_key", "access_token", "q"] {
        let request = app.client.post(app.url(&format!("/v1/figures?{name}={}", app.key))).body(jpeg(320, 240));
        refused(&app, request, 401, "invalid_key").await;
    }
    refused(&app, bare().header("Authorization", "Basic YTpi"), 401, "invalid_key").await;
    json_of(bare().header("X-API-Key", &app.key).send().await.unwrap(), 201).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_does_what_its_scopes_say() {
    let app = TestApp::start().await;
    let reader = app.key_with("figures:read");
    let answer =
        app.client.post(app.url("/v1/figures")).bearer_auth(&reader).body(jpeg(320, 240)).send().await.unwrap();
    let challenge = answer.headers()["www-authenticate"].to_str().unwrap().to_owned();
    problem_of(answer, 403, "missing_scope").await;
    assert!(challenge.ends_with("error=\"insufficient_scope\", scope=\"figures:write\""), "{challenge}");
    assert_nothing_kept(&app);
    let id = app.submit().await;
    app.ended(&id).await;
    let writer = app.key_with("figures:write");
    for path in ["", "/images/0", "/receipt"] {
        let url = app.url(&format!("/v1/figures/{id}{path}"));
        problem_of(app.client.get(&url).bearer_auth(&writer).send().await.unwrap(), 403, "missing_scope").await;
    }
    let erase = app.client.delete(app.url(&format!("/v1/figures/{id}"))).bearer_auth(&reader);
    problem_of(erase.send().await.unwrap(), 403, "missing_scope").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_header_is_no_harm() {
    let app = TestApp::start().await;
    let answer = app.get("/v1/me").header("X-Padding", "a".repeat(20_000)).send().await.unwrap();
    assert_eq!(json_of(answer, 200).await["account"], "acme");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_exist_is_not_found() {
    let app = TestApp::start().await;
    let paths = ["/", "/v1", "/v1/figure", "/v1/figures/", "/V1/figures", "/v1/figures/x/y", "/%ff", "/v1/../admin"];
    for path in paths {
        refused(&app, app.get(path), 404, "not_found").await;
    }
    let unknown = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718";
    let upper = unknown.to_uppercase();
    for id in
        [unknown, &upper, "fig_", "x", "%00", "%ff", "..%2f..%2fetc%2fpasswd", "key_019ab2c3d4e57f60a1b2c3d4e5f60718"]
    {
        for path in ["", "/images/0", "/receipt"] {
            refused(&app, app.get(&format!("/v1/figures/{id}{path}")), 404, "not_found").await;
        }
        refused(&app, app.request(Method::DELETE, &format!("/v1/figures/{id}")), 404, "not_found").await;
    }
    assert_served(&app).await;
}

/// Another account whose values lie in the same shard.
fn neighbor(app: &TestApp, account: &str) -> String {
    let shard = |name: &str| app.node.api().flow.vault.owner(&AccountId::parse(name).unwrap()).unwrap().shard();
    let mut names = (0..).map(|number| format!("stranger-{number}"));
    names.find(|name| shard(name) == shard(account)).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_figure_is_as_if_it_did_not_exist() {
    let app = TestApp::start().await;
    let id = app.submit().await;
    app.ended(&id).await;
    let stranger = app.key_of(&neighbor(&app, "acme"), |_| {});
    let told = async |method: Method, id: &str, path: &str| {
        let path = format!("/v1/figures/{id}{path}");
        let answer = app.client.request(method, app.url(&path)).bearer_auth(&stranger).send().await.unwrap();
        let mut headers = answer.headers().clone();
        headers.remove("x-request-id");
        headers.remove("traceparent");
        headers.remove("date");
        headers.remove("ratelimit");
        let mut problem = problem_of(answer, 404, "not_found").await;
        assert_eq!(problem["instance"].take(), path);
        problem["request_id"].take();
        (headers, problem.to_string())
    };
    let unknown = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718";
    for (method, path) in
        [(Method::GET, ""), (Method::GET, "/images/0"), (Method::GET, "/receipt"), (Method::DELETE, "")]
    {
        assert_eq!(told(method.clone(), &id, path).await, told(method.clone(), unknown, path).await, "{method} {path}");
    }
    assert_eq!(app.get(&format!("/v1/figures/{id}")).send().await.unwrap().status(), 200);
}
