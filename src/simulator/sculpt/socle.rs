//! A bust: the chest tapers towards a turned stem of the same material.

use super::grid::Grid;
use super::plate::{Plate, bounds};
use super::vector::{V3, mix, smoothstep};

/// Height of the stem; share of the bust's.
const STEM: f32 = 0.17;
/// The share of the room's height that is left to the bust above its stem.
pub(super) const SHARE: f32 = 1.0 / (1.0 + STEM);

/// Cuts the chest and puts it on a stem; only what the photo's frame cut off.
pub(super) fn mount(plate: Plate) -> Plate {
    if !plate.cut {
        return plate;
    }
    let b = bounds(&plate.alpha);
    let (mid, low) = (plate.face.map_or(b.x + 0.5 * b.w, |f| mix(b.x + 0.5 * b.w, f.x + 0.5 * f.w, 0.5)), b.y + b.h);
    let tall = STEM * b.h;
    let (w, h) = (plate.alpha.w, plate.alpha.h + tall.ceil() as usize);
    let last = (plate.alpha.h - 1) as f32;
    let alpha = Grid::build(w, h, |x, y| {
        let (off, y) = ((x as f32 + 0.5 - mid).abs() / (0.5 * b.w), y as f32 + 0.5);
        let down = ((y - b.y) / b.h - 0.66).max(0.0) / 0.34;
        let chest = if y < last { plate.alpha.bilinear(x as f32, y - 0.5) } else { 0.0 };
        let tapered = chest * smoothstep(-0.02, 0.02, 1.12 - 0.62 * down * down - off);
        tapered.max(stem((y - low + 0.06 * b.h) / (tall + 0.06 * b.h), off, b.w))
    });
    let (sum, total) = (plate.color.v.iter().zip(&plate.alpha.v))
        .fold((V3::default(), 1e-3), |(sum, total), (&c, &a)| (sum + c * a, total + a));
    let plain = sum * (1.0 / total);
    let color = Grid::build(w, h, |x, y| {
        let here = plate.color.bilinear(x as f32, y as f32);
        mix(here, plain, smoothstep(low - 0.03 * b.h, low, y as f32))
    });
    Plate { color, alpha, ..plate }
}

/// How far a place belongs to the stem: `t` runs from its upper end (0) to its foot (1), `off` from the axis in shares
/// of the bust's half width, which is half of `wide` (pixels).
fn stem(t: f32, off: f32, wide: f32) -> f32 {
    if !(0.0..1.0).contains(&t) {
        return 0.0;
    }
    let flare = 0.20 + 0.12 * smoothstep(0.45, 0.72, t) + 0.10 * smoothstep(0.25, 0.0, t);
    let half = if t > 0.80 { 0.36 } else { flare };
    smoothstep(-0.7, 0.7, (half - off) * 0.5 * wide)
}
