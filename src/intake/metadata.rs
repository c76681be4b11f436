//! What was found beside the pixels. All of it stays behind: the fitted JPEG is encoded from pixels alone.

use super::exif;
use super::kind::contains;
use super::orient::Orientation;

/// A kind of metadata, in the order of the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// Exif (CIPA DC-008).
    Exif,
    /// A place, in Exif or XMP.
    Gps,
    /// XMP (ISO 16684-1).
    Xmp,
    /// IPTC-IIM, in Photoshop resources or PNG text.
    Iptc,
    /// A colour profile, applied and then left out.
    Icc,
    /// Comments and texts.
    Comment,
    /// A second, smaller picture.
    Thumbnail,
    /// Anything else that is not pixels: maker segments, gain maps, private chunks.
    Other,
    /// Bytes behind the end of the image.
    TrailingBytes,
}

/// The set of all kinds found in one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Removed(u16);

impl Removed {
    const NAMES: [(Found, &'static str); 9] = [
        (Found::Exif, "exif"),
        (Found::Gps, "gps"),
        (Found::Xmp, "xmp"),
        (Found::Iptc, "iptc"),
        (Found::Icc, "icc"),
        (Found::Comment, "comment"),
        (Found::Thumbnail, "thumbnail"),
        (Found::Other, "other"),
        (Found::TrailingBytes, "trailing_bytes"),
    ];

    /// Notes one kind.
    pub(super) fn note(&mut self, found: Found) {
        self.0 |= 1 << found as u16;
    }

    /// Notes XMP, and a place if the packet speaks of one.
    pub(super) fn note_xmp(&mut self, packet: &[u8]) {
        self.note(Found::Xmp);
        if contains(packet, b"GPSL") {
            self.note(Found::Gps);
        }
    }

    /// Notes Exif and what it holds; gives the orientation it asks for.
    pub(super) fn note_exif(&mut self, tiff: &[u8]) -> Orientation {
        self.note(Found::Exif);
        let said = exif::read(tiff.strip_prefix(b"Exif\0\0").unwrap_or(tiff));
        if said.place {
            self.note(Found::Gps);
        }
        if said.thumbnail {
            self.note(Found::Thumbnail);
        }
        said.orientation.map_or(Orientation::default(), Orientation::from_exif)
    }

    /// The names for the report, in fixed order.
    pub(super) fn names(self) -> Vec<String> {
        let present = |found: Found| self.0 & (1 << found as u16) != 0;
        Self::NAMES.iter().filter(|(found, _)| present(*found)).map(|(_, name)| (*name).to_owned()).collect()
    }
}
