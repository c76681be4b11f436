//! What the figure came in: a window box behind it.

use super::color::hex;
use super::grid::{Grid, Picture, Plane};
use super::layout::Layout;
use super::style::Package;
use super::vector::{V3, bell, mix, smoothstep};

/// The lit figure with its outline.
pub(super) struct Lit<'a> {
    pub(super) color: &'a Picture,
    pub(super) alpha: &'a Plane,
}

/// How much wider the base must be than the figure alone asks for.
pub(super) fn room(package: Package) -> f32 {
    match package {
        Package::None | Package::Box | Package::Blister | Package::Capsule => 1.0,
        Package::Dome => 1.22,
    }
}

/// Draws what stands behind the figure into the half-size backdrop.
pub(super) fn behind(backdrop: Picture, package: Package, at: &Layout, lit: &Lit<'_>, accent: V3) -> Picture {
    match package {
        Package::Box => window_box(&backdrop, at, lit, accent),
        Package::Blister => card(&backdrop, at, accent),
        Package::None | Package::Capsule | Package::Dome => backdrop,
    }
}

/// Draws what stands in front of the figure: clear plastic or glass.
pub(super) fn front(scene: &mut Picture, package: Package, at: &Layout) {
    match package {
        Package::None | Package::Box => {}
        Package::Blister => glaze(scene, at, |x, y| bubble(at, x, y)),
        Package::Capsule => {
            shell(scene, at);
            glaze(scene, at, |x, y| ball(at, x, y));
        }
        Package::Dome => glaze(scene, at, |x, y| dome(at, x, y)),
    }
}

/// Signed distance (positive inside, pixels), the half size of the hull and its middle.
struct Hull {
    inside: f32,
    half: (f32, f32),
    middle: (f32, f32),
}

/// An edge line, a light tint and two glare bars over everything inside a hull.
fn glaze(scene: &mut Picture, at: &Layout, hull: impl Fn(f32, f32) -> Hull) {
    let line = 0.0045 * at.s;
    for y in 0..at.h {
        for x in 0..at.w {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let h = hull(px, py);
            if h.inside < -2.0 * line {
                continue;
            }
            let within = smoothstep(-1.0, 1.0, h.inside);
            let edge = bell((h.inside / line).powi(2)) * 0.38 + within * bell((h.inside / (7.0 * line)).powi(2)) * 0.16;
            let (u, v) = ((px - h.middle.0) / h.half.0, (py - h.middle.1) / h.half.1);
            let bow = u + 0.10 * v * v;
            let tall = smoothstep(0.86, 0.70, v.abs());
            let bars = 0.42 * smoothstep(0.055, 0.03, (bow + 0.72).abs()) * tall
                + 0.20 * smoothstep(0.025, 0.01, (bow + 0.58).abs()) * tall
                + 0.14 * smoothstep(0.04, 0.02, (bow - 0.76).abs()) * tall;
            let add = V3(0.96, 0.98, 1.0) * (edge + within * (0.035 + bars * (0.75 - 0.4 * v)));
            let c = &mut scene.v[y * at.w + x];
            *c = *c * (1.0 - 0.35 * edge) + add;
        }
    }
}

/// Signed distance to a rounded rectangle, positive inside.
fn rounded(x: f32, y: f32, (hw, hh): (f32, f32), r: f32) -> f32 {
    let (qx, qy) = (x.abs() - hw + r, y.abs() - hh + r);
    let out = (qx.max(0.0).powi(2) + qy.max(0.0).powi(2)).sqrt();
    r - out - qx.max(qy).min(0.0)
}

fn bubble(at: &Layout, x: f32, y: f32) -> Hull {
    let low = at.top + at.thick + at.ry * 1.35;
    let up = at.figure.y - 0.045 * at.s;
    let half = ((0.62 * at.figure.w).max(1.12 * at.rx), 0.5 * (low - up));
    let middle = (at.cx, 0.5 * (low + up));
    Hull { inside: rounded(x - middle.0, y - middle.1, half, 0.09 * at.s), half, middle }
}

fn ball(at: &Layout, x: f32, y: f32) -> Hull {
    let low = at.top + at.thick + at.ry;
    let r = (0.54 * (low - at.figure.y)).max(1.03 * at.rx).max(0.54 * at.figure.w);
    let middle = (at.cx, low - r + 0.01 * at.s);
    let d = ((x - middle.0).powi(2) + (y - middle.1).powi(2)).sqrt();
    Hull { inside: r - d, half: (r, r), middle }
}

/// The capsule's lower half: tinted plastic with a bright rim.
fn shell(scene: &mut Picture, at: &Layout) {
    let tint = hex(0xe8_2f56);
    for y in 0..at.h {
        for x in 0..at.w {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let h = ball(at, px, py);
            let (u, v) = ((px - h.middle.0) / h.half.0, (py - h.middle.1) / h.half.1);
            if h.inside < 0.0 || u.abs() >= 1.0 {
                continue;
            }
            let rim = 0.40 + 0.13 * (1.0 - u * u).sqrt();
            let light = 0.70 + 0.55 * bell(((u + 0.55) / 0.22).powi(2)) - 0.30 * v * u.abs();
            let c = &mut scene.v[y * at.w + x];
            let lip = bell(((v - rim) / 0.022).powi(2));
            *c = mix(*c, tint * light, 0.50 * smoothstep(-0.01, 0.01, v - rim));
            *c = mix(*c, tint * 1.1 + V3::splat(0.25), 0.85 * lip);
        }
    }
}

fn dome(at: &Layout, x: f32, y: f32) -> Hull {
    let half = 0.96 * at.rx;
    let up = at.figure.y - 0.06 * at.s;
    let sunk = at.top + 0.27 * half * (1.0 - ((x - at.cx) / half).powi(2)).max(0.0).sqrt();
    let tall = 0.5 * (at.top - up);
    let middle = (at.cx, up + tall);
    let round = rounded(x - at.cx, y - (up + 4.0 * tall), (half, 4.0 * tall), half * 0.98);
    Hull { inside: round.min(sunk - y), half: (half, tall), middle }
}

/// A rounded card with a hanging hole and a band of colour behind the bubble.
fn card(backdrop: &Picture, at: &Layout, accent: V3) -> Picture {
    let s = at.s;
    let low = at.top + at.thick + at.ry * 1.75;
    let up = (at.figure.y - 0.20 * s).max(0.03 * s);
    let wide = (0.70 * at.figure.w).max(1.28 * at.rx).min(0.46 * at.w as f32);
    let half = (wide, 0.5 * (low - up));
    let (mx, my) = (at.cx, 0.5 * (low + up));
    let stripe = mix(accent, hex(0xff_e08a), 0.5);
    Grid::build(backdrop.w, backdrop.h, |i, j| {
        let (x, y) = (2.0 * i as f32 + 1.0, 2.0 * j as f32 + 1.0);
        let (u, v) = ((x - mx) / half.0, (y - my) / half.1);
        let inside = rounded(x - mx, y - my, half, 0.03 * s);
        let fallen = rounded(x - mx - 0.02 * s, y - my - 0.02 * s, half, 0.05 * s);
        let shadow = 1.0 - 0.45 * smoothstep(-0.04 * s, 0.01 * s, fallen);
        let border = smoothstep(0.012 * s, 0.009 * s, inside);
        let print = mix(card_print(u, v, stripe), V3::splat(0.85), border);
        let hole = rounded(x - mx, y - up - 0.035 * s, (0.075 * s, 0.013 * s), 0.013 * s);
        let cover = smoothstep(-1.5, 1.5, inside) * (1.0 - smoothstep(-1.5, 1.5, hole));
        mix(backdrop.at(i, j) * shadow, print * (0.92 - 0.12 * v), cover)
    })
}

/// Rays round the figure and a slanting band above it; u and v run from −1 to 1 over the card.
fn card_print(u: f32, v: f32, stripe: V3) -> V3 {
    let (bright, deep) = (hex(0xff_8a1f), hex(0xd8_3a16));
    let rays = smoothstep(-0.08, 0.08, ((v + 0.1).atan2(u) * 11.0).sin());
    let ground = mix(mix(bright, deep, 0.5 + 0.5 * v), bright * 1.15, 0.30 * rays);
    let band = smoothstep(0.004, 0.0, (v + 0.80 + 0.06 * u).abs() - 0.075);
    mix(ground, stripe, band)
}

/// Measures of the box behind the figure: front, window (left, top, right, bottom), depth of its side.
struct Carton {
    front: (f32, f32, f32, f32),
    window: (f32, f32, f32, f32),
    depth: f32,
    paper: V3,
}

impl Carton {
    fn new(at: &Layout, accent: V3) -> Self {
        let s = at.s;
        let (width, height) = (0.36 * s, (at.figure.h * 0.86).clamp(0.40 * s, 0.66 * s));
        let x0 = (at.cx + 0.13 * s).min(at.w as f32 - width - 0.02 * s);
        let y1 = at.horizon + 0.055 * s;
        let (y0, x1) = (y1 - height, x0 + width);
        Self {
            front: (x0, y0, x1, y1),
            window: (x0 + 0.028 * s, y0 + 0.105 * s, x1 - 0.028 * s, y1 - 0.075 * s),
            depth: 0.09 * s,
            paper: mix(accent, V3::splat(0.55), 0.15),
        }
    }

    /// Coloured card with two pale bands.
    fn print(&self, x: f32, y: f32, s: f32) -> V3 {
        let (x0, y0, x1, y1) = self.front;
        let shade = 0.80 - 0.22 * ((y - y0) / (y1 - y0)).clamp(0.0, 1.0);
        let upper = panel(x, y, (x0, y0 + 0.055 * s, x1, y0 + 0.075 * s), 1.5);
        let lower = panel(x, y, (x0, y1 - 0.045 * s, x1, y1 - 0.03 * s), 1.5);
        mix(self.paper, V3::splat(0.62), upper.max(lower)) * shade
    }

    /// A second figure behind glossy film.
    fn view(&self, x: f32, y: f32, at: &Layout, lit: &Lit<'_>) -> V3 {
        let (x0, y0, x1, y1) = self.window;
        let k = (y1 - y0) * 0.92 / at.figure.h.max(1.0);
        let fx = (x - 0.5 * (x0 + x1)) / k + at.figure.x + 0.5 * at.figure.w - at.left;
        let fy = (y - y1) / k + at.figure.y + at.figure.h - at.up;
        let within = fx >= 0.0 && fy >= 0.0 && fx < lit.alpha.w as f32 && fy < lit.alpha.h as f32;
        let seen = if within { lit.alpha.bilinear(fx, fy) } else { 0.0 };
        let across = ((x - x0) / (x1 - x0)).clamp(0.0, 1.0);
        let inside = hex(0x2b_2d38) * (0.7 + 0.5 * across);
        let slant = (x - x0) / (x1 - x0) + (y - y0) / (y1 - y0) * 0.75 - 0.6;
        let glare = smoothstep(0.05, 0.0, slant.abs() - 0.07);
        mix(inside, lit.color.bilinear(fx, fy) * 0.5, seen) + V3::splat(0.10 * glare)
    }
}

fn window_box(backdrop: &Picture, at: &Layout, lit: &Lit<'_>, accent: V3) -> Picture {
    let s = at.s;
    let carton = Carton::new(at, accent);
    let (x0, y0, x1, y1) = carton.front;
    let foot = (x0 - carton.depth, y1 - 0.01 * s, x1 + 0.03 * s, y1 + 0.02 * s);
    Grid::build(backdrop.w, backdrop.h, |i, j| {
        let (x, y) = (2.0 * i as f32 + 1.0, 2.0 * j as f32 + 1.0);
        let ground = backdrop.at(i, j) * (1.0 - 0.45 * panel(x, y, foot, 0.02 * s));
        let skew = (x0 - x).clamp(0.0, carton.depth) * 0.16;
        let flank = (x0 - carton.depth, y0 + skew, x0 + 1.0, y1 - skew);
        let sided = mix(ground, carton.paper * 0.38, panel(x, y, flank, 1.5));
        let open = panel(x, y, carton.window, 2.0);
        let front = mix(carton.print(x, y, s), carton.view(x, y, at, lit), open);
        mix(sided, front, panel(x, y, carton.front, 1.5))
    })
}

/// A rectangle (left, top, right, bottom) with soft edges: share covered at a point.
fn panel(x: f32, y: f32, (x0, y0, x1, y1): (f32, f32, f32, f32), soft: f32) -> f32 {
    let inside = (x - x0).min(x1 - x).min(y - y0).min(y1 - y);
    smoothstep(-soft, soft, inside)
}
