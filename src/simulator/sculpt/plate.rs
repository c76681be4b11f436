//! The cut-out: the subject at its final size, its outline rounded where the photo cut it off.

use super::face::Face;
use super::grid::{Grid, Picture, Plane, Rect};
use super::mask::{Mask, Mode};
use super::vector::smoothstep;

/// Room around the subject; pixels.
pub(super) const MARGIN: f32 = 10.0;

/// Score above which a face counts as seen from the front.
const FRONTAL: f32 = 10.0;

/// The subject without its surroundings; every grid has the same size.
pub(super) struct Plate {
    /// Linear light, as photographed.
    pub(super) color: Picture,
    /// 0..1.
    pub(super) alpha: Plane,
    /// Where the face is, if one was found.
    pub(super) face: Option<Rect>,
    /// Whether the subject ends at the frame rather than by itself.
    pub(super) cut: bool,
    /// Whether the face looks at the viewer, so that features can be drawn over it.
    pub(super) frontal: bool,
    /// Heights (0..1) of a body that replaces the subject's own.
    pub(super) solid: Option<Plane>,
    /// Factor on that body's paint; it stands apart from the colours lest it be taken for light and shade.
    pub(super) tone: Option<Plane>,
}

/// Cuts the subject out and fits it into `fit` (width, height; pixels).
pub(super) fn cut_out(photo: &Picture, mask: &Mask, face: Option<&Face>, fit: (f32, f32)) -> Plate {
    let a = &mask.alpha;
    let bounds = bounds(a);
    let (sx, sy) = (photo.w as f32 / a.w as f32, photo.h as f32 / a.h as f32);
    let (bw, bh) = (bounds.w * sx, bounds.h * sy);
    let k = (fit.0 / bw).min(fit.1 / bh);
    let m = MARGIN / k;
    let rect = Rect::new(bounds.x * sx - m, bounds.y * sy - m, bw + 2.0 * m, bh + 2.0 * m);
    let side = |n: f32| ((n * k).round() as usize).max(24);
    let (w, h) = (side(rect.w), side(rect.h));
    let inner = Rect::new(rect.x / sx, rect.y / sy, rect.w / sx, rect.h / sy);
    let cut = mask.mode != Mode::Object || bottom_share(a) > 0.12;
    let soft = a.resample(inner, w, h).blur((0.45 * w as f32 / inner.w).clamp(0.5, 12.0)).map(edge);
    let n = photo.w.max(photo.h) as f32;
    Plate {
        color: photo.resample(rect, w, h).clipped(),
        alpha: if cut { round_off(&soft) } else { framed(&soft) },
        face: face.map(|f| {
            let f = Rect::new(f.x - rect.x / n, f.y - rect.y / n, f.w, f.h);
            f.scaled(n * k)
        }),
        cut,
        frontal: face.is_some_and(|f| f.score > FRONTAL),
        solid: None,
        tone: None,
    }
}

fn edge(a: f32) -> f32 {
    smoothstep(0.44, 0.56, a)
}

/// The rectangle in which the mask exceeds one half; the whole where it nowhere does.
pub(super) fn bounds(a: &Plane) -> Rect {
    let (mut x0, mut y0, mut x1, mut y1) = (a.w, a.h, 0, 0);
    for y in 0..a.h {
        for x in 0..a.w {
            if a.at(x, y) > 0.5 {
                (x0, y0, x1, y1) = (x0.min(x), y0.min(y), x1.max(x + 1), y1.max(y + 1));
            }
        }
    }
    if x0 >= x1 || y0 >= y1 {
        (x0, y0, x1, y1) = (0, 0, a.w, a.h);
    }
    Rect::new(x0 as f32, y0 as f32, (x1 - x0) as f32, (y1 - y0) as f32)
}

/// Share of the subject's width that lies in the photo's last row.
fn bottom_share(a: &Plane) -> f32 {
    let last = a.v[(a.h - 1) * a.w..].iter().filter(|&&v| v > 0.5).count() as f32;
    last / bounds(a).w.max(1.0)
}

/// Nothing may touch the plate's frame: the margin is outside.
fn framed(a: &Plane) -> Plane {
    let (w, h) = (a.w as f32, a.h as f32);
    Grid::build(a.w, a.h, |x, y| {
        let (x, y) = (x as f32 + 0.5, y as f32 + 0.5);
        let inset = x.min(w - x).min(y).min(h - y);
        a.at(x as usize, y as usize) * smoothstep(MARGIN * 0.5, MARGIN * 0.5 + 2.0, inset)
    })
}

/// Turns a cropped photo into a bust: the lower edge becomes an arc parallel to the base's ellipse, and side cuts
/// become shoulders.
fn round_off(a: &Plane) -> Plane {
    let b = bounds(a);
    let (mid, low) = (b.x + 0.5 * b.w, (b.y + b.h).min(a.h as f32 - MARGIN));
    let framed = framed(a);
    Grid::build(a.w, a.h, |x, y| {
        let (fx, fy) = (x as f32 + 0.5, y as f32 + 0.5);
        let e = ((fx - mid) / (0.5 * b.w)).abs().min(1.0);
        let floor = low - (1.0 - (1.0 - e * e).sqrt()) * 0.13 * b.w;
        let down = ((fy - b.y - 0.35 * b.h) / (0.65 * b.h)).clamp(0.0, 1.0);
        let corner = 1.0 - (e.powf(4.5) + 0.9 * down.powi(6));
        framed.at(x, y) * smoothstep(-0.75, 0.75, floor - fy) * smoothstep(0.0, 9.0 / b.w.max(9.0), corner)
    })
}
