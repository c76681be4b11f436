//! What no handler answers for, in Google's envelope like every error.

use super::refusal::Refusal;
use actix_web::dev::ServiceResponse;
use actix_web::http::header::{CONTENT_TYPE, HeaderValue};
use actix_web::middleware::ErrorHandlerResponse;

/// Puts the framework's own errors into the envelope and leaves those that handlers made as they are.
#[expect(clippy::unnecessary_wraps, reason = "the framework asks for a result")]
pub(super) fn enveloped<B>(response: ServiceResponse<B>) -> actix_web::Result<ErrorHandlerResponse<B>> {
    let told = response.headers().get(CONTENT_TYPE).map(HeaderValue::as_bytes);
    if told.is_some_and(|told| !told.starts_with(b"text/plain")) {
        return Ok(ErrorHandlerResponse::Response(response.map_into_left_body()));
    }
    let refusal = refusal(response.status().as_u16());
    let (request, response) = response.into_parts();
    let mut response = response.set_body(refusal.body().to_string()).map_into_boxed_body();
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(ErrorHandlerResponse::Response(ServiceResponse::new(request, response).map_into_right_body()))
}

fn refusal(http: u16) -> Refusal {
    match http {
        404 => Refusal::new(http, "NOT_FOUND", "Method not found."),
        405 => Refusal::new(http, "UNIMPLEMENTED", "The HTTP method is not supported at this path."),
        413 => Refusal::new(http, "INVALID_ARGUMENT", "Request payload size exceeds the limit."),
        500.. => Refusal::new(http, "INTERNAL", "An internal error has occurred. Please retry."),
        _ => Refusal::new(http, "INVALID_ARGUMENT", "Request contains an invalid argument."),
    }
}
