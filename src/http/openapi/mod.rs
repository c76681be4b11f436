//! The OpenAPI document: made from the handlers, completed here with what all operations share.

mod account;
mod examples;
mod headers;
mod problems;
mod reading;
mod requests;
mod schemas;
mod shapes;
mod shared;

use std::sync::LazyLock;

pub(super) use headers::sent as sent_headers;
pub(super) use reading::{LastEventIdHeader, ListQuery, RangeHeaders, UsageQuery};
use serde_json::{Map, Value};
pub(super) use shapes::{
    ApiDocument, EndUserHeader, EventStream, FigureQuery, IdempotencyHeader, IfNoneMatchHeader, ImageFile, JwkSet,
    PreferHeader, ScenarioHeader,
};
use utoipa::OpenApi;

use super::{
    audit, discovery, events, figures, health, images, keys, list, me, privacy, problem::ProblemBody, rights, studies,
    uploads, usage, validate,
};

#[derive(OpenApi)]
#[openapi(
    info(title = "Figurine", description = include_str!("about.md")),
    servers((url = "/", description = "The server that gave this document")),
    paths(
        figures::create, validate::validate, list::read, figures::read, figures::erase, figures::receipt, images::read, events::stream,
        studies::analyze, studies::write, uploads::create, uploads::read, uploads::erase, uploads::receipt,
        me::read, keys::mint, keys::list, keys::read, keys::revoke, keys::revoke_own, usage::read, rights::read, rights::erase, rights::preferred, rights::prefer, privacy::read, audit::list,
        discovery::styles, discovery::models, discovery::document, discovery::jwks, discovery::problem, health::alive, health::ready,
    ),
    components(schemas(ProblemBody)),
    security(("bearer" = []), ("apiKey" = [])),
    tags(
        (name = "Figures", description = "Photo in, figure out"),
        (name = "Uploads", description = "Photos ahead of use"),
        (name = "Keys", description = "The account's keys"),
        (name = "Account", description = "The caller's own record"),
        (name = "Privacy", description = "What is recorded, and people's rights"),
        (name = "Discovery", description = "What anybody may read"),
        (name = "Service", description = "How the node is")
    )
)]
struct Document;

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(Document::openapi()).unwrap_or_default();
    schemas::complete(&mut document);
    shared::describe_security(&mut document);
    shared::require_bodies(&mut document);
    shared::share_parameters(&mut document);
    requests::add(&mut document);
    examples::add(&mut document);
    problems::describe(&mut document);
    headers::describe(&mut document);
    shared::put_head_beside_get(&mut document);
    document
});

/// The whole document.
pub fn document() -> Value {
    DOCUMENT.clone()
}

/// Every operation with its id.
fn operations(document: &mut Value) -> impl Iterator<Item = (String, &mut Map<String, Value>)> {
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flatten();
    let items = paths.filter_map(|(_, item)| item.as_object_mut());
    let operations = items.flatten().filter_map(|(_, operation)| operation.as_object_mut());
    operations.filter_map(|operation| Some((operation.get("operationId")?.as_str()?.to_owned(), operation)))
}

/// The components of one kind, made where there are none yet.
fn components<'d>(document: &'d mut Value, kind: &str) -> Option<&'d mut Map<String, Value>> {
    let all = document.get_mut("components")?.as_object_mut()?;
    all.entry(kind).or_insert_with(|| Value::Object(Map::new())).as_object_mut()
}

/// Whether anybody may call an operation.
fn is_public(operation: &Map<String, Value>) -> bool {
    operation.get("security").and_then(Value::as_array).is_some_and(Vec::is_empty)
}
