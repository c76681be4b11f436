//! Exposure and film: bloom, a soft shoulder, grain.

use std::sync::LazyLock;

use image::RgbImage;
use rayon::prelude::*;

use super::grid::{Grid, Picture};
use super::noise::hash;
use super::vector::V3;

/// Steps of the tone curve's table.
const STEPS: usize = 4096;
/// Brightest linear value that the curve tells apart.
const BRIGHTEST: f32 = 6.0;

/// (1 − exp(−1.58·c)) ÷ (1 − exp(−1.94)), then gamma 2.2, over √c.
static CURVE: LazyLock<Vec<f32>> = LazyLock::new(|| {
    (0..=STEPS)
        .map(|i| {
            let root = i as f32 / STEPS as f32;
            let c = root * root * BRIGHTEST;
            ((1.0 - (-1.581 * c).exp()) / (1.0 - (-1.94_f32).exp())).min(1.0).powf(1.0 / 2.2)
        })
        .collect()
});

/// Develops linear light into display values; `s` is the stage's side (pixels).
pub(super) fn develop(scene: &Picture, s: f32, seed: u64) -> RgbImage {
    let (w, h) = (scene.w, scene.h);
    let small = Grid::build(w.div_ceil(4), h.div_ceil(4), |x, y| {
        let c = scene.clamped(4 * x as isize + 1, 4 * y as isize + 1)
            + scene.clamped(4 * x as isize + 3, 4 * y as isize + 3);
        (c * 0.5).map(|v| (v - 0.85).clamp(0.0, 4.0))
    });
    let bloom = small.blur((0.012 * s / 4.0).max(0.5));
    let mut raw = vec![0_u8; w * h * 3];
    let grain = (seed & 0xffff_ffff) as u32;
    raw.par_chunks_mut(w * 3).enumerate().for_each(|(y, row)| {
        for (x, px) in row.chunks_exact_mut(3).enumerate() {
            let c = scene.at(x, y) + bloom.bilinear((x as f32 - 1.5) * 0.25, (y as f32 - 1.5) * 0.25) * 0.5;
            let n = (hash(x as i32, y as i32, grain) - 0.5) * 0.012;
            px.copy_from_slice(&tone(c).map(|v| ((v + n).clamp(0.0, 1.0) * 255.0 + 0.5) as u8));
        }
    });
    RgbImage::from_raw(w as u32, h as u32, raw).unwrap_or_else(|| RgbImage::new(1, 1))
}

fn tone(c: V3) -> [f32; 3] {
    [c.0, c.1, c.2].map(|v| {
        let v = if v.is_finite() { v.clamp(0.0, BRIGHTEST) } else { 0.0 };
        let t = (v / BRIGHTEST).sqrt() * STEPS as f32;
        let i = (t as usize).min(STEPS - 1);
        CURVE[i] + (CURVE[i + 1] - CURVE[i]) * (t - i as f32)
    })
}
