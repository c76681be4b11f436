//! What stands out: boundary connectivity and a smoothed contrast to the background over superpixels
//! (Zhu et al., "Saliency optimization from robust background detection", 2014).

use super::grid::{Picture, Plane, percentile};
use super::superpixel::{Superpixels, divide};
use super::vector::bell;

/// Per-pixel evidence, each 0..1.
pub(super) struct Evidence {
    /// How much the place stands out.
    pub(super) saliency: Plane,
    /// How likely the place is background.
    pub(super) background: Plane,
    /// How near the place is to where subjects are put.
    pub(super) centre: Plane,
}

/// Gathers the evidence of a (smoothed) Lab picture.
pub(super) fn gather(lab: &Picture) -> Evidence {
    let sp = divide(lab);
    let (w, h) = (lab.w as f32, lab.h as f32);
    let centre_at = |x: f32, y: f32| bell(((x / w - 0.5) / 0.25).powi(2) + ((y / h - 0.52) / 0.32).powi(2));
    let centre: Vec<f32> = sp.place.iter().map(|&(x, y)| centre_at(x, y)).collect();
    let background = background(&sp);
    let contrast = contrast(&sp, &background, (w, h));
    let fg: Vec<f32> = contrast.iter().zip(&centre).map(|(s, c)| s * (0.35 + 0.65 * c)).collect();
    let solved = smooth(&sp, &fg, &background);
    let (lo, hi) = (percentile(solved.clone(), 0.05), percentile(solved.clone(), 0.97));
    let saliency: Vec<f32> = solved.iter().map(|s| ((s - lo) / (hi - lo + 0.02)).clamp(0.0, 1.0)).collect();
    Evidence {
        saliency: sp.spread(&saliency),
        background: sp.spread(&background),
        centre: Plane::build(lab.w, lab.h, |x, y| centre_at(x as f32, y as f32)),
    }
}

fn difference(sp: &Superpixels, a: usize, b: usize) -> f32 {
    (sp.color[a] - sp.color[b]).length()
}

/// 1 − exp(−bc²/2) with bc the boundary connectivity.
fn background(sp: &Superpixels) -> Vec<f32> {
    let n = sp.place.len();
    let border = sp.border();
    let distance = geodesic(sp, &border);
    (0..n)
        .map(|i| {
            let row = &distance[i * n..(i + 1) * n];
            let near: Vec<f32> = row.iter().map(|d| (-d * d / 200.0).exp()).collect();
            let area: f32 = near.iter().sum();
            let length: f32 = near.iter().zip(&border).map(|(a, (b, _))| a * b).sum();
            let bc = length / area.max(1e-6).sqrt();
            1.0 - (-bc * bc / 2.0).exp()
        })
        .collect()
}

/// Cheapest colour difference along a path between every two regions (Floyd 1962, Warshall 1962).
fn geodesic(sp: &Superpixels, border: &[(f32, bool)]) -> Vec<f32> {
    let n = sp.place.len();
    let costs: Vec<f32> = sp.edges.iter().map(|&(a, b)| difference(sp, a, b)).collect();
    let floor = percentile(costs, 0.2);
    let mut d = vec![1e9_f32; n * n];
    let mut link = |a: usize, b: usize| {
        let cost = (difference(sp, a, b) - floor).max(0.0) + 0.001;
        d[a * n + b] = cost;
        d[b * n + a] = cost;
    };
    sp.edges.iter().for_each(|&(a, b)| link(a, b));
    let joined: Vec<usize> = (0..n).filter(|&i| border[i].1).collect();
    for (k, &a) in joined.iter().enumerate() {
        joined[k + 1..].iter().for_each(|&b| link(a, b));
    }
    (0..n).for_each(|i| d[i * n + i] = 0.0);
    let mut via = vec![0.0; n];
    for k in 0..n {
        via.copy_from_slice(&d[k * n..(k + 1) * n]);
        for row in d.chunks_mut(n) {
            let to = row[k];
            row.iter_mut().zip(&via).for_each(|(a, &b)| *a = a.min(to + b));
        }
    }
    d
}

/// Colour contrast to likely background, nearer regions weighing more; scaled to 0..1.
fn contrast(sp: &Superpixels, background: &[f32], (w, h): (f32, f32)) -> Vec<f32> {
    let n = sp.place.len();
    let raw: Vec<f32> = (0..n)
        .map(|i| {
            (0..n)
                .map(|j| {
                    let (dx, dy) = ((sp.place[i].0 - sp.place[j].0) / w, (sp.place[i].1 - sp.place[j].1) / h);
                    difference(sp, i, j) * (-(dx * dx + dy * dy) / 0.32).exp() * background[j] * sp.area[j]
                })
                .sum()
        })
        .collect();
    let hi = raw.iter().copied().fold(1e-6, f32::max);
    let lo = raw.iter().copied().fold(f32::MAX, f32::min).min(hi);
    raw.iter().map(|v| (v - lo) / (hi - lo).max(1e-6)).collect()
}

/// Solves (L + diag(5·bg + fg)) s = fg, L the graph Laplacian, by conjugate gradients
/// (Hestenes and Stiefel 1952).
fn smooth(sp: &Superpixels, fg: &[f32], bg: &[f32]) -> Vec<f32> {
    let weights: Vec<f32> =
        sp.edges.iter().map(|&(a, b)| (-difference(sp, a, b).powi(2) / 200.0).exp() + 0.1).collect();
    let apply = |s: &[f32]| {
        let mut out: Vec<f32> = (0..s.len()).map(|i| (5.0 * bg[i] + fg[i] + 1e-3) * s[i]).collect();
        for (&(a, b), &k) in sp.edges.iter().zip(&weights) {
            let flow = k * (s[a] - s[b]);
            out[a] += flow;
            out[b] -= flow;
        }
        out
    };
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f32>();
    let (mut s, mut r, mut p) = (vec![0.0; fg.len()], fg.to_vec(), fg.to_vec());
    let mut rr = dot(&r, &r);
    for _ in 0..120 {
        let ap = apply(&p);
        let pap = dot(&p, &ap);
        if rr < 1e-12 || pap <= 0.0 {
            break;
        }
        let alpha = rr / pap;
        s.iter_mut().zip(&p).for_each(|(s, p)| *s += alpha * p);
        r.iter_mut().zip(&ap).for_each(|(r, a)| *r -= alpha * a);
        let next = dot(&r, &r);
        let beta = next / rr;
        p.iter_mut().zip(&r).for_each(|(p, r)| *p = r + beta * *p);
        rr = next;
    }
    s
}
