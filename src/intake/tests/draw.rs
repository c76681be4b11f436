//! Drawn pictures and their files.

use image::codecs::gif::GifEncoder;
use image::codecs::webp::WebPEncoder;
use image::{Delay, ExtendedColorType, Frame, RgbImage, RgbaImage};
use jpeg_encoder::{ColorType, Encoder};

pub(crate) const RED: [u8; 3] = [220, 30, 30];
pub(crate) const GREEN: [u8; 3] = [30, 180, 30];
pub(crate) const BLUE: [u8; 3] = [30, 30, 220];
pub(crate) const YELLOW: [u8; 3] = [230, 220, 30];
pub(crate) const WHITE: [u8; 3] = [255, 255, 255];

/// Red, green, blue and yellow quarters, read from the top left.
pub(crate) fn quarters(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        image::Rgb(match (x < width / 2, y < height / 2) {
            (true, true) => RED,
            (false, true) => GREEN,
            (true, false) => BLUE,
            (false, false) => YELLOW,
        })
    })
}

/// Something with edges and texture everywhere, the same every time.
pub(crate) fn textured(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| {
        let hash = (x / 3).wrapping_mul(2_654_435_761) ^ (y / 3).wrapping_mul(2_246_822_519);
        let [a, b, ..] = (hash ^ (hash >> 15)).to_be_bytes();
        image::Rgb([a, b, a.wrapping_add(b)])
    })
}

/// The colours near the four corners, read from the top left.
pub(crate) fn corners(jpeg: &[u8]) -> [[u8; 3]; 4] {
    let picture = image::load_from_memory(jpeg).unwrap().to_rgb8();
    let (w, h) = picture.dimensions();
    let (x, y) = ((w / 8).max(1), (h / 8).max(1));
    [(x, y), (w - 1 - x, y), (x, h - 1 - y), (w - 1 - x, h - 1 - y)].map(|(x, y)| picture.get_pixel(x, y).0)
}

/// Whether each colour is within `tolerance` of what is expected.
#[track_caller]
pub(crate) fn assert_near(seen: [[u8; 3]; 4], expected: [[u8; 3]; 4], tolerance: u8, what: &str) {
    let worst = seen.iter().flatten().zip(expected.iter().flatten()).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(worst <= Some(tolerance), "{what}: {seen:?} instead of {expected:?}");
}

pub(crate) fn jpeg(picture: &RgbImage) -> Vec<u8> {
    jpeg_with(picture, |_| ())
}

pub(crate) fn jpeg_with(picture: &RgbImage, configure: impl FnOnce(&mut Encoder<&mut Vec<u8>>)) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 95);
    configure(&mut encoder);
    let (width, height) = picture.dimensions();
    encoder.encode(picture, width.try_into().unwrap(), height.try_into().unwrap(), ColorType::Rgb).unwrap();
    file
}

pub(crate) fn webp(picture: &RgbaImage) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut file);
    encoder.encode(picture, picture.width(), picture.height(), ExtendedColorType::Rgba8).unwrap();
    file
}

pub(crate) fn gif(frames: &[RgbaImage]) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = GifEncoder::new(&mut file);
    for frame in frames {
        encoder.encode_frame(Frame::from_parts(frame.clone(), 0, 0, Delay::from_numer_denom_ms(50, 1))).unwrap();
    }
    drop(encoder);
    file
}

pub(crate) fn rgba(picture: &RgbImage) -> RgbaImage {
    image::DynamicImage::ImageRgb8(picture.clone()).to_rgba8()
}

/// Exif with an orientation and a place, big end first.
pub(crate) fn exif(orientation: u16, gps: bool) -> Vec<u8> {
    let mut tiff = b"MM\0\x2A\0\0\0\x08".to_vec();
    tiff.extend_from_slice(&(1 + u16::from(gps)).to_be_bytes());
    tiff.extend_from_slice(&[1, 0x12, 0, 3, 0, 0, 0, 1]);
    tiff.extend_from_slice(&orientation.to_be_bytes());
    tiff.extend_from_slice(&[0, 0]);
    if gps {
        tiff.extend_from_slice(&[0x88, 0x25, 0, 4, 0, 0, 0, 1]);
        let directory = u32::try_from(tiff.len()).unwrap() + 8;
        tiff.extend_from_slice(&directory.to_be_bytes());
    }
    tiff.extend_from_slice(&[0; 4]);
    if gps {
        tiff.extend_from_slice(&[0, 1, 0, 1, 0, 2, 0, 0, 0, 2, b'N', 0, 0, 0, 0, 0, 0, 0]);
    }
    tiff
}

/// Puts an application segment right behind the start of a JPEG.
pub(crate) fn with_segment(jpeg: &[u8], marker: u8, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(body.len() + 2).unwrap().to_be_bytes();
    [&jpeg[..2], &[0xFF, marker], &length, body, &jpeg[2..]].concat()
}

/// A PNG written by hand, so that every colour type, depth and interlacing can be had.
pub(crate) struct Png {
    pub(crate) sides: (u32, u32),
    pub(crate) depth: u8,
    pub(crate) colour: u8,
    pub(crate) interlaced: bool,
    /// Chunks between `IHDR` and the pixels.
    pub(crate) chunks: Vec<([u8; 4], Vec<u8>)>,
}

impl Png {
    pub(crate) fn new(sides: (u32, u32), depth: u8, colour: u8) -> Self {
        Self { sides, depth, colour, interlaced: false, chunks: Vec::new() }
    }

    pub(crate) fn interlaced(mut self) -> Self {
        self.interlaced = true;
        self
    }

    pub(crate) fn chunk(mut self, name: [u8; 4], body: &[u8]) -> Self {
        self.chunks.push((name, body.to_vec()));
        self
    }

    /// `samples` gives the samples of a pixel.
    pub(crate) fn file(&self, samples: impl Fn(u32, u32) -> Vec<u16>) -> Vec<u8> {
        let (width, height) = self.sides;
        let mut header = [width.to_be_bytes(), height.to_be_bytes()].concat();
        header.extend_from_slice(&[self.depth, self.colour, 0, 0, u8::from(self.interlaced)]);
        let mut file = b"\x89PNG\r\n\x1A\n".to_vec();
        file.extend(chunk(*b"IHDR", &header));
        for (name, body) in &self.chunks {
            file.extend(chunk(*name, body));
        }
        file.extend(chunk(*b"IDAT", &zlib(&self.rows(samples))));
        file.extend(chunk(*b"IEND", b""));
        file
    }

    fn rows(&self, samples: impl Fn(u32, u32) -> Vec<u16>) -> Vec<u8> {
        // Adam7: start and step in x and y.
        const PASSES: [[u32; 4]; 7] =
            [[0, 8, 0, 8], [4, 8, 0, 8], [0, 4, 4, 8], [2, 4, 0, 4], [0, 2, 2, 4], [1, 2, 0, 2], [0, 1, 1, 2]];
        let passes = if self.interlaced { &PASSES[..] } else { &[[0, 1, 0, 1]] };
        let mut rows = Vec::new();
        for [x0, dx, y0, dy] in passes {
            for y in (*y0..self.sides.1).step_by(*dy as usize) {
                let row: Vec<u16> = (*x0..self.sides.0).step_by(*dx as usize).flat_map(|x| samples(x, y)).collect();
                if !row.is_empty() {
                    rows.push(0);
                    rows.extend(self.packed(&row));
                }
            }
        }
        rows
    }

    fn packed(&self, row: &[u16]) -> Vec<u8> {
        if self.depth == 16 {
            return row.iter().flat_map(|sample| sample.to_be_bytes()).collect();
        }
        let per_byte = usize::from(8 / self.depth);
        let pack = |group: &[u16]| {
            let shifts = (0..per_byte).rev().map(|index| index * usize::from(self.depth));
            group.iter().zip(shifts).fold(0_u16, |byte, (sample, shift)| byte | sample << shift)
        };
        row.chunks(per_byte).map(|group| u8::try_from(pack(group)).unwrap()).collect()
    }
}

pub(crate) fn chunk(name: [u8; 4], body: &[u8]) -> Vec<u8> {
    let named = [&name[..], body].concat();
    let crc = named.iter().fold(u32::MAX, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 })
    });
    [&u32::try_from(body.len()).unwrap().to_be_bytes()[..], &named, &(!crc).to_be_bytes()].concat()
}

/// Stored blocks, not compressed.
pub(crate) fn zlib(data: &[u8]) -> Vec<u8> {
    let mut stream = vec![0x78, 0x01];
    let blocks = data.chunks(65_535);
    let last = blocks.len() - 1;
    for (index, block) in blocks.enumerate() {
        let length = u16::try_from(block.len()).unwrap();
        stream.push(u8::from(index == last));
        stream.extend_from_slice(&length.to_le_bytes());
        stream.extend_from_slice(&(!length).to_le_bytes());
        stream.extend_from_slice(block);
    }
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (b + a) % 65_521)
    });
    stream.extend_from_slice(&(b << 16 | a).to_be_bytes());
    stream
}
