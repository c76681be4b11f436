//! Receiving a body, whichever way the photo comes: raw, as JSON or as a form. It is read only after admission, and
//! bounded in bytes and in time.

mod form;
mod inflow;
mod json;

use actix_web::{
    HttpRequest,
    http::header::CONTENT_TYPE,
    web::{Bytes, Payload},
};
pub use inflow::BodyLimits;
use inflow::Inflow;
use serde::de::DeserializeOwned;

use super::{problem::Problem, query};
use crate::{
    domain::{Code, GivenOptions, OptionFault, SecretBytes, Work},
    flow::Source,
};

/// What was sent: a photo and options.
pub(super) struct Sent {
    /// The photo, where there is one.
    pub(super) source: Option<Source>,
    /// The options of query and body; their faults are in them.
    pub(super) given: GivenOptions,
}

/// How much longer than the photo itself, or its base64, a body with options may be, in bytes.
const OPTIONS: u64 = 256 * 1024;

/// Reads the options of the query, which come before one byte of the body.
///
/// # Errors
/// When the query cannot be read.
pub(super) fn of_query(req: &HttpRequest, work: Work) -> Result<GivenOptions, Problem> {
    let mut given = GivenOptions::of(work);
    for (name, value) in query::pairs(req.query_string())? {
        if given.takes(&name) && GivenOptions::NOT_IN_URLS.contains(&name.as_str()) {
            given.fault(OptionFault::invalid(&name, "never stands in a URL; send JSON or a form"));
        } else {
            given.take(&name, &value);
        }
    }
    Ok(given)
}

/// Whether the body is the photo itself, by the type that is declared.
pub(super) fn is_raw(req: &HttpRequest) -> bool {
    !matches!(declared_type(req).as_str(), FORM | JSON)
}

const FORM: &str = "multipart/form-data";
const JSON: &str = "application/json";

fn declared_type(req: &HttpRequest) -> String {
    let declared = req.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

/// The most bytes that a body will have, by what is declared.
pub(super) fn longest(req: &HttpRequest, limits: BodyLimits) -> u64 {
    let most = match declared_type(req).as_str() {
        FORM => limits.bytes + OPTIONS,
        JSON => as_json(limits),
        _ => limits.bytes,
    };
    inflow::declared_length(req).ok().flatten().map_or(most, |declared| declared.min(most))
}

/// Base64 is a third longer than what it stands for.
fn as_json(limits: BodyLimits) -> u64 {
    limits.bytes / 3 * 4 + OPTIONS
}

/// Receives a whole body.
///
/// # Errors
/// 413 when it is too large, 408 when it is too slow, 400 when it breaks off or cannot be read.
pub(super) async fn receive(
    req: &HttpRequest,
    payload: Payload,
    limits: BodyLimits,
    mut given: GivenOptions,
) -> Result<Sent, Problem> {
    let source = match declared_type(req).as_str() {
        FORM => {
            let inflow = Inflow::open(req, payload, limits, limits.bytes + OPTIONS)?;
            form::read(req, inflow, limits.bytes, &mut given).await?.map(Source::File)
        }
        JSON => {
            let body = Inflow::open(req, payload, limits, as_json(limits))?.whole().await?;
            json::read(body, &mut given)?
        }
        // Whatever else is declared: the bytes decide.
        _ => Some(Source::File(Bytes::from_owner(Inflow::open(req, payload, limits, limits.bytes)?.whole().await?))),
    };
    match &source {
        Some(Source::File(bytes)) if bytes.len() as u64 > limits.bytes => Err(inflow::too_large(limits.bytes)),
        _ => Ok(Sent { source, given }),
    }
}

/// Receives a small JSON object of a known form.
///
/// # Errors
/// 415 when it is declared as something else, 413 when it is too large, 408 when it is too slow, 400 when it is not JSON,
/// 422 when it is of another form.
pub(super) async fn small_json<T: DeserializeOwned>(
    req: &HttpRequest,
    payload: Payload,
    limits: BodyLimits,
) -> Result<T, Problem> {
    if declared_type(req) != JSON {
        return Err(Problem::new(Code::UnsupportedMediaType, "The body must be declared as application/json."));
    }
    let body = Inflow::open(req, payload, limits, SMALL)?.whole().await?;
    serde_json::from_slice(&body).map_err(|error| told(&error))
}

/// The most bytes of a small body.
const SMALL: u64 = 16 * 1024;

fn told(error: &serde_json::Error) -> Problem {
    if !error.is_data() {
        return Problem::new(Code::MalformedJson, format!("The body is not JSON (line {}).", error.line()));
    }
    // The reader's words may quote what was sent; a member's name is all that is told of it.
    let words = error.to_string();
    let member = words.split('`').nth(1).unwrap_or_default();
    let fault = if words.starts_with("unknown field") {
        OptionFault::unknown(member)
    } else {
        OptionFault::invalid(member, "is missing, or has a value that it cannot have")
    };
    Problem::options(&[fault])
}

/// There is nothing to make anything from.
pub(super) fn missing() -> Problem {
    Problem::new(Code::ImageMissing, "There is no photo: send it as the body, as the part image, or as image.data.")
}

/// A buffer that is cleared when it is dropped.
type Buffer = SecretBytes;
