//! `/healthz` and `/readyz`.

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, problem::Problem};

/// How the node is.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Health {
    /// `ok`.
    #[schema(example = "ok")]
    status: &'static str,
}

/// Whether the process is alive
///
/// It asks nothing of anything behind it.
#[utoipa::path(
    get, path = "/healthz", operation_id = "readHealth", tag = "Service", security(()),
    responses((status = 200, description = "It is", body = Health))
)]
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(Health { status: "ok" })
}

/// Whether the node takes requests
///
/// Not while a store does not answer or has no founding mark, or it is stopping. An engine that is away does not make a node unready.
#[utoipa::path(
    get, path = "/readyz", operation_id = "readReadiness", tag = "Service", security(()),
    responses((status = 200, description = "It does", body = Health))
)]
pub(super) async fn ready(api: Data<Api>) -> Result<HttpResponse, Problem> {
    api.refuse_when_draining()?;
    api.flow.check_stores().await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(Health { status: "ok" }))
}
