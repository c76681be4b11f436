//! Sizes: the photo to a workable one, the picture to the wanted one.

use fast_image_resize::images::{TypedImage, TypedImageRef};
use fast_image_resize::pixels::U8x3;
use fast_image_resize::{FilterType, ResizeAlg, ResizeOptions, Resizer};
use image::RgbImage;
use image::imageops::crop_imm;

use super::color::linear;
use super::grid::Picture;

/// Longest side of the photo that is worked on; pixels.
const LONGEST: u32 = 1024;
/// Greatest ratio of a photo's sides; more is cropped to its middle.
const SLIMMEST: u32 = 5;
/// Area at which pictures are drawn; larger ones are enlarged from it. Pixels.
const AREA: f32 = 1_100_000.0;
/// Least short side at which pictures are drawn; pixels.
const SHORTEST: f32 = 96.0;

/// The photo in linear light, neither too large nor too slim; grey where it has no pixels.
pub(super) fn photo(photo: &RgbImage) -> Picture {
    let (w, h) = photo.dimensions();
    if w == 0 || h == 0 {
        return Picture::filled(64, 64, super::vector::V3::splat(0.2));
    }
    let (cw, ch) = (w.min(h.saturating_mul(SLIMMEST)), h.min(w.saturating_mul(SLIMMEST)));
    let cropped;
    let whole = if (cw, ch) == (w, h) {
        photo
    } else {
        cropped = crop_imm(photo, (w - cw) / 2, (h - ch) / 2, cw, ch).to_image();
        &cropped
    };
    let longest = cw.max(ch);
    if longest <= LONGEST {
        return linear(whole);
    }
    let side = |n: u32| ((f64::from(n) * f64::from(LONGEST) / f64::from(longest)).round() as u32).max(1);
    linear(&resize(whole, side(cw), side(ch)))
}

/// The size at which a picture is drawn: at most about one megapixel, of nearly the wanted ratio.
pub(super) fn working_size(width: u32, height: u32) -> (usize, usize) {
    let (w, h) = (width.max(1) as f32, height.max(1) as f32);
    let (w, h) = (w.min(h * 12.0), h.min(w * 12.0));
    let down = (AREA / (w * h)).sqrt().min(1.0);
    let up = (SHORTEST / (w.min(h) * down)).max(1.0);
    ((w * down * up).round() as usize, (h * down * up).round() as usize)
}

/// The picture at exactly the wanted size.
pub(super) fn enlarge(picture: RgbImage, width: u32, height: u32) -> RgbImage {
    if picture.dimensions() == (width, height) { picture } else { resize(&picture, width, height) }
}

/// Catmull–Rom; a copy by nearest pixels should the resizer refuse.
fn resize(image: &RgbImage, width: u32, height: u32) -> RgbImage {
    let quick = || {
        let source = TypedImageRef::<U8x3>::from_buffer(image.width(), image.height(), image.as_raw()).ok()?;
        let mut resized = RgbImage::new(width, height);
        let mut target = TypedImage::<U8x3>::from_buffer(width, height, &mut resized).ok()?;
        let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
        Resizer::new().resize_typed(&source, &mut target, &options).ok()?;
        Some(resized)
    };
    quick().unwrap_or_else(|| image::imageops::thumbnail(image, width, height))
}
