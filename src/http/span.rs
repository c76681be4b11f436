//! The root span: the route's pattern and nothing that a caller wrote. The library's own logs query, address and agent.

use actix_web::{
    Error, HttpMessage,
    body::MessageBody,
    dev::{ServiceRequest, ServiceResponse},
};
use tracing::{Span, field::Empty};
use tracing_actix_web::RootSpanBuilder;

use super::common::trace_of;

/// Opens a span for each request.
pub struct FigurineSpan;

impl RootSpanBuilder for FigurineSpan {
    fn on_request_start(request: &ServiceRequest) -> Span {
        let method = match request.method().as_str() {
            known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS") => known,
            _ => "other",
        };
        tracing::info_span!(
            "request",
            http.method = method,
            http.route = Empty,
            http.status = Empty,
            request.id = Empty,
            trace.id = %trace_of(request.request()).id()
        )
    }

    fn on_request_end<B: MessageBody>(span: Span, outcome: &Result<ServiceResponse<B>, Error>) {
        match outcome {
            Ok(response) => {
                span.record("http.status", response.status().as_u16());
                if let Some(pattern) = response.request().match_pattern() {
                    span.record("http.route", pattern);
                }
                if let Some(id) = response.request().extensions().get::<crate::domain::RequestId>() {
                    span.record("request.id", tracing::field::display(id));
                }
            }
            Err(error) => {
                span.record("http.status", error.as_response_error().status_code().as_u16());
            }
        }
    }
}
