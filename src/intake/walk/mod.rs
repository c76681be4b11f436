//! Walking a container from its first byte to its last before one pixel is decoded.
//!
//! A walk proves that the file is whole, notes its metadata, and hands on nothing but the pieces that
//! pixels are made of.

pub(super) mod gif;
pub(super) mod heic;
mod heic_lists;
mod heic_sps;
pub(super) mod jpeg;
pub(super) mod jpeg_frame;
pub(super) mod png;
pub(super) mod webp;

use bytes::Bytes;

use super::metadata::Removed;
use super::orient::Orientation;
use super::source::Pieces;
use super::{IntakeError, Kind};

/// What the header alone declares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Header {
    pub(super) kind: Kind,
    /// Declared sides in pixels, as stored.
    pub(super) sides: (u32, u32),
    /// Frames of an animation, 1 for a still; counting stops just above the limit.
    pub(super) frames: u32,
    pub(super) need: Need,
}

/// Memory that decoding takes, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Need {
    /// Whatever the decoder is asked to scale to.
    pub(super) fixed: u64,
    /// Times the pixels of the scaled picture, where a decoder can scale.
    pub(super) per_scaled_pixel: u64,
}

/// A whole file, ready to be decoded.
#[derive(Debug)]
pub(super) struct Walked {
    /// How the decoded pixels must still be turned.
    pub(super) orientation: Orientation,
    pub(super) icc: Option<Bytes>,
    pub(super) removed: Removed,
    pub(super) pieces: Pieces,
}

/// Reads the header for `kind`.
///
/// # Errors
///
/// [`IntakeError::Truncated`], [`IntakeError::Damaged`] and [`IntakeError::Unsupported`].
pub(super) fn head(kind: Kind, bytes: &[u8]) -> Result<Header, IntakeError> {
    match kind {
        Kind::Jpeg => jpeg::head(bytes),
        Kind::Png => png::head(bytes),
        Kind::WebP => webp::head(bytes),
        Kind::Gif => gif::head(bytes),
        Kind::Heic => heic::head(bytes),
    }
}

/// Walks the whole file.
///
/// # Errors
///
/// As [`head`].
pub(super) fn walk(kind: Kind, bytes: &Bytes) -> Result<Walked, IntakeError> {
    match kind {
        Kind::Jpeg => jpeg::walk(bytes),
        Kind::Png => png::walk(bytes),
        Kind::WebP => webp::walk(bytes),
        Kind::Gif => gif::walk(bytes),
        Kind::Heic => heic::walk(bytes),
    }
}

/// Frames past which an animation is refused.
pub(super) const MAX_FRAMES: u32 = 1000;
