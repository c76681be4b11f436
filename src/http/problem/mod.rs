//! Errors on the wire: RFC 9457 problem details.

mod causes;
mod meaning;

use std::time::Duration;

use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError, http::StatusCode};
pub(super) use meaning::meaning;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{common::Common, quotas::seconds};
use crate::domain::{Category, Code, OptionFault, Stage};

/// The media type of problem details.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// Whether clients would try again by the status alone, although it is vain.
pub(super) fn is_retried_in_vain(code: Code) -> bool {
    !code.retryable() && is_retried(code)
}

/// Whether clients try again by the status alone.
pub(super) fn is_retried(code: Code) -> bool {
    let (status, _) = meaning(code);
    status == 429 || status >= 500
}

/// A fault of one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FieldFault {
    /// Where it is, as a JSON pointer (RFC 6901) into the body, or the option's name in the query.
    #[schema(example = "/style")]
    pub pointer: String,
    /// What is wrong, for a person.
    pub detail: String,
}

/// Problem details (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// A page about this code.
    #[schema(format = "uri", example = "http://127.0.0.1:8080/problems/not_found")]
    pub r#type: String,
    /// What the code means.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// What happened this time.
    pub detail: String,
    /// The path that was asked for.
    pub instance: String,
    /// The stable code.
    #[schema(value_type = Code)]
    pub code: String,
    /// The request, for support.
    #[schema(example = "req_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    pub request_id: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Whether it was charged.
    pub charged: bool,
    /// The step in which it happened.
    pub stage: Stage,
    /// Faults of single fields.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub errors: Vec<FieldFault>,
    /// Why it was refused by policy.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub category: Option<Category>,
    /// The limits that were met, by their names in `RateLimit-Policy`.
    #[serde(rename = "violated-policies", skip_serializing_if = "Vec::is_empty", default)]
    #[schema(example = json!(["requests"]))]
    pub violated_policies: Vec<String>,
    /// The figure that has this problem.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub figure: Option<String>,
}

/// A problem on its way to the caller. Boxed, since it travels in the `Err` of every handler.
#[derive(Debug, Clone)]
pub(super) struct Problem(Box<Told>);

#[derive(Debug, Clone)]
struct Told {
    code: Code,
    detail: String,
    stage: Stage,
    category: Option<Category>,
    errors: Vec<FieldFault>,
    headers: Vec<(&'static str, String)>,
    violated: Option<&'static str>,
    after: Option<Duration>,
    figure: Option<String>,
    lasts: bool,
    place: Option<Place>,
    cause: Option<String>,
}

/// Where a problem is told.
#[derive(Debug, Clone)]
pub(super) struct Place {
    /// Base of absolute links.
    pub(super) base: String,
    /// The path that was asked for.
    pub(super) instance: String,
    /// What its headers are made of.
    pub(super) common: Common,
}

impl Problem {
    /// A problem with its own words.
    pub(super) fn new(code: Code, detail: impl Into<String>) -> Self {
        Self(Box::new(Told {
            code,
            detail: detail.into(),
            stage: Stage::Request,
            category: None,
            errors: Vec::new(),
            headers: Vec::new(),
            violated: None,
            after: None,
            figure: None,
            lasts: false,
            place: None,
            cause: None,
        }))
    }

    /// A failure of ours.
    pub(super) fn internal() -> Self {
        Self::new(Code::Internal, "Something failed on this side. It was logged under the request's id.")
    }

    pub(super) fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing at this path for this key.")
    }

    /// Names the cause, for the log alone.
    pub(super) fn caused_by(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
        let mut words = error.to_string();
        let mut source = error.source();
        while let Some(deeper) = source {
            words = format!("{words}: {deeper}");
            source = deeper.source();
        }
        self.0.cause = Some(words);
        self
    }

    pub(super) fn with_header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.0.headers.push((name, value.into()));
        self
    }

    /// Names the limit that was met.
    pub(super) fn violating(mut self, policy: &'static str) -> Self {
        self.0.violated = Some(policy);
        self
    }

    /// The same in other words.
    pub(super) fn saying(mut self, detail: impl Into<String>) -> Self {
        self.0.detail = detail.into();
        self
    }

    /// Says after how long it makes sense to try again.
    pub(super) fn after(mut self, time: Duration) -> Self {
        self.0.after = Some(time);
        self
    }

    pub(super) fn at_stage(mut self, stage: Stage) -> Self {
        self.0.stage = stage;
        self
    }

    pub(super) fn of_category(mut self, category: Category) -> Self {
        self.0.category = Some(category);
        self
    }

    pub(super) fn of_figure(mut self, figure: &crate::domain::FigureId) -> Self {
        self.0.figure = Some(figure.to_string());
        self
    }

    /// Says that this request is answered so for good, even where another that means the same may succeed.
    pub(super) fn lasting(mut self) -> Self {
        self.0.lasts = true;
        self
    }

    fn is_retryable(&self) -> bool {
        self.0.code.retryable() && !self.0.lasts
    }

    pub(super) fn placed(mut self, place: Place) -> Self {
        self.0.place = Some(place);
        self
    }

    pub(super) fn code(&self) -> Code {
        self.0.code
    }

    pub(super) fn cause(&self) -> Option<&str> {
        self.0.cause.as_deref()
    }

    /// The faults of a query's options, each with its name.
    pub(super) fn options(faults: &[OptionFault]) -> Self {
        let code = if faults.iter().any(|fault| fault.unknown) { Code::UnknownField } else { Code::InvalidOption };
        let words: Vec<_> = faults.iter().map(ToString::to_string).collect();
        let mut problem = Self::new(code, words.join("; "));
        problem.0.errors = faults
            .iter()
            .map(|fault| FieldFault {
                pointer: format!("/{}", fault.option.replace('~', "~0").replace('/', "~1")),
                detail: fault.reason.clone(),
            })
            .collect();
        problem
    }

    pub(super) fn body(&self) -> ProblemBody {
        let told = &*self.0;
        let (status, title) = meaning(told.code);
        let place = told.place.as_ref();
        ProblemBody {
            r#type: format!("{}/problems/{}", place.map_or("", |place| place.base.as_str()), told.code),
            title: title.to_owned(),
            status,
            detail: told.detail.clone(),
            instance: place.map(|place| place.instance.clone()).unwrap_or_default(),
            code: told.code.to_string(),
            request_id: place.map(|place| place.common.request.to_string()).unwrap_or_default(),
            retryable: self.is_retryable(),
            charged: false,
            stage: told.stage,
            errors: told.errors.clone(),
            category: told.category,
            violated_policies: told.violated.iter().map(|name| (*name).to_owned()).collect(),
            figure: told.figure.clone(),
        }
    }

    /// When it makes sense to try again, in seconds.
    fn retry_after(&self) -> Option<u64> {
        let (status, _) = meaning(self.0.code);
        if let Some(after) = self.0.after {
            return Some(seconds(after).max(1));
        }
        match (status, self.0.code) {
            (_, Code::SpendCeiling) => Some(3_600),
            (_, Code::UpstreamRateLimited) => Some(30),
            (_, Code::UpstreamUnavailable | Code::StoreUnavailable) => Some(5),
            (429 | 503, _) => Some(2),
            _ => None,
        }
    }
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.0.code.as_str())
    }
}

impl ResponseError for Problem {
    fn status_code(&self) -> StatusCode {
        StatusCode::from_u16(meaning(self.0.code).0).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponseBuilder::new(self.status_code());
        response.content_type(PROBLEM_JSON).insert_header(("Cache-Control", "no-store"));
        for (name, value) in &self.0.headers {
            response.insert_header((*name, value.as_str()));
        }
        if let Some(seconds) = self.retry_after() {
            response.insert_header(("Retry-After", seconds.to_string()));
        }
        if is_retried(self.0.code) && !self.is_retryable() {
            response.insert_header(("x-should-retry", "false"));
        }
        let mut response = response.body(serde_json::to_string(&self.body()).unwrap_or_default());
        if let Some(place) = &self.0.place {
            place.common.put(response.headers_mut());
        }
        response
    }
}
