//! HTTP 200: whether it holds what was asked for, and which failure it is if not.

use super::error::{Category, Failure, Side};
use super::usage::{self, Usage};
use super::wire::{Candidate, InlineData, PromptFeedback, Response, ResponsePart, SafetyRating, UsageMetadata};
use zeroize::Zeroizing;

/// A sentence added to a re-ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plea {
    /// Demands of likeness are what image models refuse most.
    Softer,
    /// It answered in words.
    Picture,
    /// It came too close to a known work.
    NamesOut,
    /// It ran out of tokens.
    Shorter,
    /// It answered with something that is no JSON.
    Json,
}

impl Plea {
    pub(super) fn sentence(self) -> &'static str {
        match self {
            Self::Softer => "A friendly, fully clothed collectible toy is wanted; a loose likeness is enough.",
            Self::Picture => "Answer with the picture itself, not with words about it.",
            Self::NamesOut => "Make an original design: no brand, franchise, logo, character or artist by name.",
            Self::Shorter => "Be brief.",
            Self::Json => "Answer with one JSON object that fits the schema and nothing else.",
        }
    }
}

/// What an answer is worth.
pub(super) enum Outcome {
    /// The image, with the media type that was declared for it.
    Image { bytes: Zeroizing<Vec<u8>>, declared_type: String },
    /// The JSON text, without a fence around it.
    Json(Zeroizing<String>),
    /// Nothing of use, but asking up to `most` times more may help.
    Again { failure: Failure, plea: Plea, most: u32 },
    /// Nothing, and asking again does not help.
    Failed(Failure),
}

/// An answer read: its worth, what it cost, and who gave it.
pub(super) struct Reading {
    pub(super) outcome: Outcome,
    pub(super) usage: Usage,
    pub(super) model_version: Option<String>,
}

/// Reads the answer to a request for JSON.
pub(super) fn read_text(body: &[u8], model: &str) -> Reading {
    read(body, model, None, text_outcome)
}

/// Reads the answer to a request for an image of `size`.
pub(super) fn read_image(body: &[u8], model: &str, size: &str) -> Reading {
    read(body, model, Some(size), image_outcome)
}

fn read(body: &[u8], model: &str, size: Option<&str>, judge: fn(&Response<'_>) -> Outcome) -> Reading {
    let Ok(response) = serde_json::from_slice::<Response<'_>>(body) else {
        return Reading { outcome: Outcome::Failed(Failure::Garbled), usage: Usage::default(), model_version: None };
    };
    let outcome = judge(&response);
    let size = size.filter(|_| has_image(&response));
    let meta: Option<&UsageMetadata<'_>> = response.usage_metadata.as_ref();
    let version = response.model_version.as_ref().map(|text| text.as_str());
    Reading {
        outcome,
        usage: usage::of_answer(meta, model, size),
        model_version: version.filter(|name| is_plain_name(name)).map(str::to_owned),
    }
}

/// The version is upstream's text and goes into answers: only what looks like a name may pass.
fn is_plain_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._/@".contains(&b);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

/// What a finish reason means, the same for text and images.
enum Finish {
    Ended,
    Refused(Category),
    Recitation,
    Nothing,
    CutOff,
    Account,
    Unknown,
}

fn finish(candidate: &Candidate<'_>) -> Finish {
    let reason = candidate.finish_reason.as_ref();
    let ratings = candidate.safety_ratings.as_deref();
    match reason.map_or("", |text| text.as_str()) {
        "" | "STOP" | "FINISH_REASON_UNSPECIFIED" => Finish::Ended,
        "RECITATION" | "IMAGE_RECITATION" => Finish::Recitation,
        "IMAGE_OTHER" | "NO_IMAGE" | "OTHER" | "LANGUAGE" | "MALFORMED_RESPONSE" => Finish::Nothing,
        "MAX_TOKENS" => Finish::CutOff,
        "PUP_LIMITED_DISABLED" | "ESCALATION" => Finish::Account,
        other => refusal(other, ratings).map_or(Finish::Unknown, Finish::Refused),
    }
}

/// The category of a policy's reason, in finish and block reasons alike.
fn refusal(reason: &str, ratings: Option<&[SafetyRating<'_>]>) -> Option<Category> {
    Some(match reason {
        "SAFETY" | "IMAGE_SAFETY" => blocked_category(ratings).unwrap_or(Category::Safety),
        "PROHIBITED_CONTENT" | "IMAGE_PROHIBITED_CONTENT" | "MODEL_ARMOR" | "JAILBREAK" => Category::Prohibited,
        "BLOCKLIST" => Category::Blocklist,
        "SPII" => Category::Privacy,
        _ => return None,
    })
}

fn blocked_category(ratings: Option<&[SafetyRating<'_>]>) -> Option<Category> {
    let mut blocked = ratings?.iter().filter(|r| r.blocked == Some(true));
    blocked.find_map(|rating| {
        let name = rating.category.as_ref()?.as_str();
        [
            ("SEXUAL", Category::Sexual),
            ("HATE", Category::Hate),
            ("HARASSMENT", Category::Harassment),
            ("DANGEROUS", Category::Dangerous),
        ]
        .into_iter()
        .find_map(|(part, category)| name.contains(part).then_some(category))
    })
}

fn image_outcome(response: &Response<'_>) -> Outcome {
    let Some(candidate) = first(response) else {
        return without_candidate(response, Plea::Picture);
    };
    let chosen = choose(candidate);
    let failure = Failure::NoImage { finish_message_bytes: message_bytes(candidate) };
    let again = |plea, most| Outcome::Again { failure: failure.clone(), plea, most };
    let finish = finish(candidate);
    // An unmarked image counts whatever the reason says, but for a policy's; a marked one only
    // when the model says that it ended: else it may be a draft of what was then not made.
    let usable = match (&finish, &chosen) {
        (Finish::Ended | Finish::Unknown, Some((blob, _)))
        | (Finish::Nothing | Finish::CutOff, Some((blob, false))) => Some(*blob),
        _ => None,
    };
    if let Some(blob) = usable {
        return decode(blob);
    }
    match finish {
        Finish::Refused(category) => refused(candidate, category),
        Finish::Recitation => recited(candidate),
        Finish::Ended => again(Plea::Picture, 2),
        Finish::Nothing => again(Plea::Softer, 2),
        Finish::Unknown => again(Plea::Picture, 1),
        Finish::CutOff => cut_off(),
        Finish::Account => Outcome::Failed(Failure::AccountProblem),
    }
}

fn text_outcome(response: &Response<'_>) -> Outcome {
    let Some(candidate) = first(response) else {
        return match without_candidate(response, Plea::Json) {
            Outcome::Again { plea, most, .. } => Outcome::Again { failure: Failure::NoText, plea, most },
            other => other,
        };
    };
    let finish = finish(candidate);
    match finish {
        Finish::Refused(category) => return refused(candidate, category),
        Finish::Recitation => return recited(candidate),
        Finish::CutOff => return cut_off(),
        Finish::Account => return Outcome::Failed(Failure::AccountProblem),
        Finish::Ended | Finish::Nothing | Finish::Unknown => {}
    }
    let text = answer_text(candidate);
    let json = unfenced(&text);
    if serde_json::from_str::<serde::de::IgnoredAny>(json).is_ok() {
        return Outcome::Json(Zeroizing::new(json.to_owned()));
    }
    Outcome::Again {
        failure: if json.is_empty() { Failure::NoText } else { Failure::Garbled },
        plea: Plea::Json,
        most: 1,
    }
}

fn first<'r, 'a>(response: &'r Response<'a>) -> Option<&'r Candidate<'a>> {
    response.candidates.as_ref()?.first()
}

/// Without an answer the prompt may have been blocked; unspecified reasons are no block.
fn without_candidate(response: &Response<'_>, plea: Plea) -> Outcome {
    let feedback = response.prompt_feedback.as_ref();
    let reason = feedback.and_then(|feedback| feedback.block_reason.as_ref()).map_or("", |reason| reason.as_str());
    if reason.is_empty() || reason.ends_with("_UNSPECIFIED") {
        return Outcome::Again { failure: Failure::NoImage { finish_message_bytes: 0 }, plea, most: 1 };
    }
    let ratings = feedback.and_then(|f: &PromptFeedback<'_>| f.safety_ratings.as_deref());
    Outcome::Failed(Failure::Refused {
        side: Side::Input,
        category: refusal(reason, ratings).unwrap_or(Category::Other),
        finish_message_bytes: 0,
    })
}

fn refused(candidate: &Candidate<'_>, category: Category) -> Outcome {
    Outcome::Failed(refusal_of(candidate, category))
}

fn recited(candidate: &Candidate<'_>) -> Outcome {
    Outcome::Again { failure: refusal_of(candidate, Category::Recitation), plea: Plea::NamesOut, most: 1 }
}

fn cut_off() -> Outcome {
    Outcome::Again { failure: Failure::Truncated, plea: Plea::Shorter, most: 1 }
}

fn refusal_of(candidate: &Candidate<'_>, category: Category) -> Failure {
    Failure::Refused { side: Side::Output, category, finish_message_bytes: message_bytes(candidate) }
}

fn message_bytes(candidate: &Candidate<'_>) -> usize {
    let message = candidate.finish_message.as_ref();
    message.map_or(0, |text| text.as_str().len())
}

fn parts<'r, 'a>(candidate: &'r Candidate<'a>) -> &'r [ResponsePart<'a>] {
    let parts = candidate.content.as_ref().and_then(|c| c.parts.as_deref());
    parts.unwrap_or_default()
}

fn image_of<'r, 'a>(part: &'r ResponsePart<'a>) -> Option<&'r InlineData<'a>> {
    let blob = part.inline_data.as_ref();
    blob.filter(|blob| blob.mime_type.starts_with("image/"))
}

fn has_image(response: &Response<'_>) -> bool {
    first(response).is_some_and(|answer| parts(answer).iter().any(|part| image_of(part).is_some()))
}

/// The last image that is not marked as thought, else the last of all; with its mark.
fn choose<'r, 'a>(candidate: &'r Candidate<'a>) -> Option<(&'r InlineData<'a>, bool)> {
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
fn decode(blob: &InlineData<'_>) -> Outcome {
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

fn answer_text(candidate: &Candidate<'_>) -> Zeroizing<String> {
    let said = parts(candidate).iter().filter(|part| part.thought != Some(true));
    let said = said.filter_map(|part| part.text.as_ref());
    Zeroizing::new(said.map(|text| text.as_str()).collect())
}

/// Takes away a code fence, which some answers have around their JSON.
fn unfenced(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix("```").and_then(|t| t.strip_suffix("```"));
    inner.map_or(text, |inner| inner.strip_prefix("json").unwrap_or(inner).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_fence_around_json_is_taken_away() {
        for text in ["{}", " {} \n", "```json\n{}\n```", "```\n{}```"] {
            assert_eq!(unfenced(text), "{}");
        }
    }

    #[test]
    fn a_name_that_upstream_gives_must_look_like_one() {
        assert!(is_plain_name("gemini-3-pro-image") && is_plain_name("image/svg"));
        for name in ["", "a b", "<b>", "caf\u{e9}", &"a".repeat(65)] {
            assert!(!is_plain_name(name), "{name}");
        }
    }
}
