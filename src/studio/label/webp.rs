//! WebP: an `XMP ` chunk (RFC 9649, 2.7), which wants an extended file; credentials are in `C2PA`.

use std::ops::Range;

use super::xmp;

/// Flags of `VP8X` (RFC 9649, 2.7).
const HAS_XMP: u8 = 0x04;
const HAS_ALPHA: u8 = 0x10;

pub(super) fn has_credentials(file: &[u8]) -> bool {
    chunks(file).any(|(name, _)| name == *b"C2PA")
}

pub(super) fn labeled(file: &[u8], source: &str) -> Option<Vec<u8>> {
    let existing = chunks(file).find(|(name, _)| name == b"XMP ").and_then(|(_, place)| body(file, &place));
    let packet = xmp::packet(existing, source)?;
    let mut whole = Vec::with_capacity(file.len() + packet.len() + 40);
    whole.extend_from_slice(file.get(..12)?);
    let (first, place) = chunks(file).next()?;
    let extended = if first == *b"VP8X" { body(file, &place)?.to_vec() } else { extended(first, body(file, &place)?)? };
    put(&mut whole, *b"VP8X", &with_flag(extended)?)?;
    for (name, place) in chunks(file).filter(|(name, _)| name != b"VP8X" && name != b"XMP ") {
        put(&mut whole, name, body(file, &place)?)?;
    }
    put(&mut whole, *b"XMP ", packet.as_bytes())?;
    let length = u32::try_from(whole.len() - 8).ok()?;
    whole.get_mut(4..8)?.copy_from_slice(&length.to_le_bytes());
    Some(whole)
}

fn with_flag(mut extended: Vec<u8>) -> Option<Vec<u8>> {
    *extended.first_mut()? |= HAS_XMP;
    Some(extended)
}

/// The head of an extended file for the picture of a simple one.
fn extended(name: [u8; 4], picture: &[u8]) -> Option<Vec<u8>> {
    let (width, height, alpha) = if name == *b"VP8L" {
        let bits = u32::from_le_bytes(*picture.get(1..)?.first_chunk()?);
        (bits & 0x3FFF, (bits >> 14) & 0x3FFF, bits >> 28 & 1 == 1)
    } else {
        let sides = picture.get(6..10)?;
        let side = |at: usize| Some(u32::from(u16::from_le_bytes(*sides.get(at..)?.first_chunk()?) & 0x3FFF));
        (side(0)?.checked_sub(1)?, side(2)?.checked_sub(1)?, false)
    };
    let mut head = vec![if alpha { HAS_ALPHA } else { 0 }, 0, 0, 0];
    head.extend_from_slice(&width.to_le_bytes()[..3]);
    head.extend_from_slice(&height.to_le_bytes()[..3]);
    Some(head)
}

fn put(whole: &mut Vec<u8>, name: [u8; 4], body: &[u8]) -> Option<()> {
    whole.extend_from_slice(&name);
    whole.extend_from_slice(&u32::try_from(body.len()).ok()?.to_le_bytes());
    whole.extend_from_slice(body);
    if body.len() % 2 == 1 {
        whole.push(0);
    }
    Some(())
}

fn body<'a>(file: &'a [u8], chunk: &Range<usize>) -> Option<&'a [u8]> {
    file.get(chunk.start + 8..chunk.end)
}

/// The name and place of every chunk, without padding.
fn chunks(file: &[u8]) -> impl Iterator<Item = ([u8; 4], Range<usize>)> {
    let mut at = 12;
    std::iter::from_fn(move || {
        let head = file.get(at..at + 8)?;
        let length = u32::from_le_bytes(*head.last_chunk()?) as usize;
        let place = at..at + 8 + length;
        at = place.end + length % 2;
        (place.end <= file.len()).then_some((*head.first_chunk()?, place))
    })
}
