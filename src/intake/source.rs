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

    /// One after the other.
    pub(super) fn iter(&self) -> impl Iterator<Item = &[u8]> {
        self.0.iter().map(|piece| &piece[..])
    }

    /// Opens the pieces as one stream.
    pub(super) fn open(self, deadline: Deadline) -> Source {
        let mut source = Source { pieces: self.0, index: 0, offset: 0, window: Bytes::new(), read: 0, deadline };
        source.show();
        source
    }
}

/// One stream over [`Pieces`]; reading on fails once the deadline is past, which stops any decoder.
#[derive(Debug)]
pub(super) struct Source {
    pieces: Vec<Bytes>,
    /// The piece and the place in it where `window` begins.
    index: usize,
    offset: usize,
    /// What may be read before the clock is looked at again.
    window: Bytes,
    /// How much of it has been read.
    read: usize,
    deadline: Deadline,
}

impl Source {
    /// Shows the next window, unless time is over.
    #[cold]
    fn advance(&mut self) -> io::Result<()> {
        self.offset += self.window.len();
        while self.pieces.get(self.index).is_some_and(|piece| self.offset >= piece.len()) {
            self.index += 1;
            self.offset = 0;
        }
        self.show();
        if self.deadline.is_past() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(()) }
    }

    fn show(&mut self) {
        self.read = 0;
        self.window = self.pieces.get(self.index).map_or_else(Bytes::new, |piece| {
            let start = self.offset.min(piece.len());
            piece.slice(start..piece.len().min(start.saturating_add(WINDOW)))
        });
    }

    #[inline]
    fn rest(&self) -> &[u8] {
        self.window.get(self.read..).unwrap_or_default()
    }

    fn len(&self) -> u64 {
        self.pieces.iter().map(|piece| piece.len() as u64).sum()
    }

    fn position(&self) -> u64 {
        let before: u64 = self.pieces.iter().take(self.index).map(|piece| piece.len() as u64).sum();
        before + self.offset as u64 + self.read as u64
    }
}

impl Read for Source {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let rest = self.fill_buf()?;
        let count = rest.len().min(buffer.len());
        if let (Some(to), Some(from)) = (buffer.get_mut(..count), rest.get(..count)) {
            to.copy_from_slice(from);
        }
        self.consume(count);
        Ok(count)
    }

    /// Decoders that read byte by byte do it through here.
    #[inline]
    fn read_exact(&mut self, mut buffer: &mut [u8]) -> io::Result<()> {
        if let Some(from) = self.rest().get(..buffer.len()) {
            buffer.copy_from_slice(from);
            self.read += buffer.len();
            return Ok(());
        }
        while !buffer.is_empty() {
            let count = self.read(buffer)?;
            buffer = buffer.get_mut(count..).filter(|_| count > 0).ok_or(io::ErrorKind::UnexpectedEof)?;
        }
        Ok(())
    }
}

impl BufRead for Source {
    #[inline]
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.read >= self.window.len() {
            self.advance()?;
        }
        Ok(self.rest())
    }

    #[inline]
    fn consume(&mut self, amount: usize) {
        self.read += amount;
    }
}

impl Seek for Source {
    fn seek(&mut self, target: SeekFrom) -> io::Result<u64> {
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
        self.show();
        if self.deadline.is_past() { Err(io::ErrorKind::TimedOut.into()) } else { Ok(target) }
    }
}
