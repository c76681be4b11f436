//! A subject without a face, put as the head onto a small toy body in its own colours.

use super::anatomy::Plan;
use super::body::coverage;
use super::grid::{Grid, Picture, Plane, Rect};
use super::plate::{MARGIN, Plate, bounds};
use super::relief::balloon;
use super::vector::{V3, mix, smoothstep};

/// Share of the figure's height that the subject takes.
const HEAD: f32 = 0.70;

/// Builds the mascot within `fit` (pixels).
pub(super) fn rebuild(plate: &Plate, plan: &Plan, fit: (f32, f32)) -> Plate {
    let b = bounds(&plate.alpha);
    let aspect = b.w / b.h.max(1.0);
    let tall = fit.1.min(0.98 * fit.0 / (HEAD * aspect).max(2.0 * plan.half)).max(24.0);
    let half = (0.5 * HEAD * aspect).max(plan.half);
    let (w, h) = ((2.0 * (half * tall + MARGIN)) as usize, (tall + 2.0 * MARGIN) as usize);
    let axis = 0.5 * w as f32;
    let size = HEAD * tall * 0.98;
    let place = Rect::new(axis - 0.5 * size * aspect, MARGIN, size * aspect, size);
    let k = b.h / size;
    let (color, alpha) = (paste(&plate.color, &place, &b, (w, h)), subject(&plate.alpha, &place, &b, k, (w, h)));
    let (upper, lower) = clothes(plate, &b);
    let limbs = Plan { pieces: plan.pieces[..plan.head].to_vec(), ..*plan };
    let hit = |x: f32, y: f32| limbs.hit((x - axis) / tall, (y - MARGIN) / tall);
    let dome = balloon(&alpha);
    let clothed = Grid::build(w, h, |x, y| {
        let cloth = hit(x as f32 + 0.5, y as f32 + 0.5).map_or(lower, |(_, u, v, _)| {
            let (sx, sy) = (b.x + b.w * (0.5 + 0.32 * u), b.y + b.h * (0.55 + 0.35 * v));
            let even = mix(upper, lower, smoothstep(0.2, 0.9, v));
            mix(even, plate.color.bilinear(sx, sy), 0.6)
        });
        mix(cloth, color.at(x, y), alpha.at(x, y))
    });
    let tone = Grid::build(w, h, |x, y| {
        mix(hit(x as f32 + 0.5, y as f32 + 0.5).map_or(1.0, |(p, ..)| p.tone), 1.0, alpha.at(x, y))
    });
    let solid = Grid::build(w, h, |x, y| {
        let body = hit(x as f32 + 0.5, y as f32 + 0.5).map_or(0.0, |(p, _, _, z)| 0.8 * z * p.depth);
        mix(body, 0.20 + 0.80 * dome.at(x, y), alpha.at(x, y))
    });
    let whole = Grid::build(w, h, |x, y| coverage(x as f32, y as f32, |x, y| hit(x, y).is_some()).max(alpha.at(x, y)));
    Plate { color: clothed, alpha: whole, solid: Some(solid), tone: Some(tone), cut: true, ..*plate }
}

fn paste(color: &Picture, place: &Rect, b: &Rect, (w, h): (usize, usize)) -> Picture {
    let (kx, ky) = (b.w / place.w, b.h / place.h);
    Grid::build(w, h, |x, y| color.bilinear(b.x + (x as f32 - place.x) * kx, b.y + (y as f32 - place.y) * ky))
}

/// The subject's outline in its new place, its lower corners rounded.
fn subject(alpha: &Plane, place: &Rect, b: &Rect, k: f32, (w, h): (usize, usize)) -> Plane {
    Grid::build(w, h, |x, y| {
        let (x, y) = (x as f32, y as f32);
        let (u, v) = ((x - place.x) / place.w * 2.0 - 1.0, (y - place.y) / place.h);
        if u.abs() > 1.02 || !(-0.02..=1.02).contains(&v) {
            return 0.0;
        }
        let down = ((v - 0.55) / 0.45).clamp(0.0, 1.0);
        let corner = smoothstep(1.03, 0.97, u.abs().powi(3) + down.powi(4));
        corner * alpha.bilinear(b.x + (x - place.x) * k, b.y + (y - place.y) * k)
    })
}

/// Colours for the body: the subject's own in the middle and at its lower end.
fn clothes(plate: &Plate, b: &Rect) -> (V3, V3) {
    let mean = |from: f32, to: f32| {
        let (mut sum, mut total) = (V3::default(), 1e-3);
        for y in (b.y + from * b.h) as usize..((b.y + to * b.h) as usize).min(plate.alpha.h) {
            for x in 0..plate.alpha.w {
                let a = plate.alpha.at(x, y);
                (sum, total) = (sum + plate.color.at(x, y) * a, total + a);
            }
        }
        sum * (1.0 / total)
    };
    (mean(0.30, 0.80), mean(0.75, 1.0) * 0.8)
}
