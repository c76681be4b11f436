//! Figures out of blocks: plastic bricks seen from the front, and voxels.

use super::color::{lab, unlab};
use super::grid::{Grid, Plane};
use super::mixture::split_means;
use super::noise::hash;
use super::shade::Figure;
use super::vector::{V3, smoothstep};

/// Bricks along the longer side.
const BRICKS: f32 = 38.0;
/// Voxels along the longer side.
const VOXELS: f32 = 38.0;

/// A figure averaged over square cells.
struct Cells {
    size: f32,
    w: usize,
    h: usize,
    full: Vec<bool>,
    color: Vec<V3>,
    height: Vec<f32>,
}

impl Cells {
    fn new(figure: &Figure, count: f32) -> Self {
        let a = &figure.alpha;
        let size = (a.w.max(a.h) as f32 / count).max(4.0);
        let (w, h) = ((a.w as f32 / size).ceil() as usize, (a.h as f32 / size).ceil() as usize);
        let mut sums = vec![(V3::default(), 0.0_f32, 0.0_f32, 0.0_f32); w * h];
        for y in 0..a.h {
            for x in 0..a.w {
                let k = a.at(x, y);
                let s = &mut sums[(y as f32 / size) as usize * w + (x as f32 / size) as usize];
                *s = (s.0 + figure.albedo.at(x, y) * k, s.1 + figure.height.at(x, y) * k, s.2 + k, s.3 + 1.0);
            }
        }
        Self {
            size,
            w,
            h,
            full: sums.iter().map(|s| s.2 > 0.5 * s.3.max(1.0) && s.2 > 0.4 * size * size).collect(),
            color: sums.iter().map(|s| s.0 * (1.0 / s.2.max(1e-3))).collect(),
            height: sums.iter().map(|s| s.1 / s.2.max(1e-3)).collect(),
        }
    }

    /// Index of the cell at a pixel and the position inside it (0..1).
    fn at(&self, x: usize, y: usize) -> (usize, f32, f32) {
        let (u, v) = (x as f32 / self.size, y as f32 / self.size);
        let (i, j) = ((u as usize).min(self.w - 1), (v as usize).min(self.h - 1));
        (j * self.w + i, u - i as f32, v - j as f32)
    }

    /// Rounds heights to `steps` levels of the greatest.
    fn terrace(&mut self, depth: f32, steps: f32) {
        for h in &mut self.height {
            *h = (*h / depth.max(1.0) * steps).round().clamp(1.0, steps) / steps * depth;
        }
    }

    /// Moves colours to the nearest of `count` means, more vivid by `chroma`.
    fn limit(&mut self, count: usize, chroma: f32) {
        let labs: Vec<V3> = self.color.iter().map(|&c| lab(c)).collect();
        let mean = Grid { w: self.w, h: self.h, v: labs.clone() }.blur(1.6);
        let labs: Vec<V3> = labs
            .iter()
            .zip(&mean.v)
            .map(|(&c, &m)| V3((c.0 + 0.9 * (c.0 - m.0)).clamp(2.0, 98.0), c.1 * chroma, c.2 * chroma))
            .collect();
        let used: Vec<V3> = labs.iter().zip(&self.full).filter(|(_, f)| **f).map(|(&c, _)| c).collect();
        let means = split_means(&used, count);
        let near = |c: V3| {
            (1..means.len()).fold(0, |b, i| if (means[i] - c).length() < (means[b] - c).length() { i } else { b })
        };
        for (color, l) in self.color.iter_mut().zip(&labs) {
            *color = unlab(means[near(*l)]);
        }
    }

    fn outline(&self, w: usize, h: usize) -> Plane {
        Grid::build(w, h, |x, y| f32::from(u8::from(self.full[self.at(x, y).0]))).blur(0.5)
    }
}

/// Builds the figure from studded bricks in four terraces.
pub(super) fn bricks(figure: &mut Figure) {
    let mut cells = Cells::new(figure, BRICKS);
    figure.depth = figure.depth.min(0.16 * figure.alpha.w.min(figure.alpha.h) as f32);
    let top = cells.height.iter().copied().fold(1.0, f32::max);
    let depth = figure.depth;
    cells.height.iter_mut().for_each(|h| *h *= depth / top);
    cells.terrace(figure.depth, 4.0);
    cells.limit(11, 1.15);
    let (w, h) = (figure.alpha.w, figure.alpha.h);
    figure.alpha = cells.outline(w, h);
    let step = 0.20 * cells.size;
    let seam = |x: usize, y: usize| {
        let (i, u, v) = cells.at(x, y);
        let (cx, cy) = (i % cells.w, i / cells.w);
        let edge = 1.6 / cells.size;
        let starts =
            (cx + cy * 2).is_multiple_of(3) || cx == 0 || cells.color[i] != cells.color[i - 1] || !cells.full[i - 1];
        let left = if starts { smoothstep(edge, 0.0, u) } else { 0.0 };
        left.max(smoothstep(edge, 0.0, v))
    };
    let terraces = Grid::build(w, h, |x, y| cells.height[cells.at(x, y).0]).blur(0.9);
    figure.height = Grid::build(w, h, |x, y| {
        let (_, u, v) = cells.at(x, y);
        let r = ((u - 0.5).powi(2) + (v - 0.5).powi(2)).sqrt();
        terraces.at(x, y) + step * (1.3 * smoothstep(0.33, 0.25, r) - 0.8 * seam(x, y))
    })
    .blur(0.7);
    figure.albedo = Grid::build(w, h, |x, y| cells.color[cells.at(x, y).0] * (1.0 - 0.35 * seam(x, y)));
}

/// Builds the figure from cubes; each shows its top where the one above lies deeper.
pub(super) fn voxels(figure: &mut Figure, seed: u32) {
    let mut cells = Cells::new(figure, VOXELS);
    cells.terrace(figure.depth, 7.0);
    cells.limit(18, 1.1);
    let (w, h) = (figure.alpha.w, figure.alpha.h);
    figure.alpha = cells.outline(w, h);
    let step = figure.depth / 7.0;
    figure.height = Grid::build(w, h, |x, y| {
        let (i, u, v) = cells.at(x, y);
        let edge = u.min(1.0 - u).min(v).min(1.0 - v);
        cells.height[i] - 0.10 * step * smoothstep(0.09, 0.0, edge)
    });
    figure.albedo = Grid::build(w, h, |x, y| {
        let (i, u, v) = cells.at(x, y);
        let here = cells.height[i];
        let drop = |open: bool, j: usize| {
            if open && cells.full[j] { (here - cells.height[j]) / step } else { 3.0 }
        };
        let above = drop(i >= cells.w, i.saturating_sub(cells.w));
        let right = drop(i % cells.w + 1 < cells.w, (i + 1).min(cells.full.len() - 1));
        let lid = if above > 0.4 { smoothstep(0.28, 0.22, v) } else { 0.0 };
        let flank = if right > 0.4 { smoothstep(0.82, 0.86, u) } else { 0.0 };
        let tint = 0.90 + 0.20 * hash((i % cells.w) as i32, (i / cells.w) as i32, seed);
        let line = 1.0 - 0.25 * smoothstep(0.05, 0.0, u.min(v));
        cells.color[i] * (tint * line * (1.0 + 0.55 * lid) * (1.0 - 0.40 * flank))
    });
}
