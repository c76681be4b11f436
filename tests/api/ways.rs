//! Ways in × ways out × endings: one meaning however it is sent, one ending however it is told.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use figurine::simulator::{CallKind, Spoil, Step};
use reqwest::{Method, RequestBuilder, Response, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::app::{Form, TestApp, jpeg, json_of, problem_of};

/// How a photo and its options are sent.
#[derive(Debug, Clone, Copy)]
enum Way {
    Raw,
    Form,
    Json,
    Uploaded,
}

const WAYS: [Way; 4] = [Way::Raw, Way::Form, Way::Json, Way::Uploaded];

async fn sent(app: &TestApp, way: Way, options: &[(&str, &str)]) -> RequestBuilder {
    let photo = jpeg(320, 240);
    match way {
        Way::Raw => {
            let query: Vec<_> = options.iter().map(|(name, value)| format!("{name}={value}")).collect();
            app.post(&format!("?{}", query.join("&")), photo)
        }
        Way::Form => {
            let form = Form::default().file("image", &photo);
            app.post_form(options.iter().fold(form, |form, (name, value)| form.text(name, value)))
        }
        Way::Json => in_json(app, &json!({"data": STANDARD.encode(photo)}), options),
        Way::Uploaded => in_json(app, &json!({"upload_id": app.upload(photo).await}), options),
    }
}

fn in_json(app: &TestApp, image: &Value, options: &[(&str, &str)]) -> RequestBuilder {
    let mut body = json!({ "image": image });
    for (name, value) in options {
        body[*name] = serde_json::from_str(value).unwrap_or_else(|_| Value::from(*value));
    }
    app.post_json("/v1/figures", &body)
}

async fn send(request: RequestBuilder) -> Response {
    request.send().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_has_one_meaning() {
    let app = TestApp::start().await;
    let options =
        [("style", "anime"), ("aspect_ratio", "3:4"), ("enhance", "false"), ("seed", "7"), ("format", "jpeg")];
    let mut told = Vec::new();
    for way in WAYS {
        let figure = json_of(send(sent(&app, way, &options).await).await, 201).await;
        assert_eq!(figure["images"][0]["media_type"], "image/jpeg", "{way:?}");
        told.push((figure["options"].clone(), figure["prompt"].clone(), figure["photo"].clone()));
    }
    assert!(told.iter().all(|other| *other == told[0]), "{told:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn every_way_in_crosses_every_way_out_and_every_ending() {
    let app = TestApp::start().await;
    for way in WAYS {
        for accept in ["application/json", "image/png"] {
            for ending in ["made", "blocked", "failed", "later"] {
                let step = match ending {
                    "blocked" => vec![Step::new(Spoil::BlockedInput { reason: "SAFETY".to_owned() })],
                    "failed" => vec![Step::new(Spoil::NoImage).of(CallKind::Image).times(10)],
                    _ => Vec::new(),
                };
                app.node.simulator().script(step);
                let prefer = if ending == "later" { "respond-async" } else { "wait=20" };
                let answer = send(sent(&app, way, &[]).await.header("Accept", accept).header("Prefer", prefer)).await;
                let (status, context) = (answer.status().as_u16(), format!("{way:?} {accept} {ending}"));
                match (ending, accept) {
                    ("blocked", _) => drop(problem_of(answer, 422, "blocked_photo").await),
                    ("failed", _) => drop(problem_of(answer, 502, "no_image_produced").await),
                    ("later", "image/png") => {
                        assert_eq!(status, 303, "{context}");
                        app.ended(answer.headers()["figurine-id"].to_str().unwrap()).await;
                    }
                    ("later", _) => drop(app.ended(json_of(answer, 202).await["id"].as_str().unwrap()).await),
                    (_, "image/png") => {
                        assert_eq!(status, 201, "{context}");
                        assert!(answer.bytes().await.unwrap().starts_with(b"\x89PNG"), "{context}");
                    }
                    _ => assert_eq!(json_of(answer, 201).await["status"], "succeeded", "{context}"),
                }
                assert!(app.photos_kept().is_empty(), "{context}: {:?}", app.photos_kept());
            }
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn words_come_by_form_and_json_and_never_in_a_url() {
    let app = TestApp::start().await;
    for way in [Way::Form, Way::Json] {
        let options = [("prompt", "holding a red umbrella"), ("metadata", r#"{"order":"4711"}"#), ("enhance", "false")];
        let figure =
            json_of(send(sent(&app, way, &options).await.header("Figurine-End-User", "person-17")).await, 201).await;
        assert_eq!(figure["metadata"], json!({"order": "4711"}), "{way:?}");
        assert!(figure["prompt"].as_str().unwrap().contains("holding a red umbrella"), "{figure:#}");
        assert!(figure["end_user"].is_null() && !figure.to_string().contains("person-17"), "{figure:#}");
    }
    for name in ["prompt", "metadata", "end_user", "commitment_salt"] {
        let problem = problem_of(send(sent(&app, Way::Raw, &[(name, "x")]).await).await, 422, "invalid_option").await;
        assert_eq!(problem["errors"][0]["pointer"], format!("/{name}"), "{problem:#}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_fault_is_told_at_once_and_by_pointer() {
    let app = TestApp::start().await;
    let options = [("style", "anime"), ("n", "9"), ("size", "8K"), ("base", "jelly"), ("stile", "anime")];
    for way in WAYS {
        let problem = problem_of(send(sent(&app, way, &options).await).await, 422, "unknown_field").await;
        let mut pointers: Vec<_> = problem["errors"].as_array().unwrap().iter().map(|e| e["pointer"].clone()).collect();
        pointers.sort_by_key(ToString::to_string);
        assert_eq!(pointers, ["/base", "/n", "/size", "/stile"], "{way:?}");
    }
    assert!(app.node.simulator().calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_body_is_refused_for_what_it_is() {
    let app = TestApp::start().await;
    let url = "/v1/figures";
    let typed =
        |kind: &str, body: &str| app.request(Method::POST, url).header(CONTENT_TYPE, kind).body(body.to_owned());
    let with_photo = || Form::default().file("image", &jpeg(64, 64));
    let form = |form: Form| app.post_form(form);
    let many = (0..50).fold(Form::default(), |form, index| form.text(&format!("o{index}"), "x"));
    let cases = [
        (typed("application/json", "{"), 400, "malformed_json"),
        (typed("application/json; charset=utf-8", "[]"), 400, "malformed_json"),
        (typed("application/json", "{}"), 422, "image_missing"),
        (typed("application/json", r#"{"image":{"data":"@@@@"}}"#), 422, "invalid_option"),
        (typed("application/json", r#"{"image":{"data":"AAAA"}}"#), 415, "not_an_image"),
        (typed("multipart/form-data", "x"), 400, "malformed_multipart"),
        (typed("multipart/form-data; boundary=b", "--b\r\n"), 400, "malformed_multipart"),
        (form(Form::default().text("style", "anime")), 422, "image_missing"),
        (form(with_photo().file("image", b"another")), 422, "image_ambiguous"),
        (form(with_photo().file("photo", &jpeg(64, 64))), 422, "invalid_option"),
        (form(with_photo().text("photo", "b")), 422, "unknown_field"),
        (form(with_photo().text("style", "anime").text("style", "anime")), 422, "invalid_option"),
        (form(many), 400, "malformed_multipart"),
    ];
    for (index, (request, status, code)) in cases.into_iter().enumerate() {
        let answer = send(request).await;
        assert!(answer.status() != 201, "case {index}");
        problem_of(answer, status, code).await;
    }
    assert!(app.photos_kept().is_empty() && app.node.simulator().calls().is_empty());
    assert_eq!(send(sent(&app, Way::Form, &[]).await).await.status(), 201, "the next request is served");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_is_bounded_whichever_way_it_comes() {
    let app = TestApp::with(&[("FIGURINE_MAX_UPLOAD_BYTES", "20000")], |_| {}).await;
    let photo = vec![0_u8; 500_000];
    for length in [20_001, 500_000] {
        let form = Form::default().file("image", &photo[..length]);
        problem_of(send(app.post_form(form)).await, 413, "body_too_large").await;
    }
    for length in [20_001, 500_000] {
        let body = json!({"image": {"data": STANDARD.encode(&photo[..length])}});
        problem_of(send(app.post_json("/v1/figures", &body)).await, 413, "body_too_large").await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn several_images_come_as_json_alone_and_what_fails_among_them_is_told() {
    let app = TestApp::start().await;
    let figure = json_of(send(sent(&app, Way::Raw, &[("n", "3")]).await).await, 201).await;
    assert_eq!(figure["images"].as_array().unwrap().len(), 3, "{figure:#}");
    for (index, image) in (0..).zip(figure["images"].as_array().unwrap()) {
        assert_eq!(image["index"], index);
        assert_eq!(app.get(image["href"].as_str().unwrap()).send().await.unwrap().status(), 200);
    }
    let calls = app.node.simulator().calls().len();
    for accept in ["image/png", "image/*"] {
        let request = sent(&app, Way::Raw, &[("n", "2")]).await.header("Accept", accept);
        problem_of(send(request).await, 422, "n_requires_json").await;
    }
    assert_eq!(app.node.simulator().calls().len(), calls, "nothing was spent");
    let blocked = Spoil::BlockedOutput { reason: "IMAGE_SAFETY".to_owned() };
    app.node.simulator().script(vec![Step::new(blocked).of(CallKind::Image)]);
    let figure = json_of(send(sent(&app, Way::Raw, &[("n", "2")]).await).await, 201).await;
    assert_eq!((&figure["status"], figure["images"].as_array().unwrap().len()), (&"succeeded".into(), 1));
    assert_eq!(figure["problems"][0]["code"], "blocked_figure", "{figure:#}");
}

#[tokio::test(flavor = "multi_thread")]
async fn inline_images_are_the_bytes_behind_their_links_up_to_a_limit() {
    let app = TestApp::start().await;
    let figure = json_of(send(sent(&app, Way::Json, &[("delivery", "inline"), ("n", "2")]).await).await, 201).await;
    for image in figure["images"].as_array().unwrap() {
        let linked = app.get(image["href"].as_str().unwrap()).send().await.unwrap().bytes().await.unwrap();
        assert_eq!(STANDARD.decode(image["data"].as_str().unwrap()).unwrap(), linked);
    }
    assert!(figure.get("inline_omitted").is_none());
    let noise = image::RgbImage::from_fn(1_600, 1_600, |x, y| {
        let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503)).wrapping_mul(2_246_822_519).to_be_bytes();
        image::Rgb([mixed[0], mixed[1], mixed[2]])
    });
    let mut bytes = std::io::Cursor::new(Vec::new());
    noise.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    let large = bytes.into_inner();
    assert!(large.len() > 7_000_000, "{}", large.len());
    let app = TestApp::with(&[], |wiring| wiring.simulator.fixed_image = Some(large.into())).await;
    let figure = json_of(send(sent(&app, Way::Json, &[("delivery", "inline")]).await).await, 201).await;
    assert_eq!(figure["inline_omitted"], true);
    assert!(figure["images"][0].get("data").is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_says_what_would_be_and_makes_nothing() {
    let app = TestApp::start().await;
    let post =
        |query: &str, photo: Vec<u8>| app.request(Method::POST, &format!("/v1/figures/validate{query}")).body(photo);
    let told = json_of(send(post("?style=anime&n=2", jpeg(320, 240))).await, 200).await;
    assert_eq!((&told["object"], &told["options"]["n"]), (&"validation".into(), &2.into()), "{told:#}");
    assert_eq!((&told["photo"]["width"], &told["worst_case_micro_usd"]), (&320.into(), &0.into()), "{told:#}");
    assert_eq!(told["options"]["aspect_ratio"], "4:3", "it follows the photo");
    problem_of(send(post("?n=9", jpeg(320, 240))).await, 422, "invalid_option").await;
    problem_of(send(post("", b"no photo".to_vec())).await, 415, "not_an_image").await;
    let bytes = post("", jpeg(320, 240)).header("Accept", "image/png");
    problem_of(send(bytes).await, 406, "not_acceptable").await;
    assert!(app.photos_kept().is_empty() && app.node.simulator().calls().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_callers_own_salt_is_the_receipts() {
    let app = TestApp::start().await;
    let salt = "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ";
    let figure = json_of(send(sent(&app, Way::Form, &[("commitment_salt", salt)]).await).await, 201).await;
    assert_eq!(figure["upload"]["commitment_salt"], salt);
    let short = sent(&app, Way::Form, &[("commitment_salt", "c2FsdA")]).await;
    problem_of(send(short).await, 422, "invalid_option").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_figure_never_costs_more_than_is_allowed() {
    let vars = [("GEMINI_API_KEY", "a-key"), ("FIGURINE_GEMINI_TIER", "paid")];
    let app = TestApp::with(&vars, |_| {}).await;
    let problem =
        problem_of(send(sent(&app, Way::Raw, &[("max_cost_micro_usd", "1000")]).await).await, 422, "cost_limit").await;
    assert!(problem["detail"].as_str().unwrap().contains("micro-USD"), "{problem:#}");
    assert!(app.photos_kept().is_empty());
    let offline = TestApp::start().await;
    assert_eq!(
        send(sent(&offline, Way::Raw, &[("max_cost_micro_usd", "0")]).await).await.status(),
        201,
        "it costs nothing"
    );
}
