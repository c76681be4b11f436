//! Pictures of a wanted length, made by drawing noise of the strength that it takes.

use std::io::Cursor;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage, codecs::jpeg::JpegEncoder};

/// A xorshift generator.
struct Noise(u64);

impl Noise {
    fn below(&mut self, sides: u64) -> u8 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u8::try_from(self.0 % sides).unwrap()
    }
}

fn picture(width: u32, height: u32, strength: u64) -> RgbImage {
    let mut noise = Noise(7);
    RgbImage::from_fn(width, height, |x, y| {
        let (dx, dy) = (i64::from(x) - i64::from(width / 2), i64::from(y) - i64::from(height / 2));
        let inside = dx * dx + dy * dy < i64::from(width.min(height) / 3).pow(2);
        let [r, g, b] = if inside { [150, 90, 40] } else { [60, 90, 110] };
        let shade = noise.below(strength);
        Rgb([r + shade, g + shade, b + shade])
    })
}

/// A JPEG of at least so many bytes.
pub(crate) fn jpeg(width: u32, height: u32, bytes: usize) -> Vec<u8> {
    let made = (1..=100).step_by(3).map(|strength| {
        let mut file = Cursor::new(Vec::new());
        JpegEncoder::new_with_quality(&mut file, 90).encode_image(&picture(width, height, strength)).unwrap();
        file.into_inner()
    });
    let mut made = made.skip_while(|file| file.len() < bytes);
    made.next().expect("noise makes it long enough")
}

/// A PNG of about 0.9 MB, which is 1.2 MB of base64.
pub(crate) fn figure() -> Vec<u8> {
    let mut file = Cursor::new(Vec::new());
    let mut noise = Noise(11);
    let picture = RgbImage::from_fn(1_024, 1_024, |_, _| Rgb([0; 3].map(|_: u8| 100 + noise.below(5))));
    DynamicImage::from(picture).write_to(&mut file, ImageFormat::Png).unwrap();
    file.into_inner()
}
