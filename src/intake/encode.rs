//! Pixels to a JPEG that holds pixels alone.

use std::io::{self, Write};

use jpeg_encoder::{ColorType, Encoder, SamplingFactor};
use zeroize::Zeroizing;

use super::color::Picture;

/// Quality on `libjpeg`'s scale: no difference is seen at arm's length.
const QUALITY: u8 = 90;

/// Encodes as baseline JPEG without any metadata segment; `None` for sides that JPEG cannot have.
pub(super) fn encode(picture: &Picture) -> Option<Zeroizing<Vec<u8>>> {
    let (width, height) = (u16::try_from(picture.width).ok()?, u16::try_from(picture.height).ok()?);
    let mut file = Growing(Zeroizing::new(Vec::with_capacity(picture.rgb.len() / 8 + 4096)));
    let mut encoder = Encoder::new(&mut file, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode(&picture.rgb, width, height, ColorType::Rgb).ok()?;
    Some(file.0)
}

/// Bytes that leave no copy behind where they grow.
struct Growing(Zeroizing<Vec<u8>>);

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Vec::with_capacity(2 * (self.0.len() + bytes.len()));
            larger.extend_from_slice(&self.0);
            // What is replaced erases itself.
            self.0 = Zeroizing::new(larger);
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
