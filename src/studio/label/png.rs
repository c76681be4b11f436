//! PNG: an `iTXt` chunk (PNG 11.3.3.4, XMP part 3); credentials are in `caBX`.

use std::ops::Range;

use super::{with_piece, xmp};

const KEYWORD: &[u8] = b"XML:com.adobe.xmp\0";

/// Behind the signature and `IHDR`.
const FIRST_PLACE: usize = 33;

pub(super) fn has_credentials(file: &[u8]) -> bool {
    chunks(file).any(|(name, _)| name == *b"caBX")
}

pub(super) fn labeled(file: &[u8], source: &str) -> Option<Vec<u8>> {
    let found = chunks(file)
        .find(|(name, at)| *name == *b"iTXt" && body(file, at).is_some_and(|body| body.starts_with(KEYWORD)));
    let place = found.map(|(_, at)| at);
    let existing = place.as_ref().and_then(|at| text(body(file, at)?));
    let packet = xmp::packet(existing, source)?;
    // Not compressed, and neither a language nor a translated keyword.
    let body = [KEYWORD, &[0, 0, 0, 0], packet.as_bytes()].concat();
    let mut chunk = u32::try_from(body.len()).ok()?.to_be_bytes().to_vec();
    chunk.extend_from_slice(b"iTXt");
    chunk.extend_from_slice(&body);
    chunk.extend_from_slice(&crc32fast::hash(&chunk[4..]).to_be_bytes());
    with_piece(file, place.unwrap_or(FIRST_PLACE..FIRST_PLACE), &chunk)
}

/// The text of an XMP chunk; a compressed one is not unpacked.
fn text(body: &[u8]) -> Option<&[u8]> {
    let [0, _, rest @ ..] = body.strip_prefix(KEYWORD)? else { return None };
    rest.splitn(3, |byte| *byte == 0).nth(2)
}

fn body<'a>(file: &'a [u8], chunk: &Range<usize>) -> Option<&'a [u8]> {
    file.get(chunk.start + 8..chunk.end - 4)
}

/// The name and place of every chunk.
fn chunks(file: &[u8]) -> impl Iterator<Item = ([u8; 4], Range<usize>)> {
    let mut at = 8;
    std::iter::from_fn(move || {
        let head = file.get(at..at + 8)?;
        let length = u32::from_be_bytes(*head.first_chunk()?) as usize;
        let place = at..at + 12 + length;
        at = place.end;
        (at <= file.len()).then_some((*head.last_chunk()?, place))
    })
}
