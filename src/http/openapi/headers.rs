//! The headers of every answer.

use serde_json::{Map, Value, json};

use super::{components, is_public, operations};
use crate::{domain::Code, http::problem::meaning};

/// What every answer has.
const COMMON: [&str; 9] = [
    "X-Request-Id",
    "Figurine-Server-Version",
    "traceparent",
    "Cache-Control",
    "X-Content-Type-Options",
    "Content-Security-Policy",
    "Referrer-Policy",
    "Cross-Origin-Resource-Policy",
    HSTS,
];

/// What every answer has that comes over HTTPS.
const HSTS: &str = "Strict-Transport-Security";

/// What comes with an image's bytes.
const IMAGE: [&str; 8] = [
    TIMING,
    "ETag",
    "Repr-Digest",
    "Figurine-Id",
    "Figurine-Receipt",
    "Figurine-Charged-Micro-Usd",
    "Figurine-Provenance",
    "Figurine-Commitment-Salt",
];

/// How long a figure's stages took.
const TIMING: &str = "Server-Timing";
/// What the answers to a good key have.
const LIMITS: [&str; 2] = ["RateLimit-Policy", "RateLimit"];

/// Whether the answer is an earlier one's.
const REPLAYED: &str = "Idempotency-Replayed";

/// What an answer that is no error has beside [`COMMON`].
fn of_success(operation: &str, status: &str) -> Vec<&'static str> {
    match (operation, status) {
        ("createFigure", "201") => [&["Location", "Preference-Applied", REPLAYED], &IMAGE[..]].concat(),
        ("createFigure", "202") => vec!["Location", "Preference-Applied", "Retry-After", TIMING, REPLAYED],
        ("createFigure", "303") => vec!["Location", "Preference-Applied", "Retry-After", "Figurine-Id", REPLAYED],
        (_, "303") => vec!["Location", "Preference-Applied", "Retry-After", "Figurine-Id"],
        ("readFigure", "200") => vec!["Preference-Applied", TIMING],
        ("readImage", "200") => [&["Accept-Ranges"], &IMAGE[..]].concat(),
        ("readImage", "206") => [&["Accept-Ranges", "Content-Range"], &IMAGE[..]].concat(),
        ("followFigure", "200") => vec!["X-Accel-Buffering"],
        ("readImage", "304") | ("listStyles", _) => vec!["ETag"],
        ("createUpload", "201") => vec!["Location", REPLAYED],
        ("createAnalysis" | "createPrompt", "200") => vec![REPLAYED],
        ("eraseData", "202") => vec!["Retry-After"],
        ("mintKey", "201") => vec!["Location"],
        _ => Vec::new(),
    }
}

/// What the error answers with these codes, all of one status, have; of an operation for everybody or not, and some of
/// them where trying again is vain or none.
pub(super) fn of_problems(codes: &[Code], (is_public, vain): (bool, bool)) -> Value {
    let mut names = Vec::new();
    let is = |statuses: &[u16]| codes.iter().any(|code| statuses.contains(&meaning(*code).0));
    if is(&[401, 403]) {
        names.push("WWW-Authenticate");
    }
    if is(&[429, 503]) {
        names.push("Retry-After");
    }
    if vain {
        names.push("x-should-retry");
    }
    // Who has no good key has no limits.
    if !is_public && !is(&[401]) {
        names.extend(LIMITS);
    }
    references(&names)
}

fn references(names: &[&str]) -> Value {
    let all = COMMON.iter().chain(names);
    all.map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{name}")}))).collect()
}

/// Describes the headers of every answer that is no error, and each header once.
pub(super) fn describe(document: &mut Value) {
    for (id, operation) in operations(document) {
        let limits = if is_public(operation) { &[][..] } else { &LIMITS };
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            if let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("headers")) {
                response.insert("headers".to_owned(), references(&[&of_success(&id, status), limits].concat()));
            }
        }
    }
    if let Some(headers) = components(document, "headers") {
        headers.append(&mut every());
    }
}

/// What is said of headers whose values are texts: name, meaning, example.
const TEXTS: [(&str, &str, &str); 26] = [
    (
        "traceparent",
        "The place of this request in the trace that its own `traceparent` named, or in a new one (W3C Trace Context).",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    ),
    (
        TIMING,
        "How long each stage of the figure took, in milliseconds, as far as it was reached.",
        "intake;dur=41, queue;dur=1, analyze;dur=812, render;dur=9120, finish;dur=12, total;dur=9990",
    ),
    ("X-Content-Type-Options", "Browsers are to take the type that is declared.", "nosniff"),
    (
        "Content-Security-Policy",
        "What browsers may load from an answer: nothing.",
        "default-src 'none'; frame-ancestors 'none'",
    ),
    ("Referrer-Policy", "Browsers are to name no answer to other sites.", "no-referrer"),
    ("Cross-Origin-Resource-Policy", "No page of another origin may embed an answer.", "same-origin"),
    (HSTS, "Browsers are to speak HTTPS alone; over HTTPS alone.", "max-age=31536000"),
    ("Accept-Ranges", "That `Range` is understood.", "bytes"),
    ("Content-Range", "Which bytes these are, and of how many.", "bytes 0-1023/1180342"),
    ("X-Accel-Buffering", "`no`: proxies are to pass each event on at once.", "no"),
    (REPLAYED, "`true` where an earlier request with the same `Idempotency-Key` was it that was done.", "true"),
    ("X-Request-Id", "The request, for support.", "req_019ab2c3d4e57f60a1b2c3d4e5f60718"),
    ("Figurine-Server-Version", "The version of the server.", crate::http::SERVER_VERSION),
    ("WWW-Authenticate", "What is wrong with the key, or missing (RFC 6750).", "Bearer realm=\"figurine\""),
    (
        "RateLimit-Policy",
        "The limits of the key and, with `account_`, of all keys of its account: `q` in `w` seconds, of requests `burst` at \
         once; without `w` it is what may be under way at any one time. Days and months are those of UTC \
         (draft-ietf-httpapi-ratelimit-headers-11).",
        "\"requests\";q=60;w=60;burst=20, \"in_flight\";q=8;qu=\"concurrent-requests\", \
         \"figures_per_day\";q=500;w=86400, \"micro_usd_per_month\";q=50000000;w=2592000",
    ),
    (
        "RateLimit",
        "What is left of each: `r` now, and all of it again after `t` seconds. Jobs under way count with the most that \
         they may cost. With 401 and while the store is away it is missing.",
        "\"requests\";r=19;t=1, \"in_flight\";r=8, \"figures_per_day\";r=499;t=8640, \
         \"micro_usd_per_month\";r=49960790;t=1296000",
    ),
    ("x-should-retry", "`false` where retrying is vain, whatever the status says.", "false"),
    (
        "Location",
        "Where what was made is, or the image will be: an absolute URL.",
        "http://127.0.0.1:8080/v1/figures/fig_019ab2c3d4e57f60a1b2c3d4e5f60718",
    ),
    ("Preference-Applied", "What was done of `Prefer` (RFC 7240): `wait` or `respond-async`.", "wait"),
    ("Cache-Control", "Who may keep the answer, and for how long.", "no-store"),
    (
        "ETag",
        "A strong entity tag: the SHA-256 of an image's bytes, or of the list.",
        "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"",
    ),
    (
        "Repr-Digest",
        "The image's SHA-256 (RFC 9530); with bytes alone.",
        "sha-256=:n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=:",
    ),
    (
        "Figurine-Id",
        "The figure's id, where the answer is not the figure object.",
        "fig_019ab2c3d4e57f60a1b2c3d4e5f60718",
    ),
    (
        "Figurine-Receipt",
        "Where the photo's deletion receipt is; with bytes alone.",
        "/v1/figures/fig_019ab2c3d4e57f60a1b2c3d4e5f60718/receipt",
    ),
    (
        "Figurine-Provenance",
        "How the image came about, as a dictionary (RFC 9651); with bytes alone.",
        "ai_generated=?1, digital_source_type=\"compositeWithTrainedAlgorithmicMedia\", synthid=\"claimed-by-upstream\", c2pa=\"absent\"",
    ),
    (
        "Figurine-Commitment-Salt",
        "The salt of the receipt's commitments, base64url of 32 bytes; with bytes alone.",
        "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
    ),
];

/// The same of headers whose values are numbers.
const NUMBERS: [(&str, &str, u64); 2] = [
    ("Retry-After", "After how many seconds it makes sense to ask again.", 2),
    ("Figurine-Charged-Micro-Usd", "What was charged, in millionths of a US dollar; with bytes alone.", 39_210),
];

/// The names of all headers that answers have.
pub(in crate::http) fn sent() -> impl Iterator<Item = &'static str> {
    TEXTS.iter().map(|(name, ..)| *name).chain(NUMBERS.iter().map(|(name, ..)| *name))
}

fn every() -> Map<String, Value> {
    let text = json!({"type": "string"});
    let texts = TEXTS.map(|(name, words, example)| (name, words, text.clone(), Value::from(example)));
    let number = json!({"type": "integer", "format": "int64", "minimum": 0});
    let numbers = NUMBERS.map(|(name, words, example)| (name, words, number.clone(), Value::from(example)));
    let header = |(name, words, schema, example)| {
        let common = COMMON.contains(&name) && name != HSTS;
        let always = common || ["WWW-Authenticate", "Location", "Retry-After"].contains(&name);
        (name.to_owned(), json!({"description": words, "required": always, "schema": schema, "example": example}))
    };
    texts.into_iter().chain(numbers).map(header).collect()
}
