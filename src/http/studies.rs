//! `/v1/analyses` and `/v1/prompts`: what is in a photo, and the prompt for its figure, without the figure.

use std::time::Duration;

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use serde::Serialize;
use tokio::time::Instant;

use super::{
    Api,
    caller::Authenticated,
    ephemeral::{Delivered, erased_after},
    figures::{erased, read_or_gone, why},
    negotiate::Answer,
    openapi::ImageFile,
    order::{self, receive},
    problem::Problem,
    record::note_used,
};
use crate::domain::{AnalysisMade, Code, Figure, PromptMade, Scope, State, Work};

/// How much longer than its deadline a job is waited for: for the purge, which comes after the end.
const AFTER_THE_DEADLINE: Duration = Duration::from_secs(2);

/// Analyze a photo
///
/// What is in a photo, in a closed schema, without a figure. The photo comes in as for `POST /v1/figures`; one that was
/// uploaded before is looked at and stays as it is, any other is gone when the answer comes. The answer waits for the end,
/// within the server's longest wait.
#[utoipa::path(
    post, path = "/v1/analyses", operation_id = "createAnalysis", tag = "Figures",
    params(super::openapi::IdempotencyHeader, super::openapi::ScenarioHeader, super::openapi::EndUserHeader),
    request_body(content(
        (ImageFile = "image/jpeg"), (ImageFile = "image/png"), (ImageFile = "image/webp"), (ImageFile = "image/gif"),
        (ImageFile = "image/heic"), (ImageFile = "application/octet-stream"),
    ), description = "The photo's file. Any other type may be declared as well; the bytes decide."),
    responses((status = 200, description = "What is in the photo", body = AnalysisMade))
)]
pub(super) async fn analyze(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    made(&api, caller, &req, (payload, Work::Analysis), AnalysisMade::of).await
}

/// Write a prompt
///
/// The prompt that a figure would be made with, without the figure: from a photo, as for `POST /v1/analyses`, or from an
/// `analysis` in JSON or a form. The answer waits for the end, within the server's longest wait.
#[utoipa::path(
    post, path = "/v1/prompts", operation_id = "createPrompt", tag = "Figures",
    params(super::openapi::IdempotencyHeader, super::openapi::ScenarioHeader, super::openapi::EndUserHeader),
    request_body(content(
        (ImageFile = "image/jpeg"), (ImageFile = "image/png"), (ImageFile = "image/webp"), (ImageFile = "image/gif"),
        (ImageFile = "image/heic"), (ImageFile = "application/octet-stream"),
    ), description = "The photo's file. Any other type may be declared as well; the bytes decide."),
    responses((status = 200, description = "The prompt", body = PromptMade))
)]
pub(super) async fn write(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    made(&api, caller, &req, (payload, Work::Prompt), PromptMade::of).await
}

/// Does the work, waits for its end and answers with what `of` makes of it.
async fn made<T: Serialize>(
    api: &Api,
    caller: Authenticated,
    req: &HttpRequest,
    (payload, work): (Payload, Work),
    of: impl FnOnce(Figure) -> Option<T>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(req, caller, Some(Scope::FiguresWrite)).await?;
    api.refuse_when_draining()?;
    let answer = Answer::json_alone(req)?;
    let received = receive((api, &ticket), req, payload, (answer, work)).await?;
    // A body may take longer than it takes this node to begin to stop.
    api.refuse_when_draining()?;
    note_used(req, &ticket);
    let flow = api.flow.clone();
    let by = ticket.clone();
    let accepted = api.finish(async move { flow.accept(&by, received).await }).await??;
    let limit = Instant::now() + api.max_wait + AFTER_THE_DEADLINE;
    let job = api.while_valid(&ticket, async { Ok(api.flow.jobs.wait(&accepted.job, limit).await?) }).await?;
    let job = job.ok_or_else(erased)?;
    match job.state {
        State::Succeeded if job.purged_at.is_some() => {
            let figure = read_or_gone(api, &job).await?;
            let options = figure.options.clone();
            let made = of(figure).ok_or_else(Problem::internal)?;
            let response = HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(made);
            let response = erased_after(api, req, (&job, &options), Delivered::All, response);
            Ok(order::marked(response, accepted.replayed))
        }
        State::Failed | State::Blocked | State::Canceled => Err(why(api, &job).await),
        State::Queued
        | State::Analyzing
        | State::Enhancing
        | State::Rendering
        | State::Finishing
        | State::Succeeded => Err(Problem::new(Code::DeadlineExceeded, "It was not ready by its deadline.")),
    }
}
