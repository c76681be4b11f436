//! What the magic bytes and the header say, and the limits that they must keep.

use super::walk::{self, Header, MAX_FRAMES};
use super::{IntakeError, Kind};

/// What an image declares to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Probe {
    /// Kind by magic bytes.
    pub kind: Kind,
    /// Width in pixels as stored, before any turning.
    pub width: u32,
    /// Height in pixels as stored, before any turning.
    pub height: u32,
    /// Frames of an animation, 1 for a still; counted up to just above the limit.
    pub frames: u32,
}

impl From<&Header> for Probe {
    fn from(header: &Header) -> Self {
        Self { kind: header.kind, width: header.sides.0, height: header.sides.1, frames: header.frames }
    }
}

/// Looks at magic bytes and header; decodes nothing and checks no limit.
///
/// # Errors
///
/// [`IntakeError::Empty`], [`IntakeError::NotAnImage`], [`IntakeError::Unsupported`],
/// [`IntakeError::Truncated`], [`IntakeError::Damaged`].
pub fn probe(bytes: &[u8]) -> Result<Probe, IntakeError> {
    header(bytes).map(|header| Probe::from(&header))
}

pub(super) fn header(bytes: &[u8]) -> Result<Header, IntakeError> {
    walk::head(Kind::recognise(bytes)?, bytes)
}

/// Longest side taken, in pixels: JPEG cannot have more, and no camera makes it.
const MAX_SIDE: u32 = 65_535;

/// Refuses before any work.
///
/// # Errors
///
/// [`IntakeError::TooManyPixels`], [`IntakeError::TooManyFrames`].
pub(super) fn check_limits(header: &Header, max: u64) -> Result<(), IntakeError> {
    let (width, height) = header.sides;
    if width.max(height) > MAX_SIDE || u64::from(width) * u64::from(height) > max {
        return Err(IntakeError::TooManyPixels { width, height, max });
    }
    if header.frames > MAX_FRAMES {
        return Err(IntakeError::TooManyFrames { max: MAX_FRAMES });
    }
    Ok(())
}
