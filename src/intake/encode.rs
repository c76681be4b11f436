//! Pixels to a JPEG that holds pixels alone.

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zeroize::Zeroizing;

use super::color::Picture;

/// Quality on `libjpeg`'s scale: no difference is seen at arm's length.
const QUALITY: u8 = 90;

/// Encodes as baseline JPEG without any metadata segment; `None` for sides that JPEG cannot have.
pub(super) fn encode(picture: &Picture) -> Option<Zeroizing<Vec<u8>>> {
    let (width, height) = (u16::try_from(picture.width).ok()?, u16::try_from(picture.height).ok()?);
    // Room for the worst case, so that growing never leaves a copy behind; then the exact size.
    let mut scratch = Zeroizing::new(Vec::with_capacity(picture.rgb.len() + picture.rgb.len() / 2 + 4096));
    let mut encoder = Encoder::new(&mut *scratch, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&picture.rgb, width, height, ColorType::Rgb).ok()?;
    Some(Zeroizing::new(scratch.as_slice().to_vec()))
}
