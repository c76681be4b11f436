//! The photo that intake lets through.

use std::fmt;

use crate::domain::{PhotoReport, SecretBytes};

/// A small clean JPEG with a report of what was received; made by [`Intake`](super::Intake) alone.
///
/// Upright, sRGB, fitted, without a byte of the received metadata. The bytes are erased when dropped.
pub struct Photo {
    pub(super) jpeg: SecretBytes,
    pub(super) sides: (u32, u32),
    pub(super) report: PhotoReport,
}

impl Photo {
    /// The fitted JPEG.
    pub fn jpeg(&self) -> &[u8] {
        &self.jpeg
    }

    /// Width of the fitted JPEG in pixels.
    pub fn width(&self) -> u32 {
        self.sides.0
    }

    /// Height of the fitted JPEG in pixels.
    pub fn height(&self) -> u32 {
        self.sides.1
    }

    /// What was received and done.
    pub fn report(&self) -> &PhotoReport {
        &self.report
    }

    /// The JPEG and the report.
    pub fn into_parts(self) -> (SecretBytes, PhotoReport) {
        (self.jpeg, self.report)
    }
}

impl fmt::Debug for Photo {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Photo")
            .field("bytes", &self.jpeg.len())
            .field("sides", &self.sides)
            .field("report", &self.report)
            .finish()
    }
}
