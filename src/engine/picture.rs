//! Which of an answer's parts is the image.

use super::error::Failure;
use super::outcome::{Outcome, is_plain_name};
use super::wire::{Candidate, InlineData, ResponsePart};
use crate::domain::SecretBytes;
use base64_simd::{Base64, STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use bytes::Bytes;
use std::borrow::Cow;
use std::ops::Range;

/// How many images it holds, drafts among them: each was made, and is paid for.
pub(super) fn images(candidate: &Candidate<'_>) -> u64 {
    parts(candidate).iter().filter(|part| image_of(part).is_some()).count() as u64
}

pub(super) fn parts<'r, 'a>(candidate: &'r Candidate<'a>) -> &'r [ResponsePart<'a>] {
    let parts = candidate.content.as_ref().and_then(|c| c.parts.as_deref());
    parts.unwrap_or_default()
}

fn image_of<'r, 'a>(part: &'r ResponsePart<'a>) -> Option<&'r InlineData<'a>> {
    let blob = part.inline_data.as_ref();
    blob.filter(|blob| blob.mime_type.starts_with("image/"))
}

/// The last image that is not marked as thought, else the last of all; with its mark.
pub(super) fn choose<'r, 'a>(candidate: &'r Candidate<'a>) -> Option<(&'r InlineData<'a>, bool)> {
    let is_thought = |part: &ResponsePart<'_>| part.thought == Some(true);
    let parts = parts(candidate);
    let last = |marked: bool| {
        let mut images = parts.iter().rev().filter(|part| is_thought(part) == marked);
        images.find_map(image_of)
    };
    let unmarked = last(false).map(|blob| (blob, false));
    unmarked.or_else(|| last(true).map(|blob| (blob, true)))
}

/// An image found in an answer and not decoded yet.
pub(super) struct Found {
    place: Place,
    declared_type: String,
}

/// Where its base64 is.
enum Place {
    /// In the answer's body, as it arrived.
    InBody(Range<usize>),
    /// Outside: it stood there with escapes.
    Outside(SecretBytes),
}

impl Found {
    /// Remembers where in `body` the image is, so that the borrow can end.
    pub(super) fn of(blob: &InlineData<'_>, body: &[u8]) -> Self {
        let place = match &blob.data {
            Cow::Borrowed(text) => {
                let start = text.as_ptr().addr().saturating_sub(body.as_ptr().addr());
                Place::InBody(start..start + text.len())
            }
            Cow::Owned(text) => Place::Outside(SecretBytes::new(text.clone().into_bytes())),
        };
        Self { place, declared_type: declared_type(&blob.mime_type) }
    }

    /// Decodes the image where it stands: the body's own memory becomes the file's.
    pub(super) fn decode(self, body: SecretBytes) -> Outcome {
        let (mut held, place) = match self.place {
            Place::InBody(place) => (body, place),
            Place::Outside(text) => {
                let place = 0..text.len();
                (text, place)
            }
        };
        let start = place.start;
        let decoded = held.get_mut(place).and_then(decode_in_place).filter(|length| *length > 0);
        match decoded {
            Some(length) => {
                let bytes = Bytes::from_owner(held).slice(start..start + length);
                Outcome::Image { bytes, declared_type: self.declared_type }
            }
            None => Outcome::Failed(Failure::Garbled),
        }
    }
}

/// Google takes both alphabets and answers with the standard one; both are read. Gives the length of what was decoded.
fn decode_in_place(text: &mut [u8]) -> Option<usize> {
    alphabet(text).decode_inplace(text).ok().map(|bytes| bytes.len())
}

/// Which base64 a text is written in. It has to be told beforehand: a failed attempt leaves nothing to try again with.
fn alphabet(text: &[u8]) -> &'static Base64 {
    let padded = text.len().is_multiple_of(4);
    match (text.contains(&b'-') || text.contains(&b'_'), padded) {
        (false, true) => &STANDARD,
        (false, false) => &STANDARD_NO_PAD,
        (true, true) => &URL_SAFE,
        (true, false) => &URL_SAFE_NO_PAD,
    }
}

/// A hint by upstream, bounded because it travels on.
fn declared_type(declared: &str) -> String {
    if is_plain_name(declared) { declared.to_owned() } else { "image/*".to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(body: &str) -> Option<(Vec<u8>, bool)> {
        let held = SecretBytes::new(body.as_bytes().to_vec());
        let place = held.as_ptr().addr()..held.as_ptr().addr() + held.len();
        let blob: InlineData<'_> = serde_json::from_slice(&held).unwrap();
        let found = Found::of(&blob, &held);
        match found.decode(held) {
            Outcome::Image { bytes, .. } => Some((bytes.to_vec(), place.contains(&bytes.as_ptr().addr()))),
            Outcome::Json(_) | Outcome::Again { .. } | Outcome::Failed(_) => None,
        }
    }

    #[test]
    fn base64_is_decoded_in_the_memory_that_it_arrived_in() {
        for (text, bytes) in [
            ("+/+/", &[0xfb, 0xff, 0xbf][..]),
            ("-_-_", &[0xfb, 0xff, 0xbf]),
            ("QUI=", b"AB"),
            ("QUI", b"AB"),
            ("-_8", &[0xfb, 0xff]),
        ] {
            let body = format!(r#"{{"mimeType":"image/png","data":"{text}"}}"#);
            assert_eq!(decoded(&body), Some((bytes.to_vec(), true)), "{text}");
        }
        let escaped = r#"{"mimeType":"image/png","data":"+\/+\/"}"#;
        assert_eq!(decoded(escaped), Some((vec![0xfb, 0xff, 0xbf], false)));
        for text in ["", "Q", "Q*==", "+_+_", "====", "QUI=QUI="] {
            assert_eq!(decoded(&format!(r#"{{"mimeType":"image/png","data":"{text}"}}"#)), None, "{text}");
        }
    }
}
