//! PNG: chunks (W3C PNG third edition, 5 and 11).

mod samples;

use bytes::Bytes;

use super::super::metadata::{Found, Removed};
use super::super::orient::Orientation;
use super::super::reader::Reader;
use super::super::source::Pieces;
use super::super::{IntakeError, Kind};
use super::{Header, Need, Walked};

/// Largest compressed colour profile handed on, in bytes.
const MAX_PROFILE: usize = 1 << 20;

/// Largest unpacked colour profile, in bytes.
pub(in super::super) const MAX_UNPACKED: u64 = 8 << 20;

/// One chunk.
struct Chunk<'a> {
    name: [u8; 4],
    body: &'a [u8],
    /// Position behind the checksum.
    end: usize,
}

/// Reads `IHDR`, and on to the pixels for an animation's control chunk.
///
/// # Errors
///
/// [`IntakeError::Truncated`] and [`IntakeError::Damaged`].
pub(in super::super) fn head(bytes: &[u8]) -> Result<Header, IntakeError> {
    let first = chunk(bytes, 8)?;
    let (sides, pixel_bytes) = (first.name == *b"IHDR").then(|| ihdr(first.body)).flatten().ok_or_else(damaged)?;
    let (mut frames, mut profile) = (1, 0);
    let mut position = first.end;
    while let Ok(chunk) = chunk(bytes, position) {
        match &chunk.name {
            b"acTL" => frames = Reader::at(chunk.body, 0).u32_be().ok_or_else(damaged)?.max(1),
            // With its copies: unpacked while the decoder's buffer grows, and handed on.
            b"iCCP" => profile = 2 * MAX_UNPACKED,
            b"IDAT" | b"IEND" => break,
            _ => {}
        }
        position = chunk.end;
    }
    let row = u64::from(sides.0) * 8;
    // Sides may be 2^31 each; the limits are looked at only after this.
    let pixels = u64::from(sides.0) * u64::from(sides.1);
    let fixed = pixels.saturating_mul(pixel_bytes).saturating_add(4 * row + profile + (1 << 20));
    Ok(Header { kind: Kind::Png, sides, frames, need: Need { fixed, per_scaled_pixel: 0 } })
}

/// Walks to `IEND`.
///
/// # Errors
///
/// As [`head`].
pub(in super::super) fn walk(bytes: &Bytes) -> Result<Walked, IntakeError> {
    let mut walk = Walk::default();
    walk.keep(bytes, 0..8)?;
    let mut position = 8;
    loop {
        let chunk = chunk(bytes, position)?;
        walk.chunk(bytes, position, &chunk)?;
        position = chunk.end;
        if chunk.name == *b"IEND" {
            break;
        }
    }
    if walk.data.is_none() {
        return Err(damaged());
    }
    if position < bytes.len() {
        walk.removed.note(Found::TrailingBytes);
    }
    Ok(Walked { orientation: walk.orientation, icc: None, removed: walk.removed, pieces: walk.pieces })
}

/// Proves a file to be whole up to `IEND` without making its pixels: every chunk is as its checksum says (PNG 5.3), and the
/// compressed samples are as many as the header asks for.
///
/// # Errors
///
/// As [`head`].
pub(in super::super) fn prove(bytes: &[u8]) -> Result<(), IntakeError> {
    let header = chunk(bytes, 8)?;
    let mut samples = samples::Counter::of(header.body).ok_or_else(damaged)?;
    let (mut position, mut palette) = (8, false);
    loop {
        let chunk = chunk(bytes, position)?;
        let summed = bytes.get(position + 4..chunk.end - 4).map(crc32fast::hash);
        if summed != Reader::at(bytes, chunk.end - 4).u32_be() {
            return Err(damaged());
        }
        match &chunk.name {
            b"IHDR" if position > 8 => return Err(damaged()),
            b"PLTE" => palette = true,
            b"IDAT" if samples.is_indexed() && !palette => return Err(damaged()),
            b"IDAT" => samples.take(chunk.body).ok_or_else(damaged)?,
            b"IEND" => return samples.end().ok_or_else(damaged),
            _ => {}
        }
        position = chunk.end;
    }
}

#[derive(Default)]
struct Walk {
    pieces: Pieces,
    removed: Removed,
    orientation: Orientation,
    /// The run of `IDAT` chunks so far; they must follow each other.
    data: Option<std::ops::Range<usize>>,
}

impl Walk {
    fn keep(&mut self, bytes: &Bytes, range: std::ops::Range<usize>) -> Result<(), IntakeError> {
        self.pieces.push(bytes.slice(range)).ok_or_else(damaged)
    }

    fn chunk(&mut self, bytes: &Bytes, start: usize, chunk: &Chunk<'_>) -> Result<(), IntakeError> {
        let whole = start..chunk.end;
        match &chunk.name {
            b"IDAT" => match &mut self.data {
                None => self.data = Some(whole),
                Some(run) if run.end == start => run.end = chunk.end,
                Some(_) => return Err(damaged()),
            },
            b"PLTE" if !palette_is_sane(chunk.body) => return Err(damaged()),
            b"IHDR" | b"PLTE" | b"tRNS" => self.keep(bytes, whole)?,
            b"iCCP" if chunk.body.len() <= MAX_PROFILE => {
                self.removed.note(Found::Icc);
                self.keep(bytes, whole)?;
            }
            b"IEND" => {
                if let Some(run) = self.data.clone() {
                    self.keep(bytes, run)?;
                }
                self.keep(bytes, whole)?;
            }
            // The name of a critical chunk begins with a capital; not to know one is not to know the image.
            [first, ..] if first.is_ascii_uppercase() => return Err(damaged()),
            _ => self.note(chunk),
        }
        Ok(())
    }

    fn note(&mut self, chunk: &Chunk<'_>) {
        match &chunk.name {
            b"eXIf" => self.orientation = self.removed.note_exif(chunk.body),
            b"iCCP" => self.removed.note(Found::Icc),
            b"iTXt" if chunk.body.starts_with(b"XML:com.adobe.xmp\0") => self.removed.note_xmp(chunk.body),
            b"tEXt" | b"zTXt" | b"iTXt" => self.removed.note(profile(chunk.body)),
            b"gAMA" | b"cHRM" | b"sRGB" | b"cICP" | b"sBIT" | b"bKGD" | b"pHYs" | b"acTL" | b"fcTL" | b"fdAT" => {}
            _ => self.removed.note(Found::Other),
        }
    }
}

/// `ImageMagick` keeps binary metadata as text under these keywords; it is named but never unpacked.
fn profile(text: &[u8]) -> Found {
    let keyword = text.split(|byte| *byte == 0).next().unwrap_or_default();
    match keyword {
        b"Raw profile type exif" | b"Raw profile type APP1" => Found::Exif,
        b"Raw profile type iptc" | b"Raw profile type 8bim" => Found::Iptc,
        b"Raw profile type xmp" => Found::Xmp,
        b"Raw profile type icc" | b"Raw profile type icm" => Found::Icc,
        _ => Found::Comment,
    }
}

/// Sides, and bytes a decoded pixel takes (PNG 11.2.1, table 12).
fn ihdr(body: &[u8]) -> Option<((u32, u32), u64)> {
    let mut reader = Reader::at(body, 0);
    let sides = (reader.u32_be()?, reader.u32_be()?);
    let [depth, colour, 0, 0, 0 | 1] = reader.array()? else {
        return None;
    };
    let most = i32::MAX.cast_unsigned();
    let sane = (1..=most).contains(&sides.0) && (1..=most).contains(&sides.1) && reader.remaining() == 0;
    let samples = match (colour, depth) {
        (0, 1 | 2 | 4 | 8 | 16) | (4, 8 | 16) => 2,
        (2 | 6, 8 | 16) | (3, 1 | 2 | 4 | 8) => 4,
        _ => return None,
    };
    sane.then_some((sides, samples * if depth == 16 { 2 } else { 1 }))
}

fn palette_is_sane(palette: &[u8]) -> bool {
    palette.len().is_multiple_of(3) && (3..=768).contains(&palette.len())
}

fn chunk(bytes: &[u8], position: usize) -> Result<Chunk<'_>, IntakeError> {
    let mut reader = Reader::at(bytes, position);
    let length = reader.u32_be().ok_or_else(truncated)?;
    let name: [u8; 4] = reader.array().ok_or_else(truncated)?;
    if !name.iter().all(u8::is_ascii_alphabetic) || i32::try_from(length).is_err() {
        return Err(damaged());
    }
    let body = reader.take(length as usize).ok_or_else(truncated)?;
    reader.skip(4).ok_or_else(truncated)?;
    Ok(Chunk { name, body, end: reader.position() })
}

fn damaged() -> IntakeError {
    Kind::Png.damaged()
}

fn truncated() -> IntakeError {
    Kind::Png.truncated()
}
