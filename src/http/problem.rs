//! Errors on the wire: RFC 9457 problem details, and the only table from codes to statuses and titles.

use actix_web::{HttpResponse, HttpResponseBuilder, ResponseError, http::StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::SERVER_VERSION;
use crate::{
    admission::AdmissionError,
    auth::AuthError,
    domain::{Category, Code, JobProblem, OptionFault, RequestId, Stage},
    flow::{AcceptError, FlowError},
    intake::IntakeError,
    jobs::JobsError,
    store::StoreError,
    vault::VaultError,
};

/// The media type of problem details.
pub(super) const PROBLEM_JSON: &str = "application/problem+json";

/// Status and title of every code: the only place that gives them.
#[expect(clippy::too_many_lines, reason = "one line for each code")]
pub(super) fn meaning(code: Code) -> (u16, &'static str) {
    match code {
        Code::MalformedRequest => (400, "The request cannot be understood"),
        Code::MalformedJson => (400, "The body is not JSON"),
        Code::MalformedMultipart => (400, "The body is not a multipart form"),
        Code::MissingKey => (401, "An API key is needed"),
        Code::InvalidKey => (401, "The API key is not valid"),
        Code::RevokedKey => (401, "The API key was revoked"),
        Code::MissingScope => (403, "The API key lacks a scope"),
        Code::TestKeyOnly => (403, "This is for test keys alone"),
        Code::NotFound => (404, "There is nothing here"),
        Code::MethodNotAllowed => (405, "The method is not allowed here"),
        Code::NotAcceptable => (406, "Nothing that exists is acceptable"),
        Code::BodyTooSlow => (408, "The body came too slowly"),
        Code::UploadConsumed => (409, "The upload has made its figure"),
        Code::StateConflict => (409, "The state does not allow this"),
        Code::CanceledByCaller => (409, "The figure was canceled"),
        Code::FigureExpired => (410, "The figure's time is over"),
        Code::FigureDeleted => (410, "The figure was deleted"),
        Code::BodyTooLarge => (413, "The body is too large"),
        Code::PhotoTooManyPixels => (413, "The photo has too many pixels or frames"),
        Code::NotAnImage => (415, "The bytes are not an image"),
        Code::UnsupportedImageType => (415, "This kind of image is not taken"),
        Code::UnsupportedMediaType => (415, "This type of body is not taken"),
        Code::InvalidOption => (422, "An option has a value that it cannot have"),
        Code::UnknownField => (422, "There is no such option"),
        Code::ImageMissing => (422, "The photo is missing"),
        Code::ImageAmbiguous => (422, "There is more than one photo"),
        Code::PhotoDamaged => (422, "The photo is damaged"),
        Code::PhotoUnusable => (422, "The photo cannot be used"),
        Code::NRequiresJson => (422, "Several images need a JSON answer"),
        Code::IdempotencyMismatch => (422, "The idempotency key was used for something else"),
        Code::CostLimit => (422, "It would cost more than allowed"),
        Code::BlockedPhoto => (422, "The photo was refused"),
        Code::BlockedPrompt => (422, "The wishes were refused"),
        Code::BlockedFigure => (422, "The finished image was refused"),
        Code::RateLimited => (429, "Too many requests"),
        Code::TooManyInFlight => (429, "Too many figures at once"),
        Code::QuotaExhausted => (429, "The day's figures are used up"),
        Code::BudgetExhausted => (429, "The month's money is used up"),
        Code::Internal => (500, "Figurine failed"),
        Code::NoImageProduced => (502, "The engine made no image"),
        Code::UpstreamGarbled => (502, "The engine's answer made no sense"),
        Code::EngineMisconfigured => (502, "The engine refuses this installation"),
        Code::Overloaded => (503, "There is too much work"),
        Code::StoreUnavailable => (503, "The store does not answer"),
        Code::StoreLost => (503, "The store has lost its data"),
        Code::UpstreamUnavailable => (503, "The engine does not answer"),
        Code::UpstreamRateLimited => (503, "The engine limits this installation"),
        Code::Draining => (503, "This node is stopping"),
        Code::SpendCeiling => (503, "Today's spend is used up"),
        Code::UpstreamTimeout => (504, "The engine took too long"),
        Code::DeadlineExceeded => (504, "The figure was not ready in time"),
    }
}

/// Whether clients would try again by the status alone, although it is vain.
pub(super) fn is_retried_in_vain(code: Code) -> bool {
    let (status, _) = meaning(code);
    !code.retryable() && (status == 429 || status >= 500)
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
    figure: Option<String>,
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
    /// The request.
    pub(super) request: RequestId,
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
            figure: None,
            place: None,
            cause: None,
        }))
    }

    pub(super) fn not_found() -> Self {
        Self::new(Code::NotFound, "There is nothing at this path for this key.")
    }

    /// Names the cause, for the log alone.
    fn caused_by(mut self, error: &(dyn std::error::Error + 'static)) -> Self {
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
            request_id: place.map(|place| place.request.to_string()).unwrap_or_default(),
            retryable: told.code.retryable(),
            charged: false,
            stage: told.stage,
            errors: told.errors.clone(),
            category: told.category,
            figure: told.figure.clone(),
        }
    }

    /// When it makes sense to try again, in seconds.
    fn retry_after(&self) -> Option<u64> {
        let (status, _) = meaning(self.0.code);
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
        if is_retried_in_vain(self.0.code) {
            response.insert_header(("x-should-retry", "false"));
        }
        if let Some(place) = &self.0.place {
            response.insert_header(("X-Request-Id", place.request.to_string()));
            response.insert_header(("Figurine-Server-Version", SERVER_VERSION));
        }
        response.body(serde_json::to_string(&self.body()).unwrap_or_default())
    }
}

impl From<JobProblem> for Problem {
    fn from(problem: JobProblem) -> Self {
        let mut told = Self::new(problem.code, problem.detail).at_stage(problem.stage);
        told.0.category = problem.category;
        told
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let (code, challenge) = if error.is_missing() {
            (Code::MissingKey, "Bearer realm=\"figurine\"".to_owned())
        } else {
            (Code::InvalidKey, "Bearer realm=\"figurine\", error=\"invalid_token\"".to_owned())
        };
        Self::new(code, error.to_string()).with_header("WWW-Authenticate", challenge)
    }
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Revoked => Self::new(Code::RevokedKey, "This API key was revoked.")
                .with_header("WWW-Authenticate", "Bearer realm=\"figurine\", error=\"invalid_token\""),
            AdmissionError::MissingScope(scope) => {
                Self::new(Code::MissingScope, format!("This needs a key with the scope {}.", scope.as_str()))
                    .with_header(
                        "WWW-Authenticate",
                        format!(
                            "Bearer realm=\"figurine\", error=\"insufficient_scope\", scope=\"{}\"",
                            scope.as_str()
                        ),
                    )
            }
            AdmissionError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => {
                Self::new(Code::StoreUnavailable, "Nothing was done. Try again shortly.").caused_by(&error)
            }
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Seal(_) | VaultError::Gone | VaultError::StillThere => internal(&error),
        }
    }
}

impl From<JobsError> for Problem {
    fn from(error: JobsError) -> Self {
        match error {
            JobsError::NoSeat => {
                Self::new(Code::TooManyInFlight, "This key has all its figures under way. Wait for one to end.")
            }
            JobsError::QueueFull => Self::new(Code::Overloaded, "The queue is full. Nothing was spent."),
            JobsError::Store(error) => error.into(),
            JobsError::Vault(error) => error.into(),
            JobsError::Spec(_) => internal(&error),
        }
        .at_stage(Stage::Queue)
    }
}

impl From<FlowError> for Problem {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Store(error) => error.into(),
            FlowError::Vault(error) => error.into(),
            FlowError::Jobs(error) => error.into(),
            FlowError::Studio(_)
            | FlowError::LeaseLost
            | FlowError::Canceled
            | FlowError::Deadline
            | FlowError::Panicked
            | FlowError::Poisoned
            | FlowError::Record
            | FlowError::Receipt(_) => internal(&error),
        }
    }
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::Intake(error) => Self::from(error).at_stage(Stage::Intake),
            AcceptError::Vault(error) => error.into(),
            AcceptError::Jobs(error) => error.into(),
        }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        let code = match &error {
            IntakeError::Empty => Code::ImageMissing,
            IntakeError::NotAnImage { .. } => Code::NotAnImage,
            IntakeError::Unsupported { .. } => Code::UnsupportedImageType,
            IntakeError::TooLarge { .. } => Code::BodyTooLarge,
            IntakeError::TooManyPixels { .. }
            | IntakeError::TooManyFrames { .. }
            | IntakeError::TooMuchMemory { .. } => Code::PhotoTooManyPixels,
            IntakeError::Damaged { .. } | IntakeError::Truncated { .. } => Code::PhotoDamaged,
            IntakeError::TooSlow => Code::PhotoUnusable,
            IntakeError::Busy => Code::Overloaded,
        };
        Self::new(code, error.to_string())
    }
}

fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::new(Code::Internal, "Something failed on this side. It was logged under the request's id.")
        .caused_by(error)
}
