//! Fitting a picture to the longest side allowed.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::{U8, U8x3, U8x4};
use fast_image_resize::{FilterType, PixelTrait, ResizeAlg, ResizeOptions, Resizer};

use super::buffer::Buffer;
use super::raster::{Channels, Plane, Raster};

/// The sides of a picture of `sides` when the longer one is at most `longest`; never larger, never 0.
pub(super) fn fitted((width, height): (u32, u32), longest: u32) -> (u32, u32) {
    let side = width.max(height);
    if side <= longest {
        return (width, height);
    }
    let scaled = |one: u32| {
        let rounded = (u64::from(one) * u64::from(longest) + u64::from(side) / 2) / u64::from(side).max(1);
        u32::try_from(rounded).unwrap_or(longest).max(1)
    };
    (scaled(width), scaled(height))
}

/// Resamples to exactly `sides`; `None` when the picture is at odds with itself.
///
/// Catmull-Rom looks like Lanczos here and takes two thirds of its time.
pub(super) fn resize(raster: Raster, sides: (u32, u32)) -> Option<Raster> {
    if raster.sides() == sides {
        return Some(raster);
    }
    let channels = raster.channels();
    let length = u64::from(sides.0) * u64::from(sides.1) * channels.count() as u64;
    let mut data = Buffer::zeroed(usize::try_from(length).ok()?);
    let (from, to) = ((raster.data(), raster.sides()), (&mut *data, sides));
    match channels {
        Channels::Grey => resample::<U8>(from, to, &catmull_rom())?,
        Channels::Rgb => resample::<U8x3>(from, to, &catmull_rom())?,
        Channels::Cmyk => resample::<U8x4>(from, to, &catmull_rom())?,
    }
    Raster::new(sides, channels, data)
}

/// The fourth sample of a pixel is black ink and never alpha.
fn catmull_rom() -> ResizeOptions {
    ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom)).use_alpha(false)
}

/// By the type of its pixels: to choose it while running takes code for every type there is into the program.
fn resample<P: PixelTrait>(
    (from, (width, height)): (&[u8], (u32, u32)),
    (to, sides): (&mut [u8], (u32, u32)),
    options: &ResizeOptions,
) -> Option<()> {
    let from = TypedImageRef::<P>::from_buffer(width, height, from).ok()?;
    let mut to = TypedImage::<P>::from_buffer(sides.0, sides.1, to).ok()?;
    Resizer::new().resize_typed(&from, &mut to, options).ok()
}

/// What is shown of a plane whose rows may be longer, and whose edge may lie within a sample.
#[derive(Clone, Copy)]
pub(super) struct Area {
    pub(super) stride: usize,
    pub(super) shown: (f64, f64),
}

/// Resamples a plane to exactly `sides`; `None` when it is at odds with itself.
pub(super) fn plane(samples: &[u8], area: Area, sides: (u32, u32)) -> Option<Plane> {
    let mut data = Buffer::zeroed(sides.0 as usize * sides.1 as usize);
    let rows = samples.len().checked_div(area.stride)?;
    if (area.shown.0.ceil(), area.shown.1.ceil()) == (f64::from(sides.0), f64::from(sides.1)) {
        for (to, from) in data.chunks_exact_mut(sides.0 as usize).zip(samples.chunks_exact(area.stride)) {
            to.copy_from_slice(from.get(..sides.0 as usize)?);
        }
        return Some(data);
    }
    let held = (u32::try_from(area.stride).ok()?, u32::try_from(rows).ok()?);
    let options = catmull_rom().crop(0.0, 0.0, area.shown.0, area.shown.1);
    resample::<U8>((samples, held), (&mut *data, sides), &options)?;
    Some(data)
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn fitting_keeps_the_shape_and_never_enlarges(width in 1_u32..70_000, height in 1_u32..70_000, longest in 16_u32..4000) {
            let (w, h) = fitted((width, height), longest);
            proptest::prop_assert!(w >= 1 && h >= 1 && w <= width && h <= height);
            proptest::prop_assert_eq!(w.max(h), width.max(height).min(longest));
            let off = (f64::from(w) * f64::from(height) / f64::from(width) - f64::from(h)).abs();
            let tolerance = 1.0 + f64::from(height) / f64::from(width);
            proptest::prop_assert!(off <= tolerance, "{}x{} became {}x{}", width, height, w, h);
        }
    }
}
