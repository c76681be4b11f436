//! Any colours to sRGB.

use std::sync::Arc;

use moxcms::{ColorProfile, DataColorSpace, Layout, Transform8BitExecutor, TransformOptions};

use super::buffer::Buffer;
use super::raster::{Channels, Raster};

/// Largest profile that is read, in bytes; press profiles have 2 MB at most.
const MAX_PROFILE: usize = 4 << 20;

/// Whether a profile for red, green and blue shows any colour differently than sRGB does.
pub(super) fn changes(icc: &[u8]) -> bool {
    // Every 15th step of each colour.
    let steps = || (0..=u8::MAX).step_by(15);
    let colours = steps().flat_map(|red| steps().flat_map(move |green| steps().map(move |blue| [red, green, blue])));
    let given: Vec<u8> = colours.flatten().collect();
    let mut shown = vec![0; given.len()];
    let applied =
        transform(Channels::Rgb, icc).is_some_and(|transform| transform.transform(&given, &mut shown).is_ok());
    applied && given.iter().zip(&shown).any(|(given, shown)| given.abs_diff(*shown) > 1)
}

/// Converts by the profile, or, where there is none that fits, by convention: grey and RGB are taken for sRGB,
/// ink for its complement.
pub(super) fn to_srgb(raster: Raster, icc: Option<&[u8]>) -> Buffer {
    match icc.and_then(|icc| by_profile(&raster, icc)) {
        Some(rgb) => rgb,
        None => by_convention(raster),
    }
}

fn by_profile(raster: &Raster, icc: &[u8]) -> Option<Buffer> {
    let transform = transform(raster.channels(), icc)?;
    let mut rgb = blank(raster);
    transform.transform(raster.data(), &mut rgb).ok()?;
    Some(rgb)
}

fn transform(channels: Channels, icc: &[u8]) -> Option<Arc<Transform8BitExecutor>> {
    let profile = ColorProfile::new_from_slice(icc.get(..icc.len().min(MAX_PROFILE))?).ok()?;
    let layout = match (channels, profile.color_space) {
        (Channels::Grey, DataColorSpace::Gray) => Layout::Gray,
        (Channels::Rgb, DataColorSpace::Rgb) => Layout::Rgb,
        (Channels::Cmyk, DataColorSpace::Cmyk) => Layout::Rgba,
        _ => return None,
    };
    let srgb = ColorProfile::new_srgb();
    profile.create_transform_8bit(layout, &srgb, Layout::Rgb, TransformOptions::default()).ok()
}

fn by_convention(raster: Raster) -> Buffer {
    if raster.channels() == Channels::Rgb {
        return raster.into_data();
    }
    let mut rgb = blank(&raster);
    let pixels = rgb.as_chunks_mut::<3>().0.iter_mut();
    match raster.channels() {
        Channels::Rgb => {}
        Channels::Grey => pixels.zip(raster.data()).for_each(|(pixel, grey)| *pixel = [*grey; 3]),
        Channels::Cmyk => {
            let inks = raster.data().as_chunks::<4>().0;
            pixels.zip(inks).for_each(|(pixel, ink)| *pixel = complement(*ink));
        }
    }
    rgb
}

/// What each ink leaves of white, in 255ths, rounded.
fn complement([cyan, magenta, yellow, black]: [u8; 4]) -> [u8; 3] {
    let light = u32::from(255 - black);
    [cyan, magenta, yellow].map(|ink| u8::try_from((u32::from(255 - ink) * light + 127) / 255).unwrap_or(u8::MAX))
}

fn blank(raster: &Raster) -> Buffer {
    let pixels = raster.data().len() / raster.channels().count();
    Buffer::zeroed(pixels * 3)
}
