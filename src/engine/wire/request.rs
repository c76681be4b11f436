//! What is sent to `generateContent`.

use serde::Serialize;

/// A whole request. `contents` comes first, so that the photo is the first hole of the frame.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Request<'a> {
    /// The turns; one of the user's.
    pub contents: [Content<'a>; 1],
    /// Text that stands above the turns.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub system_instruction: Option<Content<'a>>,
    /// How to answer.
    pub generation_config: GenerationConfig<'a>,
    /// One threshold for each of the four categories.
    pub safety_settings: &'a [SafetySetting],
    /// Whether Google may store the request in the project's logs. Always `false`.
    pub store: bool,
}

/// A turn.
#[derive(Debug, Serialize)]
pub struct Content<'a> {
    /// `user`; left out in a system instruction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub role: Option<&'a str>,
    /// What it says.
    pub parts: Vec<Part<'a>>,
}

/// A piece of a turn: one text or one picture.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Part<'a> {
    /// Words.
    Text(&'a str),
    /// Bytes.
    InlineData(Blob<'a>),
}

/// Bytes with their kind.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Blob<'a> {
    /// Such as `image/jpeg`.
    pub mime_type: &'a str,
    /// Base64, or empty where [`splice`](super::splice()) puts it.
    pub data: &'a str,
}

/// How to answer. The samplers are deprecated upstream and never sent.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct GenerationConfig<'a> {
    /// `TEXT`, `IMAGE`; left out it means text alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_modalities: Option<&'a [&'a str]>,
    /// Ratio and size of the image.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_config: Option<ImageConfig<'a>>,
    /// `application/json`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_mime_type: Option<&'a str>,
    /// The JSON Schema that the text should fit.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response_json_schema: Option<&'a serde_json::Value>,
    /// Best effort upstream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<i32>,
    /// How much to think; only where the model knows the knob.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub thinking_config: Option<ThinkingConfig<'a>>,
}

/// Ratio and size of the image.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ImageConfig<'a> {
    /// Such as `3:4`.
    pub aspect_ratio: &'a str,
    /// `1K`, `2K`, `4K`; left out for a model that has one size only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub image_size: Option<&'a str>,
}

/// How much to think.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct ThinkingConfig<'a> {
    /// `MINIMAL`, `LOW`, `MEDIUM`, `HIGH`.
    pub thinking_level: &'a str,
}

/// From which probability on a category is blocked.
#[derive(Debug, Serialize)]
pub struct SafetySetting {
    /// `HARM_CATEGORY_…`.
    pub category: &'static str,
    /// `BLOCK_…`.
    pub threshold: &'static str,
}

/// Sent with every request: upstream's own default is off for current models.
pub static SAFETY_SETTINGS: [SafetySetting; 4] = [
    SafetySetting { category: "HARM_CATEGORY_SEXUALLY_EXPLICIT", threshold: "BLOCK_LOW_AND_ABOVE" },
    SafetySetting { category: "HARM_CATEGORY_HARASSMENT", threshold: "BLOCK_MEDIUM_AND_ABOVE" },
    SafetySetting { category: "HARM_CATEGORY_HATE_SPEECH", threshold: "BLOCK_MEDIUM_AND_ABOVE" },
    SafetySetting { category: "HARM_CATEGORY_DANGEROUS_CONTENT", threshold: "BLOCK_MEDIUM_AND_ABOVE" },
];
