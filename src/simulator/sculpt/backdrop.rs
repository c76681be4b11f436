//! What is behind the figure: wall, floor, lights out of focus.

use super::color::hex;
use super::grid::{Grid, Picture};
use super::layout::Layout;
use super::noise::{Pcg, fbm, value};
use super::style::Setting;
use super::vector::{V3, bell, mix, smoothstep};

/// A setting as data; colours are `0xRRGGBB`.
struct Look {
    top: u32,
    low: u32,
    floor: u32,
    /// Strength of the light on the wall behind the figure.
    glow: f32,
    /// Strength of lights out of focus.
    bokeh: f32,
    /// Height over which wall becomes floor; share of the stage.
    blend: f32,
    /// Strength of wood grain in the floor.
    planks: f32,
    /// Darkening of the corners.
    vignette: f32,
    /// Strength of hills in front of the wall.
    hills: f32,
    /// Strength of shelf boards on the wall.
    boards: f32,
}

#[rustfmt::skip]
const DESK: Look = Look { top: 0x2a_2f4a, low: 0x6d_5a6e, floor: 0x7a_4f32, glow: 0.45, bokeh: 0.9, blend: 0.006, planks: 1.0, vignette: 0.38, ..PLAIN };
#[rustfmt::skip]
const PLAIN: Look = Look { top: 0, low: 0, floor: 0, glow: 0.35, bokeh: 0.0, blend: 0.10, planks: 0.0, vignette: 0.22, hills: 0.0, boards: 0.0 };
#[rustfmt::skip]
const LILAC: Look = Look { top: 0x8f_b4ff, low: 0xf3_dcff, floor: 0xf8_ecff, glow: 0.30, ..PLAIN };
#[rustfmt::skip]
const GALLERY: Look = Look { top: 0x15_1719, low: 0x3a_3c40, floor: 0x2c_2a29, glow: 1.10, blend: 0.05, vignette: 0.55, ..PLAIN };
#[rustfmt::skip]
const MUSEUM: Look = Look { top: 0x2b_3846, low: 0x6d_7f90, floor: 0x5a_6875, glow: 0.55, blend: 0.05, vignette: 0.40, ..PLAIN };
#[rustfmt::skip]
const PINK: Look = Look { top: 0xff_b3cf, low: 0xff_d9e6, floor: 0xff_cfe0, ..PLAIN };
#[rustfmt::skip]
const WHITE: Look = Look { top: 0xa9_aeb4, low: 0xe4_e6e8, floor: 0xdc_dde0, ..PLAIN };
#[rustfmt::skip]
const SAND: Look = Look { top: 0xc9_a77c, low: 0xea_d5b4, floor: 0xdc_c19a, ..PLAIN };
#[rustfmt::skip]
const YELLOW: Look = Look { top: 0xf7_b500, low: 0xff_d75a, floor: 0xfc_cb38, ..PLAIN };
#[rustfmt::skip]
const MINT: Look = Look { top: 0x8f_d6be, low: 0xcf_f2e4, floor: 0xbd_e8d8, ..PLAIN };
#[rustfmt::skip]
const WORKSHOP: Look = Look { top: 0x2e_1c12, low: 0x6b_4428, floor: 0x8a_5d38, bokeh: 0.55, blend: 0.006, planks: 1.0, vignette: 0.42, ..PLAIN };
#[rustfmt::skip]
const SKY: Look = Look { top: 0x3f_93e0, low: 0xbf_e6fb, floor: 0x7f_b45c, blend: 0.012, ..PLAIN };
#[rustfmt::skip]
const GREY: Look = Look { top: 0x5e_656b, low: 0x98_a0a6, floor: 0x8b_9298, ..PLAIN };
#[rustfmt::skip]
const BLUE: Look = Look { top: 0x2a_6f9e, low: 0x6f_b3d2, floor: 0x8f_b9c9, ..PLAIN };
#[rustfmt::skip]
const NIGHT: Look = Look { top: 0x14_1038, low: 0x4a_2f7a, floor: 0x33_2257, bokeh: 1.0, blend: 0.006, vignette: 0.40, ..PLAIN };
#[rustfmt::skip]
const TEAL: Look = Look { top: 0x0f_6f78, low: 0x35_a9a8, floor: 0x2a_9596, ..PLAIN };
#[rustfmt::skip]
const MEADOW: Look = Look { top: 0x5c_7cf0, low: 0xa9_c8ff, floor: 0x4f_8a3a, blend: 0.006, hills: 1.0, ..PLAIN };
#[rustfmt::skip]
const PARCHMENT: Look = Look { top: 0x5a_2a22, low: 0x8f_4a38, floor: 0x6e_4a30, blend: 0.006, planks: 0.8, vignette: 0.45, bokeh: 0.35, ..PLAIN };

#[rustfmt::skip]
const SHELF: Look = Look { top: 0x18_1d22, low: 0x4c_3423, floor: 0x5e_3c22, glow: 0.60, bokeh: 1.0, blend: 0.004, planks: 0.6, vignette: 0.50, boards: 1.0, ..PLAIN };
#[rustfmt::skip]
const SUNSET: Look = Look { top: 0xf2_9a5b, low: 0xff_d9a0, floor: 0x8a_5a8f, blend: 0.008, hills: 1.0, ..PLAIN };

fn look(setting: Setting) -> &'static Look {
    match setting {
        Setting::Desk => &DESK,
        Setting::Lilac => &LILAC,
        Setting::Gallery => &GALLERY,
        Setting::Museum => &MUSEUM,
        Setting::Pink => &PINK,
        Setting::White => &WHITE,
        Setting::Sand => &SAND,
        Setting::Yellow => &YELLOW,
        Setting::Mint => &MINT,
        Setting::Workshop => &WORKSHOP,
        Setting::Sky => &SKY,
        Setting::Grey => &GREY,
        Setting::Blue => &BLUE,
        Setting::Night => &NIGHT,
        Setting::Teal => &TEAL,
        Setting::Meadow => &MEADOW,
        Setting::Parchment => &PARCHMENT,
        Setting::Shelf => &SHELF,
        Setting::Sunset => &SUNSET,
    }
}

/// Colour that the floor throws back up at the figure.
pub(super) fn floor_color(setting: Setting) -> V3 {
    hex(look(setting).floor)
}

/// A light out of focus: place, radius, colour, strength.
struct Disc {
    x: f32,
    y: f32,
    r: f32,
    color: V3,
}

/// Paints the setting at half of the picture's size.
pub(super) fn paint(setting: Setting, at: &Layout, seed: u64) -> Picture {
    let look = look(setting);
    let discs = if look.bokeh > 0.0 { discs(at, seed) } else { Vec::new() };
    let (w, h) = (at.w.div_ceil(2), at.h.div_ceil(2));
    let (top, low, floor) = (hex(look.top), hex(look.low), hex(look.floor));
    let noise = (seed & 0xffff) as u32;
    Grid::build(w, h, |x, y| {
        let (x, y) = (2.0 * x as f32 + 1.0, 2.0 * y as f32 + 1.0);
        let (dx, dy) = ((x - at.cx) / (0.42 * at.s), (y - at.figure.y - 0.45 * at.figure.h) / (0.40 * at.s));
        let glow = 0.80 + look.glow * bell(dx * dx + dy * dy);
        let wall = mix(top, low, smoothstep(at.horizon - 0.9 * at.s, at.horizon, y)) * glow;
        let wall = mix(wall, floor * 0.75, 0.80 * look.hills * hill(at, (x, y), noise));
        let wall = wall * (1.0 - 0.55 * look.boards * board(at, y));
        let wall = wall + lights(&discs, x, y) * (look.bokeh * 0.5);
        let depth = ((y - at.horizon) / (at.h as f32 - at.horizon).max(1.0)).clamp(0.0, 1.0);
        let spot = bell(((x - at.cx) / (0.55 * at.s)).powi(2) + ((y - at.top) / (0.30 * at.s)).powi(2));
        let ground = floor * (0.62 + 0.25 * depth + 0.42 * spot) * planks(look.planks, at, (x, y), noise);
        let seam = smoothstep(at.horizon - look.blend * at.s, at.horizon + look.blend * at.s, y);
        let (vx, vy) = (x / at.w as f32 - 0.5, y / at.h as f32 - 0.5);
        let corner = 1.0 - look.vignette * smoothstep(0.12, 0.55, vx * vx + vy * vy);
        mix(wall, ground, seam) * corner
    })
}

/// Rounded hills along the horizon, out of focus.
fn hill(at: &Layout, (x, y): (f32, f32), seed: u32) -> f32 {
    let rise = 0.05 + 0.16 * fbm((x - at.cx) / (0.42 * at.s) + 40.0, 0.5, 2, seed);
    let top = at.horizon - rise * at.s;
    smoothstep(-0.012 * at.s, 0.012 * at.s, y - top)
}

/// Dark edges of shelf boards, out of focus.
fn board(at: &Layout, y: f32) -> f32 {
    let up = (at.horizon - y) / (0.30 * at.s);
    let off = (up - up.round()).abs();
    if up < 0.5 { 0.0 } else { smoothstep(0.085, 0.045, off) }
}

/// Boards that run away from the viewer, softly out of focus.
fn planks(strength: f32, at: &Layout, (x, y): (f32, f32), seed: u32) -> f32 {
    if strength <= 0.0 || y < at.horizon {
        return 1.0;
    }
    let depth = (y - at.horizon) / at.s + 0.16;
    let across = (x - at.cx) / at.s / depth * 0.16;
    let along = 0.16 / depth;
    let board = (across * 9.0).floor();
    let tone = 0.86 + 0.28 * value(board * 3.7, 0.5, seed);
    let grain = fbm(across * 60.0, along * 5.0 + board * 7.0, 3, seed) - 0.5;
    let edge = ((across * 9.0) - board - 0.5).abs();
    let gap = 1.0 - 0.35 * smoothstep(0.47, 0.5, edge);
    1.0 + strength * (tone * (1.0 + 0.5 * grain) * gap - 1.0)
}

fn discs(at: &Layout, seed: u64) -> Vec<Disc> {
    const LAMPS: [u32; 5] = [0xff_b36b, 0xff_d9a0, 0x8f_b8ff, 0xff_7f8a, 0xc9_a2ff];
    let mut rng = Pcg::new(seed ^ 0xb0ce);
    (0..26)
        .map(|i| Disc {
            x: rng.unit() * at.w as f32,
            y: at.horizon - at.s * rng.between(0.02, 0.85),
            r: at.s * rng.between(0.02, 0.07),
            color: hex(LAMPS[i % LAMPS.len()]) * rng.between(0.35, 1.0),
        })
        .collect()
}

fn lights(discs: &[Disc], x: f32, y: f32) -> V3 {
    discs.iter().fold(V3::default(), |sum, d| {
        let (dx, dy) = (x - d.x, y - d.y);
        let q = (dx * dx + dy * dy) / (d.r * d.r);
        if q > 1.2 {
            return sum;
        }
        let r = q.sqrt();
        let inside = smoothstep(1.05, 0.92, r) * (0.75 + 0.25 * smoothstep(0.6, 0.95, r));
        sum.max(d.color * inside)
    })
}
