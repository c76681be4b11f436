//! What the figure came in: a window box behind it.

use super::color::hex;
use super::grid::{Grid, Picture, Plane};
use super::layout::Layout;
use super::style::Package;
use super::vector::{V3, mix, smoothstep};

/// The lit figure with its outline.
pub(super) struct Lit<'a> {
    pub(super) color: &'a Picture,
    pub(super) alpha: &'a Plane,
}

/// Draws what stands behind the figure into the half-size backdrop.
pub(super) fn behind(backdrop: Picture, package: Package, at: &Layout, lit: &Lit<'_>, accent: V3) -> Picture {
    match package {
        Package::None => backdrop,
        Package::Box => window_box(&backdrop, at, lit, accent),
    }
}

/// A rectangle with soft edges: share covered at a point.
fn panel(x: f32, y: f32, (x0, y0, x1, y1): (f32, f32, f32, f32), soft: f32) -> f32 {
    let inside = (x - x0).min(x1 - x).min(y - y0).min(y1 - y);
    smoothstep(-soft, soft, inside)
}

fn window_box(backdrop: &Picture, at: &Layout, lit: &Lit<'_>, accent: V3) -> Picture {
    let s = at.s;
    let (width, height) = (0.36 * s, (at.figure.h * 0.86).clamp(0.40 * s, 0.66 * s));
    let x0 = (at.cx + 0.13 * s).min(at.w as f32 - width - 0.02 * s);
    let y1 = at.horizon + 0.055 * s;
    let (y0, x1) = (y1 - height, x0 + width);
    let depth = 0.09 * s;
    let window = (x0 + 0.028 * s, y0 + 0.105 * s, x1 - 0.028 * s, y1 - 0.075 * s);
    let paper = mix(accent, V3::splat(0.55), 0.15);
    let inside = hex(0x2b_2d38);
    let k = (window.3 - window.1) * 0.92 / at.figure.h.max(1.0);
    Grid::build(backdrop.w, backdrop.h, |i, j| {
        let (x, y) = (2.0 * i as f32 + 1.0, 2.0 * j as f32 + 1.0);
        let mut c = backdrop.at(i, j);
        let ground = 1.0 - 0.45 * panel(x, y, (x0 - depth, y1 - 0.01 * s, x1 + 0.03 * s, y1 + 0.02 * s), 0.02 * s);
        c = c * ground;
        let skew = (x0 - x).clamp(0.0, depth) * 0.16;
        c = mix(c, paper * 0.38, panel(x, y, (x0 - depth, y0 + skew, x0 + 1.0, y1 - skew), 1.5));
        let shade = 0.80 - 0.22 * ((y - y0) / height).clamp(0.0, 1.0);
        let mut front = paper * shade;
        front = mix(front, V3::splat(0.62) * shade, panel(x, y, (x0, y0 + 0.055 * s, x1, y0 + 0.075 * s), 1.5));
        front = mix(front, V3::splat(0.62) * shade, panel(x, y, (x0, y1 - 0.045 * s, x1, y1 - 0.03 * s), 1.5));
        let open = panel(x, y, window, 2.0);
        let (fx, fy) = (
            (x - 0.5 * (window.0 + window.2)) / k + at.figure.x + 0.5 * at.figure.w - at.left,
            (y - window.3) / k + at.figure.y + at.figure.h - at.up,
        );
        let within = fx >= 0.0 && fy >= 0.0 && fx < lit.alpha.w as f32 && fy < lit.alpha.h as f32;
        let seen = if within { lit.alpha.bilinear(fx, fy) } else { 0.0 };
        let mut view = inside * (0.7 + 0.5 * ((x - window.0) / (window.2 - window.0)).clamp(0.0, 1.0));
        view = mix(view, lit.color.bilinear(fx, fy) * 0.5, seen);
        let glare = smoothstep(0.05, 0.0, ((x - window.0) / width + (y - window.1) / height - 0.55).abs() - 0.07);
        front = mix(front, view + V3::splat(0.10 * glare), open);
        mix(c, front, panel(x, y, (x0, y0, x1, y1), 1.5))
    })
}
