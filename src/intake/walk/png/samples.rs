//! Counting samples as they are inflated, and keeping none.

use fdeflate::Decompressor;

use super::super::super::reader::Reader;

/// As far back as a stream may refer (RFC 1950, 2.2).
const WINDOW: usize = 32 << 10;

/// Where the passes of an interlaced image begin and how far their samples lie apart: columns, then rows (PNG 8.2).
const PASSES: [[u32; 4]; 7] =
    [[0, 8, 0, 8], [4, 8, 0, 8], [0, 4, 4, 8], [2, 4, 0, 4], [0, 2, 2, 4], [1, 2, 0, 2], [0, 1, 1, 2]];

pub(super) struct Counter {
    inflater: Decompressor,
    buffer: Vec<u8>,
    at: usize,
    /// Bytes that are still to come.
    left: u64,
    indexed: bool,
}

impl Counter {
    /// By what the body of `IHDR` asks for.
    pub(super) fn of(header: &[u8]) -> Option<Self> {
        let mut reader = Reader::at(header, 0);
        let (width, height) = (reader.u32_be()?, reader.u32_be()?);
        let [depth, color, _, _, interlaced] = reader.array()?;
        let samples: u64 = match color {
            2 => 3,
            4 => 2,
            6 => 4,
            _ => 1,
        };
        // Each row begins with its filter.
        let rows = |width: u32, height: u32| match (u64::from(width), u64::from(height)) {
            (0, _) => 0,
            (width, height) => {
                (width * samples * u64::from(depth)).div_ceil(8).saturating_add(1).saturating_mul(height)
            }
        };
        let pass = |[left, across, top, down]: [u32; 4]| {
            rows(width.saturating_sub(left).div_ceil(across), height.saturating_sub(top).div_ceil(down))
        };
        let left = if interlaced == 1 { PASSES.into_iter().map(pass).sum() } else { rows(width, height) };
        let buffer = vec![0; 4 * WINDOW];
        Some(Self { inflater: Decompressor::new(), buffer, at: 0, left, indexed: color == 3 })
    }

    pub(super) fn is_indexed(&self) -> bool {
        self.indexed
    }

    /// Inflates a piece of the stream; `None` when it is none, or gives more than was asked for.
    pub(super) fn take(&mut self, mut piece: &[u8]) -> Option<()> {
        while !piece.is_empty() && !self.inflater.is_done() {
            let (read, written) = self.inflate(piece, false)?;
            piece = piece.get(read..)?;
            if (read, written) == (0, 0) {
                return None;
            }
        }
        Some(())
    }

    /// The end of the stream; `None` when it gave less than was asked for.
    pub(super) fn end(mut self) -> Option<()> {
        while !self.inflater.is_done() {
            let (_, written) = self.inflate(&[], true)?;
            if written == 0 && !self.inflater.is_done() {
                return None;
            }
        }
        (self.left == 0).then_some(())
    }

    fn inflate(&mut self, piece: &[u8], last: bool) -> Option<(usize, usize)> {
        if self.at == self.buffer.len() {
            self.buffer.copy_within(self.at - WINDOW.., 0);
            self.at = WINDOW;
        }
        let (read, written) = self.inflater.read(piece, &mut self.buffer, self.at, last).ok()?;
        self.at += written;
        self.left = self.left.checked_sub(written as u64)?;
        Some((read, written))
    }
}
