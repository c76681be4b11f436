//! Which pages of which origins may call from a browser. Without a list nothing is sent that would let one.

use actix_cors::Cors;
use actix_web::{
    Error,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
    http::{Method, StatusCode, header::HeaderMap},
    middleware::{Condition, Next},
};

use super::{Api, openapi};

/// For how long a browser need not ask again, in seconds.
const ASK_AGAIN: usize = 3_600;

/// Headers that callers send.
const SENT: [&str; 13] = [
    "Accept",
    "Authorization",
    "Content-Type",
    "Figurine-End-User",
    "Figurine-Scenario",
    "Idempotency-Key",
    "If-None-Match",
    "If-Range",
    "Last-Event-ID",
    "Prefer",
    "Range",
    "traceparent",
    "X-API-Key",
];

/// The answers to browsers' questions. Keys come in a header, so credentials of the browser's own play no part.
pub fn cors(api: &Api) -> Condition<Cors> {
    let mut cors = Cors::default()
        .allowed_methods([Method::GET, Method::HEAD, Method::POST, Method::PUT, Method::DELETE])
        .allowed_headers(SENT)
        .expose_headers(openapi::sent_headers())
        .max_age(ASK_AGAIN);
    for origin in &api.cors_origins {
        cors = cors.allowed_origin(origin);
    }
    Condition::new(!api.cors_origins.is_empty(), cors)
}

/// The answer to a browser's question has no content, like that to every other `OPTIONS`.
///
/// # Errors
/// None of its own.
pub async fn without_content<B: MessageBody>(req: ServiceRequest, next: Next<B>) -> Result<ServiceResponse<B>, Error> {
    let is_question = req.method() == Method::OPTIONS;
    let mut answer = next.call(req).await?;
    if is_question && answer.status() == StatusCode::OK {
        *answer.response_mut().status_mut() = StatusCode::NO_CONTENT;
    }
    Ok(answer)
}

/// Keeps what a browser is told when an answer is made anew.
pub(super) fn keep(from: &HeaderMap, to: &mut HeaderMap) {
    for (name, value) in from.iter().filter(|(name, _)| *name == "vary" || name.as_str().starts_with("access-control-"))
    {
        to.append(name.clone(), value.clone());
    }
}
