//! Where things stand in the picture; pixels, y downward.

use super::grid::{Plane, Rect};
use super::plate::bounds;

/// Places and sizes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Layout {
    pub(super) w: usize,
    pub(super) h: usize,
    /// Side of the square part in which everything happens.
    pub(super) s: f32,
    /// Where floor meets wall.
    pub(super) horizon: f32,
    /// Middle of the base.
    pub(super) cx: f32,
    /// Middle of the base's upper ellipse.
    pub(super) top: f32,
    /// Half width and half height of that ellipse.
    pub(super) rx: f32,
    pub(super) ry: f32,
    /// Height of the base's side.
    pub(super) thick: f32,
    /// Upper left corner of the plate.
    pub(super) left: f32,
    pub(super) up: f32,
    /// The figure itself.
    pub(super) figure: Rect,
    /// Half width of what touches the base.
    pub(super) foot: f32,
    /// Middle of what touches the base.
    pub(super) foot_x: f32,
    /// Whether the figure hovers on a peg.
    pub(super) peg: bool,
}

/// Ratio of the base's ellipse.
const RATIO: f32 = 0.27;

/// The part of the frame that is used: its top edge and its height.
fn stage(w: usize, h: usize) -> (f32, f32) {
    let height = (h as f32).min(1.5 * w as f32);
    ((h as f32 - height) * 0.55, height)
}

/// Greatest width and height of the figure in a frame (pixels).
pub(super) fn fit(w: usize, h: usize, scale: f32) -> (f32, f32) {
    let (_, height) = stage(w, h);
    let aspect = w as f32 / height;
    let wide = ((aspect - 1.0) / 0.7).clamp(0.0, 1.0);
    let tall = ((1.0 - aspect) / 0.25).clamp(0.0, 1.0);
    ((0.62 - 0.16 * wide) * w as f32 * scale, (0.64 - 0.06 * tall) * height * scale)
}

/// Places a figure (its plate's alpha) on a base of the given thickness (share of the stage);
/// `room` widens it where something stands round the figure.
pub(super) fn place(alpha: &Plane, frame: (usize, usize), thick: f32, room: f32, cut: bool) -> Layout {
    let (w, h) = frame;
    let (offset, height) = stage(w, h);
    let s = (w as f32).min(height);
    let b = bounds(alpha);
    let (foot, foot_mid) = footing(alpha, &b);
    let rx = (1.06 * room * (0.50 * b.w).max(0.60 * foot * 2.0).max(0.17 * s)).min(0.40 * w as f32);
    let (ry, thick) = (rx * RATIO, thick * s);
    let low = if b.h < 0.4 * height { 0.80 } else { 0.865 };
    let top = offset + low * height - ry - thick;
    let peg = !cut && foot * 2.0 < 0.30 * b.w && b.h < 1.5 * b.w;
    let cx = w as f32 * 0.5;
    let middle = 0.65 * (b.x + 0.5 * b.w) + 0.35 * foot_mid;
    let left = cx - middle;
    let lift = if peg { 0.05 * s } else { 0.0 };
    let up = top + 0.30 * ry - (b.y + b.h) - lift;
    Layout {
        w,
        h,
        s,
        horizon: offset + 0.66 * height,
        cx,
        top,
        rx,
        ry,
        thick,
        left,
        up,
        figure: Rect { x: left + b.x, y: up + b.y, w: b.w, h: b.h },
        foot,
        foot_x: left + foot_mid,
        peg,
    }
}

/// Half width and middle of the columns that the lowest 6 % of the figure covers.
fn footing(alpha: &Plane, b: &Rect) -> (f32, f32) {
    let from = (b.y + 0.94 * b.h) as usize;
    let (mut lo, mut hi) = (alpha.w, 0);
    for y in from..alpha.h {
        for x in 0..alpha.w {
            if alpha.at(x, y) > 0.5 {
                lo = lo.min(x);
                hi = hi.max(x + 1);
            }
        }
    }
    if lo >= hi { (0.5 * b.w, b.x + 0.5 * b.w) } else { ((hi - lo) as f32 * 0.5, (hi + lo) as f32 * 0.5) }
}
