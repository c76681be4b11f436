//! HTTP 200: whether it holds what was asked for, and which failure it is if not.

use super::error::{Category, Failure, Side};
use super::finish::{Finish, finish, message_bytes, refusal};
use super::picture::{Found, choose, images, parts};
use super::usage::{self, Usage};
use super::wire::{Candidate, InlineData, PromptFeedback, Response, Text, UsageMetadata};
use crate::domain::SecretBytes;
use bytes::Bytes;
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
    Image { bytes: Bytes, declared_type: String },
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
    let Ok(response) = serde_json::from_slice::<Response<'_>>(body) else { return garbled() };
    reading(&response, model, None, text_outcome(&response))
}

/// Reads the answer to a request for an image of `size`; the image takes over the answer's memory.
pub(super) fn read_image(body: SecretBytes, model: &str, size: &str) -> Reading {
    let Ok(response) = serde_json::from_slice::<Response<'_>>(&body) else { return garbled() };
    let found = match verdict(&response) {
        Verdict::Picture(blob) => Found::of(blob, &body),
        Verdict::Other(outcome) => return reading(&response, model, Some(size), outcome),
    };
    let read = reading(&response, model, Some(size), Outcome::Failed(Failure::Garbled));
    drop(response);
    Reading { outcome: found.decode(body), ..read }
}

fn garbled() -> Reading {
    Reading { outcome: Outcome::Failed(Failure::Garbled), usage: Usage::UNKNOWN, model_version: None }
}

fn reading(response: &Response<'_>, model: &str, size: Option<&str>, outcome: Outcome) -> Reading {
    let images = first(response).map_or(0, images);
    let meta: Option<&UsageMetadata<'_>> = response.usage_metadata.as_ref();
    let version = response.model_version.as_ref().map(Text::as_str);
    Reading {
        outcome,
        usage: usage::of_answer(meta, model, (size.unwrap_or_default(), images)),
        model_version: version.filter(|name| is_plain_name(name)).map(str::to_owned),
    }
}

/// What an answer that should hold an image is worth.
enum Verdict<'r, 'a> {
    Picture(&'r InlineData<'a>),
    Other(Outcome),
}

/// The version is upstream's text and goes into answers: only what looks like a name may pass.
pub(super) fn is_plain_name(name: &str) -> bool {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._/@".contains(&b);
    (1..=64).contains(&name.len()) && name.bytes().all(plain)
}

fn verdict<'r, 'a>(response: &'r Response<'a>) -> Verdict<'r, 'a> {
    let Some(candidate) = first(response) else {
        return Verdict::Other(without_candidate(response, Plea::Picture));
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
        return Verdict::Picture(blob);
    }
    Verdict::Other(match finish {
        Finish::Refused(category) => refused(candidate, category),
        Finish::Recitation => recited(candidate),
        Finish::Ended => again(Plea::Picture, 2),
        Finish::Nothing => again(Plea::Softer, 2),
        Finish::Unknown => again(Plea::Picture, 1),
        Finish::CutOff => cut_off(),
        Finish::Account => Outcome::Failed(Failure::AccountProblem),
    })
}

fn text_outcome(response: &Response<'_>) -> Outcome {
    let Some(candidate) = first(response) else {
        return match without_candidate(response, Plea::Json) {
            Outcome::Again { plea, most, .. } => Outcome::Again { failure: Failure::NoText, plea, most },
            other @ (Outcome::Failed(_) | Outcome::Image { .. } | Outcome::Json(_)) => other,
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

fn answer_text(candidate: &Candidate<'_>) -> Zeroizing<String> {
    let said = parts(candidate).iter().filter(|part| part.thought != Some(true));
    let said = said.filter_map(|part| part.text.as_ref());
    Zeroizing::new(said.map(Text::as_str).collect())
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

    fn held(body: &[u8]) -> SecretBytes {
        SecretBytes::new(body.to_vec())
    }

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

    #[test]
    fn what_is_missing_null_or_of_snake_case_is_read() {
        for (body, expected) in [
            (r#"{"candidates":null}"#, true),
            (r#"{"candidates":[{"content":null,"finish_reason":"STOP","new":{"deep":[1]}}]}"#, true),
            (
                r#"{"candidates":[{"content":{"parts":[{"inline_data":{"mime_type":"image/png","data":"QQ=="}}]}}]}"#,
                false,
            ),
            (
                r#"{"candidates":[{"finishReason":27,"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"QQ=="}}]}}]}"#,
                false,
            ),
            ("{}", true),
        ] {
            let again = matches!(read_image(held(body.as_bytes()), "m", "1K").outcome, Outcome::Again { .. });
            assert_eq!(again, expected, "{body}");
        }
        assert!(matches!(read_image(held(b"[]x"), "m", "1K").outcome, Outcome::Failed(Failure::Garbled)));
    }

    #[test]
    fn a_blocked_category_is_more_than_safety() {
        let body = r#"{"candidates":[{"finishReason":"SAFETY","safetyRatings":[
            {"category":"HARM_CATEGORY_HARASSMENT","probability":"LOW"},
            {"category":"HARM_CATEGORY_SEXUALLY_EXPLICIT","probability":"HIGH","blocked":true}]}]}"#;
        let Outcome::Failed(Failure::Refused { category, .. }) = read_text(body.as_bytes(), "m").outcome else {
            panic!("not refused");
        };
        assert_eq!(category, Category::Sexual);
    }

    proptest::proptest! {
        #[test]
        fn no_answer_can_make_the_reader_panic(
            at in 0_usize..400, byte: u8, cut in 0_usize..600,
            reason in "[A-Z_]{0,12}", data in "[A-Za-z0-9+/=_-]{0,40}",
        ) {
            let body = format!(
                r#"{{"candidates":[{{"content":{{"parts":[{{"text":"a","thought":true}},
                {{"inlineData":{{"mimeType":"image/png","data":"{data}"}}}}]}},"finishReason":"{reason}"}}],
                "usageMetadata":{{"promptTokenCount":-9,"totalTokenCount":99999999999}}}}"#
            );
            let mut body = body.into_bytes();
            body.truncate(cut);
            if let Some(place) = body.get_mut(at) {
                *place = byte;
            }
            read_text(&body, "gemini-3.8-flash");
            read_image(held(&body), "gemini-3-pro-image", "1K");
        }
    }
}
