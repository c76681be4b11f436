//! What anybody may read: styles, models, the document, public keys, the pages of problems.

use std::sync::LazyLock;

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{CACHE_CONTROL, ETAG},
    web::{Data, Path},
};
use aws_lc_rs::digest;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Api,
    etag::is_known,
    openapi::{self, ApiDocument, JwkSet},
    problem::{Problem, meaning},
};
use crate::{
    domain::{Code, Mode, RATIOS, hex},
    studio::{DEFAULT_STYLE, ModelInUse, Style, styles as all_styles},
};

const AN_HOUR: (actix_web::http::header::HeaderName, &str) = (CACHE_CONTROL, "public, max-age=3600");

/// Every style.
#[derive(Serialize, ToSchema)]
pub(super) struct StyleList {
    /// The styles.
    data: &'static [Style],
    /// Whether there are more; never so far.
    #[schema(example = false)]
    has_more: bool,
    /// Where the next page begins.
    next_cursor: Option<String>,
    /// The style that is used when none is given.
    #[schema(example = "pvc-scale")]
    default: &'static str,
}

/// List styles
///
/// What a figure can be made of, and what may be chosen about each style.
#[utoipa::path(
    get, path = "/v1/styles", operation_id = "listStyles", tag = "Discovery", security(()),
    params(super::openapi::IfNoneMatchHeader),
    responses(
        (status = 200, description = "Every style", body = StyleList),
        (status = 304, description = "They are as `If-None-Match` says"),
    )
)]
pub(super) async fn styles(req: HttpRequest) -> HttpResponse {
    let (list, etag) = &*STYLES;
    if is_known(&req, etag) {
        return HttpResponse::NotModified().insert_header(AN_HOUR).insert_header((ETAG, etag.as_str())).finish();
    }
    let mut answer = HttpResponse::Ok();
    answer.content_type("application/json").insert_header(AN_HOUR).insert_header((ETAG, etag.as_str()));
    answer.body(list.as_str())
}

/// The list as it is sent, and its entity tag.
static STYLES: LazyLock<(String, String)> = LazyLock::new(|| {
    let list = StyleList { data: all_styles(), has_more: false, next_cursor: None, default: DEFAULT_STYLE };
    let text = serde_json::to_string(&list).unwrap_or_default();
    let digest = hex(digest::digest(&digest::SHA256, text.as_bytes()).as_ref());
    (text, format!("\"{digest}\""))
});

/// The engine in use and what it makes.
#[expect(clippy::struct_field_names, reason = "the names are the API's")]
#[derive(Serialize, ToSchema)]
pub(super) struct Models {
    /// `gemini` or `offline`.
    #[schema(example = "gemini")]
    engine: &'static str,
    /// Models for images, in order of preference.
    #[schema(example = json!(["gemini-nano-banana-2.1", "gemini-3-pro-image"]))]
    image_models: Vec<String>,
    /// Models for analyses and prompts, in order of preference.
    #[schema(example = json!(["gemini-3.5-flash-lite"]))]
    text_models: Vec<String>,
    /// What each of them makes and costs, those for images first.
    models: Vec<ModelInUse>,
    /// Sizes that can be asked for.
    #[schema(example = json!(["1K", "2K", "4K"]))]
    sizes: [&'static str; 3],
    /// Ratios that can be asked for.
    #[schema(example = json!(["1:1", "3:4"]))]
    aspect_ratios: Vec<String>,
}

/// List the models in use
///
/// The engine and models for live keys, with sizes, ratios and prices, and whether the engine has them. Test keys always
/// have the offline engine.
#[utoipa::path(
    get, path = "/v1/models", operation_id = "listModels", tag = "Discovery", security(()),
    responses((status = 200, description = "The engine and its models", body = Models))
)]
pub(super) async fn models(api: Data<Api>) -> HttpResponse {
    let studio = api.flow.studio(Mode::Live);
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=60")).json(Models {
        engine: studio.kind().name(),
        image_models: studio.models().image.clone(),
        text_models: studio.models().text.clone(),
        models: studio.in_use(),
        sizes: ["1K", "2K", "4K"],
        aspect_ratios: RATIOS.iter().map(ToString::to_string).collect(),
    })
}

/// Read this document
///
/// The same for every caller; it changes with the version of the server alone.
#[utoipa::path(
    get, path = "/openapi.json", operation_id = "readDocument", tag = "Discovery", security(()),
    responses((status = 200, description = "This document", body = ApiDocument))
)]
pub(super) async fn document() -> HttpResponse {
    HttpResponse::Ok().insert_header(AN_HOUR).json(openapi::document())
}

/// Read the public keys of API keys and receipts
///
/// With them anybody can check an API key or a deletion receipt offline. Retired keys stay listed.
#[utoipa::path(
    get, path = "/.well-known/jwks.json", operation_id = "readJwks", tag = "Discovery", security(()),
    responses((status = 200, description = "A JWK set (RFC 7517)", body = JwkSet, content_type = "application/jwk-set+json"))
)]
pub(super) async fn jwks(api: Data<Api>) -> HttpResponse {
    let sets = [api.keys.jwks(), api.receipt_jwks.clone()];
    let mut keys: Vec<_> = sets.iter().filter_map(|set| set.get("keys")?.as_array()).flatten().collect();
    // One key may sign both.
    keys.sort_by_key(|key| key["kid"].as_str());
    keys.dedup();
    let body = serde_json::json!({"keys": keys}).to_string();
    HttpResponse::Ok()
        .content_type("application/jwk-set+json")
        .insert_header(("Cache-Control", "public, max-age=300"))
        .body(body)
}

/// What a problem code means.
#[derive(Serialize, ToSchema)]
pub(super) struct ProblemPage {
    /// The code.
    #[schema(value_type = Code)]
    code: &'static str,
    /// What it means.
    #[schema(example = "Too many figures at once")]
    title: &'static str,
    /// Its HTTP status.
    #[schema(example = 429)]
    status: u16,
    /// Whether the same request may succeed later.
    #[schema(example = true)]
    retryable: bool,
}

/// Read what a problem code means
///
/// The `type` of every problem leads here.
#[utoipa::path(
    get, path = "/problems/{code}", operation_id = "readProblem", tag = "Discovery", security(()),
    params(("code" = Code, Path, description = "A problem code", example = "not_found")),
    responses((status = 200, description = "What it means", body = ProblemPage))
)]
pub(super) async fn problem(code: Path<String>) -> Result<HttpResponse, Problem> {
    let code = Code::parse(&code).ok_or_else(Problem::not_found)?;
    let (status, title) = meaning(code);
    let page = ProblemPage { code: code.as_str(), title, status, retryable: code.retryable() };
    Ok(HttpResponse::Ok().insert_header(AN_HOUR).json(page))
}
