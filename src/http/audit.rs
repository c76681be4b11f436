//! `GET /v1/audit`: the trail of administrative acts.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Api,
    caller::Authenticated,
    list::{Cut, ListObject, Page},
    problem::Problem,
};
use crate::{
    domain::{ActId, Scope},
    ledger::audit::Done,
};

/// A page of the trail.
#[derive(Serialize, ToSchema)]
pub(super) struct AuditList {
    /// Always `list`.
    #[schema(value_type = String, example = "list")]
    object: ListObject,
    /// The acts, newest first.
    data: Vec<Done>,
    /// Whether there are more.
    has_more: bool,
    /// What the next page is asked for with, as `cursor`. Null on the last page.
    next_cursor: Option<String>,
}

/// List administrative acts
///
/// What was done to the account's keys, preferences and data, and to the installation's store, newest first: which act,
/// when, by which key, to which key. No name, address or content is in it; nothing is ever changed in it or taken out of
/// it but by its time (400 days) and its length (10,000 acts).
#[utoipa::path(
    get, path = "/v1/audit", operation_id = "listAudit", tag = "Account",
    params(super::openapi::ListQuery),
    responses((status = 200, description = "A page of acts", body = AuditList))
)]
pub(super) async fn list(api: Data<Api>, caller: Authenticated, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::KeysAdmin)).await?;
    let page: Page<ActId> = Page::asked(req.query_string(), |text| ActId::parse(text).ok())?;
    let acts = api.ledger.acts(ticket.owner(), page.before.as_ref(), page.to_ask_for()).await?;
    let Cut { shown: data, has_more, next_cursor } = page.cut(acts, |act| act.id);
    let page = AuditList { object: ListObject::List, data, has_more, next_cursor };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(page))
}
