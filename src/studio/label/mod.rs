//! Says in the file itself how an image came about: IPTC's digital source type as XMP, in PNG, JPEG and WebP, beside the
//! pixels and never in them. A file that carries content credentials (C2PA) is left as it is: they say it already, and any
//! change would break their signature.

mod jpeg;
mod png;
mod webp;
mod xmp;

use super::finish::Served;

/// Whether a file carries content credentials.
pub(super) fn has_credentials(file: &[u8], kind: Served) -> bool {
    match kind {
        Served::Png => png::has_credentials(file),
        Served::Jpeg => jpeg::has_credentials(file),
        Served::WebP => webp::has_credentials(file),
    }
}

/// The file with its label; `None` where it has one already. `source` is a term of IPTC's digital source types. The file
/// was decoded whole before.
pub(super) fn labeled(file: &[u8], kind: Served, source: &str) -> Option<Vec<u8>> {
    if has_credentials(file, kind) {
        return None;
    }
    match kind {
        Served::Png => png::labeled(file, source),
        Served::Jpeg => jpeg::labeled(file, source),
        Served::WebP => webp::labeled(file, source),
    }
}

/// The bytes with another piece in place of a range.
fn with_piece(file: &[u8], place: std::ops::Range<usize>, piece: &[u8]) -> Option<Vec<u8>> {
    let mut whole = Vec::with_capacity(file.len() + piece.len());
    whole.extend_from_slice(file.get(..place.start)?);
    whole.extend_from_slice(piece);
    whole.extend_from_slice(file.get(place.end..)?);
    Some(whole)
}

#[cfg(test)]
mod tests;
