//! `/v1/figures/validate`: what would become of a request, without its becoming anything.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};

use super::{Api, caller::Authenticated, figures, negotiate::Answer, openapi::ImageFile, problem::Problem};
use crate::domain::{Code, Scope, Validation};

/// Try a request for a figure
///
/// Takes what `POST /v1/figures` takes and refuses what it would refuse, but makes nothing, keeps nothing and costs
/// nothing: it says what was found in the photo, the effective value of every option, and the most that the figure may
/// cost.
#[utoipa::path(
    post, path = "/v1/figures/validate", operation_id = "validateFigure", tag = "Figures",
    params(super::openapi::FigureQuery, super::openapi::EndUserHeader),
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
    let answer = Answer::wanted(&req)?;
    if answer != Answer::Json {
        return Err(Problem::new(Code::NotAcceptable, "There is: application/json."));
    }
    let received = figures::receive(&api, &req, payload, answer).await?;
    let validation = api.flow.validate(&ticket, received).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(validation))
}
