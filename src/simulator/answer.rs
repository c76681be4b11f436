//! An answer of HTTP 200, put together.

use super::paint::Figure;
use crate::engine::wire::{
    Candidate, InlineData, ModalityCount, PromptFeedback, Response, ResponseContent, ResponsePart, SafetyRating, Text,
    UsageMetadata, splice,
};
use uuid::Uuid;
use zeroize::Zeroizing;

/// What Google puts where a signature of the thoughts stands.
const SIGNATURE: &str = "c2ltdWxhdGVk";

/// An answer before it is JSON.
#[derive(Debug, Default)]
pub(super) struct Answer {
    pub(super) pieces: Vec<Piece>,
    pub(super) finish_reason: String,
    pub(super) finish_message: Option<&'static str>,
    pub(super) block_reason: Option<String>,
    pub(super) tokens: Tokens,
    pub(super) model: String,
}

/// One part.
#[derive(Debug)]
pub(super) enum Piece {
    Words { text: String, thought: bool },
    Image { figure: Figure, thought: bool },
}

/// What it is said to have taken.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Tokens {
    pub(super) words_in: i64,
    pub(super) pictures_in: i64,
    pub(super) words_out: i64,
    pub(super) images_out: i64,
    pub(super) thoughts: i64,
}

impl Answer {
    /// Words that end as they should.
    pub(super) fn of_words(text: String, tokens: Tokens) -> Self {
        Self {
            tokens: Tokens { words_out: tokens_of(&text), ..tokens },
            pieces: vec![Piece::Words { text, thought: false }],
            finish_reason: "STOP".to_owned(),
            ..Self::default()
        }
    }

    /// The JSON, with the images' base64 spliced in.
    pub(super) fn into_json(self) -> Zeroizing<Vec<u8>> {
        let payloads: Vec<&str> = self
            .pieces
            .iter()
            .filter_map(|piece| match piece {
                Piece::Image { figure, .. } => Some(&*figure.base64),
                Piece::Words { .. } => None,
            })
            .collect();
        // Serializing owned text cannot fail.
        let frame = serde_json::to_vec(&self.response()).unwrap_or_default();
        splice(&frame, &payloads)
    }

    fn response(&self) -> Response<'_> {
        let blocked = self.block_reason.as_ref();
        Response {
            candidates: blocked.is_none().then(|| vec![self.candidate()]),
            prompt_feedback: blocked
                .map(|reason| PromptFeedback { block_reason: Some(reason.as_str().into()), safety_ratings: None }),
            usage_metadata: Some(self.usage()),
            model_version: Some(self.model.as_str().into()),
            response_id: Some(Uuid::now_v7().simple().to_string().into()),
        }
    }

    fn candidate(&self) -> Candidate<'_> {
        let parts: Vec<_> = self.pieces.iter().map(part).collect();
        Candidate {
            content: Some(ResponseContent { role: Some("model".into()), parts: (!parts.is_empty()).then_some(parts) }),
            finish_reason: Some(self.finish_reason.as_str().into()),
            finish_message: self.finish_message.map(Text::from),
            safety_ratings: Some(ratings()),
            index: Some(0),
        }
    }

    fn usage(&self) -> UsageMetadata<'_> {
        let tokens = &self.tokens;
        let (input, output) = (tokens.words_in + tokens.pictures_in, tokens.words_out + tokens.images_out);
        UsageMetadata {
            prompt_token_count: Some(input),
            candidates_token_count: (output > 0).then_some(output),
            thoughts_token_count: (tokens.thoughts > 0).then_some(tokens.thoughts),
            total_token_count: Some(input + output + tokens.thoughts),
            prompt_tokens_details: details(tokens.words_in, tokens.pictures_in),
            candidates_tokens_details: details(0, tokens.images_out),
        }
    }
}

/// About four letters a token.
pub(super) fn tokens_of(text: &str) -> i64 {
    i64::try_from(text.len().div_ceil(4)).unwrap_or(i64::MAX)
}

fn part(piece: &Piece) -> ResponsePart<'_> {
    let mark = |thought: &bool| thought.then_some(true);
    match piece {
        Piece::Words { text, thought } => {
            ResponsePart { text: Some(text.as_str().into()), thought: mark(thought), ..ResponsePart::default() }
        }
        Piece::Image { figure, thought } => ResponsePart {
            inline_data: Some(InlineData { mime_type: figure.mime_type.into(), data: "".into() }),
            thought: mark(thought),
            thought_signature: Some(SIGNATURE.into()),
            ..ResponsePart::default()
        },
    }
}

fn ratings() -> Vec<SafetyRating<'static>> {
    let categories = [
        "HARM_CATEGORY_SEXUALLY_EXPLICIT",
        "HARM_CATEGORY_HATE_SPEECH",
        "HARM_CATEGORY_HARASSMENT",
        "HARM_CATEGORY_DANGEROUS_CONTENT",
    ];
    let rating = |category: &'static str| SafetyRating {
        category: Some(category.into()),
        probability: Some("NEGLIGIBLE".into()),
        blocked: None,
    };
    categories.into_iter().map(rating).collect()
}

fn details(text: i64, image: i64) -> Option<Vec<ModalityCount<'static>>> {
    let counts = [("TEXT", text), ("IMAGE", image)];
    let counts = counts.into_iter().filter(|(_, count)| *count > 0);
    let details: Vec<_> = counts
        .map(|(modality, count)| ModalityCount { modality: Some(modality.into()), token_count: Some(count) })
        .collect();
    (!details.is_empty()).then_some(details)
}
