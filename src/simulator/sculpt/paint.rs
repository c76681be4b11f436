//! From photographed colour to paint: light flattened, colours reduced to a few.

use super::color::{lab, unlab};
use super::grid::{Grid, Picture, Plane, Rect, percentile, reduced};
use super::mixture::split_means;
use super::plate::Plate;
use super::smooth::bilateral;
use super::style::Paint;
use super::vector::{V3, mix, smoothstep};

/// Longest side at which colours are worked out; pixels.
const LONGEST: f32 = 480.0;
const STEPS: usize = 12;

/// What the sculptor needs to know of the colours; every grid has the plate's size.
pub(super) struct Painted {
    /// Linear albedo.
    pub(super) albedo: Picture,
    /// Smoothed lightness (Lab L) before flattening, which carries the detail.
    pub(super) light: Plane,
    /// Index of the paint at each pixel, at a size of its own.
    pub(super) labels: Labels,
}

/// Which paint covers which pixel.
pub(super) struct Labels {
    pub(super) w: usize,
    pub(super) h: usize,
    pub(super) v: Vec<usize>,
}

/// Paints the plate.
pub(super) fn paint(plate: &Plate, how: &Paint) -> Painted {
    let (w, h) = (plate.alpha.w, plate.alpha.h);
    let (sw, sh, k) = reduced(w, h, LONGEST);
    let alpha = plate.alpha.resized(sw, sh);
    let raw = plate.color.resized(sw, sh).clipped().map(lab);
    let smooth = bilateral(&bilateral(&raw, 2, 12.0, 3.0), 3, 10.0, 4.0);
    let base = stretch(&flatten(&smooth, &alpha, how.flatten), &alpha, how.chroma);
    let face = plate.face.map(|f| f.scaled(k));
    let soft = base.blur(1.0);
    let palette = palette(&base, &alpha, how);
    let labels = soft.v.iter().map(|&c| nearest(c, &palette, how.tone)).collect();
    let painted = Grid::build(sw, sh, |x, y| {
        let snapped = blend(soft.at(x, y), &palette, how.tone);
        let here = in_face(face.as_ref(), x as f32, y as f32);
        mix(base.at(x, y), snapped, how.snap * (1.0 - (1.0 - how.face) * here))
    });
    Painted {
        albedo: painted.map(unlab).resized(w, h).clipped(),
        light: smooth.map(|c| c.0).resized(w, h),
        labels: Labels { w: sw, h: sh, v: labels },
    }
}

/// The paint nearest to a colour, the first of equals.
fn nearest(c: V3, palette: &[V3], tone: f32) -> usize {
    let nearer = |a: usize, b: usize| apart(c, palette[a], tone) < apart(c, palette[b], tone);
    (1..palette.len()).fold(0, |best, i| if nearer(i, best) { i } else { best })
}

/// 1 inside the face, falling to 0 around it.
pub(super) fn in_face(face: Option<&Rect>, x: f32, y: f32) -> f32 {
    face.map_or(0.0, |f| {
        let d = ((x - f.x - 0.5 * f.w) / (0.52 * f.w)).powi(2) + ((y - f.y - 0.52 * f.h) / (0.60 * f.h)).powi(2);
        smoothstep(1.25, 0.8, d)
    })
}

/// Takes a share of the photographed light out of the lightness.
fn flatten(c: &Picture, alpha: &Plane, share: f32) -> Picture {
    let sigma = 0.10 * c.w as f32;
    let total: f32 = alpha.v.iter().sum();
    let mean = c.v.iter().zip(&alpha.v).map(|(c, a)| c.0 * a).sum::<f32>() / total.max(1e-3);
    let over = alpha.map(|a| a + 1e-4).blur(sigma);
    let low = c.zip(alpha, |c, a| c.0 * (a + 1e-4)).blur(sigma).zip(&over, |l, a| l / a);
    c.zip(&low, |c, l| V3((c.0 - share * (l - mean)).clamp(0.0, 100.0), c.1, c.2))
}

fn stretch(c: &Picture, alpha: &Plane, chroma: f32) -> Picture {
    let inside: Vec<f32> = c.v.iter().zip(&alpha.v).filter(|(_, a)| **a > 0.5).map(|(c, _)| c.0).collect();
    let (lo, hi) = (percentile(inside.clone(), 0.02), percentile(inside, 0.98));
    c.map(|c| {
        let full = 14.0 + (c.0 - lo) * 80.0 / (hi - lo + 8.0);
        V3((0.45 * c.0 + 0.55 * full).clamp(3.0, 98.0), c.1 * chroma, c.2 * chroma)
    })
}

/// K-means (Lloyd 1982) in weighted Lab over every 37th pixel of the subject; the largest paint first.
fn palette(c: &Picture, alpha: &Plane, how: &Paint) -> Vec<V3> {
    let sample: Vec<V3> = c.v.iter().zip(&alpha.v).filter(|(_, a)| **a > 0.5).map(|(c, _)| *c).step_by(37).collect();
    if sample.is_empty() {
        return vec![V3(60.0, 0.0, 0.0)];
    }
    let mut means = split_means(&sample, how.colors.max(2));
    let mut counts = vec![0.0; means.len()];
    for _ in 0..STEPS {
        let mut sums = vec![(V3::default(), 0.0_f32); means.len()];
        for &s in &sample {
            let k = nearest(s, &means, how.tone);
            sums[k] = (sums[k].0 + s, sums[k].1 + 1.0);
        }
        for (i, &(sum, n)) in sums.iter().enumerate() {
            counts[i] = n;
            if n > 0.0 {
                means[i] = sum * (1.0 / n);
            }
        }
    }
    let mut order: Vec<usize> = (0..means.len()).filter(|&i| counts[i] > 0.0).collect();
    order.sort_by(|&a, &b| counts[b].total_cmp(&counts[a]).then(a.cmp(&b)));
    order.iter().map(|&i| means[i]).collect()
}

/// The subject's main colours for an observer: linear, the largest first.
pub(super) fn main_colors(c: &Picture, alpha: &Plane, count: usize) -> Vec<V3> {
    let how = Paint { colors: count, ..Paint::PLAIN };
    palette(c, alpha, &how).into_iter().map(unlab).collect()
}

/// Squared distance with lightness weighted by `tone` and hue by 1.3.
fn apart(a: V3, b: V3, tone: f32) -> f32 {
    let d = a - b;
    let (l, u, v) = (d.0 * tone, d.1 * 1.3, d.2 * 1.3);
    l * l + u * u + v * v
}

/// Soft choice among the paints, which draws their borders without steps.
fn blend(c: V3, palette: &[V3], tone: f32) -> V3 {
    let best = palette.iter().map(|&p| apart(c, p, tone)).fold(f32::MAX, f32::min);
    let (mut sum, mut total) = (V3::default(), 0.0);
    for &p in palette {
        let d = apart(c, p, tone) - best;
        if d < 120.0 {
            let k = (-d / 18.0).exp();
            sum = sum + p * k;
            total += k;
        }
    }
    sum * (1.0 / total)
}

/// The figure's most telling colour: area weighed by chroma; linear.
pub(super) fn accent(painted: &Painted, alpha: &Plane) -> V3 {
    let (mut sum, mut total) = (V3::default(), 1e-4);
    for (&c, &a) in painted.albedo.v.iter().zip(&alpha.v).step_by(11) {
        let hi = c.0.max(c.1).max(c.2);
        let lo = c.0.min(c.1).min(c.2);
        let k = a * ((hi - lo) / (hi + 0.05)).powi(2);
        sum = sum + c * k;
        total += k;
    }
    mix(V3::splat(0.18), sum * (1.0 / total), smoothstep(0.0, 0.02 * alpha.v.len() as f32 / 11.0, total))
}
