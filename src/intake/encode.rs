//! Pixels to a JPEG that holds pixels alone.

use crate::domain::SecretBytes;
use std::io::{self, Write};

use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};

use super::raster::Picture;

/// Quality on `libjpeg`'s scale: no difference is seen at arm's length.
const QUALITY: u8 = 90;

/// Encodes as baseline JPEG without any metadata segment; `None` for sides that JPEG cannot have.
pub(super) fn encode(picture: &Picture) -> Option<SecretBytes> {
    let rows = Rows {
        picture,
        width: u16::try_from(picture.width).ok()?,
        height: u16::try_from(picture.height).ok()?,
        half: picture.width.div_ceil(2) as usize,
    };
    let mut file = Growing(SecretBytes::new(Vec::with_capacity(picture.luma.len() / 4 + 4096)));
    let mut encoder = Encoder::new(&mut file, QUALITY);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.encode_image(rows).ok()?;
    Some(file.0)
}

/// The rows of a picture as the encoder asks for them: it takes the first of every two by two samples of chroma.
struct Rows<'p> {
    picture: &'p Picture,
    width: u16,
    height: u16,
    /// Samples in a row of chroma.
    half: usize,
}

impl ImageBuffer for Rows<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, [luma, blue, red, _]: &mut [Vec<u8>; 4]) {
        let (width, y) = (usize::from(self.width), usize::from(y));
        luma.extend_from_slice(self.picture.luma.get(y * width..(y + 1) * width).unwrap_or_default());
        for (to, from) in [blue, red].into_iter().zip(&self.picture.chroma) {
            let row = from.get(y / 2 * self.half..(y / 2 + 1) * self.half).unwrap_or_default();
            let end = to.len() + width;
            to.extend(row.iter().flat_map(|sample| [*sample; 2]));
            to.truncate(end);
        }
    }
}

/// Bytes that leave no copy behind where they grow.
struct Growing(SecretBytes);

impl Write for Growing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.capacity() - self.0.len() < bytes.len() {
            let mut larger = Vec::with_capacity(2 * (self.0.len() + bytes.len()));
            larger.extend_from_slice(&self.0);
            // What is replaced erases itself.
            self.0 = SecretBytes::new(larger);
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
