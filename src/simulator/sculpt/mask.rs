//! Finds the subject of a photo: prior, colour mixtures and cut by turns, then a smooth outline.
//! The scheme of `GrabCut` (Rother, Kolmogorov and Blake 2004) with a relaxed cut instead of a maximum flow.

use super::color::lab;
use super::cut::{edge_weight, relax};
use super::face::Face;
use super::grid::{Grid, Picture, Plane, percentile};
use super::mixture::Mixture;
use super::morphology::Shape;
use super::saliency::gather;
use super::smooth::bilateral;
use super::vector::{V3, mix};

/// Longest side at which the subject is sought; pixels.
const LONGEST: f32 = 240.0;
/// Least short side; very thin photos are stretched to it.
const SHORTEST: usize = 24;

/// How the subject was understood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A face was found.
    Person,
    /// Something that ends inside the frame.
    Object,
    /// Something that fills the frame; its outline is partly invented.
    Closeup,
    /// Nothing to tell apart: an oval of the photo.
    Medallion,
}

/// The subject, at the working size.
pub(super) struct Mask {
    /// 0..1, smooth; the outline is at 0.5.
    pub(super) alpha: Plane,
    pub(super) mode: Mode,
    /// Share of the frame, 0..1.
    pub(super) area: f32,
    /// The Lab picture at the same size.
    pub(super) lab: Picture,
}

/// Finds the subject of a linear photo; always finds something.
pub(super) fn find(photo: &Picture, face: Option<&Face>) -> Mask {
    let scale = LONGEST / photo.w.max(photo.h) as f32;
    let side = |n: usize| ((n as f32 * scale).round() as usize).max(SHORTEST);
    let (w, h) = (side(photo.w), side(photo.h));
    let lab = bilateral(&photo.resized(w, h).clipped().map(lab), 2, 12.0, 3.0);
    let (weight, gradient) = edge_weight(&lab);
    let (alpha, mode) = first_look(&lab, &weight, &gradient, face).unwrap_or_else(|| closeup(&lab, &weight));
    let area = alpha.v.iter().filter(|&&a| a > 0.5).count() as f32 / (w * h) as f32;
    Mask { alpha, mode, area, lab }
}

/// The subject as something that ends inside the frame; nothing where that does not hold.
fn first_look(lab: &Picture, weight: &Plane, gradient: &Plane, face: Option<&Face>) -> Option<(Plane, Mode)> {
    let (w, h) = (lab.w, lab.h);
    let n = w.max(h) as f32;
    let evidence = gather(lab);
    let prior = prior(&evidence, face, n);
    let inner = |f: &Face| Grid::build(w, h, |x, y| f32::from(u8::from(head(f, n, x, y) < 0.45)));
    let hard = face.map(inner);
    let cut = Shape::above(&rounds(lab, weight, &prior, hard.as_ref(), 4), 0.5);
    let shape = clean(&cut, &prior, &evidence.saliency, face.is_none());
    if face.is_some() {
        return Some((outline(&bust(shape)), Mode::Person));
    }
    let area = shape.area() as f32 / (w * h) as f32;
    let loose = area < 0.20 && ring(&shape, gradient) > 0.22 + 1.2 * area.min(0.15);
    if area < 0.015 || loose {
        return None;
    }
    Some((outline(&completed(shape, &evidence.background, &prior)), Mode::Object))
}

/// Squared elliptic distance from the middle of the head; 1 on its outline or a little outside.
fn head(f: &Face, n: f32, x: usize, y: usize) -> f32 {
    let (w, h) = (f.w * n, f.h * n);
    let (cx, cy) = (f.x * n + 0.5 * w, f.y * n + 0.5 * h);
    ((x as f32 - cx) / (0.80 * w)).powi(2) + ((y as f32 - cy + 0.10 * h) / (0.95 * h)).powi(2)
}

/// Head and shoulders as expected below a face; 0..1.
fn person(f: &Face, n: f32, x: usize, y: usize) -> f32 {
    let (w, h) = (f.w * n, f.h * n);
    let (cx, ty) = (f.x * n + 0.5 * w, f.y * n + 1.05 * h);
    let t = ((y as f32 - ty) / (1.6 * h)).clamp(0.0, 1.0);
    let half = w * (0.55 + 1.25 * t.sqrt());
    let torso =
        if (y as f32) < ty { 0.0 } else { (1.5 - ((x as f32 - cx).abs() / half.max(1e-3)).powi(3)).clamp(0.0, 1.0) };
    (1.6 - head(f, n, x, y)).clamp(0.0, 1.0).max(0.9 * torso)
}

fn prior(e: &super::saliency::Evidence, face: Option<&Face>, n: f32) -> Plane {
    let raw = Grid::build(e.centre.w, e.centre.h, |x, y| {
        let (s, c, b) = (e.saliency.at(x, y), e.centre.at(x, y), e.background.at(x, y));
        let p = 0.12 + 0.65 * s + 0.35 * c - 0.45 * b;
        face.map_or(p, |f| {
            let k = if f.score > 12.0 { 0.65 } else { 0.30 };
            (0.95 - k) * p + k * person(f, n, x, y)
        })
    });
    raw.blur(3.0).map(|p| p.clamp(0.06, 0.95))
}

/// Colour mixtures and cut by turns.
fn rounds(lab: &Picture, weight: &Plane, prior: &Plane, hard: Option<&Plane>, count: usize) -> Plane {
    let colors: Vec<V3> = lab.v.iter().map(|c| V3(c.0 * 0.8, c.1 * 1.25, c.2 * 1.25)).collect();
    let picked: Vec<usize> =
        (0..colors.len()).filter(|i| (i % lab.w).is_multiple_of(2) && (i / lab.w).is_multiple_of(2)).collect();
    let sample: Vec<V3> = picked.iter().map(|&i| colors[i]).collect();
    let mut u = prior.clone();
    for round in 0..count {
        let inside: Vec<f32> = picked.iter().map(|&i| u.v[i] * u.v[i]).collect();
        let outside: Vec<f32> = picked.iter().map(|&i| (1.0 - u.v[i]) * (1.0 - u.v[i])).collect();
        let (fg, bg) = (Mixture::fit(&sample, &inside), Mixture::fit(&sample, &outside));
        let cost = Grid::build(lab.w, lab.h, |x, y| {
            let i = y * lab.w + x;
            if hard.is_some_and(|m| m.v[i] > 0.5) {
                return -6.0;
            }
            let ratio = (bg.log_likelihood(colors[i]) - fg.log_likelihood(colors[i])).clamp(-6.0, 6.0);
            0.30 * ratio - 0.55 * (prior.v[i] / (1.0 - prior.v[i])).ln()
        });
        let steps = if round + 1 < count { 60 } else { 150 };
        u = relax(&cost.blur(0.8), weight, u, steps);
    }
    u
}

/// One part without crumbs, small gaps or small holes.
fn clean(raw: &Shape, prior: &Plane, saliency: &Plane, object: bool) -> Shape {
    let frame = raw.v.len() as f32;
    let one = raw.eroded(1.0).dilated(1.0).heaviest(prior);
    let area = one.area() as f32;
    let solid = area / (one.hull().area() as f32).max(1.0);
    let compact = object && solid > 0.72 && area > 0.05 * frame;
    let reach = if compact { 0.3 } else { 0.045 } * area.sqrt();
    let mut shape = closed(&one, reach).filled(0.04 * frame);
    if compact {
        let (hull, soft) = (shape.hull(), saliency.blur(3.0));
        for i in 0..shape.v.len() {
            shape.v[i] |= hull.v[i] && soft.v[i] > 0.38;
        }
    }
    shape
}

/// The subject together with what carries it (a saucer under a cup): the region that is not joined to the frame,
/// where it is compact, contains nearly all that was found and is not much larger.
fn completed(shape: Shape, background: &Plane, prior: &Plane) -> Shape {
    let apart = Shape::above(&background.blur(1.5).map(|b| 1.0 - b), 0.30)
        .eroded(2.0)
        .dilated(2.0)
        .heaviest(prior)
        .filled(f32::MAX);
    let both = (0..shape.v.len()).filter(|&i| shape.v[i] && apart.v[i]).count() as f32;
    let (old, new) = (shape.area() as f32, apart.area() as f32);
    let solid = new / (apart.hull().area() as f32).max(1.0);
    if both < 0.80 * old || new > 2.6 * old || new > 0.62 * shape.v.len() as f32 || solid < 0.88 {
        return shape;
    }
    let joined = Shape { v: shape.v.iter().zip(&apart.v).map(|(a, b)| *a || *b).collect(), ..shape };
    let hull = joined.hull();
    if joined.area() as f32 > 0.85 * hull.area() as f32 { hull } else { joined }
}

/// Closing by `r` pixels, worked out with room around the frame lest the growth be caught by it.
fn closed(shape: &Shape, r: f32) -> Shape {
    let m = r.ceil() as usize + 2;
    let (w, h) = (shape.w + 2 * m, shape.h + 2 * m);
    let inner = |x: usize, y: usize| x >= m && y >= m && x < m + shape.w && y < m + shape.h;
    let wide = (0..w * h).map(|i| inner(i % w, i / w) && shape.v[(i / w - m) * shape.w + i % w - m]).collect();
    let done = Shape { w, h, v: wide }.dilated(r).eroded(r);
    let back = |i: usize| done.v[(i / shape.w + m) * w + i % shape.w + m];
    Shape { w: shape.w, h: shape.h, v: (0..shape.v.len()).map(back).collect() }
}

/// Edge strength just outside the outline against inside: low for a subject that was truly found.
fn ring(shape: &Shape, gradient: &Plane) -> f32 {
    let columns: Vec<usize> = (0..shape.v.len()).filter(|&i| shape.v[i]).map(|i| i % shape.w).collect();
    let width = columns.iter().max().unwrap_or(&0) - columns.iter().min().unwrap_or(&0) + 1;
    let reach = (0.10 * width as f32).max(4.0);
    let distance = shape.distance();
    let pick = |f: &dyn Fn(usize) -> bool| {
        percentile((0..shape.v.len()).filter(|&i| f(i)).map(|i| gradient.v[i]).collect(), 0.7)
    };
    let around = pick(&|i| distance[i] > 9.0 && distance[i] <= (reach + 3.0) * (reach + 3.0));
    around / pick(&|i| shape.v[i]).max(1e-3)
}

/// Drops the rows below the last one that is nearly as wide as the widest: legs or a narrow rest.
fn bust(mut shape: Shape) -> Shape {
    let widths: Vec<usize> = shape.v.chunks(shape.w).map(|r| r.iter().filter(|&&b| b).count()).collect();
    let greatest = widths.iter().copied().max().unwrap_or(0) as f32;
    let last = widths.iter().rposition(|&n| n as f32 >= 0.55 * greatest).unwrap_or(shape.h - 1);
    let from = ((last + 1) * shape.w).min(shape.v.len());
    shape.v[from..].fill(false);
    shape
}

/// The outline of a toy: smooth.
fn outline(shape: &Shape) -> Plane {
    let sigma = (0.012 * (shape.area() as f32).sqrt()).max(0.8);
    shape.plane().blur(sigma)
}

/// Squared-off distance from the middle of the frame; 1 on the oval that a close-up is taken from.
fn oval(w: usize, h: usize) -> Plane {
    Grid::build(w, h, |x, y| {
        let dx = ((x as f32 + 0.5) / w as f32 - 0.5).abs() / 0.46;
        let dy = ((y as f32 + 0.5) / h as f32 - 0.545).abs() / 0.53;
        (dx.powf(2.4) + dy.powf(2.4)).powf(1.0 / 2.4)
    })
}

fn closeup(lab: &Picture, weight: &Plane) -> (Plane, Mode) {
    let r = oval(lab.w, lab.h);
    let prior = r.map(|r| mix(0.92, 0.12, ((r - 0.6) / 0.5).clamp(0.0, 1.0)));
    let cut = Shape::above(&rounds(lab, weight, &prior, None, 3), 0.5).heaviest(&prior).filled(f32::MAX);
    let soft = cut.plane().blur(0.045 * (cut.area() as f32).sqrt());
    let kept = soft.zip(&r, |a, r| f32::from(u8::from(a > 0.45 && r < 1.0)));
    let whole = r.v.iter().filter(|&&r| r < 1.0).count() as f32;
    if kept.v.iter().sum::<f32>() < 0.55 * whole {
        return (outline(&Shape::above(&r.map(|r| 0.9 - r), 0.0)), Mode::Medallion);
    }
    let hull = Shape::above(&kept, 0.5).heaviest(&prior).hull();
    let sigma = 0.07 * (hull.area() as f32).sqrt();
    (hull.plane().blur(sigma), Mode::Closeup)
}
