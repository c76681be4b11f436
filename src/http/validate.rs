//! `/v1/figures/validate`: what would become of a request, without its becoming anything.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};

use super::{Api, caller::Authenticated, negotiate::Answer, openapi::ImageFile, order::receive, problem::Problem};
use crate::domain::{Scope, Validation, Work};

/// Try a request for a figure
///
/// Takes what `POST /v1/figures` takes and refuses what it would refuse, but makes nothing, keeps nothing and costs
/// nothing: it says what was found in the photo, the effective value of every option, and the most that the figure may
/// cost.
#[utoipa::path(
    post, path = "/v1/figures/validate", operation_id = "validateFigure", tag = "Figures",
    params(super::openapi::FigureQuery, super::openapi::EndUserHeader, super::openapi::ScenarioHeader),
    request_body(content(
        (ImageFile = "image/jpeg"), (ImageFile = "image/png"), (ImageFile = "image/webp"), (ImageFile = "image/gif"),
        (ImageFile = "image/heic"), (ImageFile = "application/octet-stream"),
    ), description = "The photo's file. Any other type may be declared as well; the bytes decide."),
    responses((status = 200, description = "It would be accepted", body = Validation))
)]
pub(super) async fn validate(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresWrite)).await?;
    let answer = Answer::json_alone(&req)?;
    let received = receive((&api, &ticket), &req, payload, (answer, Work::Figure)).await?;
    let validation = api.flow.validate(&ticket, received).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(validation))
}
