//! `/v1/figures`: make, read, erase, and the receipt.

use actix_web::{
    HttpRequest, HttpResponse, HttpResponseBuilder,
    http::{StatusCode, header::LOCATION},
    web::{Data, Path, Payload},
};
use tokio::time::Instant;

use super::{
    Api,
    caller::Authenticated,
    ephemeral::{Delivered, erased_after},
    images, inline,
    negotiate::{Answer, Patience},
    openapi::ImageFile,
    order::{self, receive},
    problem::Problem,
    record::note_used,
    timing,
};
use crate::{
    domain::{Code, Figure, FigureId, Owner, Scope, State, Work},
    jobs::Accepted,
    store::Job,
};

/// Make a figure
///
/// The body is the photo itself: JPEG, PNG, WebP, GIF or HEIC, by its first bytes and whatever type is declared, with
/// options in the query; or a form with the photo in the part `image`; or JSON with the photo as base64 in `image.data`.
/// The answer is the figure object, or the image's bytes when `Accept` allows images
/// alone; a single type then sets `format`. When the wait ends first the answer is 202 with the figure object, or 303
/// to the image. The work goes on when the connection ends.
#[utoipa::path(
    post, path = "/v1/figures", operation_id = "createFigure", tag = "Figures",
    params(super::openapi::FigureQuery, super::openapi::PreferHeader, super::openapi::IdempotencyHeader, super::openapi::ScenarioHeader,
        super::openapi::EndUserHeader),
    request_body(content(
        (ImageFile = "image/jpeg"), (ImageFile = "image/png"), (ImageFile = "image/webp"), (ImageFile = "image/gif"),
        (ImageFile = "image/heic"), (ImageFile = "application/octet-stream"),
    ), description = "The photo's file. Any other type may be declared as well; the bytes decide."),
    responses(
        (status = 201, description = "The figure is there", content(
            (Figure = "application/json"), (ImageFile = "image/png"), (ImageFile = "image/jpeg"),
            (ImageFile = "image/webp"))),
        (status = 202, description = "The figure is being made", body = Figure),
        (status = 303, description = "The image will be at `Location`"),
    )
)]
pub(super) async fn create(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresWrite)).await?;
    api.refuse_when_draining()?;
    let (answer, patience) = (Answer::wanted(&req)?, Patience::of(&req, api.max_wait)?);
    let received = receive((&api, &ticket), &req, payload, (answer, Work::Figure)).await?;
    // A body may take longer than it takes this node to begin to stop.
    api.refuse_when_draining()?;
    note_used(&req, &ticket);
    let flow = api.flow.clone();
    // On its own task: a handler is dropped when its client leaves, and half an acceptance must not stay behind.
    let by = ticket.clone();
    let accepted = api.finish(async move { flow.accept(&by, received).await }).await??;
    let delivered = api.while_valid(&ticket, deliver(&api, &req, &accepted, answer, patience)).await;
    let response = delivered.map_err(|problem| after_all(&api, problem, &accepted.job.figure))?;
    Ok(order::marked(response, accepted.replayed))
}

/// What is told of a figure that was accepted, and which then nobody could look at.
fn after_all(api: &Api, problem: Problem, id: &FigureId) -> Problem {
    if problem.code() != Code::StoreUnavailable {
        return problem;
    }
    let words = "The figure was accepted and goes on; ask for it at its Location instead of sending it again.";
    problem.saying(words).of_figure(id).with_header("Location", format!("{}/v1/figures/{id}", api.public_url))
}

/// Waits as long as the caller wants and answers with what is there.
async fn deliver(
    api: &Api,
    req: &HttpRequest,
    accepted: &Accepted,
    answer: Answer,
    patience: Patience,
) -> Result<HttpResponse, Problem> {
    let id = &accepted.job.figure;
    let known = api.flow.jobs.wait(&accepted.job, Instant::now() + patience.wait).await?;
    let job = known.ok_or_else(erased)?;
    // Who asked for an answer at once gets that answer, however fast the figure was.
    let waited = !patience.is_for_later();
    if waited && job.state.is_terminal() && job.state != State::Succeeded {
        return Err(failure(api, &job).await);
    }
    let done = waited && job.purged_at.is_some();
    let mut response = match (answer, done) {
        (Answer::AnyImage | Answer::Image(_), true) => {
            let mut response = images::send(api, req, &job, 0).await?;
            *response.status_mut() = StatusCode::CREATED;
            response
        }
        (Answer::AnyImage | Answer::Image(_), false) => {
            return Ok(to_image(api, id, 0, patience));
        }
        (Answer::Json, done) => {
            let figure = inline::filled(api, &job, read_or_gone(api, &job).await?).await?;
            let status = if done { StatusCode::CREATED } else { StatusCode::ACCEPTED };
            let mut builder = HttpResponseBuilder::new(status);
            if !done {
                builder.insert_header(("Retry-After", "2"));
            }
            builder.insert_header(("Cache-Control", "no-store"));
            given(api, req, (&job, figure), |figure| builder.json(figure))
        }
    };
    let location = format!("{}/v1/figures/{id}", api.public_url);
    if let Ok(value) = location.parse() {
        response.headers_mut().insert(LOCATION, value);
    }
    applied(&mut response, patience);
    Ok(response)
}

/// The answer that is a figure object; with all images in it, it delivers them.
fn given(
    api: &Api,
    req: &HttpRequest,
    (job, figure): (&Job, Figure),
    answer: impl FnOnce(&Figure) -> HttpResponse,
) -> HttpResponse {
    let mut response = answer(&figure);
    timing::put(&figure.timings_ms, response.headers_mut());
    if figure.images.is_empty() || figure.images.iter().any(|image| image.data.is_none()) {
        return response;
    }
    erased_after(api, req, (job, &figure.options), Delivered::All, response)
}

fn applied(response: &mut HttpResponse, patience: Patience) {
    if let Some(Ok(value)) = patience.applied.map(str::parse) {
        response.headers_mut().insert(actix_web::http::header::HeaderName::from_static("preference-applied"), value);
    }
}

/// 303 to the place where the image will be.
pub(super) fn to_image(api: &Api, id: &FigureId, index: u32, patience: Patience) -> HttpResponse {
    let location = format!("{}/v1/figures/{id}/images/{index}", api.public_url);
    let mut response = HttpResponse::SeeOther()
        .insert_header((LOCATION, location))
        .insert_header(("Retry-After", "1"))
        .insert_header(("Figurine-Id", id.to_string()))
        .finish();
    applied(&mut response, patience);
    response
}

/// The problem of a figure that has ended without an image.
pub(super) async fn failure(api: &Api, job: &Job) -> Problem {
    why(api, job).await.of_figure(&job.of.figure)
}

/// The same for one who reads a figure that has ended: to read it again is vain, whatever a new figure would come to.
pub(super) async fn lasting_failure(api: &Api, job: &Job) -> Problem {
    told(api, job, Problem::lasting).await.of_figure(&job.of.figure)
}

/// The problem of a job that has ended without what it was to make.
pub(super) async fn why(api: &Api, job: &Job) -> Problem {
    told(api, job, |problem| problem).await
}

/// What its record says, marked; what keeps the record from being read is not.
async fn told(api: &Api, job: &Job, mark: fn(Problem) -> Problem) -> Problem {
    match api.flow.read(job).await {
        Ok(Some(Figure { problem: Some(problem), .. })) => mark(Problem::from(problem)),
        Ok(_) => gone(api, job).await,
        Err(error) => Problem::from(error),
    }
}

/// A figure that nothing opens any more: its data key is gone from a key store that has forgotten. That does not mend.
fn unopenable() -> Problem {
    Problem::new(Code::FigureExpired, "The figure's data key was lost, so it cannot be opened any more.")
}

/// A job that is not there although the store has lost nothing: everything of it was erased.
pub(super) fn erased() -> Problem {
    Problem::new(Code::FigureDeleted, "Everything of the figure was erased on request.")
}

/// Finds a job of the caller's account; somebody else's is as if it did not exist.
pub(super) async fn find(api: &Api, owner: &Owner, id: &str) -> Result<Job, Problem> {
    let id = FigureId::parse(id).map_err(|_| Problem::not_found())?;
    api.flow.jobs.find(owner, &id).await?.ok_or_else(Problem::not_found)
}

/// The figure object, or why it is not there.
pub(super) async fn read_or_gone(api: &Api, job: &Job) -> Result<Figure, Problem> {
    match api.flow.read(job).await? {
        Some(figure) => Ok(figure),
        None => Err(gone(api, job).await),
    }
}

/// Why a job's result is not there.
pub(super) async fn gone(api: &Api, job: &Job) -> Problem {
    let now = match api.flow.store.now().await {
        Ok(now) => now,
        Err(error) => return error.into(),
    };
    let in_time = job.expires_at.is_none_or(|at| at > now);
    if in_time && !job.deleted {
        return match api.flow.store.job(&job.of).await {
            Ok(None) => erased(),
            Ok(Some(_)) => match job.code {
                None => unopenable(),
                // What was lost does not come back once there is a store again.
                Some(Code::StoreLost) => match api.flow.vault.check_stores().await {
                    Ok(()) => unopenable(),
                    Err(error) => error.into(),
                },
                Some(code) => Problem::new(code, "The figure's record is gone."),
            },
            Err(error) => error.into(),
        };
    }
    let of_figure = api.flow.read_receipt(&job.of.owner, &job.of.figure).await;
    let receipt = match (of_figure, job.photo) {
        (Ok(None), Some(photo)) => format!("Its deletion receipt is at /v1/uploads/{photo}/receipt."),
        (Ok(None), None) => String::new(),
        (Ok(Some(_)) | Err(_), _) => format!("Its deletion receipt is at /v1/figures/{}/receipt.", job.of.figure),
    };
    let (code, words) = if job.deleted {
        (Code::FigureDeleted, "The result was deleted on request.")
    } else {
        (Code::FigureExpired, "The result's time is over.")
    };
    Problem::new(code, format!("{words} {receipt}").trim())
}

/// Read a figure
///
/// Answers at once; with `Prefer: wait=N` it waits until the figure has ended, at most N seconds.
#[utoipa::path(
    get, path = "/v1/figures/{id}", operation_id = "readFigure", tag = "Figures",
    params(("id" = String, Path, description = "The figure's id", example = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718"), super::openapi::PreferHeader),
    responses((status = 200, description = "The figure, whatever its state", body = Figure))
)]
pub(super) async fn read(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresRead)).await?;
    let mut job = find(&api, ticket.owner(), &id).await?;
    let patience = Patience::of_reader(&req, api.max_wait)?;
    if patience.applied == Some("wait") {
        let wait = async { Ok(api.flow.jobs.wait(&job.of, Instant::now() + patience.wait).await?) };
        job = api.while_valid(&ticket, wait).await?.ok_or_else(erased)?;
    }
    let figure = inline::filled(&api, &job, read_or_gone(&api, &job).await?).await?;
    let answer = |figure: &Figure| HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(figure);
    let mut response = given(&api, &req, (&job, figure), answer);
    applied(&mut response, patience);
    Ok(response)
}

/// Delete a figure
///
/// A figure under way is canceled, its call to the engine is aborted, and the answer waits for the purge. The result
/// of one that has ended is erased. The deletion receipt stays readable for 30 days. Deleting twice is no error.
#[utoipa::path(
    delete, path = "/v1/figures/{id}", operation_id = "deleteFigure", tag = "Figures",
    params(("id" = String, Path, description = "The figure's id", example = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718")),
    responses((status = 204, description = "It is gone"))
)]
pub(super) async fn erase(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresWrite)).await?;
    let job = find(&api, ticket.owner(), &id).await?;
    let (flow, limit) = (api.flow.clone(), Instant::now() + api.max_wait);
    if api.finish(async move { flow.erase(&job, limit).await }).await?? {
        Ok(HttpResponse::NoContent().finish())
    } else {
        Err(Problem::new(Code::StateConflict, "The figure is being stopped. Ask again shortly."))
    }
}

/// Read a deletion receipt
///
/// A JWS (EdDSA, `typ: figurine-receipt+jwt`), there once the photo is gone and for 30 days. Its public keys are at
/// `/.well-known/jwks.json`.
#[utoipa::path(
    get, path = "/v1/figures/{id}/receipt", operation_id = "readReceipt", tag = "Figures",
    params(("id" = String, Path, description = "The figure's id", example = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718")),
    responses((status = 200, description = "The signed receipt", body = String, content_type = "application/jose"))
)]
pub(super) async fn receipt(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresRead)).await?;
    let id = FigureId::parse(&id).map_err(|_| Problem::not_found())?;
    let receipt = api.flow.read_receipt(ticket.owner(), &id).await?.ok_or_else(Problem::not_found)?;
    Ok(HttpResponse::Ok().content_type("application/jose").insert_header(("Cache-Control", "no-store")).body(receipt))
}
