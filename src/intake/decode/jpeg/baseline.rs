//! Baseline JPEG, scan by scan straight into planes that are as small as what is made of them allows.
//!
//! Each component is scaled down in its own cosine transform, so that chroma is never made larger than it will be
//! needed, and nothing holds more than the scaled planes (ITU-T T.81, annex F).

use super::super::super::reader::Reader;
use super::super::super::source::Deadline;
use super::super::super::walk::jpeg_frame::Frame;
use super::super::super::{IntakeError, Kind};
use super::bits::Bits;
use super::cosine::{self, Block, Plan};
use super::huffman::Huffman;
use super::plane::Plane;

/// Decodes the segments and scans that a walk has kept; `wanted` gives the sides that a component of those natural
/// sides must reach, with its index.
///
/// # Errors
///
/// [`IntakeError::Damaged`], [`IntakeError::TooSlow`].
pub(super) fn decode<'a>(
    pieces: impl Iterator<Item = &'a [u8]>,
    frame: &Frame,
    wanted: impl Fn(usize) -> (u32, u32),
    deadline: Deadline,
) -> Result<Vec<Plane>, IntakeError> {
    let planes = (0..frame.components.len()).map(|index| Plane::new(frame, index, wanted(index))).collect();
    let mut decoder = Decoder { frame, planes, tables: Tables::default(), deadline };
    for piece in pieces {
        decoder.piece(piece)?;
    }
    Ok(decoder.planes)
}

/// What segments before a scan have set.
#[derive(Default)]
struct Tables {
    quantization: [Option<[u16; 64]>; 4],
    dc: [Option<Huffman>; 4],
    ac: [Option<Huffman>; 4],
    restart: u32,
}

struct Decoder<'f> {
    frame: &'f Frame,
    planes: Vec<Plane>,
    tables: Tables,
    deadline: Deadline,
}

/// One component within one scan.
struct Part<'t> {
    index: usize,
    plan: Plan,
    dc: &'t Huffman,
    ac: &'t Huffman,
    /// The last block's mean; each block tells its difference.
    mean: i32,
}

impl Decoder<'_> {
    fn piece(&mut self, piece: &[u8]) -> Result<(), IntakeError> {
        let mut reader = Reader::at(piece, 0);
        let (Some([0xFF, marker]), Some(length)) = (reader.array(), reader.u16_be()) else {
            return Ok(());
        };
        let body = reader.take(usize::from(length).saturating_sub(2)).unwrap_or_default();
        match marker {
            0xDB => self.tables.quantization(body),
            0xC4 => self.tables.huffman(body),
            0xDD => Reader::at(body, 0).u16_be().map(|interval| self.tables.restart = interval.into()),
            0xDA => return self.scan(body, piece.get(reader.position()..).unwrap_or_default()),
            _ => Some(()),
        }
        .ok_or_else(damaged)
    }

    fn scan(&mut self, header: &[u8], data: &[u8]) -> Result<(), IntakeError> {
        let mut parts = self.tables.parts(self.frame, &self.planes, header).ok_or_else(damaged)?;
        let mut walk = Scan {
            bits: Bits::new(data),
            interval: self.tables.restart,
            left: self.tables.restart,
            next: 0,
            block: [0.0; 128],
        };
        let (across, down) = match parts.as_slice() {
            [only] => self.frame.blocks(only.index),
            _ => self.frame.units(),
        };
        for y in 0..down {
            if self.deadline.is_past() {
                return Err(IntakeError::TooSlow);
            }
            for x in 0..across {
                walk.unit(&mut parts, self.frame, &mut self.planes, (x, y)).ok_or_else(damaged)?;
            }
        }
        Ok(())
    }
}

struct Scan<'d> {
    bits: Bits<'d>,
    /// Units between restart markers, 0 for none.
    interval: u32,
    left: u32,
    /// Number of the next restart marker.
    next: u8,
    block: Block,
}

impl Scan<'_> {
    /// Decodes the blocks of all components at one place.
    #[inline]
    fn unit(
        &mut self,
        parts: &mut [Part<'_>],
        frame: &Frame,
        planes: &mut [Plane],
        (x, y): (usize, usize),
    ) -> Option<()> {
        if self.interval > 0 {
            if self.left == 0 {
                self.restart(parts)?;
            }
            self.left -= 1;
        }
        if let [only] = parts {
            self.block(only, planes.get_mut(only.index)?, (x, y))?;
        } else {
            for part in parts {
                let plane = planes.get_mut(part.index)?;
                let (horizontal, vertical) = frame.factors(part.index);
                for v in 0..vertical {
                    for h in 0..horizontal {
                        self.block(part, plane, (x * horizontal + h, y * vertical + v))?;
                    }
                }
            }
        }
        (!self.bits.is_short()).then_some(())
    }

    fn restart(&mut self, parts: &mut [Part<'_>]) -> Option<()> {
        if self.bits.restart()? != self.next {
            return None;
        }
        self.next = (self.next + 1) % 8;
        self.left = self.interval;
        for part in parts {
            part.mean = 0;
        }
        Some(())
    }

    fn block(&mut self, part: &mut Part<'_>, plane: &mut Plane, at: (usize, usize)) -> Option<()> {
        match part.plan.side {
            8 => self.sized(part, plane, at, cosine::eight),
            4 => self.sized(part, plane, at, cosine::four),
            2 => self.sized(part, plane, at, cosine::two),
            _ => self.sized::<1>(part, plane, at, |block| block),
        }
    }

    #[inline]
    fn sized<const N: usize>(
        &mut self,
        part: &mut Part<'_>,
        plane: &mut Plane,
        at: (usize, usize),
        transform: impl Fn([[f32; N]; N]) -> [[f32; N]; N],
    ) -> Option<()> {
        let block = &mut self.block;
        block.as_chunks_mut::<N>().0.iter_mut().take(N).for_each(|row| *row = [0.0; N]);
        let first = part.dc.next(&mut self.bits)?;
        part.mean = part.mean.wrapping_add(first.number);
        part.plan.put(block, 0, part.mean);
        let flat = coefficients(&mut self.bits, part, block)?;
        if flat {
            plane.put(at, [[cosine::sample(block[0]); N]; N])
        } else {
            plane.put(at, cosine::samples(block, transform))
        }
    }
}

/// Reads all but the first coefficient; whether there were none.
#[inline]
fn coefficients(stream: &mut Bits<'_>, part: &Part<'_>, block: &mut Block) -> Option<bool> {
    let mut bits = *stream;
    let mut index = 1;
    while index < 64 {
        let next = part.ac.next(&mut bits)?;
        index += usize::from(next.zeros);
        if next.size == 0 {
            if next.zeros != 15 {
                *stream = bits;
                return Some(index == 1);
            }
        } else if index < 64 {
            part.plan.put(block, index, next.number);
        } else {
            return None;
        }
        index += 1;
    }
    *stream = bits;
    Some(false)
}

impl Tables {
    /// T.81, B.2.4.1.
    fn quantization(&mut self, body: &[u8]) -> Option<()> {
        let mut reader = Reader::at(body, 0);
        while reader.remaining() > 0 {
            let kind = reader.u8()?;
            let mut table = [0; 64];
            for step in &mut table {
                *step = if kind >> 4 == 0 { reader.u8()?.into() } else { reader.u16_be()? };
            }
            *self.quantization.get_mut(usize::from(kind & 0x0F))? = Some(table);
        }
        Some(())
    }

    fn huffman(&mut self, body: &[u8]) -> Option<()> {
        let mut reader = Reader::at(body, 0);
        while reader.remaining() > 0 {
            let kind = reader.u8()?;
            let table = Huffman::read(&mut reader)?;
            let tables = if kind >> 4 == 0 { &mut self.dc } else { &mut self.ac };
            *tables.get_mut(usize::from(kind & 0x0F))? = Some(table);
        }
        Some(())
    }

    /// The components of a scan with their tables (T.81, B.2.3).
    fn parts(&self, frame: &Frame, planes: &[Plane], header: &[u8]) -> Option<Vec<Part<'_>>> {
        let mut reader = Reader::at(header, 0);
        let count = reader.u8()?;
        (0..count)
            .map(|_| {
                let [id, tables] = reader.array()?;
                let index = frame.components.iter().position(|component| component.id == id)?;
                let quantization = self.quantization.get(frame.components.get(index)?.quantization)?.as_ref()?;
                let dc = self.dc.get(usize::from(tables >> 4))?.as_ref()?;
                let ac = self.ac.get(usize::from(tables & 0x0F))?.as_ref()?;
                Some(Part { index, plan: Plan::new(planes.get(index)?.side(), quantization), dc, ac, mean: 0 })
            })
            .collect()
    }
}

fn damaged() -> IntakeError {
    Kind::Jpeg.damaged()
}
