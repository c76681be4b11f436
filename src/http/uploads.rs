//! `/v1/uploads`: photos that are kept ahead of use.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::LOCATION,
    web::{Data, Path, Payload},
};

use super::{
    Api,
    caller::Authenticated,
    negotiate::Answer,
    openapi::ImageFile,
    order::{self, receive},
    problem::Problem,
};
use crate::domain::{Scope, Upload, UploadId, Work};

/// Upload a photo
///
/// Keeps a photo ahead of use, sealed, until a figure takes it, it is deleted, or its time is over, whatever comes first.
/// It comes in as for `POST /v1/figures`: raw, as a form or as JSON. Name its `id` as `image.upload_id` in the JSON of
/// `POST /v1/figures`, once.
#[utoipa::path(
    post, path = "/v1/uploads", operation_id = "createUpload", tag = "Uploads",
    params(super::openapi::IdempotencyHeader, super::openapi::ScenarioHeader),
    request_body(content(
        (ImageFile = "image/jpeg"), (ImageFile = "image/png"), (ImageFile = "image/webp"), (ImageFile = "image/gif"),
        (ImageFile = "image/heic"), (ImageFile = "application/octet-stream"),
    ), description = "The photo's file. Any other type may be declared as well; the bytes decide."),
    responses((status = 201, description = "The photo is kept", body = Upload))
)]
pub(super) async fn create(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresWrite)).await?;
    api.refuse_when_draining()?;
    let answer = Answer::json_alone(&req)?;
    let received = receive((&api, &ticket), &req, payload, (answer, Work::Upload)).await?;
    let flow = api.flow.clone();
    let (upload, replayed) = api.finish(async move { flow.keep(&ticket, received).await }).await??;
    let location = format!("{}{}", api.public_url, upload.links.own);
    let mut response = HttpResponse::Created();
    response.insert_header((LOCATION, location)).insert_header(("Cache-Control", "no-store"));
    Ok(order::marked(response.json(upload), replayed))
}

/// Read an upload
///
/// Until its time is over, whether a figure has taken it or not. There is no way to get the photo back.
#[utoipa::path(
    get, path = "/v1/uploads/{id}", operation_id = "readUpload", tag = "Uploads",
    params(("id" = String, Path, description = "The upload's id", example = "upl_019ab2c3d4e57f60a1b2c3d4e5f60718")),
    responses((status = 200, description = "The upload", body = Upload))
)]
pub(super) async fn read(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresRead)).await?;
    let upload = api.flow.upload(ticket.owner(), &parsed(&id)?).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(upload))
}

/// Delete an upload
///
/// The photo and its data key are destroyed before the answer. One that a figure has taken goes with the figure: delete
/// that. Deleting twice is no error.
#[utoipa::path(
    delete, path = "/v1/uploads/{id}", operation_id = "deleteUpload", tag = "Uploads",
    params(("id" = String, Path, description = "The upload's id", example = "upl_019ab2c3d4e57f60a1b2c3d4e5f60718")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn erase(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresWrite)).await?;
    let (flow, id) = (api.flow.clone(), parsed(&id)?);
    api.finish(async move { flow.delete_upload(ticket.owner(), &id).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}

/// Read an upload's deletion receipt
///
/// A JWS (EdDSA, `typ: figurine-receipt+jwt`), there once the photo is gone and for 30 days, whether it was taken by a
/// figure, deleted, or its time is over. Its public keys are at `/.well-known/jwks.json`.
#[utoipa::path(
    get, path = "/v1/uploads/{id}/receipt", operation_id = "readUploadReceipt", tag = "Uploads",
    params(("id" = String, Path, description = "The upload's id", example = "upl_019ab2c3d4e57f60a1b2c3d4e5f60718")),
    responses((status = 200, description = "The signed receipt", body = String, content_type = "application/jose"))
)]
pub(super) async fn receipt(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresRead)).await?;
    let receipt = api.flow.upload_receipt(ticket.owner(), &parsed(&id)?).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().content_type("application/jose").insert_header(("Cache-Control", "no-store")).body(receipt))
}

fn parsed(id: &str) -> Result<UploadId, Problem> {
    UploadId::parse(id).map_err(|_| Problem::not_found())
}
