//! What `generateContent` answers with HTTP 200. Snake case is read too; camel case is written.

use super::Text;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// A whole answer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Response<'a> {
    /// Answers; absent when the prompt was blocked.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub candidates: Option<Vec<Candidate<'a>>>,
    /// What was thought of the prompt.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "prompt_feedback")]
    pub prompt_feedback: Option<PromptFeedback<'a>>,
    /// Tokens to be paid.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "usage_metadata")]
    pub usage_metadata: Option<UsageMetadata<'a>>,
    /// The model that really answered.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "model_version")]
    pub model_version: Option<Text<'a>>,
    /// Upstream's id of the answer.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "response_id")]
    pub response_id: Option<Text<'a>>,
}

/// One answer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Candidate<'a> {
    /// May be missing, `{}` or without parts.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub content: Option<ResponseContent<'a>>,
    /// Why it ended; kept as text.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "finish_reason")]
    pub finish_reason: Option<Text<'a>>,
    /// Upstream's words; only their length is ever used.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "finish_message")]
    pub finish_message: Option<Text<'a>>,
    /// How harmful each category was thought.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "safety_ratings")]
    pub safety_ratings: Option<Vec<SafetyRating<'a>>>,
    /// Place among the candidates.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub index: Option<i64>,
}

/// What an answer says.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct ResponseContent<'a> {
    /// `model`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub role: Option<Text<'a>>,
    /// The pieces; may be `null`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<Vec<ResponsePart<'a>>>,
}

/// A piece of an answer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ResponsePart<'a> {
    /// Words.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub text: Option<Text<'a>>,
    /// Bytes.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "inline_data")]
    pub inline_data: Option<InlineData<'a>>,
    /// Whether the piece is thinking and not the answer; not always true to it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub thought: Option<bool>,
    /// Wanted back in later turns, of which Figurine has none.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "thought_signature")]
    pub thought_signature: Option<Text<'a>>,
}

/// Bytes of an answer.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct InlineData<'a> {
    /// The declared kind; a hint.
    #[serde(borrow, default)]
    #[serde(alias = "mime_type")]
    pub mime_type: Cow<'a, str>,
    /// Base64, borrowed from the body.
    #[serde(borrow, default)]
    pub data: Cow<'a, str>,
}

/// What was thought of the prompt.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PromptFeedback<'a> {
    /// Why it was blocked; unspecified values and the empty text are no block.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "block_reason")]
    pub block_reason: Option<Text<'a>>,
    /// How harmful each category was thought.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    #[serde(alias = "safety_ratings")]
    pub safety_ratings: Option<Vec<SafetyRating<'a>>>,
}

/// How harmful one category was thought.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SafetyRating<'a> {
    /// `HARM_CATEGORY_…`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub category: Option<Text<'a>>,
    /// `NEGLIGIBLE` to `HIGH`.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub probability: Option<Text<'a>>,
    /// Whether this category blocked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub blocked: Option<bool>,
}

/// Tokens to be paid. The counts decide; the details need not add up to them.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct UsageMetadata<'a> {
    /// Of the request, pictures included.
    #[serde(default, alias = "prompt_token_count")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_token_count: Option<i64>,
    /// Of the answer; in refusals the thoughts are counted here again.
    #[serde(default, alias = "candidates_token_count")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates_token_count: Option<i64>,
    /// Of the thinking.
    #[serde(default, alias = "thoughts_token_count")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thoughts_token_count: Option<i64>,
    /// Of everything; what is billed.
    #[serde(default, alias = "total_token_count")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub total_token_count: Option<i64>,
    /// The request's by kind.
    #[serde(borrow, default, alias = "prompt_tokens_details")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prompt_tokens_details: Option<Vec<ModalityCount<'a>>>,
    /// The answer's by kind.
    #[serde(borrow, default, alias = "candidates_tokens_details")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub candidates_tokens_details: Option<Vec<ModalityCount<'a>>>,
}

/// Tokens of one kind.
#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ModalityCount<'a> {
    /// `TEXT`, `IMAGE`, …
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub modality: Option<Text<'a>>,
    /// How many.
    #[serde(default, alias = "token_count")]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub token_count: Option<i64>,
}
