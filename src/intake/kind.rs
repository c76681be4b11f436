//! What the magic bytes say: one of the kinds taken, or a refusal by name.

use super::IntakeError;

/// A kind of image that is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// JPEG (ITU-T T.81).
    Jpeg,
    /// PNG, still or animated (W3C PNG third edition).
    Png,
    /// WebP (RFC 9649).
    WebP,
    /// GIF, both versions (`CompuServe` 1990).
    Gif,
    /// HEIF with HEVC-coded images (ISO/IEC 23008-12).
    Heic,
}

impl Kind {
    /// Recognises the kind by magic bytes.
    ///
    /// # Errors
    ///
    /// [`IntakeError::Empty`], [`IntakeError::Unsupported`] with the remedy for an image of another
    /// kind, [`IntakeError::NotAnImage`] for everything else.
    pub fn recognise(bytes: &[u8]) -> Result<Self, IntakeError> {
        match bytes {
            [] => Err(IntakeError::Empty),
            [0xFF, 0xD8, 0xFF, ..] => Ok(Self::Jpeg),
            [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1A, b'\n', ..] => Ok(Self::Png),
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Ok(Self::Gif),
            [b'R', b'I', b'F', b'F', _, _, _, _, rest @ ..] => riff(rest),
            [_, _, _, _, b'f', b't', b'y', b'p', ..] => brand(bytes),
            other => Err(refuse(other)),
        }
    }

    /// Media type (IANA).
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
            Self::WebP => "image/webp",
            Self::Gif => "image/gif",
            Self::Heic => "image/heic",
        }
    }

    /// Name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::WebP => "WebP",
            Self::Gif => "GIF",
            Self::Heic => "HEIC",
        }
    }

    pub(super) fn damaged(self) -> IntakeError {
        IntakeError::Damaged { what: self.name() }
    }

    pub(super) fn truncated(self) -> IntakeError {
        IntakeError::Truncated { what: self.name() }
    }
}

const CONVERT: &str = "convert it to JPEG, PNG, WebP, GIF or HEIC";
const DEVELOP: &str = "export the photo as JPEG from the camera or the raw converter";
const STILL: &str = "send a still photo, for example one frame of the video as JPEG";

fn riff(rest: &[u8]) -> Result<Kind, IntakeError> {
    match rest {
        [b'W', b'E', b'B', b'P', ..] => Ok(Kind::WebP),
        [b'A', b'V', b'I', b' ', ..] => Err(unsupported("AVI video", STILL)),
        [b'W', b'A', b'V', b'E', ..] => Err(not_an_image("WAV audio")),
        _ => Err(IntakeError::NotAnImage { what: None }),
    }
}

/// Tells HEIC from its relatives by the brands of `ftyp` (ISO/IEC 14496-12, 4.3).
fn brand(bytes: &[u8]) -> Result<Kind, IntakeError> {
    let size = bytes.first_chunk::<4>().map_or(0, |size| u32::from_be_bytes(*size)) as usize;
    let body = bytes.get(8..size.clamp(16, 256).min(bytes.len())).unwrap_or_default();
    let Some(major) = body.first_chunk::<4>() else {
        return Err(IntakeError::NotAnImage { what: None });
    };
    let compatible = || body.get(8..).unwrap_or_default().chunks_exact(4);
    match major {
        b"avif" | b"avis" => Err(unsupported("AVIF", CONVERT)),
        b"crx " => Err(unsupported("camera raw (CR3)", DEVELOP)),
        b"mif1" | b"msf1" | b"mif2" if compatible().any(|brand| brand == b"avif" || brand == b"avis") => {
            Err(unsupported("AVIF", CONVERT))
        }
        b"heic" | b"heix" | b"heim" | b"heis" | b"hevc" | b"mif1" | b"msf1" | b"mif2" => Ok(Kind::Heic),
        b"qt  " => Err(unsupported("QuickTime video", STILL)),
        _ if compatible().any(|brand| brand == b"heic" || brand == b"mif1") => Ok(Kind::Heic),
        _ => Err(unsupported("MP4 video", STILL)),
    }
}

fn refuse(bytes: &[u8]) -> IntakeError {
    match bytes {
        [b'%', b'P', b'D', b'F', ..] => unsupported("PDF", "export the page as JPEG or PNG"),
        [b'P', b'K', 3, 4, ..] => unsupported("ZIP archive", "unpack it and send the photo itself"),
        [0x1F, 0x8B, ..] => unsupported("gzip archive", "unpack it and send the photo itself"),
        [b'R', b'a', b'r', b'!', ..] => unsupported("RAR archive", "unpack it and send the photo itself"),
        [b'7', b'z', 0xBC, 0xAF, ..] => unsupported("7-Zip archive", "unpack it and send the photo itself"),
        [b'B', b'Z', b'h', ..] => unsupported("bzip2 archive", "unpack it and send the photo itself"),
        [0xFD, b'7', b'z', b'X', b'Z', 0, ..] => unsupported("xz archive", "unpack it and send the photo itself"),
        [0x28, 0xB5, 0x2F, 0xFD, ..] => unsupported("Zstandard archive", "unpack it and send the photo itself"),
        archive if archive.get(257..262) == Some(b"ustar") => {
            unsupported("tar archive", "unpack it and send the photo itself")
        }
        [b'F', b'L', b'V', 1, ..] => unsupported("Flash video", STILL),
        [0, 0, 1, 0xBA | 0xB3, ..] => unsupported("MPEG video", STILL),
        [0x30, 0x26, 0xB2, 0x75, ..] => unsupported("Windows Media video", STILL),
        [0x1A, 0x45, 0xDF, 0xA3, ..] => unsupported("Matroska or WebM video", STILL),
        [_, _, _, _, b'm', b'o', b'o', b'v' | b'f', ..] => unsupported("QuickTime video", STILL),
        [b'O', b'g', b'g', b'S', ..] | [b'I', b'D', b'3', ..] => not_an_image("audio"),
        [b'I' | b'M', b'I' | b'M', ..] => tiff(bytes),
        [b'F', b'U', b'J', b'I', ..] => unsupported("camera raw (RAF)", DEVELOP),
        [0, b'M', b'R', b'M', ..] => unsupported("camera raw (MRW)", DEVELOP),
        [b'F', b'O', b'V', b'b', ..] => unsupported("camera raw (X3F)", DEVELOP),
        [b'8', b'B', b'P', b'S', ..] => unsupported("Photoshop document", "export it as JPEG or PNG"),
        [0, 0, 0, 12, b'J', b'X', b'L', b' ', ..] | [0xFF, 0x0A, ..] => unsupported("JPEG XL", CONVERT),
        [0, 0, 0, 12, b'j', b'P', b' ', b' ', ..] | [0xFF, 0x4F, 0xFF, 0x51, ..] => unsupported("JPEG 2000", CONVERT),
        [b'B', b'M', _, _, _, _, 0, 0, 0, 0, ..] => unsupported("BMP", CONVERT),
        [0, 0, 1, 0, _, 0, ..] => unsupported("Windows icon", CONVERT),
        [0x76, 0x2F, 0x31, 0x01, ..] => unsupported("OpenEXR", CONVERT),
        [b'#', b'?', b'R', b'A', b'D', ..] => unsupported("Radiance HDR", CONVERT),
        [b'%', b'!', b'P', b'S', ..] => unsupported("PostScript", "export the page as JPEG or PNG"),
        [b'q', b'o', b'i', b'f', ..] => unsupported("QOI", CONVERT),
        other => text(other),
    }
}

/// TIFF proper and the raw formats built on it.
///
/// The make of the camera stands in the first directory; its name is looked for in the first 4 kB.
fn tiff(bytes: &[u8]) -> IntakeError {
    let head = bytes.get(..bytes.len().min(4096)).unwrap_or_default();
    match bytes {
        [b'I', b'I', 42, 0, _, _, _, _, b'C', b'R', ..] => unsupported("camera raw (CR2)", DEVELOP),
        [b'I', b'I', b'R', b'O' | b'S', ..] | [b'M', b'M', b'O', b'R', ..] => unsupported("camera raw (ORF)", DEVELOP),
        [b'I', b'I', 0x55, 0, ..] => unsupported("camera raw (RW2)", DEVELOP),
        // Tag 50706 (DNGVersion), type BYTE, in either byte order.
        [b'I', b'I', 42, 0, ..] if contains(head, &[0x12, 0xC6, 1, 0]) => unsupported("camera raw (DNG)", DEVELOP),
        [b'M', b'M', 0, 42, ..] if contains(head, &[0xC6, 0x12, 0, 1]) => unsupported("camera raw (DNG)", DEVELOP),
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] if contains(head, b"NIKON") => {
            unsupported("camera raw (NEF)", DEVELOP)
        }
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] if contains(head, b"SONY") => {
            unsupported("camera raw (ARW)", DEVELOP)
        }
        [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] if contains(head, b"PENTAX") => {
            unsupported("camera raw (PEF)", DEVELOP)
        }
        [b'I', b'I', 0xBC, ..] => unsupported("JPEG XR", CONVERT),
        [b'I', b'I', 42 | 43, 0, ..] | [b'M', b'M', 0, 42 | 43, ..] => unsupported("TIFF", CONVERT),
        _ => IntakeError::NotAnImage { what: None },
    }
}

/// Texts: SVG is an image, HTML and JSON are what upstream errors look like.
fn text(bytes: &[u8]) -> IntakeError {
    let head = bytes.get(..bytes.len().min(1024)).unwrap_or_default();
    let head = head.strip_prefix(&[0xEF, 0xBB, 0xBF]).unwrap_or(head).trim_ascii_start();
    let lower = head.to_ascii_lowercase();
    if !lower.starts_with(b"<") {
        let json = lower.starts_with(b"{\"") || lower.starts_with(b"[{");
        return IntakeError::NotAnImage { what: json.then_some("JSON") };
    }
    if contains(&lower, b"<svg") {
        return unsupported("SVG", "render it to PNG first");
    }
    if contains(&lower, b"<html") || contains(&lower, b"<!doctype html") {
        return not_an_image("HTML");
    }
    not_an_image("XML")
}

pub(super) fn contains(haystack: &[u8], needle: &[u8]) -> bool {
    haystack.windows(needle.len()).any(|window| window == needle)
}

fn unsupported(what: &'static str, remedy: &'static str) -> IntakeError {
    IntakeError::Unsupported { what, remedy }
}

fn not_an_image(what: &'static str) -> IntakeError {
    IntakeError::NotAnImage { what: Some(what) }
}
