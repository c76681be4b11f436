//! The routes by which a simulator of its own process is told and asked.

use super::scenario::Step;
use super::state::State;
use actix_web::{HttpResponse, web};

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .app_data(web::JsonConfig::default().limit(1 << 20))
        .route("/__scenario", web::put().to(play))
        .route("/__calls", web::get().to(calls))
        .route("/__calls", web::delete().to(forget));
}

async fn play(state: web::Data<State>, steps: web::Json<Vec<Step>>) -> HttpResponse {
    state.play(steps.into_inner());
    HttpResponse::NoContent().finish()
}

async fn calls(state: web::Data<State>) -> HttpResponse {
    HttpResponse::Ok().json(state.calls.all())
}

async fn forget(state: web::Data<State>) -> HttpResponse {
    state.calls.forget();
    HttpResponse::NoContent().finish()
}
