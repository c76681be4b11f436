//! Receiving a body: bounded in bytes and in time, and read only after admission.

use std::time::Duration;

use actix_web::{HttpRequest, http::header::CONTENT_LENGTH, web::Payload};
use bytes::Bytes;
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};
use zeroize::Zeroizing;

use super::{problem::Problem, record::Draft};
use crate::domain::Code;

/// Bounds of a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// The most bytes.
    pub bytes: u64,
    /// The longest time from first to last byte.
    pub total: Duration,
    /// After this time the minimum rate holds.
    pub grace: Duration,
    /// The least bytes a second, on average since the start.
    pub rate: u64,
}

impl BodyLimits {
    /// Two minutes in all, and 8 KiB a second after the first ten seconds.
    pub fn new(bytes: u64) -> Self {
        Self { bytes, total: Duration::from_secs(120), grace: Duration::from_secs(10), rate: 8 * 1024 }
    }

    /// By when the next byte must be here if `received` are.
    fn next_by(&self, start: Instant, received: usize) -> Instant {
        let paid = Duration::from_millis((received as u64).saturating_mul(1_000) / self.rate.max(1));
        start + self.total.min(self.grace + paid)
    }
}

/// Receives a whole body.
///
/// # Errors
/// 413 when it is too large, 408 when it is too slow, 400 when it breaks off.
pub(super) async fn receive(req: &HttpRequest, mut payload: Payload, limits: BodyLimits) -> Result<Bytes, Problem> {
    let declared = declared_length(req)?;
    if declared.is_some_and(|length| length > limits.bytes) {
        return Err(too_large(limits.bytes));
    }
    let expected = usize::try_from(declared.unwrap_or_default()).unwrap_or_default();
    let mut body = Zeroizing::new(Vec::with_capacity(expected));
    let (start, draft) = (Instant::now(), Draft::of(req));
    loop {
        let next = timeout_at(limits.next_by(start, body.len()), payload.next()).await;
        if let (Ok(Some(Ok(chunk))), Some(draft)) = (&next, &draft) {
            draft.received(chunk.len());
        }
        match next {
            Err(_elapsed) => return Err(too_slow(&limits)),
            Ok(None) => break,
            Ok(Some(Err(_))) => {
                return Err(Problem::new(Code::MalformedRequest, "The body broke off before its end."));
            }
            Ok(Some(Ok(chunk))) if (body.len() + chunk.len()) as u64 > limits.bytes => {
                return Err(too_large(limits.bytes));
            }
            Ok(Some(Ok(chunk))) => body.extend_from_slice(&chunk),
        }
    }
    Ok(Bytes::from_owner(body))
}

fn declared_length(req: &HttpRequest) -> Result<Option<u64>, Problem> {
    let Some(value) = req.headers().get(CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.map(Some).ok_or_else(|| Problem::new(Code::MalformedRequest, "The header Content-Length cannot be read."))
}

fn too_large(most: u64) -> Problem {
    Problem::new(Code::BodyTooLarge, format!("The body may have at most {most} bytes."))
}

fn too_slow(limits: &BodyLimits) -> Problem {
    let detail = format!(
        "The body must come within {} s, and at {} bytes a second after the first {} s.",
        limits.total.as_secs(),
        limits.rate,
        limits.grace.as_secs()
    );
    Problem::new(Code::BodyTooSlow, detail)
}
