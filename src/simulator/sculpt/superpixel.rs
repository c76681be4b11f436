//! SLIC superpixels (Achanta et al., "SLIC superpixels compared to state-of-the-art superpixel methods", 2012).

use super::grid::{Grid, Picture, Plane};
use super::vector::V3;

/// Wanted number of superpixels.
const COUNT: f32 = 320.0;
/// Weight of distance against colour.
const COMPACTNESS: f32 = 12.0;
const ROUNDS: usize = 6;

/// A division of the photo into small even regions.
pub(super) struct Superpixels {
    /// The region of each pixel.
    pub(super) label: Vec<usize>,
    /// Mean Lab colour of each region.
    pub(super) color: Vec<V3>,
    /// Mean position of each region; pixels.
    pub(super) place: Vec<(f32, f32)>,
    /// Pixels in each region.
    pub(super) area: Vec<f32>,
    /// Pairs of touching regions, lower index first, sorted.
    pub(super) edges: Vec<(usize, usize)>,
    /// Side of an average region; pixels.
    pub(super) side: f32,
    w: usize,
    h: usize,
}

/// Divides the Lab picture.
pub(super) fn divide(lab: &Picture) -> Superpixels {
    let side = ((lab.w * lab.h) as f32 / COUNT).sqrt().max(1.0);
    let (nx, ny) = (((lab.w as f32 / side).round() as usize).max(1), ((lab.h as f32 / side).round() as usize).max(1));
    let mut out = Superpixels {
        label: vec![0; lab.w * lab.h],
        color: Vec::new(),
        place: Vec::new(),
        area: vec![1.0; nx * ny],
        edges: Vec::new(),
        side,
        w: lab.w,
        h: lab.h,
    };
    for j in 0..ny {
        for i in 0..nx {
            let x = (i as f32 + 0.5) * lab.w as f32 / nx as f32;
            let y = (j as f32 + 0.5) * lab.h as f32 / ny as f32;
            out.place.push((x, y));
            out.color.push(lab.at((x as usize).min(lab.w - 1), (y as usize).min(lab.h - 1)));
        }
    }
    for _ in 0..ROUNDS {
        out.assign(lab);
        out.recenter(lab);
    }
    out.edges = out.touching();
    out
}

impl Superpixels {
    fn assign(&mut self, lab: &Picture) {
        let mut best = Plane::filled(self.w, self.h, f32::MAX);
        let k = (COMPACTNESS / self.side).powi(2);
        let reach = self.side * 1.6;
        for (n, (&(cx, cy), &color)) in self.place.iter().zip(&self.color).enumerate() {
            let x0 = (cx - reach).max(0.0) as usize;
            let y0 = (cy - reach).max(0.0) as usize;
            let x1 = ((cx + reach) as usize + 1).min(self.w);
            let y1 = ((cy + reach) as usize + 1).min(self.h);
            for y in y0..y1 {
                for x in x0..x1 {
                    let d = lab.at(x, y) - color;
                    let (dx, dy) = (x as f32 - cx, y as f32 - cy);
                    let cost = d.dot(d) + k * (dx * dx + dy * dy);
                    let i = y * self.w + x;
                    if cost < best.v[i] {
                        best.v[i] = cost;
                        self.label[i] = n;
                    }
                }
            }
        }
    }

    fn recenter(&mut self, lab: &Picture) {
        let n = self.place.len();
        let mut sum = vec![(V3::default(), 0.0_f32, 0.0_f32, 0.0_f32); n];
        for (i, &l) in self.label.iter().enumerate() {
            let s = &mut sum[l];
            *s = (s.0 + lab.v[i], s.1 + (i % self.w) as f32, s.2 + (i / self.w) as f32, s.3 + 1.0);
        }
        for (l, s) in sum.iter().enumerate() {
            self.area[l] = s.3;
            if s.3 > 0.0 {
                self.color[l] = s.0 * (1.0 / s.3);
                self.place[l] = (s.1 / s.3, s.2 / s.3);
            }
        }
    }

    fn touching(&self) -> Vec<(usize, usize)> {
        let mut edges = Vec::new();
        for (i, &a) in self.label.iter().enumerate() {
            let right = (i % self.w + 1 < self.w).then(|| self.label[i + 1]);
            let below = (i + self.w < self.label.len()).then(|| self.label[i + self.w]);
            edges.extend([right, below].into_iter().flatten().filter(|&b| b != a).map(|b| (a.min(b), a.max(b))));
        }
        edges.sort_unstable();
        edges.dedup();
        edges
    }

    /// Length of each region's share of the photo's border, weighted: the top counts 1, the sides 1 falling to 0.45
    /// below 45 % of the height, the bottom 0.25, since subjects touch it. Also whether it touches top or sides.
    pub(super) fn border(&self) -> Vec<(f32, bool)> {
        let mut out = vec![(0.0, false); self.place.len()];
        let mut touch = |x: usize, y: usize, weight: f32, joined: bool| {
            let o = &mut out[self.label[y * self.w + x]];
            *o = (o.0 + weight, o.1 | joined);
        };
        for x in 0..self.w {
            touch(x, 0, 1.0, true);
            touch(x, self.h - 1, 0.25, false);
        }
        for y in 0..self.h {
            let t = ((y as f32 / self.h as f32 - 0.45) / 0.55).clamp(0.0, 1.0);
            touch(0, y, 1.0 - 0.55 * t, true);
            touch(self.w - 1, y, 1.0 - 0.55 * t, true);
        }
        out.iter().map(|&(b, joined)| ((b / (0.8 * self.side)).min(1.0), joined)).collect()
    }

    /// Spreads one value per region over its pixels.
    pub(super) fn spread(&self, values: &[f32]) -> Plane {
        Grid::build(self.w, self.h, |x, y| values[self.label[y * self.w + x]])
    }
}
