//! WebP: RIFF chunks (RFC 9649, 2).

use bytes::Bytes;

use super::super::metadata::{Found, Removed};
use super::super::orient::Orientation;
use super::super::reader::Reader;
use super::super::source::Pieces;
use super::super::{IntakeError, Kind};
use super::{Header, MAX_FRAMES, Need, Walked};

/// One chunk; its padding byte, if any, is not part of `body`.
#[derive(Clone, Copy)]
struct Chunk<'a> {
    name: [u8; 4],
    body: &'a [u8],
    /// Position of the next chunk.
    end: usize,
}

/// Reads the first image's own header; a canvas that declares other sides must still be allowed.
///
/// # Errors
///
/// [`IntakeError::Truncated`] and [`IntakeError::Damaged`].
pub(in super::super) fn head(bytes: &[u8]) -> Result<Header, IntakeError> {
    let file = riff(bytes)?;
    let first = chunk(file, 12)?;
    let canvas = if first.name == *b"VP8X" { Some(canvas(first.body).ok_or_else(damaged)?) } else { None };
    let image = image(file)?;
    let sides = canvas.unwrap_or(image.sides);
    if canvas.is_some() && image.frames == 1 && sides != image.sides {
        return Err(damaged());
    }
    let pixels = u64::from(image.sides.0) * u64::from(image.sides.1);
    // Lossy: planes, pixels, alpha unpacked from its own lossless picture. Lossless: two pictures of four bytes.
    let fixed = pixels * if image.alpha.is_some() { 12 } else { 8 } + (1 << 20);
    Ok(Header { kind: Kind::WebP, sides, frames: image.frames, need: Need { fixed, per_scaled_pixel: 0 } })
}

/// Walks all chunks and makes a plain still file of the first image.
///
/// # Errors
///
/// As [`head`].
pub(in super::super) fn walk(bytes: &Bytes) -> Result<Walked, IntakeError> {
    let file = riff(bytes)?;
    let image = image(file)?;
    let mut removed = Removed::default();
    let (mut orientation, mut icc) = (Orientation::default(), None);
    let mut position = 12;
    while position < file.len() {
        let chunk = chunk(file, position)?;
        match &chunk.name {
            b"EXIF" => orientation = removed.note_exif(chunk.body),
            b"XMP " => removed.note_xmp(chunk.body),
            b"ICCP" => {
                removed.note(Found::Icc);
                icc = Some(bytes.slice_ref(chunk.body));
            }
            b"VP8 " | b"VP8L" | b"VP8X" | b"ALPH" | b"ANIM" | b"ANMF" => {}
            _ => removed.note(Found::Other),
        }
        position = chunk.end;
    }
    if file.len() < bytes.len() {
        removed.note(Found::TrailingBytes);
    }
    let pieces = still(bytes, &image).ok_or_else(damaged)?;
    Ok(Walked { orientation, icc, removed, pieces })
}

/// The first picture of the file.
struct Image<'a> {
    sides: (u32, u32),
    pixels: Chunk<'a>,
    alpha: Option<Chunk<'a>>,
    frames: u32,
}

fn image(file: &[u8]) -> Result<Image<'_>, IntakeError> {
    let (mut found, mut alpha, mut frames) = (None, None, 0);
    let mut position = 12;
    while position < file.len() && frames <= MAX_FRAMES {
        let chunk = chunk(file, position)?;
        match &chunk.name {
            b"VP8 " | b"VP8L" if found.is_none() => found = Some((chunk, alpha)),
            b"ALPH" if found.is_none() => alpha = Some(chunk),
            b"ANMF" => {
                frames += 1;
                if found.is_none() {
                    found = Some(frame(chunk.body)?);
                }
            }
            _ => {}
        }
        position = chunk.end;
    }
    let (pixels, alpha) = found.ok_or_else(damaged)?;
    let sides = sides(&pixels).ok_or_else(damaged)?;
    Ok(Image { sides, pixels, alpha, frames: frames.max(1) })
}

/// The picture inside an `ANMF` chunk (RFC 9649, 2.7.1.1).
fn frame(body: &[u8]) -> Result<(Chunk<'_>, Option<Chunk<'_>>), IntakeError> {
    let first = chunk(body, 16)?;
    if first.name != *b"ALPH" {
        return Ok((first, None));
    }
    Ok((chunk(body, first.end)?, Some(first)))
}

/// Sides by the bitstream's header (RFC 6386, 9.1; RFC 9649, 3.4).
fn sides(chunk: &Chunk<'_>) -> Option<(u32, u32)> {
    let mut reader = Reader::at(chunk.body, 0);
    if chunk.name == *b"VP8L" {
        let (0x2F, bits) = (reader.u8()?, reader.u32_le()?) else {
            return None;
        };
        return (bits >> 29 == 0).then_some(((bits & 0x3FFF) + 1, ((bits >> 14) & 0x3FFF) + 1));
    }
    let (tag, [0x9D, 0x01, 0x2A]) = (reader.u24_le()?, reader.array()?) else {
        return None;
    };
    let (width, height) = (reader.u16_le()? & 0x3FFF, reader.u16_le()? & 0x3FFF);
    let partition = usize::try_from(tag >> 5).ok()?;
    let sane = chunk.name == *b"VP8 " && tag & 1 == 0 && partition <= reader.remaining() && width > 0 && height > 0;
    sane.then_some((width.into(), height.into()))
}

fn canvas(body: &[u8]) -> Option<(u32, u32)> {
    let mut reader = Reader::at(body, 4);
    Some((reader.u24_le()? + 1, reader.u24_le()? + 1))
}

/// A file of the one picture alone, without animation and metadata.
fn still(bytes: &Bytes, image: &Image<'_>) -> Option<Pieces> {
    let mut pieces = Pieces::default();
    let mut body = Vec::with_capacity(30);
    let lossy_alpha = image.alpha.filter(|_| image.pixels.name == *b"VP8 ");
    if lossy_alpha.is_some() {
        body.extend_from_slice(b"VP8X\x0A\0\0\0\x10\0\0\0");
        body.extend_from_slice((image.sides.0 - 1).to_le_bytes().get(..3)?);
        body.extend_from_slice((image.sides.1 - 1).to_le_bytes().get(..3)?);
    }
    let chunks = [lossy_alpha, Some(image.pixels)];
    let length: usize = chunks.iter().flatten().map(|chunk| 8 + chunk.body.len().next_multiple_of(2)).sum();
    let mut header = b"RIFF".to_vec();
    header.extend_from_slice(&u32::try_from(4 + body.len() + length).ok()?.to_le_bytes());
    header.extend_from_slice(b"WEBP");
    header.extend_from_slice(&body);
    pieces.push(header.into())?;
    for chunk in chunks.into_iter().flatten() {
        let mut header = chunk.name.to_vec();
        header.extend_from_slice(&u32::try_from(chunk.body.len()).ok()?.to_le_bytes());
        pieces.push(header.into())?;
        pieces.push(bytes.slice_ref(chunk.body))?;
        pieces.push(Bytes::from_static(&[0]).slice(..chunk.body.len() % 2))?;
    }
    Some(pieces)
}

/// The file as far as its own header says (RFC 9649, 2.3).
fn riff(bytes: &[u8]) -> Result<&[u8], IntakeError> {
    let size = Reader::at(bytes, 4).u32_le().ok_or_else(truncated)?;
    bytes.get(..size as usize + 8).filter(|file| file.len() >= 12).ok_or_else(truncated)
}

fn chunk(file: &[u8], position: usize) -> Result<Chunk<'_>, IntakeError> {
    let mut reader = Reader::at(file, position);
    let name = reader.array().ok_or_else(truncated)?;
    let length = reader.u32_le().ok_or_else(truncated)? as usize;
    let body = reader.take(length).ok_or_else(truncated)?;
    Ok(Chunk { name, body, end: reader.position() + length % 2 })
}

fn damaged() -> IntakeError {
    Kind::WebP.damaged()
}

fn truncated() -> IntakeError {
    Kind::WebP.truncated()
}
