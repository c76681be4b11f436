//! Which fields a request may have, and what Google says of others.
//!
//! Source: discovery document `v1beta`, revision 20260325. Tools are known by name only.

use super::refusal::Refusal;
use super::tree::{Tree, camel, snake};

/// What a field takes.
enum Kind {
    Text,
    Flag,
    Number,
    Any,
    Enum(&'static str, &'static [&'static str]),
    One(&'static Message),
    Many(&'static Kind),
}

/// A message's fields, lowerCamelCase.
struct Message(&'static [(&'static str, Kind)]);

/// Checks a whole request.
pub(super) fn check(request: &Tree<'_>) -> Result<(), Refusal> {
    let Tree::Map(_) = request else {
        return Err(Refusal::malformed());
    };
    check_message(request, &REQUEST, "")
}

fn check_message(value: &Tree<'_>, message: &Message, path: &str) -> Result<(), Refusal> {
    for (name, value) in value.members() {
        let known = message.0.iter().find(|(known, _)| *known == camel(name));
        let Some((known, kind)) = known else {
            return Err(Refusal::unknown_field(name, path));
        };
        let dot = if path.is_empty() { "" } else { "." };
        check_value(value, kind, &format!("{path}{dot}{}", snake(known)))?;
    }
    Ok(())
}

fn check_value(value: &Tree<'_>, kind: &Kind, path: &str) -> Result<(), Refusal> {
    let wrong = |kind: &str| Err(Refusal::invalid_value(path, kind, value));
    match (kind, value) {
        (_, Tree::Null)
        | (Kind::Any, _)
        | (Kind::Text, Tree::Text(_))
        | (Kind::Flag, Tree::Flag(_))
        | (Kind::Number | Kind::Enum(..), Tree::Number(_)) => Ok(()),
        (Kind::Number, Tree::Text(text)) if text.parse::<f64>().is_ok() => Ok(()),
        (Kind::Enum(_, values), Tree::Text(text)) if is_one_of(values, text) => Ok(()),
        (Kind::Many(kind), Tree::List(items)) => {
            items.iter().enumerate().try_for_each(|(at, item)| check_value(item, kind, &format!("{path}[{at}]")))
        }
        (Kind::One(message), Tree::Map(_)) => check_message(value, message, path),
        (Kind::Text, _) => wrong("TYPE_STRING"),
        (Kind::Flag, _) => wrong("TYPE_BOOL"),
        (Kind::Number, _) => wrong("TYPE_INT32"),
        (Kind::Enum(name, _), _) => wrong(&format!("type.googleapis.com/google.ai.generativelanguage.v1beta.{name}")),
        (Kind::Many(_), _) => wrong("TYPE_LIST"),
        (Kind::One(_), _) => wrong("TYPE_MESSAGE"),
    }
}

/// Thinking levels are taken in lower case too; the others only as they stand.
fn is_one_of(values: &[&str], text: &str) -> bool {
    let any_case = values.contains(&"MINIMAL");
    let mut values = values.iter();
    values.any(|value| *value == text || (any_case && value.eq_ignore_ascii_case(text)))
}

static REQUEST: Message = Message(&[
    ("model", Kind::Text),
    ("contents", Kind::Many(&Kind::One(&CONTENT))),
    ("systemInstruction", Kind::One(&CONTENT)),
    ("generationConfig", Kind::One(&GENERATION_CONFIG)),
    ("safetySettings", Kind::Many(&Kind::One(&SAFETY_SETTING))),
    ("serviceTier", Kind::Enum("ServiceTier", &["unspecified", "standard", "flex", "priority"])),
    ("store", Kind::Flag),
    ("cachedContent", Kind::Text),
    ("continuationToken", Kind::Text),
    ("tools", Kind::Any),
    ("toolConfig", Kind::Any),
]);

static CONTENT: Message = Message(&[("role", Kind::Text), ("parts", Kind::Many(&Kind::One(&PART)))]);

static PART: Message = Message(&[
    ("text", Kind::Text),
    ("inlineData", Kind::One(&BLOB)),
    ("fileData", Kind::One(&FILE_DATA)),
    ("thought", Kind::Flag),
    ("thoughtSignature", Kind::Text),
    ("mediaResolution", Kind::Any),
    ("partMetadata", Kind::Any),
    ("videoMetadata", Kind::Any),
    ("functionCall", Kind::Any),
    ("functionResponse", Kind::Any),
    ("toolCall", Kind::Any),
    ("toolResponse", Kind::Any),
    ("executableCode", Kind::Any),
    ("codeExecutionResult", Kind::Any),
]);

static BLOB: Message = Message(&[("mimeType", Kind::Text), ("data", Kind::Text)]);

static FILE_DATA: Message = Message(&[("mimeType", Kind::Text), ("fileUri", Kind::Text)]);

static GENERATION_CONFIG: Message = Message(&[
    ("responseModalities", Kind::Many(&Kind::Enum("GenerationConfig.Modality", MODALITIES))),
    ("imageConfig", Kind::One(&IMAGE_CONFIG)),
    ("responseMimeType", Kind::Text),
    ("responseJsonSchema", Kind::Any),
    ("_responseJsonSchema", Kind::Any),
    ("responseSchema", Kind::Any),
    ("responseFormat", Kind::One(&RESPONSE_FORMAT)),
    ("seed", Kind::Number),
    ("thinkingConfig", Kind::One(&THINKING_CONFIG)),
    ("mediaResolution", Kind::Enum("GenerationConfig.MediaResolution", RESOLUTIONS)),
    ("candidateCount", Kind::Number),
    ("maxOutputTokens", Kind::Number),
    ("temperature", Kind::Number),
    ("topP", Kind::Number),
    ("topK", Kind::Number),
    ("presencePenalty", Kind::Number),
    ("frequencyPenalty", Kind::Number),
    ("stopSequences", Kind::Many(&Kind::Text)),
    ("responseLogprobs", Kind::Flag),
    ("logprobs", Kind::Number),
    ("enableEnhancedCivicAnswers", Kind::Flag),
    ("enableAffectiveDialog", Kind::Flag),
    ("speechConfig", Kind::Any),
]);

const MODALITIES: &[&str] = &["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"];
const RESOLUTIONS: &[&str] =
    &["MEDIA_RESOLUTION_UNSPECIFIED", "MEDIA_RESOLUTION_LOW", "MEDIA_RESOLUTION_MEDIUM", "MEDIA_RESOLUTION_HIGH"];

static IMAGE_CONFIG: Message = Message(&[("aspectRatio", Kind::Text), ("imageSize", Kind::Text)]);

static RESPONSE_FORMAT: Message = Message(&[("text", Kind::One(&TEXT_FORMAT)), ("image", Kind::One(&IMAGE_FORMAT))]);

static TEXT_FORMAT: Message = Message(&[
    ("mimeType", Kind::Enum("TextResponseFormat.MimeType", &["APPLICATION_JSON", "TEXT_PLAIN"])),
    ("schema", Kind::Any),
]);

static IMAGE_FORMAT: Message = Message(&[
    ("aspectRatio", Kind::Enum("ImageResponseFormat.AspectRatio", NAMED_RATIOS)),
    ("imageSize", Kind::Enum("ImageResponseFormat.ImageSize", NAMED_SIZES)),
    ("mimeType", Kind::Enum("ImageResponseFormat.MimeType", &["IMAGE_JPEG", "IMAGE_PNG"])),
    ("delivery", Kind::Enum("ImageResponseFormat.Delivery", &["INLINE", "URI"])),
]);

const NAMED_RATIOS: &[&str] = &[
    "ASPECT_RATIO_ONE_BY_ONE",
    "ASPECT_RATIO_THREE_BY_FOUR",
    "ASPECT_RATIO_FOUR_BY_THREE",
    "ASPECT_RATIO_NINE_BY_SIXTEEN",
    "ASPECT_RATIO_SIXTEEN_BY_NINE",
];
const NAMED_SIZES: &[&str] = &["IMAGE_SIZE_ONE_K", "IMAGE_SIZE_TWO_K", "IMAGE_SIZE_FOUR_K"];

static THINKING_CONFIG: Message = Message(&[
    ("includeThoughts", Kind::Flag),
    ("thinkingBudget", Kind::Number),
    ("thinkingLevel", Kind::Enum("ThinkingConfig.ThinkingLevel", THINKING_LEVELS)),
]);

const THINKING_LEVELS: &[&str] = &["THINKING_LEVEL_UNSPECIFIED", "MINIMAL", "LOW", "MEDIUM", "HIGH"];

static SAFETY_SETTING: Message = Message(&[
    ("category", Kind::Enum("HarmCategory", HARM_CATEGORIES)),
    ("threshold", Kind::Enum("SafetySetting.HarmBlockThreshold", THRESHOLDS)),
]);

const HARM_CATEGORIES: &[&str] = &[
    "HARM_CATEGORY_HARASSMENT",
    "HARM_CATEGORY_HATE_SPEECH",
    "HARM_CATEGORY_SEXUALLY_EXPLICIT",
    "HARM_CATEGORY_DANGEROUS_CONTENT",
    "HARM_CATEGORY_CIVIC_INTEGRITY",
];
const THRESHOLDS: &[&str] = &[
    "HARM_BLOCK_THRESHOLD_UNSPECIFIED",
    "BLOCK_LOW_AND_ABOVE",
    "BLOCK_MEDIUM_AND_ABOVE",
    "BLOCK_ONLY_HIGH",
    "BLOCK_NONE",
    "OFF",
];
