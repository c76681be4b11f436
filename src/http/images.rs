//! `/v1/figures/{id}/images/{n}`: the bytes.

use std::ops::RangeInclusive;

use actix_web::{
    HttpRequest, HttpResponse,
    http::{
        StatusCode,
        header::{ACCEPT_RANGES, CONTENT_RANGE, ETAG, HeaderValue},
    },
    web::{Data, Path},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use tokio::time::Instant;

use super::{
    Api,
    caller::Authenticated,
    ephemeral::{Delivered, erased_after},
    etag::is_known,
    figures::{erased, find, gone, lasting_failure, read_or_gone, to_image},
    negotiate::{Patience, accepts_image},
    openapi::ImageFile,
    problem::Problem,
    range, timing,
};
use crate::{
    domain::{Figure, ImageMade, Scope, State},
    store::Job,
};

/// Read an image
///
/// The image's bytes. While the figure is being made it waits, as for `POST`, and then answers 303 to itself, so that
/// a client that follows redirects gets the image. It is there as the type alone that the figure object names; an
/// `Accept` that does not allow that type is answered with 406.
///
/// A figure that has ended without images is answered with its problem. To ask again is vain then, so `retryable` is false
/// and `x-should-retry: false` stops clients; the figure's own `problem` says whether a new one may succeed.
///
/// With `Range`, one range of bytes is answered with 206. Several ranges, a range that is malformed or lies outside, and
/// one whose `If-Range` is not the image's `ETag` are passed over: the answer is the whole image with 200.
#[utoipa::path(
    get, path = "/v1/figures/{id}/images/{n}", operation_id = "readImage", tag = "Figures",
    params(
        ("id" = String, Path, description = "The figure's id", example = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718"),
        ("n" = u32, Path, description = "The image's index, from 0", example = 0),
        super::openapi::PreferHeader, super::openapi::IfNoneMatchHeader, super::openapi::RangeHeaders,
    ),
    responses(
        (status = 200, description = "The image", content(
            (ImageFile = "image/png"), (ImageFile = "image/jpeg"), (ImageFile = "image/webp"))),
        (status = 206, description = "The bytes that `Range` names", content(
            (ImageFile = "image/png"), (ImageFile = "image/jpeg"), (ImageFile = "image/webp"))),
        (status = 303, description = "Not yet; ask again at `Location`"),
        (status = 304, description = "It is as `If-None-Match` says"),
    )
)]
pub(super) async fn read(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    path: Path<(String, String)>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresRead)).await?;
    let (id, index) = path.into_inner();
    let index = index.parse().map_err(|_| Problem::not_found())?;
    let job = find(&api, ticket.owner(), &id).await?;
    let patience = Patience::of_reader(&req, api.max_wait)?;
    let wait = async { Ok(api.flow.jobs.wait(&job.of, Instant::now() + patience.wait).await?) };
    let job = api.while_valid(&ticket, wait).await?.ok_or_else(erased)?;
    match job.state {
        State::Succeeded if job.purged_at.is_some() => send_unless_known(&api, &req, &job, index).await,
        State::Failed | State::Blocked | State::Canceled => Err(lasting_failure(&api, &job).await),
        State::Queued
        | State::Analyzing
        | State::Enhancing
        | State::Rendering
        | State::Finishing
        | State::Succeeded => Ok(to_image(&api, &job.of.figure, index, patience)),
    }
}

/// Answers with an image's bytes and, in headers, what the figure object says of it.
pub(super) async fn send(api: &Api, req: &HttpRequest, job: &Job, index: u32) -> Result<HttpResponse, Problem> {
    let (figure, image) = chosen(api, req, job, index).await?;
    let response = with_bytes(&figure, &image, opened(api, job, index).await?);
    Ok(erased_after(api, req, (job, &figure.options), Delivered::Image(index), response))
}

async fn opened(api: &Api, job: &Job, index: u32) -> Result<Bytes, Problem> {
    match api.flow.read_image(job, index).await? {
        Some(bytes) => Ok(Bytes::from_owner(bytes)),
        None => Err(gone(api, job).await),
    }
}

/// The same, or a part of the bytes where that is asked for, or 304 when the caller says that it has them.
async fn send_unless_known(api: &Api, req: &HttpRequest, job: &Job, index: u32) -> Result<HttpResponse, Problem> {
    let (figure, image) = chosen(api, req, job, index).await?;
    let etag = etag(&image);
    if is_known(req, &etag) {
        return Ok(HttpResponse::NotModified().insert_header((ETAG, etag)).insert_header(CACHING).finish());
    }
    let bytes = opened(api, job, index).await?;
    let mut response = if let Some(part) = range::wanted(req, &etag, bytes.len()) {
        partial(&figure, &image, &bytes, part)
    } else {
        let whole = with_bytes(&figure, &image, bytes);
        erased_after(api, req, (job, &figure.options), Delivered::Image(index), whole)
    };
    response.headers_mut().insert(ACCEPT_RANGES, HeaderValue::from_static("bytes"));
    Ok(response)
}

fn partial(figure: &Figure, image: &ImageMade, whole: &Bytes, part: RangeInclusive<usize>) -> HttpResponse {
    let told = format!("bytes {}-{}/{}", part.start(), part.end(), whole.len());
    let mut response = with_bytes(figure, image, whole.slice(part));
    *response.status_mut() = StatusCode::PARTIAL_CONTENT;
    if let Ok(value) = told.parse() {
        response.headers_mut().insert(CONTENT_RANGE, value);
    }
    response
}

const CACHING: (&str, &str) = ("Cache-Control", "private, no-store");

fn etag(image: &ImageMade) -> String {
    format!("\"{}\"", image.sha256)
}

async fn chosen(api: &Api, req: &HttpRequest, job: &Job, index: u32) -> Result<(Figure, ImageMade), Problem> {
    let figure = read_or_gone(api, job).await?;
    let image = figure.images.iter().find(|image| image.index == index).ok_or_else(Problem::not_found)?.clone();
    accepts_image(req, &image.media_type)?;
    Ok((figure, image))
}

fn with_bytes(figure: &Figure, image: &ImageMade, bytes: Bytes) -> HttpResponse {
    let mut response = HttpResponse::Ok();
    response
        .content_type(image.media_type.as_str())
        .insert_header((ETAG, etag(image)))
        .insert_header(CACHING)
        .insert_header(("Figurine-Id", figure.id.to_string()))
        .insert_header(("Figurine-Receipt", figure.links.receipt.as_str()))
        .insert_header(("Figurine-Charged-Micro-Usd", figure.cost.charged_micro_usd.0.to_string()));
    if let Some(digest) = repr_digest(&image.sha256) {
        response.insert_header(("Repr-Digest", digest));
    }
    if let Some(provenance) = &figure.provenance {
        let told = format!(
            "ai_generated={}, digital_source_type=\"{}\", synthid=\"{}\", c2pa=\"{}\"",
            if provenance.ai_generated { "?1" } else { "?0" },
            provenance.digital_source_type,
            provenance.synthid,
            provenance.c2pa,
        );
        response.insert_header(("Figurine-Provenance", told));
    }
    if let Some(salt) = &figure.upload.commitment_salt {
        response.insert_header(("Figurine-Commitment-Salt", salt.as_str()));
    }
    let mut response = response.body(bytes);
    timing::put(&figure.timings_ms, response.headers_mut());
    response
}

/// `Repr-Digest` (RFC 9530) of hexadecimal SHA-256.
fn repr_digest(sha256: &str) -> Option<String> {
    let digits: Vec<_> = sha256.as_bytes().chunks(2).collect();
    let byte = |pair: &&[u8]| std::str::from_utf8(pair).ok().and_then(|pair| u8::from_str_radix(pair, 16).ok());
    let bytes: Vec<u8> = digits.iter().map(byte).collect::<Option<_>>()?;
    Some(format!("sha-256=:{}:", STANDARD.encode(bytes)))
}
