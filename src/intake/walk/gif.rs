//! GIF: blocks ("Graphics Interchange Format, version 89a", `CompuServe` 1990).

use std::ops::Range;

use bytes::Bytes;

use super::super::metadata::{Found, Removed};
use super::super::orient::Orientation;
use super::super::reader::Reader;
use super::super::source::Pieces;
use super::super::{IntakeError, Kind};
use super::{Header, MAX_FRAMES, Need, Walked};

/// One block, by its introducer.
enum Block {
    Trailer,
    Image { sides: (u32, u32) },
    Extension { label: u8, body: usize },
}

/// Reads the screen and counts the frames as far as the bytes go.
///
/// # Errors
///
/// [`IntakeError::Truncated`] and [`IntakeError::Damaged`].
pub(in super::super) fn head(bytes: &[u8]) -> Result<Header, IntakeError> {
    let (screen, mut position) = screen(bytes)?;
    let (mut first, mut frames) = (None, 0);
    while frames <= MAX_FRAMES {
        // A file that is cut is refused by the walk; the header tells what it can.
        let Ok((block, end)) = block(bytes, position) else {
            break;
        };
        position = end;
        match block {
            Block::Trailer => break,
            Block::Image { sides } => {
                frames += 1;
                first.get_or_insert(sides);
            }
            Block::Extension { .. } => {}
        }
    }
    let first = first.unwrap_or(screen);
    // The frame may be larger than the screen: what is allocated counts.
    let sides = (screen.0.max(first.0), screen.1.max(first.1));
    let area = |sides: (u32, u32)| u64::from(sides.0) * u64::from(sides.1) * 4;
    let fixed = area(screen) + area(first) + (1 << 20);
    Ok(Header { kind: Kind::Gif, sides, frames: frames.max(1), need: Need { fixed, per_scaled_pixel: 0 } })
}

/// Walks to the trailer and keeps the first frame.
///
/// # Errors
///
/// As [`head`].
pub(in super::super) fn walk(bytes: &Bytes) -> Result<Walked, IntakeError> {
    let (_, mut position) = screen(bytes)?;
    let mut removed = Removed::default();
    let (mut control, mut frame) = (None, None);
    loop {
        let start = position;
        let (block, end) = block(bytes, position)?;
        position = end;
        match block {
            Block::Trailer => break,
            Block::Image { .. } => {
                frame.get_or_insert((control.take(), start..end));
            }
            // The last control block before an image holds its transparent colour.
            Block::Extension { label: 0xF9, .. } => control = Some(start..end),
            Block::Extension { label, body } => note(&mut removed, label, bytes.get(body..end).unwrap_or_default()),
        }
    }
    if position < bytes.len() {
        removed.note(Found::TrailingBytes);
    }
    let frame = frame.ok_or_else(damaged)?;
    let pieces = still(bytes, frame).ok_or_else(damaged)?;
    Ok(Walked { orientation: Orientation::default(), icc: None, removed, pieces })
}

fn still(bytes: &Bytes, (control, image): (Option<Range<usize>>, Range<usize>)) -> Option<Pieces> {
    let (_, end) = screen(bytes).ok()?;
    let mut pieces = Pieces::default();
    pieces.push(bytes.slice(..end))?;
    if let Some(control) = control {
        pieces.push(bytes.slice(control))?;
    }
    pieces.push(bytes.slice(image))?;
    pieces.push(Bytes::from_static(&[0x3B]))?;
    Some(pieces)
}

fn note(removed: &mut Removed, label: u8, body: &[u8]) {
    match (label, body) {
        (0xFF, body) if body.starts_with(b"\x0BXMP DataXMP") => removed.note_xmp(body),
        (0xFF, body) if body.starts_with(b"\x0BICCRGBG1012") => removed.note(Found::Icc),
        (0xFF, body) if body.starts_with(b"\x0BNETSCAPE2.0") || body.starts_with(b"\x0BANIMEXTS1.0") => {}
        (0xFE | 0x01, _) => removed.note(Found::Comment),
        _ => removed.note(Found::Other),
    }
}

/// The logical screen, and where the blocks begin.
fn screen(bytes: &[u8]) -> Result<((u32, u32), usize), IntakeError> {
    let mut reader = Reader::at(bytes, 6);
    let mut screen = || {
        let sides = (reader.u16_le()?, reader.u16_le()?);
        let [flags, _, _] = reader.array()?;
        reader.skip(table(flags))?;
        Some(((sides.0.into(), sides.1.into()), reader.position()))
    };
    let (sides, position) = screen().ok_or_else(truncated)?;
    if sides.0 == 0 || sides.1 == 0 { Err(damaged()) } else { Ok((sides, position)) }
}

fn block(bytes: &[u8], position: usize) -> Result<(Block, usize), IntakeError> {
    let mut reader = Reader::at(bytes, position);
    match reader.u8().ok_or_else(truncated)? {
        0x3B => Ok((Block::Trailer, reader.position())),
        0x21 => extension(&mut reader).ok_or_else(truncated),
        0x2C => image(&mut reader).ok_or_else(truncated),
        _ => Err(damaged()),
    }
}

fn extension(reader: &mut Reader<'_>) -> Option<(Block, usize)> {
    let label = reader.u8()?;
    let body = reader.position();
    sub_blocks(reader)?;
    Some((Block::Extension { label, body }, reader.position()))
}

fn image(reader: &mut Reader<'_>) -> Option<(Block, usize)> {
    reader.skip(4)?;
    let sides = (reader.u16_le()?.into(), reader.u16_le()?.into());
    let flags = reader.u8()?;
    // Colour table, then the least code size.
    reader.skip(table(flags) + 1)?;
    sub_blocks(reader)?;
    Some((Block::Image { sides }, reader.position()))
}

fn sub_blocks(reader: &mut Reader<'_>) -> Option<()> {
    loop {
        match reader.u8()? {
            0 => return Some(()),
            length => reader.skip(length.into())?,
        }
    }
}

/// Size of a colour table in bytes, by the packed field before it.
fn table(flags: u8) -> usize {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

fn damaged() -> IntakeError {
    Kind::Gif.damaged()
}

fn truncated() -> IntakeError {
    Kind::Gif.truncated()
}
