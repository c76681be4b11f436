//! Toy bodies that replace a person's outline: turned peg, doll, boxy head, plastic minifigure. Each is a list of solid
//! pieces onto which the photographed colours are stretched.

use super::grid::{Grid, Plane, Rect};
use super::plate::{MARGIN, Plate, bounds};
use super::style::Body;
use super::vector::{mix, smoothstep};

/// One solid. Places and sizes are shares of the figure's height, x from its axis.
struct Piece {
    middle: (f32, f32),
    half: (f32, f32),
    /// Half width at the upper end, as a factor.
    taper: f32,
    /// How far the upper end is moved sideways.
    lean: f32,
    /// Exponent of the superellipse: 2 round, 6 boxy.
    power: f32,
    /// Photographed rows it shows: 0 the crown, 1 the chin, 2 the lower end.
    rows: (f32, f32),
    /// Photographed columns: middle and half width, in shares of the subject's half width there.
    columns: (f32, f32),
    /// Greatest height, share of the figure's depth.
    depth: f32,
}

const fn piece(
    middle: (f32, f32),
    half: (f32, f32),
    shape: (f32, f32),
    rows: (f32, f32),
    more: (f32, f32, f32),
) -> Piece {
    Piece { middle, half, taper: shape.0, lean: 0.0, power: shape.1, rows, columns: (more.0, more.1), depth: more.2 }
}

const fn leaning(lean: f32, mut piece: Piece) -> Piece {
    piece.lean = lean;
    piece
}

#[rustfmt::skip]
const PEG: &[Piece] = &[
    piece((0.0, 0.70), (0.265, 0.30), (0.52, 4.5), (1.05, 1.95), (0.0, 0.90, 0.95)),
    piece((0.0, 0.225), (0.215, 0.225), (1.0, 2.0), (0.0, 1.02), (0.0, 0.98, 1.0)),
];
#[rustfmt::skip]
const DOLL: &[Piece] = &[
    piece((-0.080, 0.945), (0.080, 0.055), (1.0, 2.6), (1.80, 1.82), (-0.45, 0.03, 0.55)),
    piece((0.080, 0.945), (0.080, 0.055), (1.0, 2.6), (1.80, 1.82), (-0.45, 0.03, 0.55)),
    leaning(0.09, piece((-0.205, 0.785), (0.052, 0.105), (1.0, 2.3), (1.25, 1.7), (-0.80, 0.10, 0.5))),
    leaning(-0.09, piece((0.205, 0.785), (0.052, 0.105), (1.0, 2.3), (1.25, 1.7), (-0.80, 0.10, 0.5))),
    piece((0.0, 0.795), (0.185, 0.175), (0.74, 3.0), (1.06, 1.85), (0.0, 0.80, 0.66)),
    piece((0.0, 0.330), (0.335, 0.325), (1.0, 2.25), (0.0, 1.03), (0.0, 0.97, 1.0)),
];
#[rustfmt::skip]
const BIG_HEAD: &[Piece] = &[
    piece((-0.085, 0.92), (0.085, 0.085), (1.0, 4.0), (1.85, 1.98), (-0.4, 0.3, 0.45)),
    piece((0.085, 0.92), (0.085, 0.085), (1.0, 4.0), (1.85, 1.98), (0.4, 0.3, 0.45)),
    piece((-0.20, 0.73), (0.055, 0.125), (0.9, 2.6), (1.25, 1.8), (-0.85, 0.12, 0.45)),
    piece((0.20, 0.73), (0.055, 0.125), (0.9, 2.6), (1.25, 1.8), (0.85, 0.12, 0.45)),
    piece((0.0, 0.74), (0.175, 0.18), (0.86, 4.0), (1.08, 1.85), (0.0, 0.80, 0.62)),
    piece((0.0, 0.325), (0.375, 0.315), (1.0, 3.0), (0.0, 1.03), (0.0, 0.97, 1.0)),
];
#[rustfmt::skip]
const MINIFIG: &[Piece] = &[
    piece((-0.108, 0.855), (0.100, 0.145), (1.0, 9.0), (1.80, 1.82), (-0.45, 0.03, 0.75)),
    piece((0.108, 0.855), (0.100, 0.145), (1.0, 9.0), (1.80, 1.82), (-0.45, 0.03, 0.75)),
    piece((0.0, 0.695), (0.208, 0.034), (1.0, 9.0), (1.66, 1.70), (0.0, 0.10, 0.70)),
    piece((-0.268, 0.645), (0.050, 0.050), (1.0, 2.4), (0.82, 0.86), (0.0, 0.10, 0.8)),
    piece((0.268, 0.645), (0.050, 0.050), (1.0, 2.4), (0.82, 0.86), (0.0, 0.10, 0.8)),
    leaning(0.085, piece((-0.232, 0.500), (0.064, 0.145), (1.0, 3.4), (1.20, 1.60), (-0.80, 0.10, 0.7))),
    leaning(-0.085, piece((0.232, 0.500), (0.064, 0.145), (1.0, 3.4), (1.20, 1.60), (-0.80, 0.10, 0.7))),
    piece((0.0, 0.505), (0.212, 0.162), (0.76, 9.0), (1.06, 1.72), (0.0, 0.74, 0.85)),
    piece((0.0, 0.335), (0.075, 0.03), (1.0, 5.0), (0.84, 0.9), (0.0, 0.2, 0.6)),
    piece((0.0, 0.215), (0.130, 0.115), (1.0, 5.0), (0.30, 1.02), (0.0, 0.80, 0.95)),
    piece((0.0, 0.105), (0.152, 0.090), (0.92, 3.2), (0.02, 0.28), (0.0, 0.85, 1.0)),
];

/// Pieces, greatest half width, and where the face is drawn (middle and half size).
struct Plan {
    pieces: &'static [Piece],
    half: f32,
    face: (f32, f32, f32),
}

fn plan(body: Body) -> Option<Plan> {
    match body {
        Body::Natural => None,
        Body::Peg => Some(Plan { pieces: PEG, half: 0.27, face: (0.0, 0.255, 0.165) }),
        Body::Doll => Some(Plan { pieces: DOLL, half: 0.34, face: (0.0, 0.395, 0.235) }),
        Body::BigHead => Some(Plan { pieces: BIG_HEAD, half: 0.38, face: (0.0, 0.385, 0.265) }),
        Body::Minifig => Some(Plan { pieces: MINIFIG, half: 0.33, face: (0.0, 0.240, 0.120) }),
    }
}

/// Gives a person another body within `fit` (pixels); everything else keeps its own.
pub(super) fn rebuild(plate: Plate, body: Body, fit: (f32, f32)) -> Plate {
    let (Some(face), Some(plan)) = (plate.face, plan(body)) else {
        return plate;
    };
    let tall = fit.1.min(0.98 * fit.0 / (2.0 * plan.half)).max(16.0);
    let w = (2.0 * (plan.half * tall + MARGIN)) as usize;
    let h = (tall + 2.0 * MARGIN) as usize;
    let source = Source::new(&plate, &face);
    let axis = 0.5 * w as f32;
    let hit = |x: f32, y: f32| plan.hit((x - axis) / tall, (y - MARGIN) / tall);
    let color = Grid::build(w, h, |x, y| {
        hit(x as f32 + 0.5, y as f32 + 0.5).map_or_else(Default::default, |(p, u, v, _)| {
            let (sx, sy) = source.place(mix(p.rows.0, p.rows.1, v), p.columns.0 + p.columns.1 * u);
            plate.color.bilinear(sx, sy)
        })
    });
    let solid = Grid::build(w, h, |x, y| hit(x as f32 + 0.5, y as f32 + 0.5).map_or(0.0, |(p, _, _, z)| z * p.depth));
    let alpha = Grid::build(w, h, |x, y| coverage(x as f32, y as f32, |x, y| hit(x, y).is_some()));
    let (fx, fy, fr) = plan.face;
    let face = Rect::new(fx - fr, fy - fr, 2.0 * fr, 2.0 * fr).scaled(tall);
    let face = Rect { x: axis + face.x, y: MARGIN + face.y, ..face };
    Plate { color, alpha, face: Some(face), solid: Some(solid), cut: true, ..plate }
}

/// Share of a pixel that is covered, by four samples.
fn coverage(x: f32, y: f32, covered: impl Fn(f32, f32) -> bool) -> f32 {
    let hits = [(0.25, 0.25), (0.75, 0.25), (0.25, 0.75), (0.75, 0.75)];
    hits.iter().filter(|(dx, dy)| covered(x + dx, y + dy)).count() as f32 * 0.25
}

impl Plan {
    /// The foremost piece at a place, with the position inside it and its height there.
    fn hit(&self, x: f32, y: f32) -> Option<(&'static Piece, f32, f32, f32)> {
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
