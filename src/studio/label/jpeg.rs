//! JPEG: an `APP1` segment (XMP part 3); credentials are JUMBF boxes in `APP11` (ISO 19566-5, annex D).

use std::ops::Range;

use super::{with_piece, xmp};

const KEYWORD: &[u8] = b"http://ns.adobe.com/xap/1.0/\0";

const APP0: u8 = 0xE0;
const APP1: u8 = 0xE1;
const APP11: u8 = 0xEB;
const START_OF_SCAN: u8 = 0xDA;

/// The type of the box that content credentials are, as its description begins.
const C2PA_BOX: &[u8] = b"jumdc2pa";

pub(super) fn has_credentials(file: &[u8]) -> bool {
    segments(file).any(|(marker, place)| {
        let body = body(file, &place);
        // Common identifier, instance, number, then the box: its length, its type, and its description's the same way.
        let is_credentials = body.strip_prefix(b"JP").is_some_and(|rest| {
            // A length of 1 says that the real one stands behind the type, in eight bytes.
            let at = if rest.get(6..10) == Some(&[0, 0, 0, 1]) { 26 } else { 18 };
            rest.get(at..).is_some_and(|rest| rest.starts_with(C2PA_BOX))
        });
        marker == APP11 && is_credentials
    })
}

pub(super) fn labeled(file: &[u8], source: &str) -> Option<Vec<u8>> {
    let found = segments(file).find(|(marker, place)| *marker == APP1 && body(file, place).starts_with(KEYWORD));
    let place = found.map(|(_, place)| place);
    let existing = place.as_ref().and_then(|place| body(file, place).strip_prefix(KEYWORD));
    let packet = xmp::packet(existing, source)?;
    let segment = segment(&packet).or_else(|| segment(&xmp::packet(None, source)?))?;
    let place = place.unwrap_or_else(|| {
        let at = behind_heads(file);
        at..at
    });
    with_piece(file, place, &segment)
}

/// A segment has room for 65,533 bytes.
fn segment(packet: &str) -> Option<Vec<u8>> {
    let length = u16::try_from(2 + KEYWORD.len() + packet.len()).ok()?;
    Some([&[0xFF, APP1], length.to_be_bytes().as_slice(), KEYWORD, packet.as_bytes()].concat())
}

/// Readers want JFIF's and Exif's segments first.
fn behind_heads(file: &[u8]) -> usize {
    let heads = segments(file).take_while(|(marker, place)| {
        let body = body(file, place);
        *marker == APP0 || (*marker == APP1 && body.starts_with(b"Exif\0"))
    });
    heads.last().map_or(2, |(_, place)| place.end)
}

fn body<'a>(file: &'a [u8], segment: &Range<usize>) -> &'a [u8] {
    file.get(segment.start + 4..segment.end).unwrap_or_default()
}

/// The marker and place of every segment before the first scan. Bytes between segments are passed over.
fn segments(file: &[u8]) -> impl Iterator<Item = (u8, Range<usize>)> {
    let mut at = 2;
    std::iter::from_fn(move || {
        let marker = loop {
            at += file.get(at..)?.iter().position(|byte| *byte == 0xFF)?;
            match *file.get(at + 1)? {
                0xFF => at += 1,
                0 | 1 | 0xD0..=0xD9 => at += 2,
                marker => break marker,
            }
        };
        let length = u16::from_be_bytes(*file.get(at + 2..)?.first_chunk()?);
        let place = at..at + 2 + usize::from(length.max(2));
        at = place.end;
        (marker != START_OF_SCAN && at <= file.len()).then_some((marker, place))
    })
}
