//! Folded card: the figure as flat triangles over scattered points.

use super::grid::{Picture, Plane, reduced};
use super::noise::Pcg;
use super::shade::Figure;
use super::vector::{V3, mix, smoothstep};

/// Points inside the outline.
const INNER: usize = 190;
/// Longest side at which points are chosen; pixels.
const COARSE: f32 = 160.0;

type Point = (f32, f32);

/// Folds the figure.
pub(super) fn fold(figure: &mut Figure, seed: u32) {
    let (w, h) = (figure.alpha.w, figure.alpha.h);
    let points = scatter(figure, seed);
    let triangles = triangulate(&points, w.max(h) as f32);
    let smooth = figure.height.blur(0.01 * w as f32);
    let mut cover = Plane::filled(w, h, 0.0);
    let mut height = Plane::filled(w, h, 0.0);
    let mut albedo = Picture::filled(w, h, V3::default());
    for t in &triangles {
        let corners = t.map(|i| points[i]);
        let middle =
            ((corners[0].0 + corners[1].0 + corners[2].0) / 3.0, (corners[0].1 + corners[1].1 + corners[2].1) / 3.0);
        if figure.alpha.bilinear(middle.0, middle.1) < 0.5 {
            continue;
        }
        let color = average(figure, &corners);
        let tall = corners.map(|(x, y)| smooth.bilinear(x, y));
        raster(&corners, (w, h), |i, k| {
            let edge = k[0].min(k[1]).min(k[2]);
            cover.v[i] = 1.0;
            height.v[i] = tall[0] * k[0] + tall[1] * k[1] + tall[2] * k[2];
            albedo.v[i] = mix(color, V3::splat(1.0), 0.12 * smoothstep(0.03, 0.0, edge));
        });
    }
    figure.alpha = cover.blur(0.8).map(|a| smoothstep(0.25, 0.75, a));
    figure.height = height;
    figure.albedo = albedo;
}

/// Points along the outline, then inside by rejection with density following edges.
fn scatter(figure: &Figure, seed: u32) -> Vec<Point> {
    let (w, h, k) = reduced(figure.alpha.w, figure.alpha.h, COARSE);
    let small = figure.alpha.resized(w, h);
    let light = figure.albedo.resized(w, h).map(|c| c.0 + c.1 + c.2).blur(1.0);
    let mut points: Vec<Point> = Vec::new();
    for i in 0..w * h {
        let (gx, gy) = small.gradient(i % w, i / w);
        let p = ((i % w) as f32 + 0.5, (i / w) as f32 + 0.5);
        if small.v[i] > 0.5 && gx.abs() + gy.abs() > 0.2 && apart(&points, p, 4.2) {
            points.push(p);
        }
    }
    let mut rng = Pcg::new(u64::from(seed) ^ 0xfa1d);
    for _ in 0..INNER * 40 {
        if points.len() >= INNER + 160 {
            break;
        }
        let p = (rng.unit() * w as f32, rng.unit() * h as f32);
        let (i, j) = ((p.0 as usize).min(w - 1), (p.1 as usize).min(h - 1));
        let (gx, gy) = light.gradient(i, j);
        let detail = (6.0 * (gx * gx + gy * gy).sqrt()).min(1.0);
        let wanted = small.at(i, j) > 0.9 && rng.unit() < 0.10 + 0.90 * detail;
        if wanted && apart(&points, p, 6.5 - 3.7 * detail) {
            points.push(p);
        }
    }
    points.iter().map(|p| (p.0 / k, p.1 / k)).collect()
}

/// Whether a place is farther than `d` from every point.
fn apart(points: &[Point], p: Point, d: f32) -> bool {
    points.iter().all(|q| (p.0 - q.0).powi(2) + (p.1 - q.1).powi(2) > d * d)
}

/// Delaunay triangulation by inserting point after point (Bowyer 1981, Watson 1981).
fn triangulate(points: &[Point], size: f32) -> Vec<[usize; 3]> {
    let n = points.len();
    let mut all = points.to_vec();
    all.extend([(-20.0 * size, -20.0 * size), (22.0 * size, -20.0 * size), (0.0, 40.0 * size)]);
    let mut triangles = vec![[n, n + 1, n + 2]];
    for p in 0..n {
        let (bad, mut kept): (Vec<[usize; 3]>, Vec<[usize; 3]>) =
            triangles.iter().partition(|t| in_circle(&t.map(|i| all[i]), all[p]));
        let mut edges: Vec<(usize, usize)> =
            bad.iter().flat_map(|t| [(t[0], t[1]), (t[1], t[2]), (t[2], t[0])]).collect();
        let whole = edges.clone();
        edges.retain(|&(a, b)| !whole.contains(&(b, a)));
        kept.extend(edges.iter().map(|&(a, b)| [a, b, p]));
        triangles = kept;
    }
    triangles.retain(|t| t.iter().all(|&i| i < n));
    triangles
}

/// Whether a point lies within the circle through three others, in either sense of turning.
fn in_circle(t: &[Point; 3], p: Point) -> bool {
    let d = t.map(|q| (f64::from(q.0) - f64::from(p.0), f64::from(q.1) - f64::from(p.1)));
    let s = d.map(|(x, y)| x * x + y * y);
    let det = d[0].0 * (d[1].1 * s[2] - d[2].1 * s[1]) - d[0].1 * (d[1].0 * s[2] - d[2].0 * s[1])
        + s[0] * (d[1].0 * d[2].1 - d[2].0 * d[1].1);
    let turn = (d[1].0 - d[0].0) * (d[2].1 - d[0].1) - (d[1].1 - d[0].1) * (d[2].0 - d[0].0);
    det * turn > 0.0
}

/// Calls `f` with the index and barycentric coordinates of every pixel inside.
fn raster(t: &[Point; 3], (w, h): (usize, usize), mut f: impl FnMut(usize, [f32; 3])) {
    let (x0, x1) = span(t.map(|p| p.0), w);
    let (y0, y1) = span(t.map(|p| p.1), h);
    let area = (t[1].0 - t[0].0) * (t[2].1 - t[0].1) - (t[1].1 - t[0].1) * (t[2].0 - t[0].0);
    if area.abs() < 1e-3 {
        return;
    }
    for y in y0..y1 {
        for x in x0..x1 {
            let (px, py) = (x as f32 + 0.5, y as f32 + 0.5);
            let side = |a: Point, b: Point| ((b.0 - a.0) * (py - a.1) - (b.1 - a.1) * (px - a.0)) / area;
            let k = [side(t[1], t[2]), side(t[2], t[0]), side(t[0], t[1])];
            if k.iter().all(|&v| v >= -1e-4) {
                f(y * w + x, k);
            }
        }
    }
}

fn span(v: [f32; 3], limit: usize) -> (usize, usize) {
    let lo = v.iter().copied().fold(f32::MAX, f32::min).max(0.0) as usize;
    let hi = v.iter().copied().fold(0.0, f32::max) as usize + 1;
    (lo.min(limit), hi.min(limit))
}

/// Mean colour over a few places of a triangle.
fn average(figure: &Figure, t: &[Point; 3]) -> V3 {
    const INSIDE: [[f32; 3]; 7] = [
        [0.34, 0.33, 0.33],
        [0.6, 0.2, 0.2],
        [0.2, 0.6, 0.2],
        [0.2, 0.2, 0.6],
        [0.45, 0.45, 0.1],
        [0.45, 0.1, 0.45],
        [0.1, 0.45, 0.45],
    ];
    let sum = INSIDE.iter().fold(V3::default(), |s, k| {
        let x = t[0].0 * k[0] + t[1].0 * k[1] + t[2].0 * k[2];
        let y = t[0].1 * k[0] + t[1].1 * k[1] + t[2].1 * k[2];
        s + figure.albedo.bilinear(x, y)
    });
    let mean = sum * (1.0 / 7.0);
    // Small shifts keep neighbours of one colour apart, as light does on real folds.
    let (cx, cy) = (t[0].0 + t[1].0 + t[2].0, t[0].1 + t[1].1 + t[2].1);
    mean * (0.93 + 0.14 * super::noise::hash(cx as i32, cy as i32, 3))
}

#[cfg(test)]
mod tests {
    use super::triangulate;

    #[test]
    fn a_square_becomes_two_triangles() {
        let t = triangulate(&[(0.0, 0.0), (10.0, 0.0), (0.0, 10.0), (9.0, 11.0)], 12.0);
        assert_eq!(t.len(), 2);
    }
}
