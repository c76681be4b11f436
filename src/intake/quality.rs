//! Whether a photo is good enough for a figure.

use super::raster::Picture;
use crate::domain::Quality;

/// Shorter side below which a face cannot be made out, in pixels of the received photo.
const SMALL: u32 = 128;
/// Mean luma below which a photo is dark, above which it is bright (of 255).
const DARK: f64 = 24.0;
const BRIGHT: f64 = 238.0;
/// Standard deviation of luma below which nothing is shown at all, and below which little is.
const BLANK: f64 = 2.0;
const FLAT: f64 = 12.0;
/// Variance of the Laplacian of luma, on a picture of about [`SIDE`] pixels, below which no edge is sharp
/// (Pech-Pacheco et al., "Diatom autofocusing in brightfield microscopy", 2000).
const BLURRED: f64 = 8.0;
/// Side that sharpness is judged at, so that a large photo is not blurred merely by being large.
const SIDE: u32 = 512;

/// Judges the fitted picture; `received` are the sides of the photo before fitting.
pub(super) fn judge(picture: &Picture, received: (u32, u32)) -> Quality {
    let luma = Luma::of(picture);
    let (mean, deviation) = luma.spread();
    let blank = deviation < BLANK;
    let small = received.0.min(received.1) < SMALL;
    let dark = mean < DARK;
    let bright = mean > BRIGHT;
    let flat = !blank && deviation < FLAT;
    let blurred = !blank && !small && luma.sharpness() < BLURRED;
    let found = [
        (small, "too_small"),
        (dark, "too_dark"),
        (bright, "too_bright"),
        (blank, "blank"),
        (flat, "low_contrast"),
        (blurred, "blurred"),
    ];
    let issues = found.iter().filter(|(is, _)| *is).map(|(_, name)| (*name).to_owned()).collect();
    // Dark, bright or soft photos may still do; nothing can be made of nothing.
    Quality { usable: !small && !blank, issues }
}

/// Brightness on a thinned-out grid, in 256ths.
struct Luma {
    width: usize,
    values: Vec<i32>,
}

/// 256 times the luma of white, as a divisor.
const ONE: f64 = 256.0;

impl Luma {
    /// Averages pairs of pixels side by side, spread evenly; that keeps noise from passing for sharpness.
    fn of(picture: &Picture) -> Self {
        let step = (picture.width.max(picture.height) / SIDE).max(1) as usize;
        let columns = picture.width as usize / step;
        let mut values = Vec::with_capacity(columns * (picture.height as usize / step));
        for row in picture.luma.chunks_exact(picture.width.max(1) as usize).step_by(step) {
            let squares = row.chunks_exact(step).take(columns);
            values.extend(squares.map(|pixels| match pixels {
                [one, two, ..] => 128 * (i32::from(*one) + i32::from(*two)),
                [one] => 256 * i32::from(*one),
                [] => 0,
            }));
        }
        Self { width: columns, values }
    }

    fn spread(&self) -> (f64, f64) {
        spread(self.values.iter().copied())
    }

    fn sharpness(&self) -> f64 {
        let rows: Vec<&[i32]> = self.values.chunks_exact(self.width.max(1)).collect();
        let (_, deviation) = spread(rows.windows(3).flat_map(|rows| {
            let [above, row, below] = [0, 1, 2].map(|index| rows.get(index).copied().unwrap_or_default());
            let inner = row.windows(3).zip(above.iter().skip(1)).zip(below.iter().skip(1));
            inner.map(|((row, above), below)| match row {
                [left, here, right] => left + right + above + below - 4 * here,
                _ => 0,
            })
        }));
        deviation * deviation
    }
}

/// Mean and standard deviation, in luma from 0 to 255.
fn spread(values: impl Iterator<Item = i32>) -> (f64, f64) {
    let (count, sum, squares) = values.fold((0_u32, 0_i64, 0_i64), |(count, sum, squares), value| {
        let value = i64::from(value);
        (count + 1, sum + value, squares + value * value)
    });
    if count == 0 {
        return (0.0, 0.0);
    }
    let (mean, square) = (real(sum) / f64::from(count), real(squares) / f64::from(count));
    (mean / ONE, (square - mean * mean).max(0.0).sqrt() / ONE)
}

#[expect(clippy::cast_precision_loss, reason = "a statistic needs no more than 52 bits")]
fn real(value: i64) -> f64 {
    value as f64
}
