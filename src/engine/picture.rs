//! Which of an answer's parts is the image.

use super::error::Failure;
use super::outcome::{Outcome, is_plain_name};
use super::wire::{Candidate, InlineData, ResponsePart};
use zeroize::Zeroizing;

pub(super) fn has_image(candidate: &Candidate<'_>) -> bool {
    parts(candidate).iter().any(|part| image_of(part).is_some())
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

/// Google takes both alphabets and answers with the standard one; both are read.
pub(super) fn decode(blob: &InlineData<'_>) -> Outcome {
    let data = blob.data.as_bytes();
    let bytes = base64_simd::STANDARD
        .decode_to_vec(data)
        .or_else(|_| base64_simd::URL_SAFE.decode_to_vec(data))
        .or_else(|_| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(data))
        .map(Zeroizing::new);
    match bytes {
        Ok(bytes) if !bytes.is_empty() => Outcome::Image { bytes, declared_type: declared_type(&blob.mime_type) },
        Ok(_) | Err(_) => Outcome::Failed(Failure::Garbled),
    }
}

/// A hint by upstream, bounded because it travels on.
fn declared_type(declared: &str) -> String {
    if is_plain_name(declared) { declared.to_owned() } else { "image/*".to_owned() }
}
