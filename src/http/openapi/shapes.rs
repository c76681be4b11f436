//! Shapes that only the document needs: queries, headers and bodies that the code reads or writes without a type.

use utoipa::{
    IntoParams, PartialSchema, ToSchema,
    openapi::{ObjectBuilder, RefOr, Schema, Type, schema::SchemaType},
};

use crate::domain::{Delivery, Format, RATIOS, Scenario, Size};

/// Options of a figure in the query. None has a `default` in the document: generated clients would send it, beside the
/// options in a body.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query; `GivenOptions` reads it")]
pub(crate) struct FigureQuery {
    /// The style's id, one of `GET /v1/styles`. By default `pvc-scale`.
    #[param(example = "pvc-scale")]
    style: Option<String>,
    /// What the figure stands on: a value that the style lists, or else the style's own default.
    #[param(example = "acrylic-disc")]
    base: Option<String>,
    /// What it comes in: a value that the style lists, or else the style's own default.
    #[param(example = "none")]
    packaging: Option<String>,
    /// Where it stands: a value that the style lists, or else the style's own default.
    #[param(example = "desk")]
    setting: Option<String>,
    /// How it stands: a value that the style lists, or else the style's own default.
    #[param(example = "as-photographed")]
    pose: Option<String>,
    /// How large it pretends to be: a value that the style lists, or else the style's own default.
    #[param(example = "1/7")]
    scale: Option<String>,
    /// The ratio of width to height, or `auto`, the default: nearest to the photo of those that all models in use draw.
    #[param(inline, example = "3:4")]
    aspect_ratio: Option<RatioAsked>,
    /// How large the image is: about 1, 4 or 16 megapixels. By default `1K`.
    #[param(inline, example = "1K")]
    size: Option<Size>,
    /// The file format of the image; `original`, the default, is the engine's own file.
    #[param(inline, example = "png")]
    format: Option<Format>,
    /// Whether the engine writes the prompt; without, the style's own template is used as it is. By default `true`.
    #[param(example = true)]
    enhance: Option<bool>,
    /// Best effort upstream, exact in the offline engine.
    #[param(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_u64, example = 7)]
    seed: Option<u32>,
    /// For how many seconds the result is kept; can only shorten the server's time. With 0 it is erased after its first
    /// complete delivery, and after a minute without one; not with `respond-async`.
    #[param(minimum = 0, example = 600)]
    retention_seconds: Option<u64>,
    /// How many images, by default 1; more than one come with `Accept: application/json` alone.
    #[param(minimum = 1, maximum = 4, example = 1)]
    n: Option<u32>,
    /// How images come in a JSON answer: as links, or as base64 in it, up to 8 MiB in all.
    #[param(inline, example = "link")]
    delivery: Option<Delivery>,
    /// The most that the figure may cost, in millionths of a US dollar.
    #[param(minimum = 0, example = 200_000)]
    max_cost_micro_usd: Option<u64>,
}

/// The caller's own key for a request.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `order` reads it")]
pub(crate) struct IdempotencyHeader {
    /// Your own key for this request, quoted or bare: the same request with the same key is done once within 24 hours,
    /// and its later answers are the first one's.
    #[param(
        rename = "Idempotency-Key",
        pattern = "^(\"[ !#-~]{1,255}\"|[!#-~]([ !#-~]{0,253}[!#-~])?)$",
        example = "order-4711"
    )]
    idempotency_key: Option<String>,
}

/// The outcome that is wanted.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `scenario` reads it")]
pub(crate) struct ScenarioHeader {
    /// The outcome that is wanted, so that every branch of a client can be tried for nothing: with test keys alone, others
    /// are answered 403. The list is closed. `succeeded` is as without; with `slow` each image takes three seconds more;
    /// every other fails with the code of its name, after what comes before it has been done as ever. `blocked_prompt`
    /// needs `enhance`; with `deadline_exceeded` the deadline is three seconds; from `rate_limited` on they are refused
    /// before anything is accepted.
    #[param(rename = "Figurine-Scenario", inline, example = "blocked_figure")]
    scenario: Option<ScenarioAsked>,
}

/// The name of a scenario.
struct ScenarioAsked;

impl PartialSchema for ScenarioAsked {
    fn schema() -> RefOr<Schema> {
        let names = Scenario::ALL.iter().map(|scenario| scenario.as_str());
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
    }
}

impl ToSchema for ScenarioAsked {}

/// The person that a request is for.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `order` reads it")]
pub(crate) struct EndUserHeader {
    /// Your own pseudonym for a person; kept as a keyed hash alone.
    #[param(rename = "Figurine-End-User", min_length = 1, max_length = 255, example = "person-17")]
    end_user: Option<String>,
}

/// The events of a figure. Of no type: what reads event streams takes the schema for that of each event.
pub(crate) struct EventStream;

impl PartialSchema for EventStream {
    fn schema() -> RefOr<Schema> {
        let meaning = "Server-sent events, each with `id`, `event` and JSON in `data`";
        ObjectBuilder::new().schema_type(SchemaType::AnyValue).description(Some(meaning)).into()
    }
}

impl ToSchema for EventStream {}

/// A ratio as it can be asked for.
struct RatioAsked;

impl PartialSchema for RatioAsked {
    fn schema() -> RefOr<Schema> {
        let values = std::iter::once("auto".to_owned()).chain(RATIOS.iter().map(ToString::to_string));
        ObjectBuilder::new().schema_type(Type::String).enum_values(Some(values)).into()
    }
}

impl ToSchema for RatioAsked {}

/// How long to wait.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `Patience` reads it")]
pub(crate) struct PreferHeader {
    /// `wait=N` waits at most N seconds, within the server's longest wait; `respond-async` does not wait (RFC 7240).
    #[param(rename = "Prefer", example = "wait=10")]
    prefer: Option<String>,
}

/// What the caller has already.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `images::read` reads it")]
pub(crate) struct IfNoneMatchHeader {
    /// Entity tags that the caller has: with one of them the answer is 304 without the bytes (RFC 9110).
    #[param(
        rename = "If-None-Match",
        example = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\""
    )]
    if_none_match: Option<String>,
}

/// The bytes of a picture's file.
#[derive(ToSchema)]
#[schema(value_type = String, format = Binary)]
#[expect(dead_code, reason = "it describes bodies that are handled as bytes")]
pub(crate) struct ImageFile(Vec<u8>);

/// An OpenAPI document, version 3.1.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes the document, which is made as JSON")]
pub(crate) struct ApiDocument {
    /// The version of OpenAPI.
    #[schema(example = "3.1.0")]
    openapi: String,
    /// What the API is.
    #[schema(value_type = Object)]
    info: serde_json::Value,
    /// What it can do.
    #[schema(value_type = Object)]
    paths: serde_json::Value,
    /// What its operations share.
    #[schema(value_type = Object)]
    components: serde_json::Value,
}

/// Public keys (RFC 7517).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `KeySet::jwks` makes as JSON")]
pub(crate) struct JwkSet {
    /// The keys, retired ones included.
    keys: Vec<Jwk>,
}

/// One public Ed25519 key (RFC 8037).
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes what `KeySet::jwks` makes as JSON")]
struct Jwk {
    /// The key's type.
    #[schema(example = "OKP")]
    kty: String,
    /// The curve.
    #[schema(example = "Ed25519")]
    crv: String,
    /// The public key, base64url of 32 bytes.
    #[schema(example = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo")]
    x: String,
    /// The key's id: its thumbprint (RFC 7638), as it stands in the header of what it has signed.
    #[schema(example = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")]
    kid: String,
    /// The algorithm.
    #[schema(example = "EdDSA")]
    alg: String,
    /// What it is for.
    #[schema(rename = "use", example = "sig")]
    r#use: String,
}
