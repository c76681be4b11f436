//! The OpenAPI document: what is committed is what is served, and what is served is what happens.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "helpers of tests fail tests")]

use std::collections::BTreeSet;

use figurine::{
    domain::{Code, FigureId, PlanLimits},
    http::openapi,
};
use jsonschema::Validator;
use reqwest::{Method, Response};
use serde_json::Value;

use crate::app::{TestApp, jpeg, json_of};

const COMMITTED: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi/figurine.json");

/// What belongs to HTTP itself and so is not described; `Allow` comes with 405 and 204 of OPTIONS alone.
const TRANSPORT: [&str; 6] = ["allow", "connection", "content-length", "content-type", "date", "transfer-encoding"];

#[test]
fn the_committed_document_is_what_the_code_says() {
    let committed = std::fs::read_to_string(COMMITTED).unwrap_or_default();
    let made = format!("{}\n", serde_json::to_string_pretty(&openapi::document()).unwrap());
    assert!(committed == made, "it is out of date: cargo run -- openapi > openapi/figurine.json");
}

#[test]
fn every_example_fits_its_schema() {
    let document = openapi::document();
    let mut found = Vec::new();
    collect_examples(&document, "#", &document, &mut found);
    assert!(found.len() > 200, "only {} examples", found.len());
    for (place, schema, example) in found {
        assert_fits(&document, &schema, &example, &place);
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let document = openapi::document();
    let mut used = BTreeSet::new();
    collect_references(&document, &mut used);
    for place in &used {
        assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{place} leads nowhere");
    }
    for (kind, components) in document["components"].as_object().unwrap() {
        for name in components.as_object().unwrap().keys().filter(|_| kind != "securitySchemes") {
            assert!(used.contains(&format!("#/components/{kind}/{name}")), "{kind}/{name} is not used");
        }
    }
}

#[test]
fn everything_has_words() {
    let document = openapi::document();
    for (method, path, operation) in operations(&document) {
        for member in ["summary", "description", "operationId"] {
            assert!(has_words(&operation[member]), "{method} {path} has no {member}");
        }
        for parameter in operation["parameters"].as_array().into_iter().flatten() {
            let parameter = resolved(&document, parameter);
            assert!(has_words(&parameter["description"]), "{method} {path}: {}", parameter["name"]);
        }
    }
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        assert!(has_words(&schema["description"]), "{name}");
        assert!(schema.get("enum").is_none(), "{name} is closed, so a new value would break generated clients");
        for (member, property) in schema["properties"].as_object().into_iter().flatten() {
            assert!(has_words(&property["description"]), "{name}.{member}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_served_document_is_the_one_that_the_code_makes() {
    let app = TestApp::start().await;
    let answer = app.client.get(app.url("/openapi.json")).send().await.unwrap();
    assert!(json_of(answer, 200).await == openapi::document());
}

#[tokio::test(flavor = "multi_thread")]
async fn every_code_is_known_to_the_document_and_has_its_page() {
    let app = TestApp::start().await;
    let document = openapi::document();
    let known = document["components"]["schemas"]["ProblemCode"]["examples"].as_array().unwrap();
    for code in Code::ALL {
        assert!(known.contains(&code.as_str().into()), "{code}");
        let answer = app.client.get(app.url(&format!("/problems/{code}"))).send().await.unwrap();
        let page = assert_described(&document, ("get", "/problems/{code}"), answer, 200).await;
        assert_eq!(page["code"], code.as_str());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_but_what_is_public_wants_a_key() {
    let app = TestApp::start().await;
    let document = openapi::document();
    for (method, path, operation) in operations(&document) {
        let answer = app.client.request(method_of(method), app.url(&filled(path))).send().await.unwrap();
        let (status, challenge) = (answer.status(), answer.headers().get("www-authenticate").cloned());
        let told = assert_described(&document, (method, path), answer, status.as_u16()).await;
        if operation["security"].as_array().is_some_and(Vec::is_empty) {
            assert_eq!(status, 200, "{method} {path}");
        } else {
            assert_eq!((status.as_u16(), challenge.is_some()), (401, true), "{method} {path}");
            assert!(method == "head" || told["code"] == "missing_key", "{method} {path}: {told}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_without_the_scope_is_refused_where_the_document_says_so() {
    let app = TestApp::start().await;
    let document = openapi::document();
    for (method, path, operation) in operations(&document) {
        // One of them revokes itself.
        let all = "figures:write figures:read usage:read privacy:manage keys:admin";
        let (poor, rich) = (app.key_with("usage:read"), app.key_with(all));
        for key in [&poor, &rich] {
            let asked = app.client.request(method_of(method), app.url(&filled(path))).bearer_auth(key);
            let answer = asked.send().await.unwrap();
            let status = answer.status().as_u16();
            let needs = operation["description"].as_str().unwrap().split("with the scope `").nth(1);
            let needs = needs.map(|rest| rest.split('`').next().unwrap());
            assert_eq!(operation["responses"].get("403").is_some(), needs.is_some(), "{method} {path}");
            let own = if key == &poor { "usage:read" } else { all };
            let refused = needs.is_some_and(|scope| !own.split(' ').any(|own| own == scope));
            assert_eq!(status == 403, refused, "{method} {path}");
            assert_described(&document, (method, path), answer, status).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_in_the_life_of_a_figure_is_described() {
    let (app, document) = (TestApp::start().await, openapi::document());
    let post = ("post", "/v1/figures");
    let figure = assert_described(&document, post, app.post("", jpeg(64, 64)).send().await.unwrap(), 201).await;
    let image = app.post("", jpeg(64, 64)).header("Accept", "image/webp").header("Prefer", "wait=20");
    assert_described(&document, post, image.send().await.unwrap(), 201).await;
    let path = figure["links"]["self"].as_str().unwrap();
    let (read, bytes) = ("/v1/figures/{id}", "/v1/figures/{id}/images/{n}");
    let events = "/v1/figures/{id}/events";
    for (query, status) in [("", 200), ("?limit=1", 200), ("?limit=0", 422), ("?page=2", 422), ("?limit=%ff", 400)] {
        let answer = app.get(&format!("/v1/figures{query}")).send().await.unwrap();
        assert_described(&document, ("get", "/v1/figures"), answer, status).await;
    }
    let asks = [
        (Method::GET, read, "", ("Prefer", "wait=0"), 200),
        (Method::HEAD, read, "", ("Prefer", "wait=0"), 200),
        (Method::GET, read, "", ("Prefer", "wait=soon"), 400),
        (Method::GET, bytes, "/images/0", ("Accept", "image/*"), 200),
        (Method::HEAD, bytes, "/images/0", ("Accept", "image/*"), 200),
        (Method::GET, bytes, "/images/0", ("If-None-Match", "*"), 304),
        (Method::GET, bytes, "/images/0", ("Range", "bytes=0-9"), 206),
        (Method::GET, bytes, "/images/0", ("Accept", "image/gif"), 406),
        (Method::GET, bytes, "/images/9", ("Accept", "image/*"), 404),
        (Method::GET, "/v1/figures/{id}/receipt", "/receipt", ("Accept", "*/*"), 200),
        (Method::GET, events, "/events", ("Accept", "*/*"), 200),
        (Method::GET, events, "/events", ("Last-Event-ID", "7"), 204),
        (Method::GET, events, "/events", ("Last-Event-ID", "x"), 400),
        (Method::GET, events, "/events", ("Accept", "text/html"), 406),
        (Method::DELETE, read, "", ("Accept", "*/*"), 204),
        (Method::GET, read, "", ("Accept", "*/*"), 410),
    ];
    for (method, template, tail, (header, value), status) in asks {
        let answer = app.request(method.clone(), &format!("{path}{tail}")).header(header, value).send().await.unwrap();
        assert_described(&document, (&method.as_str().to_lowercase(), template), answer, status).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn every_answer_before_a_figure_is_there_is_described() {
    let (app, document) = (TestApp::start().await, openapi::document());
    let limits: PlanLimits = serde_json::from_str(r#"{"in_flight":1}"#).unwrap();
    let key = app.key_of("single", |request| request.limits = limits);
    app.node.simulator().hold();
    let asks = [
        ("", "Prefer", "respond-async", jpeg(64, 64), 202),
        ("", "Prefer", "respond-async", jpeg(64, 64), 429),
        ("", "Accept", "text/html", jpeg(64, 64), 406),
        ("?size=9K", "Accept", "*/*", jpeg(64, 64), 422),
        ("?stile=anime", "Accept", "*/*", jpeg(64, 64), 422),
        ("?style=%ff", "Accept", "*/*", jpeg(64, 64), 400),
        ("", "Accept", "*/*", b"no photo at all".to_vec(), 415),
        ("", "Accept", "*/*", Vec::new(), 422),
    ];
    for (query, header, value, photo, status) in asks {
        let asked = app.client.post(app.url(&format!("/v1/figures{query}"))).bearer_auth(&key).body(photo);
        let answer = asked.header(header, value).send().await.unwrap();
        assert_described(&document, ("post", "/v1/figures"), answer, status).await;
    }
    let image = app.post("", jpeg(64, 64)).header("Accept", "image/*").header("Prefer", "wait=0");
    let answer = image.send().await.unwrap();
    let location = answer.headers()["location"].to_str().unwrap().to_owned();
    assert_described(&document, ("post", "/v1/figures"), answer, 303).await;
    let again = app.client.get(location).bearer_auth(&app.key).header("Prefer", "wait=0").send().await.unwrap();
    assert_described(&document, ("get", "/v1/figures/{id}/images/{n}"), again, 303).await;
    app.node.simulator().release();
}

/// Every operation: its method, its path, and what is said of it.
fn operations(document: &Value) -> Vec<(&str, &str, &Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, item)| item.as_object().unwrap().iter().map(move |one| (path, one)));
    all.map(|(path, (method, operation))| (method.as_str(), path.as_str(), operation)).collect()
}

fn method_of(method: &str) -> Method {
    method.to_uppercase().parse().unwrap()
}

/// A path with ids that are well-formed and unknown.
fn filled(path: &str) -> String {
    path.replace("{id}", &FigureId::random().to_string()).replace("{n}", "0").replace("{code}", "not_found")
}

fn resolved<'d>(document: &'d Value, value: &'d Value) -> &'d Value {
    let place = value.get("$ref").and_then(Value::as_str);
    place.map_or(value, |place| document.pointer(place.trim_start_matches('#')).expect("it leads somewhere"))
}

fn has_words(value: &Value) -> bool {
    value.as_str().is_some_and(|words| !words.trim().is_empty())
}

fn collect_references(value: &Value, found: &mut BTreeSet<String>) {
    found.extend(value.get("$ref").and_then(Value::as_str).map(str::to_owned));
    let (items, members) = (value.as_array().into_iter().flatten(), value.as_object().into_iter().flatten());
    for inner in items.chain(members.map(|(_, member)| member)) {
        collect_references(inner, found);
    }
}

/// Collects every example with its schema: a schema's own, a parameter's or header's, a media type's.
fn collect_examples(document: &Value, place: &str, value: &Value, found: &mut Vec<(String, Value, Value)>) {
    let mut add = |schema: &Value, example: &Value| found.push((place.to_owned(), schema.clone(), example.clone()));
    if let Some(schema) = value.get("schema") {
        if let Some(example) = value.get("example") {
            add(schema, example);
        }
        for (_, named) in value.get("examples").and_then(Value::as_object).into_iter().flatten() {
            add(schema, &resolved(document, named)["value"]);
        }
    } else if let Some(examples) = value.get("examples").and_then(Value::as_array) {
        for example in examples {
            add(value, example);
        }
    }
    let members = value.as_object().into_iter().flatten().filter(|(name, _)| !name.starts_with("example"));
    let items = value.as_array().into_iter().flatten().enumerate().map(|(index, item)| (index.to_string(), item));
    for (name, inner) in members.map(|(name, member)| (name.clone(), member)).chain(items) {
        collect_examples(document, &format!("{place}/{}", name.replace('/', "~1")), inner, found);
    }
}

fn assert_fits(document: &Value, schema: &Value, instance: &Value, place: &str) {
    let mut whole = schema.clone();
    whole["components"] = document["components"].clone();
    let validator: Validator = jsonschema::options().should_validate_formats(true).build(&whole).expect(place);
    let faults: Vec<_> = validator.iter_errors(instance).map(|fault| fault.to_string()).collect();
    assert!(faults.is_empty(), "{place}: {faults:?}: {instance:#}");
}

/// Checks that an answer has its status, and that the document says of it all that it is. Gives its JSON, if it is JSON.
pub(crate) async fn assert_described(
    document: &Value,
    (method, path): (&str, &str),
    answer: Response,
    status: u16,
) -> Value {
    let place = format!("{method} {path} {}", answer.status());
    assert_eq!(answer.status(), status, "{place}");
    let described = &document["paths"][path][method]["responses"][status.to_string()];
    assert!(described.is_object(), "{place} is not described");
    let headers = answer.headers().clone();
    assert_headers(document, described, &headers, &place);
    let body = answer.bytes().await.unwrap();
    let Some(content) = described["content"].as_object() else {
        assert!(body.is_empty(), "{place} has a body");
        return Value::Null;
    };
    let media_type = headers["content-type"].to_str().unwrap();
    let media = content.get(media_type).unwrap_or_else(|| panic!("{place}: {media_type} is not described"));
    if !media_type.ends_with("json") {
        assert!(!body.is_empty(), "{place}");
        return Value::Null;
    }
    let instance: Value = serde_json::from_slice(&body).unwrap();
    assert_fits(document, &media["schema"], &instance, &place);
    instance
}

fn assert_headers(document: &Value, described: &Value, sent: &reqwest::header::HeaderMap, place: &str) {
    let known = described["headers"].as_object().unwrap();
    for name in sent.keys().map(reqwest::header::HeaderName::as_str).filter(|name| !TRANSPORT.contains(name)) {
        assert!(known.keys().any(|header| header.eq_ignore_ascii_case(name)), "{place}: {name} is not described");
    }
    for (name, header) in known {
        let header = resolved(document, header);
        let value = sent.get(name).map(|value| value.to_str().unwrap());
        assert!(value.is_some() || header["required"] == false, "{place}: {name} is missing");
        if let Some(value) = value {
            let number = value.parse::<u64>().ok().filter(|_| header["schema"]["type"] == "integer");
            assert_fits(document, &header["schema"], &number.map_or(value.into(), Value::from), place);
        }
    }
}
