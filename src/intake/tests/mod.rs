//! Intake as a whole, through its public door.

mod colour;
mod draw;
mod formats;
mod heic_lists;
mod hostile;
mod orientation;
mod privacy;
mod refusals;
mod together;

use std::num::NonZeroUsize;

use bytes::Bytes;

use super::{Intake, IntakeError, Limits, Photo};
use crate::domain::KeyId;

const LIMITS: Limits =
    Limits { max_bytes: 25 << 20, max_pixels: 100_000_000, longest_side: 1536, decode_memory_bytes: 512 << 20 };

fn intake() -> Intake {
    Intake::new(LIMITS, NonZeroUsize::MIN)
}

async fn take_in(bytes: impl Into<Bytes>) -> Result<Photo, IntakeError> {
    intake().take_in(KeyId::random(), bytes.into()).await
}
