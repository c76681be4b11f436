//! Decoded pixels on their way to the fitted JPEG.

use zeroize::Zeroizing;

/// What the bytes of a pixel mean; always 8 bits each, never transparent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Channels {
    /// One byte of grey.
    Grey,
    /// Red, green, blue.
    Rgb,
    /// Cyan, magenta, yellow, black as amounts of ink: 0 is none.
    Cmyk,
}

impl Channels {
    /// Bytes per pixel.
    pub(super) fn count(self) -> usize {
        match self {
            Self::Grey => 1,
            Self::Rgb => 3,
            Self::Cmyk => 4,
        }
    }
}

/// Tightly packed rows of pixels, erased when dropped.
pub(super) struct Raster {
    width: u32,
    height: u32,
    channels: Channels,
    data: Zeroizing<Vec<u8>>,
}

impl Raster {
    /// `None` unless `data` holds exactly the pixels said, at least one.
    pub(super) fn new((width, height): (u32, u32), channels: Channels, data: Zeroizing<Vec<u8>>) -> Option<Self> {
        let length = u64::from(width) * u64::from(height) * channels.count() as u64;
        (length > 0 && length == data.len() as u64).then_some(Self { width, height, channels, data })
    }

    pub(super) fn sides(&self) -> (u32, u32) {
        (self.width, self.height)
    }

    pub(super) fn channels(&self) -> Channels {
        self.channels
    }

    /// The bytes themselves, to be used on without a copy.
    pub(super) fn into_data(self) -> Zeroizing<Vec<u8>> {
        self.data
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }
}
