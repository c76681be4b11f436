//! The frame of a JPEG and whether its scans fill it (ITU-T T.81, B.2 and G.1).

use super::super::reader::Reader;
use super::super::{IntakeError, Kind};
use super::Need;

/// Scans past which a file is refused: each one costs a pass over the whole picture.
///
/// Real progressive files have 10 or so, `mozjpeg` 20 at most.
const MAX_SCANS: u32 = 32;

const REMEDY: &str = "save it as an ordinary 8-bit baseline or progressive JPEG";

/// One colour component.
#[derive(Clone, Copy, Debug, Default)]
pub(in super::super) struct Component {
    pub(in super::super) id: u8,
    /// Number of its quantization table.
    pub(in super::super) quantization: usize,
    horizontal: u32,
    vertical: u32,
    /// One bit for each coefficient that has all its bits.
    finished: u64,
}

/// A frame header and what the scans have brought so far.
#[derive(Clone, Debug)]
pub(in super::super) struct Frame {
    pub(in super::super) sides: (u32, u32),
    pub(in super::super) progressive: bool,
    pub(in super::super) components: Vec<Component>,
    scans: u32,
}

impl Frame {
    /// Parses the body of a start-of-frame segment (T.81, B.2.2).
    pub(in super::super) fn parse(marker: u8, body: &[u8]) -> Result<Self, IntakeError> {
        let progressive = coding(marker)?;
        let mut reader = Reader::at(body, 0);
        let damaged = || Kind::Jpeg.damaged();
        let precision = reader.u8().ok_or_else(damaged)?;
        let height = reader.u16_be().ok_or_else(damaged)?;
        let width = reader.u16_be().ok_or_else(damaged)?;
        let count = reader.u8().ok_or_else(damaged)?;
        if precision != 8 {
            return Err(IntakeError::Unsupported { what: "JPEG of more than 8 bits", remedy: REMEDY });
        }
        if width == 0 || height == 0 || !matches!(count, 1 | 3 | 4) {
            return Err(damaged());
        }
        let components = (0..count).map(|_| component(&mut reader)).collect::<Option<Vec<_>>>().ok_or_else(damaged)?;
        Ok(Self { sides: (width.into(), height.into()), progressive, components, scans: 0 })
    }

    /// Notes a scan header (T.81, B.2.3).
    pub(super) fn note_scan(&mut self, body: &[u8]) -> Result<(), IntakeError> {
        self.scans += 1;
        if self.scans > MAX_SCANS {
            return Err(IntakeError::TooSlow);
        }
        self.mark(body).ok_or_else(|| Kind::Jpeg.damaged())
    }

    fn mark(&mut self, body: &[u8]) -> Option<()> {
        let mut reader = Reader::at(body, 0);
        let count = usize::from(reader.u8()?);
        let ids = reader.take(count * 2)?;
        let (start, end, approximation) = (reader.u8()?, reader.u8()?, reader.u8()?);
        let bits = match (self.progressive, approximation & 0x0F) {
            (false, _) => u64::MAX,
            (true, 0) if start <= end && end < 64 => (u64::MAX >> (63 - end)) & (u64::MAX << start),
            (true, _) => 0,
        };
        for id in ids.iter().step_by(2) {
            self.components.iter_mut().find(|component| component.id == *id)?.finished |= bits;
        }
        Some(())
    }

    /// Whether every coefficient of every component has come.
    pub(super) fn is_whole(&self) -> bool {
        self.components.iter().all(|component| component.finished == u64::MAX)
    }

    /// Columns and rows of the units that scans of several components are made of (T.81, A.2.3).
    pub(in super::super) fn units(&self) -> (usize, usize) {
        let (across, down) = self.most();
        (self.sides.0.div_ceil(8 * across) as usize, self.sides.1.div_ceil(8 * down) as usize)
    }

    /// Blocks of a component in one unit, across and down.
    pub(in super::super) fn factors(&self, index: usize) -> (usize, usize) {
        self.components.get(index).map_or((1, 1), |one| (one.horizontal as usize, one.vertical as usize))
    }

    /// Sides of a component in samples.
    pub(in super::super) fn natural(&self, index: usize) -> (u32, u32) {
        let (factors, most) = (self.factors(index), self.most());
        let side = |side: u32, factor: usize, most: u32| {
            u32::try_from((u64::from(side) * factor as u64).div_ceil(most.into())).unwrap_or(side)
        };
        (side(self.sides.0, factors.0, most.0), side(self.sides.1, factors.1, most.1))
    }

    /// The same before rounding up.
    pub(in super::super) fn exact(&self, index: usize) -> (f64, f64) {
        let component = self.components.get(index).copied().unwrap_or_default();
        let most = self.most();
        let side = |side: u32, factor: u32, most: u32| f64::from(side) * f64::from(factor) / f64::from(most);
        (side(self.sides.0, component.horizontal, most.0), side(self.sides.1, component.vertical, most.1))
    }

    /// Columns and rows of blocks in scans of one component alone (T.81, A.2.2).
    pub(in super::super) fn blocks(&self, index: usize) -> (usize, usize) {
        let (width, height) = self.natural(index);
        (width.div_ceil(8) as usize, height.div_ceil(8) as usize)
    }

    fn most(&self) -> (u32, u32) {
        let most = |of: fn(&Component) -> u32| self.components.iter().map(of).max().unwrap_or(1).max(1);
        (most(|one| one.horizontal), most(|one| one.vertical))
    }

    /// Planes and pixels scale with the decoder; a progressive file's coefficients do not.
    pub(super) fn need(&self) -> Need {
        let (across, down) = self.units();
        let blocks_of = |one: &Component| u64::from(one.horizontal * one.vertical) * across as u64 * down as u64;
        let blocks: u64 = self.components.iter().map(blocks_of).sum();
        let coefficients = if self.progressive { blocks * 64 * 2 } else { 0 };
        Need { fixed: coefficients + (1 << 20), per_scaled_pixel: 2 * self.components.len() as u64 }
    }
}

fn component(reader: &mut Reader<'_>) -> Option<Component> {
    let [id, factors, quantization] = reader.array()?;
    let (horizontal, vertical) = (u32::from(factors >> 4), u32::from(factors & 0x0F));
    let legal = (1..=4).contains(&horizontal) && (1..=4).contains(&vertical);
    legal.then_some(Component { id, quantization: quantization.into(), horizontal, vertical, finished: 0 })
}

/// Whether a frame is progressive, by its marker (T.81, table B.1).
fn coding(marker: u8) -> Result<bool, IntakeError> {
    match marker {
        0xC0 | 0xC1 => Ok(false),
        0xC2 => Ok(true),
        0xC3 => Err(IntakeError::Unsupported { what: "lossless JPEG", remedy: REMEDY }),
        0xC5..=0xC7 => Err(IntakeError::Unsupported { what: "hierarchical JPEG", remedy: REMEDY }),
        _ => Err(IntakeError::Unsupported { what: "JPEG with arithmetic coding", remedy: REMEDY }),
    }
}
