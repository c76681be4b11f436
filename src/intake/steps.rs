//! The steps of intake in their order, as they run on a decoding thread.

use std::time::Duration;

use bytes::Bytes;

use super::decode::{Decoded, Pixels, Wanted, decode};
use super::fit::{fitted, resize};
use super::orient::{Orientation, turn};
use super::raster::Picture;
use super::source::Deadline;
use super::walk::{Header, Walked, png, walk};
use super::{IntakeError, Kind, Limits, Photo, Probe, color, encode, quality, ycc};
use crate::domain::PhotoReport;

/// Longest that one decode may take. Real photos of 100 megapixels take a tenth of it.
const TIME: Duration = Duration::from_secs(20);

/// Memory that taking in or checking takes beyond the received bytes, in bytes.
pub(super) fn need(header: &Header, longest: u32) -> u64 {
    let (width, height) = fitted(header.sides, longest);
    let target = u64::from(width) * u64::from(height);
    let received = u64::from(header.sides.0) * u64::from(header.sides.1);
    // The decoder scales by powers of two down to an eighth, so by less than two on each side too little.
    let scaled = received.min(target.saturating_mul(4)).max(received / 64);
    // Fitted, converted, turned and encoded picture.
    header.need.fixed + header.need.per_scaled_pixel * scaled + target * 10
}

/// From received bytes to the photo.
///
/// # Errors
///
/// [`IntakeError`], but not for limits and never [`IntakeError::Busy`].
pub(super) fn take_in(received: &Bytes, header: &Header, limits: Limits) -> Result<Photo, IntakeError> {
    let deadline = Deadline::after(TIME);
    let walked = walk(header.kind, received)?;
    let (orientation, removed) = (walked.orientation, walked.removed);
    let wanted = wanted(header, &walked, limits.longest_side);
    let decoded = decode(header, walked, wanted, deadline)?;
    let sides = decoded.sides;
    let damaged = || header.kind.damaged();
    let picture = upright(decoded, orientation, limits.longest_side).ok_or_else(damaged)?;
    let (width, height) = orientation.turned(sides);
    let jpeg = encode::encode(&picture).ok_or_else(damaged)?;
    let report = PhotoReport {
        media_type: header.kind.media_type().to_owned(),
        width,
        height,
        oriented: orientation.turns(),
        metadata_removed: removed.names(),
        bytes: received.len() as u64,
        quality: quality::judge(&picture, (width, height)),
    };
    Ok(Photo { jpeg, sides: (picture.width, picture.height), report })
}

fn wanted(header: &Header, walked: &Walked, longest: u32) -> Wanted {
    let sides = fitted(header.sides, longest);
    // Chroma of odd sides moves by half a sample when it is turned.
    let odd = walked.orientation.turns() && (sides.0 % 2 == 1 || sides.1 % 2 == 1);
    Wanted { sides, full_chroma: odd || walked.icc.as_deref().is_some_and(color::changes) }
}

/// Fits, converts and turns what a decoder has left of it to do.
fn upright(decoded: Decoded, orientation: Orientation, longest: u32) -> Option<Picture> {
    match decoded.pixels {
        Pixels::Picture(picture) => Some(picture.turned(orientation)),
        Pixels::Raster(raster) => {
            let fit = resize(raster, fitted(decoded.sides, longest))?;
            let sides = fit.sides();
            let rgb = color::to_srgb(fit, decoded.icc.as_deref());
            let rgb = if orientation.turns() { turn::<3>(&rgb, sides, orientation) } else { rgb };
            Some(ycc::picture(orientation.turned(sides), &rgb))
        }
    }
}

/// Proves that an image is whole: a PNG by its checksums and the length of its samples, others by decoding them to their end.
///
/// # Errors
///
/// As [`take_in`]; [`IntakeError::Unsupported`] for kinds that no model answers with.
pub(super) fn check(bytes: &Bytes, header: &Header) -> Result<Probe, IntakeError> {
    let walked = match header.kind {
        Kind::Jpeg | Kind::Png | Kind::WebP => walk(header.kind, bytes)?,
        Kind::Gif | Kind::Heic => {
            let remedy = "figures are PNG, JPEG or WebP";
            return Err(IntakeError::Unsupported { what: header.kind.name(), remedy });
        }
    };
    if header.kind == Kind::Png {
        png::prove(bytes)?;
    } else {
        decode(header, walked, Wanted { sides: (1, 1), full_chroma: false }, Deadline::after(TIME))?;
    }
    Ok(Probe::from(header))
}
