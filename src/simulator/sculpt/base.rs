//! What the figure stands on.

use super::color::hex;
use super::grid::Picture;
use super::layout::Layout;
use super::noise::fbm;
use super::style::Base;
use super::vector::{V3, bell, mix, smoothstep};

/// A base as data.
struct Look {
    color: u32,
    /// Height of its side; share of the stage.
    thick: f32,
    /// How much of the figure its top mirrors.
    mirror: f32,
    /// How much of what is behind shows through.
    clear: f32,
    /// Strength of mottling, and its size (share of the stage).
    mottle: (f32, f32),
    /// Strength of light on edges and side.
    shine: f32,
    /// Distance between studs, in shares of the half width; 0 for none.
    studs: f32,
}

#[rustfmt::skip]
const GLOSS: Look = Look { color: 0x17_181c, thick: 0.028, mirror: 0.22, clear: 0.0, mottle: (0.0, 1.0), shine: 1.0, studs: 0.0 };
#[rustfmt::skip]
const ACRYLIC: Look = Look { color: 0xb8_e4ff, thick: 0.026, mirror: 0.12, clear: 0.88, mottle: (0.0, 1.0), shine: 1.2, studs: 0.0 };
#[rustfmt::skip]
const STONE: Look = Look { color: 0x4b_4744, thick: 0.085, mirror: 0.03, clear: 0.0, mottle: (0.5, 0.012), shine: 0.5, studs: 0.0 };
#[rustfmt::skip]
const MARBLE: Look = Look { color: 0xd0_cfcb, thick: 0.085, mirror: 0.06, clear: 0.0, mottle: (0.16, 0.05), shine: 0.5, studs: 0.0 };
#[rustfmt::skip]
const WOOD: Look = Look { color: 0x9a_6236, thick: 0.036, mirror: 0.04, clear: 0.0, mottle: (0.45, 0.02), shine: 0.5, studs: 0.0 };
#[rustfmt::skip]
const STUDS: Look = Look { color: 0x1f_8f3c, thick: 0.028, mirror: 0.08, clear: 0.0, mottle: (0.0, 1.0), shine: 0.9, studs: 0.21 };
#[rustfmt::skip]
const WHITE: Look = Look { color: 0xf4_f5f6, thick: 0.040, mirror: 0.06, clear: 0.0, mottle: (0.0, 1.0), shine: 0.5, studs: 0.0 };
#[rustfmt::skip]
const STEEL: Look = Look { color: 0x4f_565c, thick: 0.030, mirror: 0.10, clear: 0.0, mottle: (0.0, 1.0), shine: 0.9, studs: 0.0 };
#[rustfmt::skip]
const GRASS: Look = Look { color: 0x4f_8f35, thick: 0.045, mirror: 0.0, clear: 0.0, mottle: (1.1, 0.006), shine: 0.05, studs: 0.0 };
#[rustfmt::skip]
const TIN: Look = Look { color: 0x3c_6b2e, thick: 0.020, mirror: 0.08, clear: 0.0, mottle: (0.35, 0.02), shine: 1.0, studs: 0.0 };
#[rustfmt::skip]
const CUP: Look = Look { color: 0xe2_3d5a, thick: 0.080, mirror: 0.08, clear: 0.0, mottle: (0.0, 1.0), shine: 1.2, studs: 0.0 };

fn look(base: Base) -> &'static Look {
    match base {
        Base::Gloss => &GLOSS,
        Base::Acrylic => &ACRYLIC,
        Base::Stone => &STONE,
        Base::Marble => &MARBLE,
        Base::Wood => &WOOD,
        Base::Studs => &STUDS,
        Base::White => &WHITE,
        Base::Steel => &STEEL,
        Base::Grass => &GRASS,
        Base::Tin => &TIN,
        Base::Cup => &CUP,
    }
}

/// Height of the base's side; share of the stage.
pub(super) fn thickness(base: Base) -> f32 {
    look(base).thick
}

/// Darkens the floor round the base: a contact shadow and a long soft one to the right.
pub(super) fn cast(at: &Layout, x: f32, y: f32) -> f32 {
    let low = at.top + at.thick;
    let (u, v) = ((x - at.cx) / (1.22 * at.rx), (y - low) / (1.45 * at.ry));
    let contact = 0.50 * bell(2.6 * (u * u + v * v)).min(1.0);
    let (u, v) = ((x - at.cx - 0.75 * at.rx) / (1.5 * at.rx), (y - low) / (1.3 * at.ry));
    let long = 0.26 * bell(2.2 * (u * u + v * v));
    (1.0 - contact * 1.5).max(0.25) * (1.0 - long)
}

/// Draws the base over the scene; `figure` is the lit plate with its alpha, for the mirror.
pub(super) fn draw(scene: &mut Picture, base: Base, at: &Layout, mirror: &dyn Fn(f32, f32) -> (V3, f32)) {
    let look = look(base);
    let (y0, y1) = ((at.top - at.ry - 2.0).max(0.0) as usize, ((at.top + at.thick + at.ry + 3.0) as usize).min(at.h));
    let (x0, x1) = ((at.cx - at.rx - 2.0).max(0.0) as usize, ((at.cx + at.rx + 3.0) as usize).min(at.w));
    for y in y0..y1 {
        for x in x0..x1 {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let i = y * scene.w + x;
            let behind = scene.v[i];
            let side = side(look, at, px, py).map_or(behind, |(c, k)| mix(behind, glassy(look, c, behind), k));
            scene.v[i] = top(look, at, (px, py), mirror).map_or(side, |(c, k)| mix(side, glassy(look, c, behind), k));
        }
    }
}

fn glassy(look: &Look, color: V3, behind: V3) -> V3 {
    mix(color, behind * 0.94 + color * 0.16, look.clear)
}

fn side(look: &Look, at: &Layout, x: f32, y: f32) -> Option<(V3, f32)> {
    let t = (x - at.cx) / at.rx;
    if t.abs() >= 1.0 {
        return None;
    }
    let arc = at.ry * (1.0 - t * t).sqrt();
    let cover = smoothstep(-0.7, 0.7, at.top + arc + at.thick - y) * smoothstep(0.0, 2.5, (1.0 - t.abs()) * at.rx);
    if y < at.top || cover <= 0.0 {
        return None;
    }
    let light = 0.30
        + 0.75 * bell(2.0 * ((t + 0.55) / 0.18).powi(2))
        + 0.30 * bell(2.0 * ((t - 0.75) / 0.12).powi(2))
        + 0.25 * (1.0 - t.abs());
    let down = ((y - at.top - arc) / at.thick.max(1.0)).clamp(0.0, 1.0);
    let color = mottled(look, at, x, y * 1.0) * (light * (1.0 - 0.35 * down));
    let glint = look.shine * 0.16 * bell(2.0 * ((t + 0.55) / 0.18).powi(2)) * (1.0 - down);
    let rim = look.clear * 0.5 * smoothstep(0.25, 0.0, down);
    Some((color + V3::splat(glint + rim), cover))
}

fn top(look: &Look, at: &Layout, (x, y): (f32, f32), mirror: &dyn Fn(f32, f32) -> (V3, f32)) -> Option<(V3, f32)> {
    let (u, v) = ((x - at.cx) / at.rx, (y - at.top) / at.ry);
    let e = (u * u + v * v).sqrt();
    let slope = ((u / at.rx).powi(2) + (v / at.ry).powi(2)).sqrt() / e.max(1e-3);
    let away = (1.0 - e) / slope.max(1e-6);
    let cover = smoothstep(-0.7, 0.7, away);
    if cover <= 0.0 {
        return None;
    }
    let lit = 0.55 + 0.75 * bell(((u + 0.45) / 0.55).powi(2) + ((v + 0.35) / 0.7).powi(2));
    let bevel = bell(((away - 1.6) / 1.3).powi(2)) * (0.55 - 0.45 * v) * look.shine;
    let (knob, ring) = studs(look, u, v);
    let lit = lit * (1.0 + 0.30 * knob) * (1.0 - 0.55 * ring);
    let color = mottled(look, at, x, y / 0.27) * lit + V3::splat(0.03 * look.shine * lit + 0.30 * bevel.max(0.0));
    let (seen, k) = mirror(x, y);
    Some((mix(color, seen, k * look.mirror), cover))
}

/// Round studs in rows: how far a place of the top (shares of its radii) lies on a stud, and in its shadow.
fn studs(look: &Look, u: f32, v: f32) -> (f32, f32) {
    if look.studs <= 0.0 || u * u + v * v > 0.90 {
        return (0.0, 0.0);
    }
    let place = |x: f32| x / look.studs - (x / look.studs).floor() - 0.5;
    let (x, y) = (place(u), place(v));
    let disc = |x: f32, y: f32| smoothstep(0.36, 0.30, (x * x + y * y).sqrt());
    let knob = disc(x, y + 0.10);
    (knob, (disc(x - 0.06, y - 0.10) - knob).max(0.0))
}

fn mottled(look: &Look, at: &Layout, x: f32, y: f32) -> V3 {
    let (strength, size) = look.mottle;
    let n = if strength > 0.0 { fbm(x / (size * at.s), y / (size * at.s), 3, 77) - 0.5 } else { 0.0 };
    hex(look.color) * (1.0 + strength * 1.6 * n).max(0.1)
}
