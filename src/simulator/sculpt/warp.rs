//! Proportions: a larger head over a smaller body.

use super::grid::{Grid, Rect};
use super::plate::{MARGIN, Plate, bounds};
use super::vector::smoothstep;

/// Row tables of the warp: for every target row its source row and its width's factor.
struct Profile {
    source: Vec<f32>,
    scale: Vec<f32>,
}

/// Enlarges the head by `strength` (0.6 for super-deformed figures) and squeezes the body; a plate without a face
/// becomes lower instead, and a rebuilt body keeps its shape.
pub(super) fn grow_head(plate: Plate, strength: f32) -> Plate {
    if strength <= 0.0 || plate.solid.is_some() {
        return plate;
    }
    let Some(face) = plate.face else {
        return squash(plate, 1.0 - 0.10 * strength);
    };
    let b = bounds(&plate.alpha);
    let neck = ((face.y + 1.12 * face.h - b.y) / b.h).clamp(0.15, 0.9);
    let profile = profile(&plate, &b, neck, strength);
    let axis = face.x + 0.5 * face.w;
    let half = (b.x + b.w - axis).max(axis - b.x).max(1.0);
    let top = profile.scale.iter().copied().fold(1.0, f32::max);
    let w = (2.0 * (half * top + MARGIN)).ceil() as usize;
    let middle = 0.5 * w as f32;
    let column = |x: usize, y: usize| axis + (x as f32 + 0.5 - middle) / profile.scale[y] - 0.5;
    let h = plate.alpha.h;
    let color = Grid::build(w, h, |x, y| plate.color.bilinear(column(x, y), profile.source[y]));
    let alpha = Grid::build(w, h, |x, y| plate.alpha.bilinear(column(x, y), profile.source[y]));
    let (y0, y1) = (profile.row(face.y), profile.row(face.y + face.h));
    let k = profile.scale[usize::midpoint(y0, y1)];
    let tall = y1.saturating_sub(y0).max(1) as f32;
    let moved = Rect::new(middle - 0.5 * face.w * k, y0 as f32, face.w * k, tall);
    Plate { color, alpha, face: Some(moved), ..plate }
}

impl Profile {
    /// The first target row that shows a source row or one below it.
    fn row(&self, source: f32) -> usize {
        self.source.iter().position(|&s| s >= source).unwrap_or(self.source.len() - 1)
    }
}

/// Without a head to enlarge, a lower and rounder figure.
fn squash(plate: Plate, k: f32) -> Plate {
    let (w, h) = (plate.alpha.w, (plate.alpha.h as f32 * k) as usize);
    Plate { color: plate.color.resized(w, h), alpha: plate.alpha.resized(w, h).map(|a| a.clamp(0.0, 1.0)), ..plate }
}

fn profile(plate: &Plate, b: &Rect, neck: f32, c: f32) -> Profile {
    let h = plate.alpha.h;
    let scale_at =
        |t: f32| 1.0 + c * (1.0 - smoothstep(neck - 0.10, neck + 0.10, t)) - 0.12 * c * smoothstep(neck, neck + 0.2, t);
    let steps: Vec<f32> = (0..h).map(|y| scale_at((y as f32 - b.y) / b.h)).collect();
    let total: f32 = steps.iter().sum();
    let mean = total / h as f32;
    let mut ends = Vec::with_capacity(h);
    let mut sum = 0.0;
    for s in &steps {
        sum += s / mean;
        ends.push(sum);
    }
    let mut at = 0;
    let mut source = Vec::with_capacity(h);
    for y in 0..h {
        let want = y as f32 + 0.5;
        while at + 1 < h && ends[at] < want {
            at += 1;
        }
        let begin = if at > 0 { ends[at - 1] } else { 0.0 };
        source.push(at as f32 + ((want - begin) / (ends[at] - begin).max(1e-3)).clamp(0.0, 1.0) - 0.5);
    }
    let scale = source.iter().map(|&s| scale_at((s - b.y) / b.h) / mean).collect();
    Profile { source, scale }
}
