//! Error answers in Google's envelope, with the words of the captured samples.

use super::tree::Tree;
use actix_web::{HttpResponse, http::StatusCode};
use serde_json::{Value, json};

/// An error answer.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Refusal {
    pub(super) http: u16,
    status: &'static str,
    message: String,
    details: Vec<Value>,
}

impl Refusal {
    pub(super) fn new(http: u16, status: &'static str, message: impl Into<String>) -> Self {
        Self { http, status, message: message.into(), details: Vec::new() }
    }

    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::new(400, "INVALID_ARGUMENT", message)
    }

    pub(super) fn malformed() -> Self {
        Self::invalid("Invalid JSON payload received. Unexpected token.")
    }

    pub(super) fn unknown_field(name: &str, path: &str) -> Self {
        let place = if path.is_empty() { String::new() } else { format!(" at '{path}'") };
        let message = format!("Invalid JSON payload received. Unknown name \"{name}\"{place}: Cannot find field.");
        Self::violation(path, &message)
    }

    pub(super) fn invalid_value(path: &str, kind: &str, value: &Tree<'_>) -> Self {
        let shown = match value {
            Tree::Text(text) => format!("\"{}\"", text.chars().take(40).collect::<String>()),
            Tree::Number(number) => number.to_string(),
            Tree::Flag(flag) => flag.to_string(),
            Tree::Null | Tree::List(_) | Tree::Map(_) => "...".to_owned(),
        };
        Self::violation(path, &format!("Invalid value at '{path}' ({kind}), {shown}"))
    }

    pub(super) fn unreadable_image() -> Self {
        Self::invalid(
            "Unable to process input image. Please retry or report in \
             https://developers.generativeai.google/guide/troubleshooting",
        )
    }

    pub(super) fn model_not_found(model: &str, version: &str) -> Self {
        Self::new(
            404,
            "NOT_FOUND",
            format!(
                "models/{model} is not found for API version {version}, or is not supported for \
                 generateContent. Call ModelService.ListModels to see the list of available \
                 models and their supported methods."
            ),
        )
    }

    pub(super) fn no_key() -> Self {
        Self::new(
            403,
            "PERMISSION_DENIED",
            "Method doesn't allow unregistered callers (callers without established identity). \
             Please use API Key or other form of API consumer identity to call this API.",
        )
    }

    pub(super) fn invalid_key() -> Self {
        let message = "API key not valid. Please pass a valid API key.";
        let refusal = Self::invalid(message).with(json!({
            "@type": "type.googleapis.com/google.rpc.ErrorInfo",
            "reason": "API_KEY_INVALID",
            "domain": "googleapis.com",
            "metadata": {"service": "generativelanguage.googleapis.com"},
        }));
        let localized = json!({
            "@type": "type.googleapis.com/google.rpc.LocalizedMessage",
            "locale": "en-US",
            "message": message,
        });
        refusal.with(localized)
    }

    pub(super) fn internal() -> Self {
        let message = "An internal error has occurred. Please retry.";
        Self::new(500, "INTERNAL", message)
    }

    fn violation(path: &str, message: &str) -> Self {
        Self::invalid(message).with(json!({
            "@type": "type.googleapis.com/google.rpc.BadRequest",
            "fieldViolations": [{"field": path, "description": message}],
        }))
    }

    pub(super) fn with(mut self, detail: Value) -> Self {
        self.details.push(detail);
        self
    }

    pub(super) fn body(&self) -> Value {
        let mut error = json!({"code": self.http, "message": self.message, "status": self.status});
        if !self.details.is_empty() {
            error["details"] = self.details.clone().into();
        }
        json!({ "error": error })
    }

    pub(super) fn response(&self) -> HttpResponse {
        let status = StatusCode::from_u16(self.http);
        HttpResponse::build(status.unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)).json(self.body())
    }
}
