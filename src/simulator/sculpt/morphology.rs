//! Binary shapes: distances, opening and closing, components, holes, hull.

use super::grid::{Grid, Plane};

/// A yes or no per pixel.
#[derive(Clone)]
pub(super) struct Shape {
    pub(super) w: usize,
    pub(super) h: usize,
    pub(super) v: Vec<bool>,
}

impl Shape {
    /// Pixels whose value exceeds `level`.
    pub(super) fn above(plane: &Plane, level: f32) -> Self {
        Self { w: plane.w, h: plane.h, v: plane.v.iter().map(|&p| p > level).collect() }
    }

    /// 1 inside, 0 outside.
    pub(super) fn plane(&self) -> Plane {
        Grid { w: self.w, h: self.h, v: self.v.iter().map(|&b| f32::from(u8::from(b))).collect() }
    }

    pub(super) fn area(&self) -> usize {
        self.v.iter().filter(|&&b| b).count()
    }

    fn not(&self) -> Self {
        Self { w: self.w, h: self.h, v: self.v.iter().map(|b| !b).collect() }
    }

    /// Everything nearer than `r` pixels to the shape.
    pub(super) fn dilated(&self, r: f32) -> Self {
        let d = self.distance();
        Self { w: self.w, h: self.h, v: d.iter().map(|&d| d <= r * r).collect() }
    }

    /// Everything of the shape farther than `r` pixels from its outside; the frame is no outside.
    pub(super) fn eroded(&self, r: f32) -> Self {
        self.not().dilated(r).not()
    }

    /// Squared Euclidean distance of each pixel to the shape
    /// (Felzenszwalb and Huttenlocher, "Distance transforms of sampled functions", 2012).
    pub(super) fn distance(&self) -> Vec<f32> {
        let mut d: Vec<f32> = self.v.iter().map(|&b| if b { 0.0 } else { 1e9 }).collect();
        let mut line = vec![0.0; self.w.max(self.h)];
        for x in 0..self.w {
            for y in 0..self.h {
                line[y] = d[y * self.w + x];
            }
            let out = envelope(&line[..self.h]);
            for (y, v) in out.iter().enumerate() {
                d[y * self.w + x] = *v;
            }
        }
        for row in d.chunks_mut(self.w) {
            let out = envelope(row);
            row.copy_from_slice(&out);
        }
        d
    }

    /// The 4-connected component with the greatest sum of `weight`; the shape itself where it is empty.
    pub(super) fn heaviest(&self, weight: &Plane) -> Self {
        let parts = self.components();
        let sum = |part: &Vec<usize>| part.iter().map(|&i| weight.v[i]).sum::<f32>();
        let best = parts.iter().map(sum).enumerate().fold((0, f32::MIN), |b, (i, s)| if s > b.1 { (i, s) } else { b });
        let mut out = Self { w: self.w, h: self.h, v: vec![false; self.v.len()] };
        if let Some(part) = parts.get(best.0) {
            for &i in part {
                out.v[i] = true;
            }
        }
        out
    }

    /// The shape with every enclosed hole of less than `limit` pixels filled.
    pub(super) fn filled(&self, limit: f32) -> Self {
        let mut out = self.clone();
        for hole in self.not().components() {
            let open = hole.iter().any(|&i| {
                let (x, y) = (i % self.w, i / self.w);
                x == 0 || y == 0 || x + 1 == self.w || y + 1 == self.h
            });
            if !open && (hole.len() as f32) < limit {
                for &i in &hole {
                    out.v[i] = true;
                }
            }
        }
        out
    }

    fn components(&self) -> Vec<Vec<usize>> {
        let mut seen = vec![false; self.v.len()];
        let mut parts = Vec::new();
        for start in 0..self.v.len() {
            if !self.v[start] || seen[start] {
                continue;
            }
            seen[start] = true;
            let mut part = vec![start];
            let mut next = 0;
            while let Some(&i) = part.get(next) {
                next += 1;
                let (x, y) = (i % self.w, i / self.w);
                let around = [
                    (x > 0).then(|| i - 1),
                    (x + 1 < self.w).then(|| i + 1),
                    (y > 0).then(|| i - self.w),
                    (y + 1 < self.h).then(|| i + self.w),
                ];
                for j in around.into_iter().flatten() {
                    if self.v[j] && !seen[j] {
                        seen[j] = true;
                        part.push(j);
                    }
                }
            }
            parts.push(part);
        }
        parts
    }

    /// The convex hull (Andrew's monotone chain, 1979).
    pub(super) fn hull(&self) -> Self {
        let mut points = Vec::new();
        for y in 0..self.h {
            let row = &self.v[y * self.w..(y + 1) * self.w];
            let (first, last) = (row.iter().position(|&b| b), row.iter().rposition(|&b| b));
            points.extend([first, last].into_iter().flatten().map(|x| (x as f32, y as f32)));
        }
        let chain = |sign: f32| {
            let mut c: Vec<(f32, f32)> = Vec::new();
            for &p in &points {
                while c.len() > 1 && cross(c[c.len() - 2], c[c.len() - 1], p) * sign <= 0.0 {
                    c.pop();
                }
                c.push(p);
            }
            c
        };
        let (a, b) = (chain(1.0), chain(-1.0));
        let mut out = Self { w: self.w, h: self.h, v: vec![false; self.v.len()] };
        for y in 0..self.h {
            if let (Some(p), Some(q)) = (edge_at(&a, y as f32), edge_at(&b, y as f32)) {
                let (lo, hi) = (p.min(q).round() as usize, p.max(q).round() as usize);
                out.v[y * self.w + lo..=y * self.w + hi.min(self.w - 1)].fill(true);
            }
        }
        out
    }
}

/// Where a chain that runs downward crosses the row `y`.
fn edge_at(chain: &[(f32, f32)], y: f32) -> Option<f32> {
    let (first, last) = (chain.first()?, chain.last()?);
    if y < first.1 || y > last.1 {
        return None;
    }
    let k = chain.iter().position(|p| p.1 >= y)?;
    let b = chain[k];
    let a = chain[k.saturating_sub(1)];
    let dy = b.1 - a.1;
    Some(if dy.abs() < 1e-6 { b.0 } else { a.0 + (b.0 - a.0) * (y - a.1) / dy })
}

fn cross(o: (f32, f32), a: (f32, f32), b: (f32, f32)) -> f32 {
    (a.0 - o.0) * (b.1 - o.1) - (a.1 - o.1) * (b.0 - o.0)
}

/// Lower envelope of parabolas rooted at the samples.
fn envelope(f: &[f32]) -> Vec<f32> {
    let n = f.len();
    let mut roots = vec![0_usize; n];
    let mut starts = vec![f32::MIN; n + 1];
    let mut k = 0;
    for q in 1..n {
        let meet = |p: usize| ((f[q] + (q * q) as f32) - (f[p] + (p * p) as f32)) / (2.0 * (q as f32 - p as f32));
        let mut s = meet(roots[k]);
        while k > 0 && s <= starts[k] {
            k -= 1;
            s = meet(roots[k]);
        }
        k += 1;
        roots[k] = q;
        starts[k] = s;
    }
    starts[k + 1] = f32::MAX;
    let mut j = 0;
    (0..n)
        .map(|q| {
            while j < k && starts[j + 1] < q as f32 {
                j += 1;
            }
            let d = q as f32 - roots[j] as f32;
            f[roots[j]] + d * d
        })
        .collect()
}
