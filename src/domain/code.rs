//! The stable names of everything that can go wrong. `http::problem` alone gives them statuses and titles.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type},
};

macro_rules! codes {
    ($($(#[$doc:meta])* $name:ident = $text:literal, $retry:ident;)*) => {
        /// A stable problem code. More may be added; none is ever renamed.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Code {
            $($(#[$doc])* $name,)*
        }

        impl Code {
            /// Every code, in the order of the documentation.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The code as it stands in the API.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Whether the same request may succeed when it is sent again later.
            pub fn retryable(self) -> bool {
                match self {
                    $(Self::$name => codes!(@ $retry),)*
                }
            }
        }
    };
    (@ retry) => { true };
    (@ final) => { false };
}

codes! {
    /// The HTTP request cannot be understood: a header, a parameter or the query.
    MalformedRequest = "malformed_request", final;
    /// The body is not JSON.
    MalformedJson = "malformed_json", final;
    /// The body is not a multipart form.
    MalformedMultipart = "malformed_multipart", final;
    /// No API key was sent.
    MissingKey = "missing_key", final;
    /// What was sent is not a valid API key.
    InvalidKey = "invalid_key", final;
    /// The API key was revoked.
    RevokedKey = "revoked_key", final;
    /// The API key lacks the scope that this needs.
    MissingScope = "missing_scope", final;
    /// This is for test keys alone.
    TestKeyOnly = "test_key_only", final;
    /// There is nothing here, or it belongs to somebody else.
    NotFound = "not_found", final;
    /// The route exists, the method does not.
    MethodNotAllowed = "method_not_allowed", final;
    /// Nothing that exists fits the `Accept` header.
    NotAcceptable = "not_acceptable", final;
    /// The body came too slowly.
    BodyTooSlow = "body_too_slow", retry;
    /// The upload has already made its figure.
    UploadConsumed = "upload_consumed", final;
    /// The state of the thing does not allow this.
    StateConflict = "state_conflict", final;
    /// The figure's time is over and it was deleted.
    FigureExpired = "figure_expired", final;
    /// The figure was deleted on request.
    FigureDeleted = "figure_deleted", final;
    /// The upload's time is over.
    UploadExpired = "upload_expired", final;
    /// The upload was deleted on request.
    UploadDeleted = "upload_deleted", final;
    /// The body has too many bytes.
    BodyTooLarge = "body_too_large", final;
    /// The photo has too many pixels or frames.
    PhotoTooManyPixels = "photo_too_many_pixels", final;
    /// The bytes are not an image.
    NotAnImage = "not_an_image", final;
    /// The bytes are an image of a kind that is not taken.
    UnsupportedImageType = "unsupported_image_type", final;
    /// The body is of a type that this route does not take.
    UnsupportedMediaType = "unsupported_media_type", final;
    /// An option has a value that it cannot have.
    InvalidOption = "invalid_option", final;
    /// A field or parameter that does not exist.
    UnknownField = "unknown_field", final;
    /// The request has no photo.
    ImageMissing = "image_missing", final;
    /// The request has more than one photo.
    ImageAmbiguous = "image_ambiguous", final;
    /// The photo is damaged or cut off.
    PhotoDamaged = "photo_damaged", final;
    /// The photo is whole, but no figure can be made from it.
    PhotoUnusable = "photo_unusable", final;
    /// More than one image was asked for and only JSON can carry them.
    NRequiresJson = "n_requires_json", final;
    /// The idempotency key was used with another request.
    IdempotencyMismatch = "idempotency_mismatch", final;
    /// It would cost more than the caller allows.
    CostLimit = "cost_limit", final;
    /// The photo was refused by policy.
    BlockedPhoto = "blocked_photo", final;
    /// The wishes were refused by policy.
    BlockedPrompt = "blocked_prompt", final;
    /// The finished image was refused by policy.
    BlockedFigure = "blocked_figure", final;
    /// Too many requests.
    RateLimited = "rate_limited", retry;
    /// Too many figures under way at once.
    TooManyInFlight = "too_many_in_flight", retry;
    /// The day's figures are used up.
    QuotaExhausted = "quota_exhausted", final;
    /// The month's money is used up.
    BudgetExhausted = "budget_exhausted", final;
    /// Figurine itself failed.
    Internal = "internal", retry;
    /// The engine answered without an image.
    NoImageProduced = "no_image_produced", retry;
    /// The engine's answer made no sense.
    UpstreamGarbled = "upstream_garbled", retry;
    /// The engine refuses this installation; its operator must act.
    EngineMisconfigured = "engine_misconfigured", final;
    /// Figurine has more work than it can take.
    Overloaded = "overloaded", retry;
    /// The store does not answer.
    StoreUnavailable = "store_unavailable", retry;
    /// The store has lost its data.
    StoreLost = "store_lost", retry;
    /// The engine does not answer.
    UpstreamUnavailable = "upstream_unavailable", retry;
    /// The engine limits this installation.
    UpstreamRateLimited = "upstream_rate_limited", retry;
    /// This node is stopping.
    Draining = "draining", retry;
    /// The installation's spend for today is used up.
    SpendCeiling = "spend_ceiling", final;
    /// The engine took too long.
    UpstreamTimeout = "upstream_timeout", retry;
    /// The figure was not ready by its deadline.
    DeadlineExceeded = "deadline_exceeded", retry;
    /// The caller canceled the figure.
    CanceledByCaller = "canceled_by_caller", final;
}

impl Code {
    /// Reads a code.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialSchema for Code {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .description(Some("A stable problem code. More may be added; none is ever renamed."))
            .enum_values(Some(Self::ALL.iter().map(|code| code.as_str())))
            .into()
    }
}

impl ToSchema for Code {
    fn name() -> Cow<'static, str> {
        "ProblemCode".into()
    }
}

impl Serialize for Code {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).ok_or_else(|| serde::de::Error::custom("unknown code"))
    }
}

/// The step of the work in which something went wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "render")]
pub enum Stage {
    /// Before or while reading the request.
    Request,
    /// Reading the photo.
    Intake,
    /// Waiting for a worker.
    Queue,
    /// Looking at the photo.
    Analyze,
    /// Writing the prompt.
    Enhance,
    /// Making the image.
    Render,
    /// Checking, converting and keeping the image.
    Finish,
}

/// Why something was refused by policy. More may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(example = "safety")]
pub enum Category {
    /// Not said more exactly.
    Safety,
    /// Sexual content.
    Sexual,
    /// Hatred.
    Hate,
    /// Harassment.
    Harassment,
    /// Dangerous acts.
    Dangerous,
    /// Content that the engine never makes.
    Prohibited,
    /// Too close to a known work.
    Recitation,
    /// Somebody's personal data.
    Privacy,
    /// A word on the engine's list.
    Blocklist,
    /// The subject might be a child, and the style or the installation makes no figures of children.
    Minor,
    /// Another reason.
    Other,
}
