//! Pixels out of the pieces that a walk has kept.

mod heic;
mod jpeg;
mod rasters;

use bytes::Bytes;

use super::raster::{Picture, Raster};
use super::source::Deadline;
use super::walk::{Header, Walked};
use super::{IntakeError, Kind};

/// A picture as stored, and the profile that its colours are in.
pub(super) struct Decoded {
    pub(super) pixels: Pixels,
    /// Sides of the stored picture in pixels, before scaling and turning.
    pub(super) sides: (u32, u32),
    pub(super) icc: Option<Bytes>,
}

/// Pixels in one of two ways.
pub(super) enum Pixels {
    /// Each with all its colours, perhaps still too large.
    Raster(Raster),
    /// As a JPEG stores them, fitted, but not yet turned.
    Picture(Picture),
}

/// What is made of the pixels.
#[derive(Clone, Copy)]
pub(super) struct Wanted {
    /// Sides that the picture is fitted to, as stored.
    pub(super) sides: (u32, u32),
    /// Whether colours are needed at every pixel, to be converted or turned.
    pub(super) full_chroma: bool,
}

/// Decodes the first frame wholly; JPEG at the smallest scale that still has both sides wanted.
///
/// # Errors
///
/// [`IntakeError::Damaged`], [`IntakeError::Unsupported`] and [`IntakeError::TooSlow`].
pub(super) fn decode(
    header: &Header,
    walked: Walked,
    wanted: Wanted,
    deadline: Deadline,
) -> Result<Decoded, IntakeError> {
    let Walked { icc, pieces, .. } = walked;
    let raster = |raster, icc| Ok((Pixels::Raster(raster), icc));
    let decoded = match header.kind {
        Kind::Jpeg => jpeg::decode(pieces, wanted, deadline).map(|pixels| (pixels, icc)),
        Kind::Png => rasters::png(pieces.open(deadline)).and_then(|(pixels, icc)| raster(pixels, icc)),
        Kind::WebP => rasters::webp(pieces.open(deadline), header.sides).and_then(|pixels| raster(pixels, icc)),
        Kind::Gif => rasters::gif(pieces.open(deadline), header.need.fixed).and_then(|pixels| raster(pixels, icc)),
        Kind::Heic => heic::decode(&pieces.first(), header, deadline).and_then(|pixels| raster(pixels, icc)),
    };
    // A decoder that was stopped reports whatever its reader failed with.
    let (pixels, icc) = decoded.map_err(|error| if deadline.is_past() { IntakeError::TooSlow } else { error })?;
    let sides = match &pixels {
        Pixels::Raster(raster) if header.kind != Kind::Jpeg => raster.sides(),
        Pixels::Raster(_) | Pixels::Picture(_) => header.sides,
    };
    Ok(Decoded { pixels, sides, icc })
}
