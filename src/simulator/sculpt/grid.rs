//! A rectangular grid of samples and the filters that every step shares.

use std::ops::{Add, Mul, Sub};

use rayon::prelude::*;

use super::vector::V3;

/// What a grid can hold: something that can be averaged.
pub(super) trait Sample:
    Copy + Default + Send + Sync + Add<Output = Self> + Sub<Output = Self> + Mul<f32, Output = Self>
{
}
impl<T: Copy + Default + Send + Sync + Add<Output = T> + Sub<Output = T> + Mul<f32, Output = T>> Sample for T {}

/// Samples in rows; both sides are at least 1.
#[derive(Clone, Debug)]
pub(super) struct Grid<T> {
    pub(super) w: usize,
    pub(super) h: usize,
    pub(super) v: Vec<T>,
}

/// One value per pixel.
pub(super) type Plane = Grid<f32>;
/// Three values per pixel.
pub(super) type Picture = Grid<V3>;

/// A rectangle in the (fractional) pixel coordinates of a grid.
#[derive(Clone, Copy, Debug)]
pub(super) struct Rect {
    pub(super) x: f32,
    pub(super) y: f32,
    pub(super) w: f32,
    pub(super) h: f32,
}

impl Rect {
    pub(super) fn new(x: f32, y: f32, w: f32, h: f32) -> Self {
        Self { x, y, w, h }
    }

    /// The same rectangle in a grid `k` times the size.
    pub(super) fn scaled(self, k: f32) -> Self {
        Self { x: self.x * k, y: self.y * k, w: self.w * k, h: self.h * k }
    }
}

/// Sides of a grid reduced so that its longer one is at most `longest` (at least 8), and the factor.
pub(super) fn reduced(w: usize, h: usize, longest: f32) -> (usize, usize, f32) {
    let k = (longest / w.max(h) as f32).min(1.0);
    let side = |n: usize| ((n as f32 * k) as usize).max(8);
    (side(w), side(h), k)
}

impl Picture {
    /// Every component within 0..1: undoes the overshoot of sharp resampling.
    pub(super) fn clipped(&self) -> Self {
        self.map(|c| c.map(|v| v.clamp(0.0, 1.0)))
    }
}

impl<T: Sample> Grid<T> {
    pub(super) fn filled(w: usize, h: usize, value: T) -> Self {
        let (w, h) = (w.max(1), h.max(1));
        Self { w, h, v: vec![value; w * h] }
    }

    /// Fills by coordinates; rows run in parallel, each value depends on its coordinates alone.
    pub(super) fn build(w: usize, h: usize, f: impl Fn(usize, usize) -> T + Sync) -> Self {
        let mut out = Self::filled(w, h, T::default());
        let w = out.w;
        out.v.par_chunks_mut(w).enumerate().for_each(|(y, row)| {
            for (x, p) in row.iter_mut().enumerate() {
                *p = f(x, y);
            }
        });
        out
    }

    pub(super) fn at(&self, x: usize, y: usize) -> T {
        self.v[y * self.w + x]
    }

    /// The sample, with coordinates outside moved to the nearest edge.
    pub(super) fn clamped(&self, x: isize, y: isize) -> T {
        let x = x.clamp(0, self.w as isize - 1) as usize;
        let y = y.clamp(0, self.h as isize - 1) as usize;
        self.at(x, y)
    }

    /// Bilinear sample at a fractional position, edges continued.
    pub(super) fn bilinear(&self, x: f32, y: f32) -> T {
        let x = x.clamp(0.0, (self.w - 1) as f32);
        let y = y.clamp(0.0, (self.h - 1) as f32);
        let (x0, y0) = (x as usize, y as usize);
        let (x1, y1) = ((x0 + 1).min(self.w - 1), (y0 + 1).min(self.h - 1));
        let (fx, fy) = (x - x0 as f32, y - y0 as f32);
        let top = self.at(x0, y0) * (1.0 - fx) + self.at(x1, y0) * fx;
        let low = self.at(x0, y1) * (1.0 - fx) + self.at(x1, y1) * fx;
        top * (1.0 - fy) + low * fy
    }

    pub(super) fn map<U: Sample>(&self, f: impl Fn(T) -> U + Sync) -> Grid<U> {
        Grid::build(self.w, self.h, |x, y| f(self.at(x, y)))
    }

    /// Combines two grids of the same size.
    pub(super) fn zip<U: Sample, R: Sample>(&self, other: &Grid<U>, f: impl Fn(T, U) -> R + Sync) -> Grid<R> {
        Grid::build(self.w, self.h, |x, y| f(self.at(x, y), other.at(x, y)))
    }

    /// Gaussian blur with standard deviation `sigma` in pixels, edges continued; three box passes above σ 3
    /// (Wells, "Efficient synthesis of Gaussian filters by cascaded uniform filters", 1986).
    pub(super) fn blur(&self, sigma: f32) -> Self {
        if sigma < 0.25 {
            return self.clone();
        }
        if sigma <= 3.0 {
            let kernel = gaussian(sigma);
            return self.rows(|row, out| convolve(row, &kernel, out)).columns(&kernel);
        }
        let mut out = self.clone();
        for radius in box_radii(sigma) {
            out = out.rows(|row, o| box_row(row, radius, o)).box_columns(radius);
        }
        out
    }

    fn rows(&self, f: impl Fn(&[T], &mut [T]) + Sync) -> Self {
        let mut out = Self::filled(self.w, self.h, T::default());
        out.v.par_chunks_mut(self.w).zip(self.v.par_chunks(self.w)).for_each(|(o, row)| f(row, o));
        out
    }

    fn columns(&self, kernel: &[f32]) -> Self {
        let mut out = Self::filled(self.w, self.h, T::default());
        let r = (kernel.len() / 2) as isize;
        out.v.par_chunks_mut(self.w).enumerate().for_each(|(y, o)| {
            for (i, &k) in kernel.iter().enumerate() {
                let sy = (y as isize + i as isize - r).clamp(0, self.h as isize - 1) as usize;
                let row = &self.v[sy * self.w..(sy + 1) * self.w];
                o.iter_mut().zip(row).for_each(|(a, &b)| *a = *a + b * k);
            }
        });
        out
    }

    fn box_columns(&self, radius: usize) -> Self {
        let (w, h, r) = (self.w, self.h, radius as isize);
        let mut out = Self::filled(w, h, T::default());
        let mut acc = vec![T::default(); w];
        let row = |y: isize| {
            let y = y.clamp(0, h as isize - 1) as usize;
            &self.v[y * w..(y + 1) * w]
        };
        for y in -r..=r {
            acc.iter_mut().zip(row(y)).for_each(|(a, &b)| *a = *a + b);
        }
        let k = 1.0 / (2 * radius + 1) as f32;
        for (y, o) in out.v.chunks_mut(w).enumerate() {
            let (leave, enter) = (row(y as isize - r), row(y as isize + r + 1));
            for x in 0..w {
                o[x] = acc[x] * k;
                acc[x] = acc[x] + enter[x] - leave[x];
            }
        }
        out
    }

    /// Resamples the rectangle to `w`×`h`: Catmull–Rom where it grows, widened accordingly where it shrinks
    /// (Keys, "Cubic convolution interpolation for digital image processing", 1981). Outside, edges continue.
    pub(super) fn resample(&self, rect: Rect, w: usize, h: usize) -> Self {
        let (w, h) = (w.max(1), h.max(1));
        let (kx, nx) = taps(rect.x, rect.w / w as f32, w, self.w);
        let (ky, ny) = taps(rect.y, rect.h / h as f32, h, self.h);
        let mut mid = Self::filled(w, self.h, T::default());
        mid.v.par_chunks_mut(w).zip(self.v.par_chunks(self.w)).for_each(|(o, row)| {
            for (x, p) in o.iter_mut().enumerate() {
                *p = kx[x * nx..(x + 1) * nx].iter().fold(T::default(), |s, &(i, k)| s + row[i] * k);
            }
        });
        let mut out = Self::filled(w, h, T::default());
        out.v.par_chunks_mut(w).enumerate().for_each(|(y, o)| {
            for &(i, k) in &ky[y * ny..(y + 1) * ny] {
                let row = &mid.v[i * w..(i + 1) * w];
                o.iter_mut().zip(row).for_each(|(a, &b)| *a = *a + b * k);
            }
        });
        out
    }

    /// The whole grid at another size.
    pub(super) fn resized(&self, w: usize, h: usize) -> Self {
        if (w, h) == (self.w, self.h) {
            return self.clone();
        }
        self.resample(Rect { x: 0.0, y: 0.0, w: self.w as f32, h: self.h as f32 }, w, h)
    }
}

impl Plane {
    /// Central differences (right − left, below − above), halved.
    pub(super) fn gradient(&self, x: usize, y: usize) -> (f32, f32) {
        let (xl, xr) = (x.saturating_sub(1), (x + 1).min(self.w - 1));
        let (yu, yd) = (y.saturating_sub(1), (y + 1).min(self.h - 1));
        ((self.at(xr, y) - self.at(xl, y)) * 0.5, (self.at(x, yd) - self.at(x, yu)) * 0.5)
    }
}

/// The value below which the share `q` (0..1) of the values lies; 0 for none.
pub(super) fn percentile(mut values: Vec<f32>, q: f32) -> f32 {
    if values.is_empty() {
        return 0.0;
    }
    let k = ((values.len() - 1) as f32 * q.clamp(0.0, 1.0)).round() as usize;
    let (_, v, _) = values.select_nth_unstable_by(k, f32::total_cmp);
    *v
}

fn gaussian(sigma: f32) -> Vec<f32> {
    let r = (sigma * 3.0).ceil() as i32;
    let k: Vec<f32> = (-r..=r).map(|i| (-0.5 * (i as f32 / sigma).powi(2)).exp()).collect();
    let sum: f32 = k.iter().sum();
    k.iter().map(|v| v / sum).collect()
}

fn box_radii(sigma: f32) -> [usize; 3] {
    let ideal = (12.0 * sigma * sigma / 3.0 + 1.0).sqrt();
    let low = ((ideal as usize).saturating_sub(1) / 2) * 2 + 1;
    let l = low as f32;
    let m = ((12.0 * sigma * sigma - 3.0 * l * l - 12.0 * l - 9.0) / (-4.0 * l - 4.0)).round();
    std::array::from_fn(|i| if (i as f32) < m { low / 2 } else { low / 2 + 1 })
}

fn convolve<T: Sample>(row: &[T], kernel: &[f32], out: &mut [T]) {
    let r = kernel.len() / 2;
    let n = row.len();
    let padded: Vec<T> = (0..n + 2 * r).map(|i| row[i.saturating_sub(r).min(n - 1)]).collect();
    for (i, &k) in kernel.iter().enumerate() {
        out.iter_mut().zip(&padded[i..i + n]).for_each(|(o, &p)| *o = *o + p * k);
    }
}

fn box_row<T: Sample>(row: &[T], r: usize, out: &mut [T]) {
    let n = row.len();
    let k = 1.0 / (2 * r + 1) as f32;
    let at = |i: usize| row[i.saturating_sub(r).min(n - 1)];
    let mut acc = (0..=2 * r).fold(T::default(), |s, i| s + at(i));
    for (i, o) in out.iter_mut().enumerate() {
        *o = acc * k;
        acc = acc + at(i + 2 * r + 1) - at(i);
    }
}

/// Source indices and weights, `n` for each output sample.
fn taps(start: f32, step: f32, count: usize, len: usize) -> (Vec<(usize, f32)>, usize) {
    let scale = step.max(1.0);
    let n = (4.0 * scale).ceil() as usize + 1;
    let mut all = Vec::with_capacity(count * n);
    for i in 0..count {
        let centre = start + (i as f32 + 0.5) * step - 0.5;
        let first = (centre - 2.0 * scale).ceil() as isize;
        let weights: Vec<f32> = (0..n).map(|j| cubic(((first + j as isize) as f32 - centre) / scale)).collect();
        let sum: f32 = weights.iter().sum();
        let norm = if sum.abs() > 1e-6 { 1.0 / sum } else { 0.0 };
        all.extend(weights.iter().enumerate().map(|(j, k)| {
            let at = (first + j as isize).clamp(0, len as isize - 1) as usize;
            (at, k * norm)
        }));
    }
    (all, n)
}

fn cubic(x: f32) -> f32 {
    let x = x.abs();
    if x < 1.0 {
        (1.5 * x - 2.5) * x * x + 1.0
    } else if x < 2.0 {
        ((-0.5 * x + 2.5) * x - 4.0) * x + 2.0
    } else {
        0.0
    }
}
