//! Edge-preserving smoothing.

use super::grid::{Grid, Picture};
use super::vector::V3;

/// Bilateral filter (Tomasi and Manduchi, "Bilateral filtering for gray and color images", 1998) over a window of
/// `radius`, with colour scale `color` and distance scale `space` (pixels). The bell is the rational (1 + d²/σ²)⁻²,
/// which needs no exponential.
pub(super) fn bilateral(picture: &Picture, radius: isize, color: f32, space: f32) -> Picture {
    let k = 1.0 / (2.0 * color * color);
    let window: Vec<(isize, isize, f32)> = (-radius..=radius)
        .flat_map(|dy| (-radius..=radius).map(move |dx| (dx, dy)))
        .filter(|(dx, dy)| dx * dx + dy * dy <= radius * radius + 1)
        .map(|(dx, dy)| (dx, dy, (-((dx * dx + dy * dy) as f32) / (2.0 * space * space)).exp()))
        .collect();
    let (w, h) = (picture.w as isize, picture.h as isize);
    Grid::build(picture.w, picture.h, |x, y| {
        let (x, y) = (x as isize, y as isize);
        let here = picture.at(x as usize, y as usize);
        let (mut sum, mut total) = (V3::default(), 0.0);
        let inner = x >= radius && y >= radius && x + radius < w && y + radius < h;
        for &(dx, dy, near) in &window {
            let c = if inner { picture.v[((y + dy) * w + x + dx) as usize] } else { picture.clamped(x + dx, y + dy) };
            let d = c - here;
            let q = 1.0 + k * d.dot(d);
            let weight = near / (q * q);
            sum = sum + c * weight;
            total += weight;
        }
        sum * (1.0 / total)
    })
}
