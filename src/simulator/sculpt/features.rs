//! Faces that are drawn rather than photographed: marks in the coordinates of the face's box.

use super::color::{hex, lab};
use super::grid::{Grid, Rect, percentile};
use super::shade::Figure;
use super::style::Features;
use super::vector::{V3, mix, smoothstep};

/// A mark's outline.
#[derive(Clone, Copy)]
enum Shape {
    Disc,
    Block,
    /// The lower half of an ellipse, drawn as a line.
    Smile,
    /// The upper half of an ellipse, drawn as a line.
    Lash,
    /// A smile sewn in short stitches.
    Seam,
}

/// One mark: outline, middle (shares of the face's box, x from its axis), half sizes, colour, opacity at the top and
/// at the bottom, whether both sides have it, and how far it stands out (share of the face's width).
struct Mark(Shape, (f32, f32), (f32, f32), u32, (f32, f32), bool, f32);

const BLACK: u32 = 0x16_1114;
const WHITE: u32 = 0xff_ffff;
const LIP: u32 = 0x9c_3a3a;
const BLUSH: u32 = 0xf0_7a7c;

use Shape::{Block, Disc, Lash, Seam, Smile};

#[rustfmt::skip]
const ANIME: &[Mark] = &[
    Mark(Disc, (0.27, 0.70), (0.12, 0.06), BLUSH, (0.30, 0.30), true, 0.0),
    Mark(Disc, (0.225, 0.50), (0.130, 0.135), WHITE, (0.97, 0.97), true, 0.0),
    Mark(Disc, (0.215, 0.51), (0.098, 0.130), 0x20_2c6e, (1.0, 1.0), true, 0.0),
    Mark(Disc, (0.215, 0.55), (0.078, 0.085), 0x5a_a8f0, (0.1, 1.0), true, 0.0),
    Mark(Disc, (0.215, 0.50), (0.042, 0.066), BLACK, (0.95, 0.8), true, 0.0),
    Mark(Lash, (0.228, 0.51), (0.150, 0.160), BLACK, (1.0, 1.0), true, 0.0),
    Mark(Lash, (0.225, 0.31), (0.130, 0.045), 0x4a_3328, (0.85, 0.85), true, 0.0),
    Mark(Disc, (0.0, 0.70), (0.012, 0.010), LIP, (0.5, 0.5), false, 0.0),
    Mark(Smile, (0.0, 0.79), (0.085, 0.045), LIP, (1.0, 1.0), false, 0.0),
];
#[rustfmt::skip]
const CHIBI: &[Mark] = &[
    Mark(Disc, (0.30, 0.76), (0.115, 0.06), BLUSH, (0.45, 0.45), true, 0.0),
    Mark(Disc, (0.235, 0.56), (0.125, 0.170), BLACK, (1.0, 1.0), true, 0.008),
    Mark(Disc, (0.235, 0.60), (0.098, 0.120), 0x8a_4a2c, (0.0, 1.0), true, 0.0),
    Mark(Disc, (0.235, 0.54), (0.060, 0.085), BLACK, (1.0, 0.9), true, 0.0),
    Mark(Lash, (0.235, 0.27), (0.105, 0.035), 0x4a_3328, (0.85, 0.85), true, 0.0),
    Mark(Smile, (0.0, 0.80), (0.07, 0.045), LIP, (1.0, 1.0), false, 0.0),
];
#[rustfmt::skip]
const DOTS: &[Mark] = &[
    Mark(Disc, (0.30, 0.68), (0.09, 0.075), BLUSH, (0.32, 0.32), true, 0.0),
    Mark(Disc, (0.20, 0.47), (0.060, 0.068), BLACK, (1.0, 1.0), true, 0.0),
    Mark(Lash, (0.20, 0.33), (0.085, 0.035), 0x4a_3328, (0.9, 0.9), true, 0.0),
    Mark(Smile, (0.0, 0.66), (0.19, 0.125), BLACK, (1.0, 1.0), false, 0.0),
];
#[rustfmt::skip]
const BUTTONS: &[Mark] = &[
    Mark(Disc, (0.25, 0.52), (0.125, 0.130), BLACK, (1.0, 1.0), true, 0.05),
    Mark(Disc, (0.0, 0.66), (0.045, 0.030), 0xc8_8a72, (0.55, 0.55), false, 0.03),
];
#[rustfmt::skip]
const STITCHED: &[Mark] = &[
    Mark(Disc, (0.31, 0.68), (0.10, 0.07), BLUSH, (0.40, 0.40), true, 0.0),
    Mark(Disc, (0.22, 0.48), (0.085, 0.090), BLACK, (1.0, 1.0), true, 0.06),
    Mark(Disc, (0.0, 0.62), (0.055, 0.038), 0x5a_3428, (1.0, 1.0), false, 0.02),
    Mark(Seam, (0.0, 0.68), (0.15, 0.11), 0x3a_2420, (1.0, 1.0), false, -0.01),
];
#[rustfmt::skip]
const BALLS: &[Mark] = &[
    Mark(Disc, (0.20, 0.45), (0.150, 0.150), 0xf6_f3ea, (1.0, 1.0), true, 0.10),
    Mark(Disc, (0.175, 0.46), (0.056, 0.060), BLACK, (1.0, 1.0), true, 0.0),
    Mark(Lash, (0.21, 0.24), (0.14, 0.05), 0x4a_3020, (1.0, 1.0), true, 0.02),
    Mark(Disc, (0.0, 0.62), (0.075, 0.070), 0xd9_8468, (0.75, 0.75), false, 0.09),
    Mark(Smile, (0.0, 0.72), (0.18, 0.11), 0x6a_2622, (1.0, 1.0), false, -0.02),
];

/// Square eyes as large as two cubes, a straight mouth.
#[rustfmt::skip]
const CUBES: &[Mark] = &[
    Mark(Block, (0.33, 0.46), (0.070, 0.105), WHITE, (1.0, 1.0), true, 0.0),
    Mark(Block, (0.20, 0.46), (0.105, 0.105), 0x14_1a38, (1.0, 1.0), true, 0.0),
    Mark(Block, (0.0, 0.84), (0.150, 0.045), 0x8a_4a40, (1.0, 1.0), false, 0.0),
];
/// Dots, brows, blush and moustache-free mouth, as painted with a fine brush.
#[rustfmt::skip]
const PAINTED: &[Mark] = &[
    Mark(Disc, (0.27, 0.66), (0.13, 0.10), BLUSH, (0.55, 0.55), true, 0.0),
    Mark(Disc, (0.22, 0.43), (0.075, 0.085), BLACK, (1.0, 1.0), true, 0.0),
    Mark(Lash, (0.22, 0.27), (0.12, 0.04), 0x3a_2418, (1.0, 1.0), true, 0.0),
    Mark(Disc, (0.0, 0.60), (0.055, 0.075), 0xd0_8a6a, (0.5, 0.5), false, 0.05),
    Mark(Smile, (0.0, 0.74), (0.13, 0.06), LIP, (1.0, 1.0), false, 0.0),
];

/// Glints: middle from the eye's own, half size, opacity.
const GLINTS: &[((f32, f32), f32, f32)] = &[((-0.34, -0.42), 0.30, 0.95), ((0.34, 0.46), 0.15, 0.7)];

fn marks(features: Features) -> &'static [Mark] {
    match features {
        Features::Photo => &[],
        Features::Anime => ANIME,
        Features::Chibi => CHIBI,
        Features::Dots => DOTS,
        Features::Buttons => BUTTONS,
        Features::Stitched => STITCHED,
        Features::Balls => BALLS,
        Features::Cubes => CUBES,
        Features::Painted => PAINTED,
    }
}

/// Paints over the photographed face and draws the features.
pub(super) fn draw(figure: &mut Figure, face: Option<&Rect>, features: Features) {
    let Some(face) = face else { return };
    if features == Features::Photo {
        return;
    }
    repaint(figure, face);
    for mark in marks(features) {
        ink(figure, face, mark);
        if mark.5 && mark.3 == BLACK && matches!(mark.0, Disc) {
            glint(figure, face, mark);
        }
    }
}

/// The face's ordinary colour: between mean and bright, hair and eyes left out.
fn skin(figure: &Figure, face: &Rect) -> V3 {
    let mut inside = Vec::new();
    for j in 0..16 {
        for i in 0..16 {
            let (x, y) =
                (face.x + face.w * (0.25 + 0.5 * i as f32 / 15.0), face.y + face.h * (0.35 + 0.5 * j as f32 / 15.0));
            inside.push(figure.albedo.bilinear(x, y));
        }
    }
    let channel = |f: fn(&V3) -> f32| percentile(inside.iter().map(f).collect(), 0.62);
    V3(channel(|c| c.0), channel(|c| c.1), channel(|c| c.2))
}

/// One even skin without photographed features, and a smooth form below it.
fn repaint(figure: &mut Figure, face: &Rect) {
    let skin = skin(figure, face);
    let target = lab(skin);
    let (w, h) = (figure.alpha.w, figure.alpha.h);
    let cover = Grid::build(w, h, |x, y| {
        let (u, v) = ((x as f32 - face.x - 0.5 * face.w) / face.w, (y as f32 - face.y) / face.h);
        let core = smoothstep(1.15, 0.85, (u / 0.40).powi(2) + ((v - 0.60) / 0.44).powi(2));
        let wide = smoothstep(1.15, 0.85, (u / 0.54).powi(2) + ((v - 0.56) / 0.66).powi(2));
        if wide <= 0.0 {
            return 0.0;
        }
        let alike = smoothstep(38.0, 22.0, (lab(figure.albedo.at(x, y)) - target).length());
        core.max(wide * alike)
    })
    .blur(0.012 * face.w);
    let soft = figure.height.blur((0.09 * face.w).max(1.0));
    figure.albedo = Grid::build(w, h, |x, y| mix(figure.albedo.at(x, y), skin, cover.at(x, y)));
    figure.height = Grid::build(w, h, |x, y| mix(figure.height.at(x, y), soft.at(x, y), cover.at(x, y)));
}

/// Calls `f` for the pixels around a place of the face (shares of its box), with the offset in shares of its width.
fn around(figure: &mut Figure, face: &Rect, (cx, cy, reach): (f32, f32, f32), f: impl Fn(&mut V3, &mut f32, f32, f32)) {
    let (mx, my) = (face.x + face.w * (0.5 + cx), face.y + face.h * cy);
    let r = reach * face.w + 2.0;
    let (x0, y0) = ((mx - r).max(0.0) as usize, (my - r).max(0.0) as usize);
    let (x1, y1) = (((mx + r).max(0.0) as usize).min(figure.alpha.w), ((my + r).max(0.0) as usize).min(figure.alpha.h));
    for y in y0..y1 {
        for x in x0..x1 {
            let i = y * figure.alpha.w + x;
            f(
                &mut figure.albedo.v[i],
                &mut figure.height.v[i],
                (x as f32 + 0.5 - mx) / face.w,
                (y as f32 + 0.5 - my) / face.w,
            );
        }
    }
}

fn ink(figure: &mut Figure, face: &Rect, &Mark(shape, (cx, cy), (rx, ry), color, (top, low), both, raise): &Mark) {
    let color = hex(color);
    let pixel = 1.0 / face.w.max(4.0);
    let sides: &[f32] = if both { &[-1.0, 1.0] } else { &[1.0] };
    for side in sides {
        let place = (cx * side, cy, rx.max(ry) * 1.4 + 0.05);
        around(figure, face, place, |paint, height, u, v| {
            let e = ((u / rx).powi(2) + (v / ry).powi(2)).sqrt();
            let cover = match shape {
                Disc => smoothstep(pixel, -pixel, (e - 1.0) * rx.min(ry)),
                Block => f32::from(u8::from(u.abs() < rx && v.abs() < ry)),
                Smile => line(u, v, (rx, ry), pixel),
                Lash => line(u, -v, (rx, ry), pixel),
                Seam => {
                    line(u, v, (rx, ry), pixel)
                        * smoothstep(0.35, 0.5, ((u / rx * 4.5).fract().abs() - 0.5).abs() + 0.2)
                }
            };
            let strength = mix(top, low, (0.5 + 0.5 * v / ry).clamp(0.0, 1.0));
            *paint = mix(*paint, color, cover * strength);
            let dome = if matches!(shape, Disc) { (1.0 - e * e).max(0.0).sqrt() } else { cover };
            *height += raise * face.w * dome;
        });
    }
}

/// The lower half of an ellipse as a line that thins towards its ends.
fn line(u: f32, v: f32, (rx, ry): (f32, f32), pixel: f32) -> f32 {
    let t = (u / rx).abs();
    if t >= 1.0 || v < -0.3 * ry {
        return 0.0;
    }
    let arc = ry * (1.0 - t * t).sqrt();
    let thick = 0.022 * (1.0 - 0.55 * t * t);
    smoothstep(thick + pixel, thick - pixel, (v - arc).abs())
}

fn glint(figure: &mut Figure, face: &Rect, mark: &Mark) {
    let ((cx, cy), (rx, ry)) = (mark.1, mark.2);
    let pixel = 1.0 / face.w.max(4.0);
    for side in [-1.0, 1.0] {
        for &((gx, gy), size, strength) in GLINTS {
            let at = (cx * side + gx * rx, cy + gy * ry * face.w / face.h, size * rx + 0.02);
            around(figure, face, at, |paint, _, u, v| {
                let r = (u * u + v * v).sqrt() - size * rx;
                *paint = mix(*paint, V3::splat(1.0), strength * smoothstep(pixel, -pixel, r));
            });
        }
    }
}
