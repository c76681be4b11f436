//! Whether a photo is good enough for a figure.

use super::color::Picture;
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

/// Brightness on a thinned-out grid.
struct Luma {
    width: usize,
    values: Vec<f64>,
}

impl Luma {
    /// Averages squares of pixels; weights of ITU-R BT.601, as in JPEG.
    fn of(picture: &Picture) -> Self {
        let thinning = (picture.width.max(picture.height) / SIDE).max(1);
        let (step, area) = (thinning as usize, f64::from(thinning * thinning));
        let (width, height) = (picture.width as usize, picture.height as usize);
        let rows: Vec<&[[u8; 3]]> = picture.rgb.as_chunks::<3>().0.chunks_exact(width.max(1)).collect();
        let columns = width / step;
        let mut values = Vec::with_capacity(columns * (height / step));
        for band in rows.chunks_exact(step) {
            for column in 0..columns {
                let square = band.iter().flat_map(|row| row.iter().skip(column * step).take(step)).copied();
                values.push(square.map(luma).sum::<f64>() / area);
            }
        }
        Self { width: columns, values }
    }

    fn spread(&self) -> (f64, f64) {
        spread(self.values.iter().copied())
    }

    fn sharpness(&self) -> f64 {
        let at = |index: usize| self.values.get(index).copied().unwrap_or_default();
        let inner = (self.width..self.values.len().saturating_sub(self.width))
            .filter(|index| !matches!(index % self.width, 0) && (index + 1) % self.width != 0);
        let (_, deviation) = spread(inner.map(|index| {
            at(index - 1) + at(index + 1) + at(index - self.width) + at(index + self.width) - 4.0 * at(index)
        }));
        deviation * deviation
    }
}

fn luma([red, green, blue]: [u8; 3]) -> f64 {
    f64::from(299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue)) / 1000.0
}

/// Mean and standard deviation.
fn spread(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (count, sum, squares) = values
        .fold((0.0, 0.0, 0.0), |(count, sum, squares), value| (count + 1.0, sum + value, squares + value * value));
    if count == 0.0 {
        return (0.0, 0.0);
    }
    let mean = sum / count;
    (mean, (squares / count - mean * mean).max(0.0).sqrt())
}
