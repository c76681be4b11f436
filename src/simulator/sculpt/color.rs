//! Colour: display values, linear light (gamma 2.2) and CIE Lab (D65).

use std::sync::LazyLock;

use image::RgbImage;

use super::grid::{Grid, Picture};
use super::vector::V3;

static DECODE: LazyLock<[f32; 256]> = LazyLock::new(|| std::array::from_fn(|i| (i as f32 / 255.0).powf(2.2)));

/// Linear light of the pixels, 0..1.
pub(super) fn linear(image: &RgbImage) -> Picture {
    let (w, h) = (image.width() as usize, image.height() as usize);
    let raw = image.as_raw();
    Grid::build(w, h, |x, y| {
        let i = (y * w + x) * 3;
        rgb(raw[i], raw[i + 1], raw[i + 2])
    })
}

/// Linear light of a display colour.
pub(super) fn rgb(r: u8, g: u8, b: u8) -> V3 {
    V3(DECODE[usize::from(r)], DECODE[usize::from(g)], DECODE[usize::from(b)])
}

/// Linear light of a colour written as `0xRRGGBB`.
pub(super) fn hex(c: u32) -> V3 {
    let [_, r, g, b] = c.to_be_bytes();
    rgb(r, g, b)
}

/// Display value of a linear colour.
pub(super) fn display(c: V3) -> [u8; 3] {
    let f = |v: f32| (v.clamp(0.0, 1.0).powf(1.0 / 2.2) * 255.0 + 0.5) as u8;
    [f(c.0), f(c.1), f(c.2)]
}

/// Relative luminance of a linear colour.
pub(super) fn luminance(c: V3) -> f32 {
    c.dot(V3(0.2126, 0.7152, 0.0722))
}

/// CIE Lab of a linear colour (CIE 15:2004, white D65).
pub(super) fn lab(c: V3) -> V3 {
    let x = c.dot(V3(0.4124, 0.3576, 0.1805)) / 0.9505;
    let y = c.dot(V3(0.2126, 0.7152, 0.0722));
    let z = c.dot(V3(0.0193, 0.1192, 0.9505)) / 1.089;
    let f = |t: f32| {
        if t > 0.008_856 { t.cbrt() } else { 7.787 * t + 16.0 / 116.0 }
    };
    let (fx, fy, fz) = (f(x), f(y), f(z));
    V3(116.0 * fy - 16.0, 500.0 * (fx - fy), 200.0 * (fy - fz))
}

/// Linear colour of a Lab colour, clipped to 0..1.
pub(super) fn unlab(c: V3) -> V3 {
    let fy = (c.0 + 16.0) / 116.0;
    let (fx, fz) = (fy + c.1 / 500.0, fy - c.2 / 200.0);
    let f = |t: f32| {
        if t > 0.206_893 { t * t * t } else { (t - 16.0 / 116.0) / 7.787 }
    };
    let xyz = V3(f(fx) * 0.9505, f(fy), f(fz) * 1.089);
    V3(
        xyz.dot(V3(3.2406, -1.5372, -0.4986)),
        xyz.dot(V3(-0.9689, 1.8758, 0.0415)),
        xyz.dot(V3(0.0557, -0.2040, 1.0570)),
    )
    .map(|v| v.clamp(0.0, 1.0))
}
