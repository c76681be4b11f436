//! The OpenAPI document: made from the handlers, completed here with what all operations share.

use serde_json::Value;
use utoipa::{IntoParams, OpenApi};

use super::{discovery, figures, health, images, me, problem::ProblemBody};

/// Options of a figure in the query.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query; `GivenOptions` reads it")]
pub(super) struct FigureQuery {
    /// The style's id, one of `GET /v1/styles`.
    #[param(example = "pvc-scale")]
    style: Option<String>,
    /// What the figure stands on: a value that the style lists.
    base: Option<String>,
    /// What it comes in: a value that the style lists.
    packaging: Option<String>,
    /// Where it stands: a value that the style lists.
    setting: Option<String>,
    /// How it stands: a value that the style lists.
    pose: Option<String>,
    /// How large it pretends to be: a value that the style lists.
    scale: Option<String>,
    /// The ratio of width to height, or `auto`: nearest to the photo.
    #[param(example = "3:4")]
    aspect_ratio: Option<String>,
    /// `1K`, `2K` or `4K`.
    #[param(example = "1K")]
    size: Option<String>,
    /// `original`, `png`, `jpeg` or `webp`.
    #[param(example = "png")]
    format: Option<String>,
    /// Whether the engine writes the prompt.
    enhance: Option<bool>,
    /// Best effort upstream, exact in the offline engine.
    seed: Option<u32>,
    /// For how long the result is kept; can only shorten the server's time.
    #[param(minimum = 1)]
    retention_seconds: Option<u64>,
}

/// How long to wait.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `Patience` reads it")]
pub(super) struct PreferHeader {
    /// `wait=N` waits at most N seconds; `respond-async` does not wait (RFC 7240).
    #[param(rename = "Prefer", example = "wait=10")]
    prefer: Option<String>,
}

/// What to answer with.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `Answer` reads it")]
pub(super) struct AcceptHeader {
    /// Images alone ask for the bytes; everything else for JSON.
    #[param(rename = "Accept", example = "image/png")]
    accept: Option<String>,
}

#[derive(OpenApi)]
#[openapi(
    info(title = "Figurine", description = "Turns a photo into a collectible character figure, and proves that the photo is gone."),
    paths(
        figures::create, figures::read, figures::erase, figures::receipt, images::read, me::read, discovery::styles,
        discovery::models, discovery::document, discovery::jwks, discovery::problem, health::alive, health::ready,
    ),
    components(schemas(ProblemBody)),
    tags(
        (name = "Figures", description = "Photo in, figure out"),
        (name = "Account", description = "The caller's own record"),
        (name = "Discovery", description = "What anybody may read"),
        (name = "Service", description = "How the node is")
    )
)]
struct Document;

/// The whole document.
pub fn document() -> Value {
    serde_json::to_value(Document::openapi()).unwrap_or_default()
}
