//! Who may do what: every operation of the document with every kind of key, and with other people's objects.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::{Duration, Instant},
};

use figurine::{
    auth::{Expected, MintRequest, inspect, mint},
    domain::{AccountId, FigureId, KeyId, Mode, Moment, Scopes, UploadId},
    http::openapi,
};
use reqwest::{Method, Response};
use secrecy::ExposeSecret;
use serde_json::Value;

use crate::app::{TestApp, jpeg, json_of};

/// What an operation is about.
#[derive(Clone, Copy, PartialEq)]
enum About {
    Nothing,
    Figure,
    Upload,
    Key,
}

/// Every operation: the scope that it needs, what it is about, and what a good key is answered that sends no body, about
/// something unknown where it is about something. A public one is answered so whatever is sent as a key.
const ROWS: &[(&str, Option<&str>, About, u16)] = &[
    ("createFigure", Some("figures:write"), About::Nothing, 422),
    ("validateFigure", Some("figures:write"), About::Nothing, 422),
    ("createAnalysis", Some("figures:write"), About::Nothing, 422),
    ("createPrompt", Some("figures:write"), About::Nothing, 422),
    ("createUpload", Some("figures:write"), About::Nothing, 422),
    ("listFigures", Some("figures:read"), About::Nothing, 200),
    ("readFigure", Some("figures:read"), About::Figure, 404),
    ("readImage", Some("figures:read"), About::Figure, 404),
    ("followFigure", Some("figures:read"), About::Figure, 404),
    ("readReceipt", Some("figures:read"), About::Figure, 404),
    ("deleteFigure", Some("figures:write"), About::Figure, 404),
    ("readUpload", Some("figures:read"), About::Upload, 404),
    ("deleteUpload", Some("figures:write"), About::Upload, 404),
    ("readUploadReceipt", Some("figures:read"), About::Upload, 404),
    ("mintKey", Some("keys:admin"), About::Nothing, 415),
    ("listKeys", Some("keys:admin"), About::Nothing, 200),
    ("readKey", Some("keys:admin"), About::Key, 404),
    ("revokeKey", Some("keys:admin"), About::Key, 404),
    ("revokeOwnKey", Some(""), About::Nothing, 204),
    ("readMe", Some(""), About::Nothing, 200),
    ("readData", Some("privacy:manage"), About::Nothing, 200),
    ("eraseData", Some("privacy:manage"), About::Nothing, 200),
    ("readPreferences", Some("privacy:manage"), About::Nothing, 200),
    ("decidePreferences", Some("privacy:manage"), About::Nothing, 415),
    ("readUsage", Some("usage:read"), About::Nothing, 200),
    ("listAudit", Some("keys:admin"), About::Nothing, 200),
    ("readPrivacy", None, About::Nothing, 200),
    ("listStyles", None, About::Nothing, 200),
    ("listModels", None, About::Nothing, 200),
    ("readDocument", None, About::Nothing, 200),
    ("readJwks", None, About::Nothing, 200),
    ("readProblem", None, About::Nothing, 200),
    ("readHealth", None, About::Nothing, 200),
    ("readReadiness", None, About::Nothing, 200),
];

const ALL: [&str; 5] = ["figures:write", "figures:read", "usage:read", "privacy:manage", "keys:admin"];

/// Method and path of every operation, by its id.
fn operations() -> BTreeMap<String, (Method, String)> {
    let document = openapi::document();
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |one| (path, one)));
    let named = all.map(|(path, (method, operation))| {
        let method = method.to_uppercase().parse().unwrap();
        (operation["operationId"].as_str().unwrap().to_owned(), (method, path.clone()))
    });
    named.collect()
}

fn row(operation: &str) -> (Option<&'static str>, About, u16) {
    let own = operation.strip_suffix("Headers").unwrap_or(operation);
    let found = ROWS.iter().find(|(name, ..)| *name == own);
    let (_, scope, about, status) = found.unwrap_or_else(|| panic!("{operation} has no row"));
    (*scope, *about, *status)
}

struct Objects {
    figure: String,
    upload: String,
    key: String,
}

impl Objects {
    /// Objects that nobody has.
    fn unknown() -> Self {
        let (figure, upload, key) = (FigureId::random(), UploadId::random(), KeyId::random());
        Self { figure: figure.to_string(), upload: upload.to_string(), key: key.to_string() }
    }

    /// Objects of the account that the app's own key belongs to.
    async fn of(app: &TestApp) -> Self {
        let figure = app.submit().await;
        app.ended(&figure).await;
        let me = json_of(app.get("/v1/me").send().await.unwrap(), 200).await;
        Self { figure, upload: app.upload(jpeg(64, 64)).await, key: me["id"].as_str().unwrap().to_owned() }
    }

    fn fill(&self, path: &str, about: About) -> String {
        let id = match about {
            About::Nothing => "not_found",
            About::Figure => &self.figure,
            About::Upload => &self.upload,
            About::Key => &self.key,
        };
        path.replace("{id}", id).replace("{n}", "0").replace("{code}", "not_found")
    }
}

async fn ask(app: &TestApp, key: Option<&str>, method: &Method, path: &str) -> Response {
    let request = app.client.request(method.clone(), app.url(path));
    key.into_iter().fold(request, reqwest::RequestBuilder::bearer_auth).send().await.unwrap()
}

/// Checks the answer's status and, where it has a body, its code.
async fn assert_told(answer: Response, (status, code): (u16, &str), place: &str) {
    let (got, text) = (answer.status().as_u16(), answer.text().await.unwrap());
    assert_eq!(got, status, "{place}: {text}");
    if !place.starts_with("HEAD") {
        assert!(text.contains(&format!("\"code\":\"{code}\"")), "{place}: {text}");
    }
}

fn key(app: &TestApp, scopes: &[&str], mode: Mode) -> String {
    app.key_of("acme", |request| {
        (request.scopes, request.mode) = (Scopes::parse(&scopes.join(" ")).unwrap(), mode);
    })
}

fn expired(app: &TestApp) -> String {
    let names = Expected { issuer: "figurine".to_owned(), audience: "figurine-api".to_owned() };
    let request = MintRequest { days: 1, ..MintRequest::new(AccountId::parse("acme").unwrap(), &names) };
    let then = u64::try_from(Moment::now().unix_seconds()).unwrap() - 2 * 86_400;
    mint(&app.node.api().keys, &request, then).unwrap().text.expose_secret().to_owned()
}

async fn revoked(app: &TestApp) -> String {
    let text = key(app, &ALL, Mode::Live);
    let id = KeyId::parse(&inspect(&text, None).unwrap().key_id).unwrap();
    app.node.api().flow.store.revoke(&id, Duration::from_secs(60)).await.unwrap();
    text
}

#[test]
fn every_operation_has_its_row_and_every_row_its_operation() {
    let named: BTreeSet<_> = operations().into_keys().filter(|name| !name.ends_with("Headers")).collect();
    let rows: BTreeSet<_> = ROWS.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(named, rows);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_operation_answers_every_kind_of_key_as_its_row_says() {
    let app = TestApp::start().await;
    let (unknown, expired, revoked) = (Objects::unknown(), expired(&app), revoked(&app).await);
    for (operation, (method, path)) in operations() {
        let (scope, about, status) = row(&operation);
        let (path, place) = (unknown.fill(&path, about), format!("{method} {path}"));
        let Some(scope) = scope else {
            for key in [None, Some(expired.as_str()), Some(&revoked), Some(&app.key)] {
                assert_eq!(ask(&app, key, &method, &path).await.status(), status, "{place}");
            }
            continue;
        };
        assert_told(ask(&app, None, &method, &path).await, (401, "missing_key"), &place).await;
        assert_told(ask(&app, Some(&expired), &method, &path).await, (401, "invalid_key"), &place).await;
        assert_told(ask(&app, Some(&revoked), &method, &path).await, (401, "revoked_key"), &place).await;
        for mode in [Mode::Live, Mode::Test] {
            // One that revokes itself must not be used again.
            let good = key(&app, &ALL, mode);
            assert_eq!(ask(&app, Some(&good), &method, &path).await.status(), status, "{place} {mode:?}");
            if !scope.is_empty() {
                let others: Vec<_> = ALL.into_iter().filter(|other| *other != scope).collect();
                let poor = key(&app, &others, mode);
                assert_told(ask(&app, Some(&poor), &method, &path).await, (403, "missing_scope"), &place).await;
            }
        }
    }
}

/// What an answer says, but for the request's own id and path, and what is left of limits.
async fn told(answer: Response, id: &str) -> (u16, BTreeMap<String, String>, Value) {
    let passed = ["x-request-id", "traceparent", "date", "ratelimit"];
    let headers = answer.headers().iter().filter(|(name, _)| !passed.contains(&name.as_str()));
    let headers = headers.map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned())).collect();
    let status = answer.status().as_u16();
    let mut body: Value = serde_json::from_str(&answer.text().await.unwrap()).unwrap_or_default();
    if let Some(body) = body.as_object_mut() {
        body.remove("request_id");
        let instance = body.remove("instance").unwrap_or_default();
        assert!(instance.as_str().unwrap_or_default().contains(id) || id == "not_found", "{instance}");
    }
    (status, headers, body)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_is_answered_as_what_nobody_has() {
    let app = TestApp::start().await;
    let (theirs, unknown) = (Objects::of(&app).await, Objects::unknown());
    let stranger = app.key_of("stranger", |request| request.scopes = Scopes::parse(&ALL.join(" ")).unwrap());
    let mut met = 0;
    for (operation, (method, path)) in operations() {
        let (_, about, status) = row(&operation);
        if about == About::Nothing {
            continue;
        }
        let mut answers = Vec::new();
        for objects in [&theirs, &unknown] {
            let path = objects.fill(&path, about);
            let id = path.split('/').nth(3).unwrap();
            answers.push(told(ask(&app, Some(&stranger), &method, &path).await, id).await);
        }
        assert_eq!((answers[0].0, &answers[0]), (status, &answers[1]), "{method} {path}");
        met += 1;
    }
    assert!(met > 10, "{met} operations");
    // Nothing of it was touched.
    let figure = app.get(&format!("/v1/figures/{}", theirs.figure)).send().await.unwrap();
    assert_eq!(json_of(figure, 200).await["status"], "succeeded");
    let upload = app.get(&format!("/v1/uploads/{}", theirs.upload)).send().await.unwrap();
    assert_eq!(json_of(upload, 200).await["status"], "ready");
    // An upload that is named in a body is looked for in the same account alone.
    let mut answers = Vec::new();
    for upload in [&theirs.upload, &unknown.upload] {
        let body = serde_json::json!({"image": {"upload_id": upload}});
        let asked = app.client.post(app.url("/v1/figures")).bearer_auth(&stranger);
        let asked = asked.header("Content-Type", "application/json").body(body.to_string());
        answers.push(told(asked.send().await.unwrap(), "/v1/figures").await);
    }
    assert_eq!((answers[0].0, &answers[0]), (404, &answers[1]));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_have_is_answered_as_fast_as_what_nobody_has() {
    let app = TestApp::start().await;
    let (theirs, unknown) = (Objects::of(&app).await, Objects::unknown());
    let stranger = app.key_of("stranger", |request| request.scopes = Scopes::parse(&ALL.join(" ")).unwrap());
    for (operation, (method, path)) in operations() {
        let (_, about, _) = row(&operation);
        if about == About::Nothing {
            continue;
        }
        let mut times = [Vec::new(), Vec::new()];
        for _ in 0..40 {
            for (objects, times) in [&theirs, &unknown].into_iter().zip(&mut times) {
                let begun = Instant::now();
                ask(&app, Some(&stranger), &method, &objects.fill(&path, about)).await;
                times.push(begun.elapsed());
            }
        }
        let [theirs, unknown] = times.map(|mut times| {
            times.sort();
            times[times.len() / 2]
        });
        let (less, more) = (theirs.min(unknown), theirs.max(unknown));
        // Medians of interleaved requests: a look into a store or a signature more would show, this machine's noise does
        // not.
        let near = more.saturating_sub(less) < less / 2 + Duration::from_millis(2);
        assert!(near, "{method} {path}: {theirs:?} and {unknown:?}");
    }
}
