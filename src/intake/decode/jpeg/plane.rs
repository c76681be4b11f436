//! One component's samples, scaled down.

use super::super::super::buffer::Buffer;
use super::super::super::fit::{self, Area};
use super::super::super::walk::jpeg_frame::Frame;

/// The samples of whole blocks; those past the picture's edges are never shown.
pub(super) struct Plane {
    /// Side of a scaled block: 8, 4, 2 or 1.
    side: usize,
    /// Samples in a row.
    stride: usize,
    samples: Buffer,
    /// Sides of what belongs to the picture, in samples and parts of them.
    shown: (f64, f64),
}

impl Plane {
    /// For a component of `frame` whose scaled sides are to be no smaller than `wanted` if it has them.
    pub(super) fn new(frame: &Frame, index: usize, wanted: (u32, u32)) -> Self {
        let natural = frame.natural(index);
        let enough = |side: u32| {
            let scaled = |natural: u32| (natural * side).div_ceil(8);
            scaled(natural.0) >= wanted.0 && scaled(natural.1) >= wanted.1
        };
        let side = [1_u32, 2, 4].into_iter().find(|side| enough(*side)).unwrap_or(8);
        let (units, factors) = (frame.units(), frame.factors(index));
        let (across, down) = (units.0 * factors.0, units.1 * factors.1);
        let part = f64::from(side) / 8.0;
        let exact = frame.exact(index);
        let side = side as usize;
        let stride = across * side;
        Self { side, stride, samples: Buffer::zeroed(stride * down * side), shown: (exact.0 * part, exact.1 * part) }
    }

    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// Resampled to exactly `sides`.
    pub(super) fn fitted(&self, sides: (u32, u32)) -> Option<Buffer> {
        fit::plane(&self.samples, Area { stride: self.stride, shown: self.shown }, sides)
    }

    /// Writes the block at that column and row of blocks.
    #[inline]
    pub(super) fn put<const N: usize>(&mut self, at: (usize, usize), samples: [[u8; N]; N]) -> Option<()> {
        let mut start = at.1 * N * self.stride + at.0 * N;
        for row in samples {
            *self.samples.get_mut(start..)?.first_chunk_mut()? = row;
            start += self.stride;
        }
        Some(())
    }
}
