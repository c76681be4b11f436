//! The headers that every answer has, whatever it is.

use actix_web::{
    HttpMessage, HttpRequest,
    http::header::{CACHE_CONTROL, HeaderMap, HeaderName, HeaderValue},
};

use super::{Api, SERVER_VERSION};
use crate::{domain::RequestId, telemetry::Trace};

/// What keeps browsers from doing more with an answer than its caller asked for.
const SECURITY: [(&str, &str); 4] = [
    ("x-content-type-options", "nosniff"),
    ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-resource-policy", "same-origin"),
];

/// For how long browsers are to speak HTTPS alone to a host that has spoken it: a year.
const HTTPS_ALONE: (&str, &str) = ("strict-transport-security", "max-age=31536000");

/// What the headers of one answer are made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Common {
    /// The request.
    pub(super) request: RequestId,
    /// The place of this request in its caller's trace, or in one of its own.
    pub(super) trace: Trace,
    /// Whether this node speaks HTTPS itself.
    pub(super) https: bool,
}

impl Common {
    /// What the answer to a request begins with.
    pub(super) fn new(api: &Api, trace: Trace) -> Self {
        Self { request: RequestId::random(), trace, https: api.https }
    }

    /// Puts the headers in. An answer that says nothing of caching must not be kept.
    pub(super) fn put(&self, headers: &mut HeaderMap) {
        let mut set = |name: &'static str, value: HeaderValue| {
            headers.insert(HeaderName::from_static(name), value);
        };
        set("figurine-server-version", HeaderValue::from_static(SERVER_VERSION));
        for (name, value) in SECURITY.into_iter().chain(self.https.then_some(HTTPS_ALONE)) {
            set(name, HeaderValue::from_static(value));
        }
        for (name, text) in [("x-request-id", self.request.to_string()), ("traceparent", self.trace.to_string())] {
            if let Ok(value) = HeaderValue::from_str(&text) {
                set(name, value);
            }
        }
        if !headers.contains_key(CACHE_CONTROL) {
            headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
        }
    }
}

/// The trace of a request: the caller's where it names one soundly, else one of its own. The first to ask decides.
pub(super) fn trace_of(req: &HttpRequest) -> Trace {
    if let Some(known) = req.extensions().get::<Trace>() {
        return *known;
    }
    let mut given = req.headers().get_all("traceparent");
    let only = given.next().filter(|_| given.next().is_none()).and_then(|value| value.to_str().ok());
    let trace = only.and_then(|text| Trace::parse(text).ok()).map_or_else(Trace::random, Trace::next);
    req.extensions_mut().insert(trace);
    trace
}
