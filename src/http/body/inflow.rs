//! The bytes of a body as they come, within their bounds.

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::CONTENT_LENGTH,
    web::{Bytes, Payload},
};
use futures_util::StreamExt;
use tokio::time::{Instant, timeout_at};

use super::Buffer;
use crate::{
    domain::{Code, SecretBytes},
    http::{problem::Problem, record::Draft},
};

/// Bounds of a body.
#[derive(Debug, Clone, Copy)]
pub struct BodyLimits {
    /// The most bytes of a photo.
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
    fn next_by(&self, start: Instant, received: u64) -> Instant {
        let paid = Duration::from_millis(received.saturating_mul(1_000) / self.rate.max(1));
        start + self.total.min(self.grace + paid)
    }
}

/// A body that is being received.
pub(super) struct Inflow {
    payload: Payload,
    limits: BodyLimits,
    most: u64,
    declared: Option<u64>,
    start: Instant,
    received: u64,
    draft: Option<Draft>,
}

impl Inflow {
    /// Begins to receive a body of at most `most` bytes.
    ///
    /// # Errors
    /// When its declared length is too great already, or cannot be read.
    pub(super) fn open(req: &HttpRequest, payload: Payload, limits: BodyLimits, most: u64) -> Result<Self, Problem> {
        let declared = declared_length(req)?;
        if declared.is_some_and(|length| length > most) {
            return Err(too_large(most));
        }
        Ok(Self { payload, limits, most, declared, start: Instant::now(), received: 0, draft: Draft::of(req) })
    }

    /// The next bytes; `None` at the end.
    ///
    /// # Errors
    /// When they are too many, too slow, or break off.
    pub(super) async fn next(&mut self) -> Option<Result<Bytes, Problem>> {
        let next = timeout_at(self.limits.next_by(self.start, self.received), self.payload.next()).await;
        let chunk = match next {
            Err(_elapsed) => return Some(Err(too_slow(&self.limits))),
            Ok(None) => return None,
            Ok(Some(Err(_))) => {
                return Some(Err(Problem::new(Code::MalformedRequest, "The body broke off before its end.")));
            }
            Ok(Some(Ok(chunk))) => chunk,
        };
        if let Some(draft) = &self.draft {
            draft.received(chunk.len());
        }
        self.received += chunk.len() as u64;
        Some(if self.received > self.most { Err(too_large(self.most)) } else { Ok(chunk) })
    }

    /// All bytes.
    ///
    /// # Errors
    /// As [`Inflow::next`].
    pub(super) async fn whole(mut self) -> Result<Buffer, Problem> {
        let expected = usize::try_from(self.declared.unwrap_or_default()).unwrap_or_default();
        let mut body = SecretBytes::new(Vec::with_capacity(expected));
        while let Some(chunk) = self.next().await {
            body.extend_from_slice(&chunk?);
        }
        Ok(body)
    }
}

pub(super) fn declared_length(req: &HttpRequest) -> Result<Option<u64>, Problem> {
    let Some(value) = req.headers().get(CONTENT_LENGTH) else { return Ok(None) };
    let length = value.to_str().ok().and_then(|text| text.parse().ok());
    length.map(Some).ok_or_else(|| Problem::new(Code::MalformedRequest, "The header Content-Length cannot be read."))
}

pub(super) fn too_large(most: u64) -> Problem {
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
