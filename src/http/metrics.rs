//! What the management address answers.

use actix_web::{
    HttpResponse,
    web::{self, Data, ServiceConfig},
};

use super::{Api, health, problem::Problem};
use crate::telemetry;

/// Prometheus' text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The routes of the management address.
pub fn management_routes(config: &mut ServiceConfig) {
    config
        .service(web::resource("/metrics").route(web::get().to(read)).route(web::head().to(read)))
        .service(web::resource("/healthz").route(web::get().to(health::alive)).route(web::head().to(health::alive)))
        .service(web::resource("/readyz").route(web::get().to(health::ready)).route(web::head().to(health::ready)))
        .default_service(web::to(nothing_here));
}

/// Everything counted so far. What is looked at for it is left as it was when the store does not answer.
async fn read(api: Data<Api>) -> HttpResponse {
    if let Ok(waiting) = api.flow.store.queued().await {
        telemetry::queue(waiting);
    }
    HttpResponse::Ok().content_type(TEXT).insert_header(("Cache-Control", "no-store")).body(telemetry::metrics_text())
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
