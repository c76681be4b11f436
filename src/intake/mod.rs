//! Hostile bytes in, a small clean JPEG and a report out.
//!
//! `probe` (magic and header, limits) → `walk` (the whole container: complete? what metadata?) → `decode`
//! (only the pieces that pixels are made of) → `fit` → `color` (sRGB, upright) → `quality` → `encode`.
//! Everything from `walk` on runs on intake's own threads, key by key in turn, holding its share of the memory there is.

mod buffer;
mod color;
mod decode;
mod encode;
mod error;
mod exif;
mod fit;
mod kind;
mod metadata;
mod orient;
mod photo;
mod pool;
mod probe;
mod quality;
mod raster;
mod reader;
mod source;
mod steps;
#[cfg(test)]
mod tests;
mod walk;
mod ycc;

use std::num::NonZeroUsize;

use bytes::Bytes;

use self::pool::{Line, Lost, Pool};
use self::walk::Header;
use crate::domain::KeyId;

pub use self::error::IntakeError;
pub use self::kind::Kind;
pub use self::photo::Photo;
pub use self::probe::{Probe, probe};

/// What intake takes at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Size of a received file in bytes.
    pub max_bytes: u64,
    /// Pixels of a received photo, by its header.
    pub max_pixels: u64,
    /// Longer side that photos are fitted to, in pixels.
    pub longest_side: u32,
    /// Memory that all decodes together may hold beyond the received files, in bytes.
    pub decode_memory_bytes: u64,
}

/// The one door for pictures: checks, decodes and cleans them on its own threads.
pub struct Intake {
    limits: Limits,
    pool: Pool,
}

/// More than twice what any engine draws at 4K.
const MOST_FIGURE_PIXELS: u64 = 50_000_000;

impl Intake {
    /// Starts `threads` decoding threads; they end after this is dropped.
    pub fn new(limits: Limits, threads: NonZeroUsize) -> Self {
        Self { limits, pool: Pool::new(threads, limits.decode_memory_bytes) }
    }

    /// Takes a photo in for a key; keys take turns. Dropping the future gives up the place in the queue.
    ///
    /// # Errors
    ///
    /// Every [`IntakeError`]; a decoder's panic is [`IntakeError::Damaged`].
    pub async fn take_in(&self, key: KeyId, received: Bytes) -> Result<Photo, IntakeError> {
        let taken = self.try_take_in(key, received).await;
        crate::telemetry::photo_read(if taken.is_ok() { "taken" } else { "refused" });
        taken
    }

    async fn try_take_in(&self, key: KeyId, received: Bytes) -> Result<Photo, IntakeError> {
        let header = self.admit(&received)?;
        let limits = self.limits;
        let needed = self.needed(&header, limits.longest_side)?;
        self.run(header.kind, Some(key), needed, move || steps::take_in(&received, &header, limits)).await
    }

    /// Whether a photo of this key that comes now would wait long: then it is better not received at all.
    pub fn is_crowded_for(&self, key: KeyId) -> bool {
        self.pool.is_crowded_for(Some(key))
    }

    /// Memory that taking in a photo may hold beyond its own bytes, by its header.
    ///
    /// # Errors
    ///
    /// Those of [`Intake::take_in`] that are known before any work.
    pub fn memory(&self, received: &[u8]) -> Result<u64, IntakeError> {
        self.needed(&self.admit(received)?, self.limits.longest_side)
    }

    /// Proves that a PNG, JPEG or WebP that an engine made is complete. The limits are not those of photos, which an
    /// operator may set below what engines draw; the bytes were bounded when they were received.
    /// However many photos wait, it is not refused.
    ///
    /// # Errors
    ///
    /// As [`Intake::take_in`]; other kinds are [`IntakeError::Unsupported`].
    pub async fn check_image(&self, bytes: Bytes) -> Result<Probe, IntakeError> {
        let header = probe::header(&bytes)?;
        probe::check_limits(&header, MOST_FIGURE_PIXELS)?;
        let needed = self.needed(&header, 1)?;
        self.run(header.kind, None, needed, move || steps::check(&bytes, &header)).await
    }

    /// Runs work on pixels that were checked before on intake's threads. However many photos wait, it is not refused.
    ///
    /// # Errors
    ///
    /// [`IntakeError::Busy`] when there are no threads; [`IntakeError::Damaged`] when the work panics.
    pub async fn on_pool<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Result<T, IntakeError> {
        self.pool.run(None, 0, work).await.map_err(|lost| match lost {
            Lost::Panicked => IntakeError::Damaged { what: "image" },
            Lost::Busy => IntakeError::Busy,
        })
    }

    /// Applies every limit that the header can break.
    fn admit(&self, bytes: &[u8]) -> Result<Header, IntakeError> {
        let (size, max) = (bytes.len() as u64, self.limits.max_bytes);
        if size > max {
            return Err(IntakeError::TooLarge { bytes: size, max });
        }
        let header = probe::header(bytes)?;
        probe::check_limits(&header, self.limits.max_pixels)?;
        Ok(header)
    }

    /// Refuses what would never fit, before anybody waits for it.
    fn needed(&self, header: &Header, longest: u32) -> Result<u64, IntakeError> {
        let (needed, max) = (steps::need(header, longest), self.limits.decode_memory_bytes);
        if needed > max { Err(IntakeError::TooMuchMemory { needed, max }) } else { Ok(needed) }
    }

    async fn run<T: Send + 'static>(
        &self,
        kind: Kind,
        line: Line,
        memory: u64,
        job: impl FnOnce() -> Result<T, IntakeError> + Send + 'static,
    ) -> Result<T, IntakeError> {
        match self.pool.run(line, memory, job).await {
            Ok(done) => done,
            Err(Lost::Panicked) => Err(kind.damaged()),
            Err(Lost::Busy) => Err(IntakeError::Busy),
        }
    }
}
