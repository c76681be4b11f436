//! JPEG: segments, scans and the end of the image (ITU-T T.81, annex B).

use std::ops::Range;

use bytes::Bytes;

use super::super::metadata::{Found, Removed};
use super::super::orient::Orientation;
use super::super::reader::Reader;
use super::super::source::Pieces;
use super::super::{IntakeError, Kind};
use super::jpeg_frame::Frame;
use super::{Header, Walked};

/// Stuffed one-bits put behind every scan.
///
/// Decoders read a scan that ends early as if zeros followed, and so make grey out of a cut photo. No
/// Huffman code consists of ones alone (T.81, C.2), so a scan that ends early now runs into an error; one
/// that is whole is padded with ones anyway.
const GUARD: &[u8] = &[
    0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF, 0, 0xFF,
    0, 0xFF, 0, 0xFF, 0, 0xFF, 0,
];

const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;

/// One marker with its body.
struct Segment<'a> {
    marker: u8,
    /// Marker, length and body.
    whole: Range<usize>,
    body: &'a [u8],
}

/// Reads segments up to the frame header.
///
/// # Errors
///
/// [`IntakeError::Truncated`], [`IntakeError::Damaged`], [`IntakeError::Unsupported`].
pub(in super::super) fn head(bytes: &[u8]) -> Result<Header, IntakeError> {
    let mut position = 2;
    loop {
        let segment = segment(bytes, position)?;
        position = segment.whole.end;
        if is_frame(segment.marker) {
            let frame = Frame::parse(segment.marker, segment.body)?;
            return Ok(Header { kind: Kind::Jpeg, sides: frame.sides, frames: 1, need: frame.need() });
        }
        if matches!(segment.marker, EOI | SOS) {
            return Err(Kind::Jpeg.damaged());
        }
    }
}

/// Walks to the end of the image and past every scan.
///
/// # Errors
///
/// As [`head`]; a missing end, scan or frame is [`IntakeError::Truncated`] or [`IntakeError::Damaged`].
pub(in super::super) fn walk(bytes: &Bytes) -> Result<Walked, IntakeError> {
    let mut walk = Walk::default();
    walk.keep(bytes, 0..2)?;
    let mut position = 2;
    loop {
        let segment = segment(bytes, position)?;
        position = segment.whole.end;
        match segment.marker {
            EOI => {
                walk.keep(bytes, segment.whole)?;
                break;
            }
            SOS => position = walk.scan(bytes, &segment)?,
            marker if is_frame(marker) => walk.frame(bytes, &segment)?,
            // Tables, restart interval; Adobe's and JFIF's segments say how colours are stored.
            0xC4 | 0xDB | 0xDD => walk.keep(bytes, segment.whole)?,
            0xEE if segment.body.starts_with(b"Adobe") => walk.keep(bytes, segment.whole)?,
            0xE0 if segment.body.starts_with(b"JFIF\0") => walk.keep(bytes, segment.whole)?,
            marker => walk.note(bytes, marker, &segment),
        }
    }
    walk.finish(position < bytes.len())
}

#[derive(Default)]
struct Walk {
    pieces: Pieces,
    frame: Option<Frame>,
    removed: Removed,
    orientation: Option<Orientation>,
    /// Number, of how many, data.
    icc: Vec<(u8, u8, Bytes)>,
}

impl Walk {
    fn keep(&mut self, bytes: &Bytes, range: Range<usize>) -> Result<(), IntakeError> {
        self.pieces.push(bytes.slice(range)).ok_or_else(|| Kind::Jpeg.damaged())
    }

    fn frame(&mut self, bytes: &Bytes, segment: &Segment<'_>) -> Result<(), IntakeError> {
        if self.frame.is_some() {
            return Err(Kind::Jpeg.damaged());
        }
        self.frame = Some(Frame::parse(segment.marker, segment.body)?);
        self.keep(bytes, segment.whole.clone())
    }

    /// Keeps a scan and gives the position of the marker behind it.
    fn scan(&mut self, bytes: &Bytes, header: &Segment<'_>) -> Result<usize, IntakeError> {
        let frame = self.frame.as_mut().ok_or_else(|| Kind::Jpeg.damaged())?;
        frame.note_scan(header.body)?;
        let end = scan_end(bytes, header.whole.end).ok_or_else(|| Kind::Jpeg.truncated())?;
        self.keep(bytes, header.whole.start..end)?;
        self.pieces.push(Bytes::from_static(GUARD)).ok_or_else(|| Kind::Jpeg.damaged())?;
        Ok(end)
    }

    fn note(&mut self, bytes: &Bytes, marker: u8, segment: &Segment<'_>) {
        match (marker, segment.body) {
            (0xE1, [b'E', b'x', b'i', b'f', 0, _, tiff @ ..]) => {
                let orientation = self.removed.note_exif(tiff);
                self.orientation.get_or_insert(orientation);
            }
            (0xE1, body) if body.starts_with(b"http://ns.adobe.com/x") => self.removed.note_xmp(body),
            (0xE2, body) if body.starts_with(b"ICC_PROFILE\0") => self.note_icc(bytes, segment),
            (0xE2, body) if body.starts_with(b"MPF\0") => self.removed.note(Found::Thumbnail),
            (0xE0, body) if body.starts_with(b"JFXX\0") => self.removed.note(Found::Thumbnail),
            (0xED, body) if body.starts_with(b"Photoshop 3.0\0") => self.removed.note(Found::Iptc),
            (0xFE, _) => self.removed.note(Found::Comment),
            (0xE0..=0xEF, _) => self.removed.note(Found::Other),
            _ => {}
        }
    }

    fn note_icc(&mut self, bytes: &Bytes, segment: &Segment<'_>) {
        self.removed.note(Found::Icc);
        if let [number, of, data @ ..] = segment.body.get(12..).unwrap_or_default() {
            self.icc.push((*number, *of, bytes.slice_ref(data)));
        }
    }

    fn finish(mut self, trailing: bool) -> Result<Walked, IntakeError> {
        if trailing {
            self.removed.note(Found::TrailingBytes);
        }
        let whole = self.frame.as_ref().is_some_and(Frame::is_whole);
        if !whole {
            return Err(Kind::Jpeg.truncated());
        }
        let orientation = self.orientation.unwrap_or_default();
        Ok(Walked { orientation, icc: joined(self.icc), removed: self.removed, pieces: self.pieces })
    }
}

/// Puts a colour profile together (ICC.1:2022, B.4); an incomplete one counts as none.
fn joined(mut parts: Vec<(u8, u8, Bytes)>) -> Option<Bytes> {
    parts.sort_by_key(|(number, ..)| *number);
    let count = u8::try_from(parts.len()).ok()?;
    let complete = parts.iter().zip(1..).all(|((number, of, _), expected)| *number == expected && *of == count);
    let joined: Vec<u8> = parts.iter().flat_map(|(.., data)| data.iter().copied()).collect();
    (complete && count > 0).then(|| joined.into())
}

fn is_frame(marker: u8) -> bool {
    matches!(marker, 0xC0..=0xC3 | 0xC5..=0xC7 | 0xC9..=0xCB | 0xCD..=0xCF)
}

/// The next segment at or behind `position`; stray bytes between segments are skipped as decoders do.
fn segment(bytes: &[u8], position: usize) -> Result<Segment<'_>, IntakeError> {
    find_segment(bytes, position).ok_or_else(|| Kind::Jpeg.truncated())
}

fn find_segment(bytes: &[u8], mut position: usize) -> Option<Segment<'_>> {
    let (start, marker) = loop {
        let start = position + bytes.get(position..)?.iter().position(|byte| *byte == 0xFF)?;
        match *bytes.get(start + 1)? {
            0xFF => position = start + 1,
            0 | 1 | 0xD0..=0xD8 => position = start + 2,
            marker => break (start, marker),
        }
    };
    if marker == EOI {
        return Some(Segment { marker, whole: start..start + 2, body: &[] });
    }
    let mut reader = Reader::at(bytes, start + 2);
    // A length counts itself; one that cannot is read as an empty body, and what follows is skipped.
    let body = reader.take(usize::from(reader.clone().u16_be()?).max(2))?.get(2..)?;
    Some(Segment { marker, whole: start..reader.position(), body })
}

/// Where the entropy-coded data that begins at `position` ends: at the next marker that is no restart.
fn scan_end(bytes: &[u8], mut position: usize) -> Option<usize> {
    loop {
        position += bytes.get(position..)?.iter().position(|byte| *byte == 0xFF)?;
        match *bytes.get(position + 1)? {
            0 | 0xD0..=0xD7 => position += 2,
            0xFF => position += 1,
            _ => return Some(position),
        }
    }
}
