//! Photos drawn at the time of a bench, as heavy for a codec as those of phones: detail at every scale, and noise.

#![expect(clippy::unwrap_used, reason = "a bench fails as a test does")]

use figurine::intake::Limits;
use image::{ExtendedColorType, ImageEncoder, codecs::png::PngEncoder, codecs::webp::WebPEncoder};
use jpeg_encoder::{ColorType, Encoder, SamplingFactor};

/// The defaults of a node.
pub(crate) const LIMITS: Limits =
    Limits { max_bytes: 64 << 20, max_pixels: 100_000_000, longest_side: 1536, decode_memory_bytes: 512 << 20 };

/// Exif that asks to be turned a quarter.
const EXIF: &[u8] = b"MM\0\x2A\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";

/// Every kind that can be made here; small ones where the bench is only tried, as tests do.
pub(crate) fn all() -> Vec<(&'static str, Vec<u8>)> {
    let part = if measures() { 1 } else { 20 };
    vec![
        ("JPEG 12 MP", jpeg(4000 / part, 3000 / part, false)),
        ("JPEG 48 MP", jpeg(8000 / part, 6000 / part, false)),
        ("progressive 12 MP", jpeg(4000 / part, 3000 / part, true)),
        ("PNG 12 MP", png(4000 / u32::from(part), 3000 / u32::from(part))),
        ("WebP lossless 3 MP", webp(2000 / u32::from(part), 1500 / u32::from(part))),
    ]
}

/// Whether `cargo bench` runs it, not `cargo test`.
pub(crate) fn measures() -> bool {
    std::env::args().any(|arg| arg == "--bench")
}

/// 4:2:0 at quality 88 with an Exif turn.
pub(crate) fn jpeg(width: u16, height: u16, progressive: bool) -> Vec<u8> {
    let mut file = Vec::new();
    let mut encoder = Encoder::new(&mut file, 88);
    encoder.set_sampling_factor(SamplingFactor::F_2_2);
    encoder.set_progressive(progressive);
    encoder.add_exif_metadata(EXIF).unwrap();
    encoder.encode(&pixels(width.into(), height.into()), width, height, ColorType::Rgb).unwrap();
    file
}

fn png(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    PngEncoder::new(&mut file).write_image(&pixels(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    file
}

fn webp(width: u32, height: u32) -> Vec<u8> {
    let mut file = Vec::new();
    let encoder = WebPEncoder::new_lossless(&mut file);
    encoder.encode(&pixels(width, height), width, height, ExtendedColorType::Rgb8).unwrap();
    file
}

fn pixels(width: u32, height: u32) -> Vec<u8> {
    let mut pixels = Vec::with_capacity(width as usize * height as usize * 3);
    for y in 0..height {
        for x in 0..width {
            let shade: i32 =
                [(9, 110), (7, 70), (5, 40), (3, 22)].iter().map(|(cell, height)| wave(x, y, *cell, *height)).sum();
            let noise = i32::try_from(hash(x, y) >> 29).unwrap() * 3 / 2 - 6;
            let tint = wave(x, y.wrapping_add(9999), 8, 60);
            let of = |part: i32| u8::try_from((128 + shade + noise + part).clamp(0, 255)).unwrap();
            pixels.extend([of(tint), of(0), of(-tint)]);
        }
    }
    pixels
}

/// Random heights on a grid of `2^cell` pixels, joined by straight lines.
fn wave(x: u32, y: u32, cell: u32, height: i32) -> i32 {
    let (left, top) = (x >> cell, y >> cell);
    let mask = (1 << cell) - 1;
    let (right, down) = (i64::from(x & mask), i64::from(y & mask));
    let size = i64::from(mask) + 1;
    let corner = |dx: u32, dy: u32| i64::from(hash(left + dx + (cell << 20), top + dy) >> 24) - 128;
    let row = |dy| corner(0, dy) * (size - right) + corner(1, dy) * right;
    let value = (row(0) * (size - down) + row(1) * down) / (size * size);
    i32::try_from(value).unwrap() * height / 128
}

fn hash(x: u32, y: u32) -> u32 {
    let mixed = x.wrapping_mul(0x9E37_79B1) ^ y.wrapping_mul(0x85EB_CA77).rotate_left(13);
    let mixed = (mixed ^ (mixed >> 15)).wrapping_mul(0x2C1B_3C6D);
    (mixed ^ (mixed >> 12)).wrapping_mul(0x297A_2D39)
}
