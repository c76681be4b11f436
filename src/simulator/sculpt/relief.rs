//! Height of the figure: an inflated outline, a pillow under every patch of paint, and fine detail.

use super::grid::{Grid, Plane, percentile, reduced};
use super::paint::{Labels, Painted, in_face};
use super::plate::Plate;
use super::style::Form;

/// Longest side at which heights are solved; pixels.
const LONGEST: f32 = 170.0;
const SWEEPS: usize = 60;
const OVER: f32 = 1.8;

/// The figure's height over its plate; pixels.
pub(super) struct Relief {
    pub(super) height: Plane,
    /// Depth of the whole figure; pixels.
    pub(super) depth: f32,
}

/// Raises the plate.
pub(super) fn raise(plate: &Plate, painted: &Painted, form: &Form) -> Relief {
    let (w, h) = (plate.alpha.w, plate.alpha.h);
    let (sw, sh, _) = reduced(w, h, LONGEST);
    let alpha = plate.alpha.resized(sw, sh);
    let inside: Vec<bool> = alpha.v.iter().map(|&a| a > 0.5).collect();
    let body = plate.solid.clone().unwrap_or_else(|| balloon(&plate.alpha));
    let (parts, busy) = pillows(&painted.labels, &inside, sw, sh);
    let parts = parts.resized(w, h).blur(1.5);
    let soft = plate.face.map(|f| parts.blur(0.06 * f.w.max(8.0)));
    let part = form.part * (0.13 / busy.max(1e-3)).clamp(0.2, 1.0);
    let (fine, coarse) = (painted.light.blur(1.2), painted.light.blur(0.022 * w as f32));
    let depth = form.depth * w.min(h) as f32;
    let height = Grid::build(w, h, |x, y| {
        let a = plate.alpha.at(x, y);
        let face = in_face(plate.face.as_ref(), x as f32, y as f32);
        let hard = parts.at(x, y);
        let pt = soft.as_ref().map_or(hard, |s| hard + face * 0.75 * (s.at(x, y) - hard));
        let dt = (fine.at(x, y) - coarse.at(x, y)).clamp(-14.0, 14.0) / 14.0 * (1.0 - 0.35 * face);
        (depth * (body.at(x, y).max(0.0) + part * pt + form.detail * dt)).max(0.0) * a
    });
    Relief { height: height.blur(form.blur), depth }
}

/// Height (0..1) of an outline blown up.
pub(super) fn balloon(alpha: &Plane) -> Plane {
    let (w, h) = (alpha.w, alpha.h);
    let (sw, sh, _) = reduced(w, h, LONGEST);
    let inside: Vec<bool> = alpha.resized(sw, sh).v.iter().map(|&a| a > 0.5).collect();
    inflate(&inside, sw).resized(w, h).blur(0.012 * w.min(h) as f32)
}

/// √φ of ∇²φ = −1 with φ = 0 outside, scaled to 0..1: the profile of a blown-up balloon.
fn inflate(inside: &[bool], w: usize) -> Plane {
    let phi = poisson(inside, w);
    let top = phi.v.iter().copied().fold(1e-6, f32::max);
    phi.map(|p| (p / top).max(0.0).sqrt())
}

/// The same with φ = 0 also between paints, scaled by its 97th percentile; and the share of border pixels.
fn pillows(labels: &Labels, inside: &[bool], w: usize, h: usize) -> (Plane, f32) {
    let at = |x: usize, y: usize| {
        labels.v[(y * labels.h / h).min(labels.h - 1) * labels.w + (x * labels.w / w).min(labels.w - 1)]
    };
    let raw: Vec<usize> = (0..w * h).map(|i| at(i % w, i / w)).collect();
    let label = majority(&raw, w, h);
    let border = |i: usize| {
        let right = i % w + 1 < w && inside[i + 1] && label[i + 1] != label[i];
        let below = i / w + 1 < h && inside[i + w] && label[i + w] != label[i];
        right || below
    };
    let free: Vec<bool> = (0..w * h).map(|i| inside[i] && !border(i)).collect();
    let total = inside.iter().filter(|&&b| b).count().max(1);
    let busy = (total - free.iter().filter(|&&b| b).count().min(total)) as f32 / total as f32;
    let phi = poisson(&free, w).map(|p| p.max(0.0).sqrt());
    let top = percentile(phi.v.iter().copied().filter(|&p| p > 0.0).collect(), 0.97).max(1e-6);
    (phi.map(|p| (p / top).min(1.3)), busy)
}

/// Most frequent label in a 5×5 window, the lowest of equals.
fn majority(label: &[usize], w: usize, h: usize) -> Vec<usize> {
    let kinds = label.iter().max().map_or(1, |m| m + 1);
    let mut count = vec![0_u8; kinds];
    (0..label.len())
        .map(|i| {
            count.fill(0);
            let (x, y) = (i % w, i / w);
            for j in y.saturating_sub(2)..(y + 3).min(h) {
                label[j * w + x.saturating_sub(2)..j * w + (x + 3).min(w)].iter().for_each(|&l| count[l] += 1);
            }
            (1..kinds).fold(0, |b, k| if count[k] > count[b] { k } else { b })
        })
        .collect()
}

/// ∇²φ = −1 by successive over-relaxation from coarse to fine (Young 1954).
fn poisson(free: &[bool], w: usize) -> Plane {
    let h = free.len() / w;
    let mut phi = if w.min(h) > 24 {
        let (cw, ch) = (w / 2, h / 2);
        let coarse: Vec<bool> = (0..cw * ch).map(|i| free[(i / cw * 2) * w + i % cw * 2]).collect();
        poisson(&coarse, cw).resized(w, h).map(|p| (p * 4.0).max(0.0))
    } else {
        Plane::filled(w, h, 0.0)
    };
    for (p, &f) in phi.v.iter_mut().zip(free) {
        *p = if f { *p } else { 0.0 };
    }
    for _ in 0..SWEEPS {
        for (i, &open) in free.iter().enumerate() {
            if !open {
                continue;
            }
            let (x, y) = (i % w, i / w);
            let left = if x > 0 { phi.v[i - 1] } else { 0.0 };
            let right = if x + 1 < w { phi.v[i + 1] } else { 0.0 };
            let above = if y > 0 { phi.v[i - w] } else { 0.0 };
            let below = if y + 1 < h { phi.v[i + w] } else { 0.0 };
            phi.v[i] += OVER * (0.25 * (left + right + above + below + 1.0) - phi.v[i]);
        }
    }
    phi
}
