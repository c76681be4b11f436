//! The pieces of a received file that a pixel decoder may see, read as one stream under a deadline.

use std::io::{self, BufRead, Read, Seek, SeekFrom};
use std::time::{Duration, Instant};

use bytes::Bytes;

/// Bytes read between two looks at the clock.
const WINDOW: usize = 64 * 1024;

/// The moment by which decoding must have ended.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline(Instant);

impl Deadline {
    /// A deadline that much from now.
    pub(super) fn after(duration: Duration) -> Self {
        Self(Instant::now() + duration)
    }

    /// Whether the time is over.
    pub(super) fn is_past(self) -> bool {
        Instant::now() >= self.0
    }
}

/// Slices of the received bytes (and short made-up headers), in the order a decoder reads them.
///
/// Everything that is not added here, text chunks and metadata above all, is never parsed by a decoder.
#[derive(Clone, Debug, Default)]
pub(super) struct Pieces(Vec<Bytes>);

impl Pieces {
    /// Largest number of pieces; real files need fewer than 50.
    const MAX: usize = 2048;

    /// Appends a piece; `None` when there are too many to be honest.
    pub(super) fn push(&mut self, piece: Bytes) -> Option<()> {
        if self.0.len() >= Self::MAX {
            return None;
        }
        if !piece.is_empty() {
            self.0.push(piece);
        }
        Some(())
    }

    /// The first piece, for decoders that want the whole file in one slice.
    pub(super) fn first(&self) -> Bytes {
        self.0.first().cloned().unwrap_or_default()
    }

    /// Opens the pieces as one stream.
    pub(super) fn open(self, deadline: Deadline) -> Source {
        Source { pieces: self.0, index: 0, offset: 0, unchecked: WINDOW, deadline }
    }
}

/// One stream over [`Pieces`]; every read fails once the deadline is past, which stops any decoder.
#[derive(Debug)]
pub(super) struct Source {
    pieces: Vec<Bytes>,
    index: usize,
    offset: usize,
    unchecked: usize,
    deadline: Deadline,
}

impl Source {
    fn rest(&mut self) -> &[u8] {
        while self.pieces.get(self.index).is_some_and(|piece| self.offset >= piece.len()) {
            self.index += 1;
            self.offset = 0;
        }
        self.pieces.get(self.index).and_then(|piece| piece.get(self.offset..)).unwrap_or_default()
    }

    fn check(&mut self, amount: usize) -> io::Result<()> {
        self.unchecked = self.unchecked.saturating_add(amount);
        if self.unchecked < WINDOW {
            return Ok(());
        }
        self.unchecked = 0;
        if self.deadline.is_past() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn len(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    fn position(&self) -> u64 {
        let before: u64 = self.pieces.iter().take(self.index).map(|piece| piece.len() as u64).sum();
        before + self.offset as u64
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.rest();
        let count = rest.len().min(buffer.len()).min(WINDOW);
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.offset += count;
        self.check(count)?;
        Ok(count)
    }
}

impl BufRead for Source {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        self.check(0)?;
        let rest = self.rest();
        Ok(rest.get(..rest.len().min(WINDOW)).unwrap_or(rest))
    }

    fn consume(&mut self, amount: usize) {
        self.offset += amount;
        self.unchecked = self.unchecked.saturating_add(amount);
    }
}

impl Seek for Source {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
        self.check(256)?;
        let target = match target {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::End(distance) => self.len().checked_add_signed(distance),
            SeekFrom::Current(distance) => self.position().checked_add_signed(distance),
        };
        let target = target.ok_or(io::ErrorKind::InvalidInput)?;
        let mut left = target;
        self.index = 0;
        while let Some(length) = self.pieces.get(self.index).map(|piece| piece.len() as u64) {
            if left < length {
                break;
            }
            left -= length;
            self.index += 1;
        }
        self.offset = usize::try_from(left).unwrap_or(usize::MAX);
        Ok(target)
    }
}
