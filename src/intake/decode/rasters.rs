//! PNG, WebP and GIF by the `image` crate, and what their pixels become: 8 bits, on white.

use bytes::Bytes;
use image::codecs::{gif::GifDecoder, png::PngDecoder, webp::WebPDecoder};
use image::{ColorType, ImageDecoder, Limits};

use super::super::buffer::Buffer;
use super::super::raster::{Channels, Raster};
use super::super::source::Source;
use super::super::walk::png::MAX_UNPACKED;
use super::super::{IntakeError, Kind};

/// What a PNG's decoder may take beside the pixels, in bytes: rows, and an unpacked colour profile.
const PNG_ASIDE: u64 = MAX_UNPACKED + (4 << 20);

pub(super) fn png(source: Source) -> Result<(Raster, Option<Bytes>), IntakeError> {
    let mut decoder = PngDecoder::with_limits(source, limits(PNG_ASIDE)).map_err(|_| Kind::Png.damaged())?;
    let icc = decoder.icc_profile().ok().flatten().map(Into::into);
    Ok((pixels(decoder, Kind::Png)?, icc))
}

pub(super) fn webp(source: Source, expected: (u32, u32)) -> Result<Raster, IntakeError> {
    let decoder = WebPDecoder::new(source).map_err(|_| Kind::WebP.damaged())?;
    // The still that the walk has made is never larger than what was let through.
    let (width, height) = decoder.dimensions();
    if width > expected.0 || height > expected.1 {
        return Err(Kind::WebP.damaged());
    }
    pixels(decoder, Kind::WebP)
}

pub(super) fn gif(source: Source, memory: u64) -> Result<Raster, IntakeError> {
    let mut decoder = GifDecoder::new(source).map_err(|_| Kind::Gif.damaged())?;
    decoder.set_limits(limits(memory)).map_err(|_| Kind::Gif.damaged())?;
    pixels(decoder, Kind::Gif)
}

fn limits(memory: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(memory);
    limits
}

fn pixels(decoder: impl ImageDecoder, kind: Kind) -> Result<Raster, IntakeError> {
    let (sides, colour) = (decoder.dimensions(), decoder.color_type());
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| kind.damaged())?;
    let mut data = Buffer::zeroed(length);
    decoder.read_image(&mut data).map_err(|_| kind.damaged())?;
    let channels = reduce(&mut data, colour).ok_or_else(|| kind.damaged())?;
    Raster::new(sides, channels, data).ok_or_else(|| kind.damaged())
}

/// Brings pixels to 8 bits without transparency, in place.
fn reduce(data: &mut Buffer, colour: ColorType) -> Option<Channels> {
    match colour {
        ColorType::L8 => Some(Channels::Grey),
        ColorType::Rgb8 => Some(Channels::Rgb),
        ColorType::La8 => Some(opaque::<2, 1>(data, Channels::Grey)),
        ColorType::Rgba8 => Some(opaque::<4, 3>(data, Channels::Rgb)),
        ColorType::L16 | ColorType::La16 | ColorType::Rgb16 | ColorType::Rgba16 => {
            halve(data);
            match colour.channel_count() {
                1 => Some(Channels::Grey),
                2 => Some(opaque::<2, 1>(data, Channels::Grey)),
                3 => Some(Channels::Rgb),
                _ => Some(opaque::<4, 3>(data, Channels::Rgb)),
            }
        }
        ColorType::Rgb32F | ColorType::Rgba32F | _ => None,
    }
}

/// Native 16-bit samples to 8 bits, rounded: 65535 is 255 times 257.
fn halve(data: &mut Buffer) {
    let count = data.len() / 2;
    for index in 0..count {
        if let Some(&[a, b]) = data.get(2 * index..).and_then(<[u8]>::first_chunk) {
            let sample = u32::from(u16::from_ne_bytes([a, b]));
            if let Some(to) = data.get_mut(index) {
                *to = u8::try_from((sample + 128) / 257).unwrap_or(u8::MAX);
            }
        }
    }
    data.truncate(count);
}

/// Lays pixels of `FROM` bytes, the last of them alpha, on white: `TO` bytes remain.
fn opaque<const FROM: usize, const TO: usize>(data: &mut Buffer, channels: Channels) -> Channels {
    let count = data.len() / FROM;
    for index in 0..count {
        let Some(&pixel) = data.get(index * FROM..).and_then(<[u8]>::first_chunk::<FROM>) else {
            break;
        };
        let alpha = pixel.last().copied().unwrap_or(u8::MAX);
        for (to, from) in data.iter_mut().skip(index * TO).take(TO).zip(pixel) {
            *to = over_white(from, alpha);
        }
    }
    data.truncate(count * TO);
    channels
}

/// `alpha` parts of the sample and the rest white, in 255ths, rounded.
pub(super) fn over_white(sample: u8, alpha: u8) -> u8 {
    let (sample, alpha) = (u32::from(sample), u32::from(alpha));
    u8::try_from((sample * alpha + 255 * (255 - alpha) + 127) / 255).unwrap_or(u8::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn transparency_shows_white() {
        let mut data = Buffer::from(vec![10, 20, 30, 0, 10, 20, 30, 255, 0, 0, 0, 128]);
        assert_eq!(reduce(&mut data, ColorType::Rgba8), Some(Channels::Rgb));
        assert_eq!(*data, [255, 255, 255, 10, 20, 30, 127, 127, 127]);
    }

    #[test]
    fn sixteen_bits_are_rounded_to_eight() {
        let samples: [u16; 4] = [0, 128, 129, 65535];
        let data: Vec<u8> = samples.iter().flat_map(|sample| sample.to_ne_bytes()).collect();
        let mut data = Buffer::from(data);
        assert_eq!(reduce(&mut data, ColorType::L16), Some(Channels::Grey));
        assert_eq!(*data, [0, 0, 1, 255]);
    }
}
