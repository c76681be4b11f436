//! How the figure holds itself.

use super::body;
use super::grid::{Grid, Plane, Rect};
use super::plate::{MARGIN, Plate, bounds};
use super::socle;
use super::style::{Body, Form, Pose};
use super::vector::mix;
use super::warp;

/// How far a dynamic figure's top is moved sideways; share of its height.
const LEAN: f32 = 0.16;

/// Brings the plate into the pose, within `fit` (pixels).
pub(super) fn strike(plate: Plate, form: &Form, fit: (f32, f32)) -> Plate {
    match form.pose {
        Pose::Natural => mounted(warp::grow_head(plate, form.head), form.body),
        Pose::Frontal => mounted(mirrored(warp::grow_head(plate, form.head)), form.body),
        Pose::Standing | Pose::Sitting | Pose::Waving => upright(plate, form, fit),
        Pose::Dynamic => leaning(&upright(plate, form, fit)),
    }
}

/// The share of the room's height that is left to the subject itself.
pub(super) fn share(form: &Form) -> f32 {
    if form.body == Body::Bust { socle::SHARE } else { 1.0 }
}

fn mounted(plate: Plate, body: Body) -> Plate {
    if body == Body::Bust { socle::mount(plate) } else { plate }
}

fn upright(plate: Plate, form: &Form, fit: (f32, f32)) -> Plate {
    // A whole person can be made up only where the face tells where the rest belongs.
    let body = if plate.frontal || !matches!(form.body, Body::Statue | Body::Jointed | Body::Blocks) {
        form.body
    } else {
        Body::Natural
    };
    mounted(warp::grow_head(body::rebuild(plate, body, form.pose, fit), form.head), body)
}

/// Both sides alike: the wider half of each row counts, colours come from the half that has them.
fn mirrored(plate: Plate) -> Plate {
    let b = bounds(&plate.alpha);
    let axis = plate.face.map_or(b.x + 0.5 * b.w, |f| f.x + 0.5 * f.w);
    let half = (axis - b.x).max(b.x + b.w - axis).min(0.62 * b.w);
    let w = (2.0 * (half + MARGIN)) as usize;
    let middle = 0.5 * w as f32;
    let there = |x: usize, side: f32| axis + side * (x as f32 + 0.5 - middle) - 0.5;
    let h = plate.alpha.h;
    let alpha = Grid::build(w, h, |x, y| {
        let y = y as f32;
        let edge = (middle - (x as f32 + 0.5 - middle).abs() - 0.5 * MARGIN).clamp(0.0, 1.0);
        edge * plate.alpha.bilinear(there(x, 1.0), y).max(plate.alpha.bilinear(there(x, -1.0), y))
    });
    let color = Grid::build(w, h, |x, y| {
        let (own, other) = (there(x, 1.0), there(x, -1.0));
        let covered = plate.alpha.bilinear(own, y as f32);
        mix(plate.color.bilinear(other, y as f32), plate.color.bilinear(own, y as f32), covered)
    });
    let face = plate.face.map(|f| Rect { x: middle - 0.5 * f.w, ..f });
    Plate { color, alpha, face, ..plate }
}

/// Leans the whole figure; its foot stays.
fn leaning(plate: &Plate) -> Plate {
    let b = bounds(&plate.alpha);
    let (low, shift) = (b.y + b.h, LEAN * b.h);
    let (w, h) = (plate.alpha.w + shift.ceil() as usize, plate.alpha.h);
    let moved = |y: f32| shift * ((low - y) / b.h).clamp(0.0, 1.0).powf(1.3);
    let from = |x: usize, y: usize| x as f32 - moved(y as f32);
    let outside = |x: usize, y: usize| from(x, y) < 0.0 || from(x, y) > (plate.alpha.w - 1) as f32;
    let along = |plane: &Plane, outer: f32| {
        Grid::build(w, h, |x, y| if outside(x, y) { outer } else { plane.bilinear(from(x, y), y as f32) })
    };
    Plate {
        color: Grid::build(w, h, |x, y| plate.color.bilinear(from(x, y), y as f32)),
        alpha: along(&plate.alpha, 0.0),
        face: plate.face.map(|f| Rect { x: f.x + moved(f.y + 0.5 * f.h), ..f }),
        solid: plate.solid.as_ref().map(|s| along(s, 0.0)),
        tone: plate.tone.as_ref().map(|t| along(t, 1.0)),
        ..*plate
    }
}
