//! Toy bodies that replace a person's outline: the photographed colours are stretched onto solid pieces. What has no
//! face keeps its outline and is put onto such a body as its head.

use super::anatomy::{Piece, Plan, plan};
use super::grid::{Grid, Plane, Rect};
use super::mascot;
use super::plate::{MARGIN, Plate, bounds};
use super::style::{Body, Pose};
use super::vector::{mix, smoothstep};

/// Gives the subject another body within `fit` (pixels).
pub(super) fn rebuild(plate: Plate, body: Body, pose: Pose, fit: (f32, f32)) -> Plate {
    let Some(plan) = plan(body, pose) else { return plate };
    match plate.face {
        Some(face) => person(&plate, &plan, &face, fit),
        None if matches!(body, Body::Doll | Body::BigHead | Body::Peg) => mascot::rebuild(&plate, &plan, fit),
        None => plate,
    }
}

fn person(plate: &Plate, plan: &Plan, face: &Rect, fit: (f32, f32)) -> Plate {
    let tall = fit.1.min(0.98 * fit.0 / (2.0 * plan.half)).max(16.0);
    let w = (2.0 * (plan.half * tall + MARGIN)) as usize;
    let h = (tall + 2.0 * MARGIN) as usize;
    let source = Source::new(plate, face);
    let axis = 0.5 * w as f32;
    let hit = |x: f32, y: f32| plan.hit((x - axis) / tall, (y - MARGIN) / tall);
    let color = Grid::build(w, h, |x, y| {
        hit(x as f32 + 0.5, y as f32 + 0.5).map_or_else(Default::default, |(p, u, v, _)| {
            let (sx, sy) = source.place(mix(p.rows.0, p.rows.1, v.powf(p.bow)), p.columns.0 + p.columns.1 * u);
            plate.color.bilinear(sx, sy)
        })
    });
    let solid = Grid::build(w, h, |x, y| hit(x as f32 + 0.5, y as f32 + 0.5).map_or(0.0, |(p, _, _, z)| z * p.depth));
    let tone = Grid::build(w, h, |x, y| hit(x as f32 + 0.5, y as f32 + 0.5).map_or(1.0, |(p, ..)| p.tone)).blur(0.7);
    let alpha = Grid::build(w, h, |x, y| coverage(x as f32, y as f32, |x, y| hit(x, y).is_some()));
    let (fx, fy, fr) = plan.face;
    let face = Rect::new(fx - fr, fy - fr, 2.0 * fr, 2.0 * fr).scaled(tall);
    let face = Rect { x: axis + face.x, y: MARGIN + face.y, ..face };
    Plate { color, alpha, face: Some(face), solid: Some(solid), tone: Some(tone), cut: true, ..*plate }
}

/// Share of a pixel that is covered, by four samples.
pub(super) fn coverage(x: f32, y: f32, covered: impl Fn(f32, f32) -> bool) -> f32 {
    let hits = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
    hits.iter().filter(|(dx, dy)| covered(x + dx, y + dy)).count() as f32 * 0.25
}

impl Plan {
    /// The foremost piece at a place, with the position inside it and its height there.
    pub(super) fn hit(&self, x: f32, y: f32) -> Option<(&Piece, f32, f32, f32)> {
        self.pieces.iter().rev().find_map(|p| p.hit(x, y).map(|(u, v, z)| (p, u, v, z)))
    }
}

impl Piece {
    /// Position inside (u −1..1, v 0..1) and height, where the point is covered.
    fn hit(&self, x: f32, y: f32) -> Option<(f32, f32, f32)> {
        let v = (y - self.middle.1) / self.half.1;
        if v.abs() >= 1.0 {
            return None;
        }
        let wide = self.half.0 * mix(self.taper, 1.0, smoothstep(-1.0, 1.0, v));
        let u = (x - self.middle.0 - self.lean * 0.5 * (1.0 - v)) / wide;
        let f = u.abs().powf(self.power) + v.abs().powf(self.power);
        (f < 1.0).then(|| {
            let round = (1.0 - u * u).max(0.0).sqrt();
            let dome = (1.0 - f).max(0.0).sqrt();
            (u, 0.5 + 0.5 * v, dome * mix(round, 1.0, 0.35))
        })
    }
}

/// Where colours come from: rows by anatomy, columns by the subject's own width.
struct Source {
    crown: f32,
    chin: f32,
    low: f32,
    axis: f32,
    /// Left and right end of the subject in each row, smoothed.
    ends: Plane,
}

impl Source {
    fn new(plate: &Plate, face: &Rect) -> Self {
        let b = bounds(&plate.alpha);
        let axis = face.x + 0.5 * face.w;
        let a = &plate.alpha;
        let mut ends = Plane::filled(2, a.h, 0.0);
        let mut last = (axis - 1.0, axis + 1.0);
        for y in 0..a.h {
            let row = &a.v[y * a.w..(y + 1) * a.w];
            let found = row.iter().position(|&v| v > 0.7).zip(row.iter().rposition(|&v| v > 0.7));
            if let Some((l, r)) = found {
                last = ((l as f32).min(axis - 2.0), (r as f32).max(axis + 2.0));
            }
            ends.v[2 * y] = last.0;
            ends.v[2 * y + 1] = last.1;
        }
        let column =
            |k: usize| Grid { w: 1, h: a.h, v: (0..a.h).map(|y| ends.v[2 * y + k]).collect() }.blur(0.02 * b.h);
        let (l, r) = (column(0), column(1));
        ends.v = (0..2 * a.h).map(|i| if i % 2 == 0 { l.v[i / 2] } else { r.v[i / 2] }).collect();
        Self {
            crown: b.y + 0.01 * b.h,
            chin: (face.y + 1.04 * face.h).min(b.y + b.h - 2.0),
            low: b.y + b.h * 0.96,
            axis,
            ends,
        }
    }

    fn place(&self, row: f32, column: f32) -> (f32, f32) {
        let y = if row < 1.0 { mix(self.crown, self.chin, row) } else { mix(self.chin, self.low, row - 1.0) };
        let y = y.clamp(0.0, (self.ends.h - 1) as f32);
        let i = y as usize;
        let end = if column < 0.0 { self.ends.v[2 * i] } else { self.ends.v[2 * i + 1] };
        (mix(self.axis, end, 0.93 * column.abs().min(1.0)), y)
    }
}
