//! Pixels out of the pieces that a walk has kept.

mod heic;
mod jpeg;
mod rasters;

use bytes::Bytes;

use super::raster::Raster;
use super::source::Deadline;
use super::walk::{Header, Walked};
use super::{IntakeError, Kind};

/// A picture as stored, and the profile that its colours are in.
pub(super) struct Decoded {
    pub(super) raster: Raster,
    /// Sides of the stored picture in pixels, before scaling and turning.
    pub(super) sides: (u32, u32),
    pub(super) icc: Option<Bytes>,
}

/// Decodes the first frame wholly; JPEG at the smallest scale that still has both sides of `at_least`.
///
/// # Errors
///
/// [`IntakeError::Damaged`], [`IntakeError::Unsupported`] and [`IntakeError::TooSlow`].
pub(super) fn decode(
    header: &Header,
    walked: Walked,
    at_least: (u32, u32),
    deadline: Deadline,
) -> Result<Decoded, IntakeError> {
    let Walked { icc, pieces, .. } = walked;
    let decoded = match header.kind {
        Kind::Jpeg => jpeg::decode(pieces.open(deadline), at_least).map(|raster| (raster, icc)),
        Kind::Png => rasters::png(pieces.open(deadline), header.need.fixed),
        Kind::WebP => rasters::webp(pieces.open(deadline), header.sides).map(|raster| (raster, icc)),
        Kind::Gif => rasters::gif(pieces.open(deadline), header.need.fixed).map(|raster| (raster, icc)),
        Kind::Heic => heic::decode(&pieces.first(), header, deadline).map(|raster| (raster, icc)),
    };
    // A decoder that was stopped reports whatever its reader failed with.
    let (raster, icc) = decoded.map_err(|error| if deadline.is_past() { IntakeError::TooSlow } else { error })?;
    let sides = if header.kind == Kind::Jpeg { header.sides } else { raster.sides() };
    Ok(Decoded { raster, sides, icc })
}
