//! The frame of a JPEG and whether its scans fill it (ITU-T T.81, B.2 and G.1).

use super::super::reader::Reader;
use super::super::{IntakeError, Kind};
use super::Need;

/// Scans past which a file is refused: each one costs a pass over the whole picture.
///
/// Real progressive files have 10 or so, `mozjpeg` 20 at most.
const MAX_SCANS: u32 = 100;

const REMEDY: &str = "save it as an ordinary 8-bit baseline or progressive JPEG";

/// One colour component.
#[derive(Clone, Copy, Debug, Default)]
struct Component {
    id: u8,
    horizontal: u64,
    vertical: u64,
    /// One bit for each coefficient that has all its bits.
    finished: u64,
}

/// A frame header and what the scans have brought so far.
#[derive(Clone, Debug)]
pub(super) struct Frame {
    pub(super) sides: (u32, u32),
    progressive: bool,
    components: Vec<Component>,
    scans: u32,
}

impl Frame {
    /// Parses the body of a start-of-frame segment (T.81, B.2.2).
    pub(super) fn parse(marker: u8, body: &[u8]) -> Result<Self, IntakeError> {
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

    /// Planes and pixels scale with the decoder; a progressive file's coefficients do not.
    pub(super) fn need(&self) -> Need {
        let (width, height) = (u64::from(self.sides.0), u64::from(self.sides.1));
        let most = |of: fn(&Component) -> u64| self.components.iter().map(of).max().unwrap_or(1).max(1);
        let (across, down) = (most(|c| c.horizontal), most(|c| c.vertical));
        let units = width.div_ceil(8 * across) * height.div_ceil(8 * down);
        let blocks: u64 = self.components.iter().map(|c| c.horizontal * c.vertical * units).sum();
        let coefficients = if self.progressive { blocks * 64 * 2 } else { 0 };
        Need { fixed: coefficients + (1 << 20), per_scaled_pixel: 2 * self.components.len() as u64 }
    }
}

fn component(reader: &mut Reader<'_>) -> Option<Component> {
    let [id, factors, _] = reader.array()?;
    let (horizontal, vertical) = (u64::from(factors >> 4), u64::from(factors & 0x0F));
    let legal = (1..=4).contains(&horizontal) && (1..=4).contains(&vertical);
    legal.then_some(Component { id, horizontal, vertical, finished: 0 })
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
