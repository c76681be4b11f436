//! Decoded pixels on their way to the fitted JPEG.

use super::buffer::Buffer;
use super::orient::{Orientation, turn};

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
    data: Buffer,
}

impl Raster {
    /// `None` unless `data` holds exactly the pixels said, at least one.
    pub(super) fn new((width, height): (u32, u32), channels: Channels, data: Buffer) -> Option<Self> {
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
    pub(super) fn into_data(self) -> Buffer {
        self.data
    }

    pub(super) fn data(&self) -> &[u8] {
        &self.data
    }
}

/// An upright picture as JPEG stores it: brightness, and two differences of colour at half its sides.
pub(super) struct Picture {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) luma: Plane,
    /// Blue and red.
    pub(super) chroma: [Plane; 2],
}

/// One byte for each sample, tightly packed, erased when dropped.
pub(super) type Plane = Buffer;

impl Picture {
    /// Turned upright; sides must be even if that moves anything.
    pub(super) fn turned(self, orientation: Orientation) -> Self {
        if !orientation.turns() {
            return self;
        }
        let sides = (self.width, self.height);
        let (width, height) = orientation.turned(sides);
        let luma = turn::<1>(&self.luma, sides, orientation);
        let chroma = self.chroma.map(|plane| turn::<1>(&plane, Self::half(sides), orientation));
        Self { width, height, luma, chroma }
    }

    /// Sides of the chroma of a picture of these sides.
    pub(super) fn half((width, height): (u32, u32)) -> (u32, u32) {
        (width.div_ceil(2), height.div_ceil(2))
    }
}
