//! A request, checked and read.

use super::fields;
use super::refusal::Refusal;
use super::tree::Tree;

/// What a request is about; scenarios and call records name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallKind {
    /// JSON from a picture.
    Analysis,
    /// JSON from words.
    Prompt,
    /// An image.
    Image,
    /// Plain words.
    Text,
    /// A list or description of models.
    Models,
    /// Uploads and files.
    Files,
    /// What could not be read.
    Unknown,
}

/// A generate request, its long strings borrowed.
pub(super) struct Asked<'a, 't> {
    pub(super) kind: CallKind,
    /// The user's words, joined by line ends.
    pub(super) words: String,
    pub(super) photo: Option<Picture<'t>>,
    pub(super) schema: Option<&'t Tree<'a>>,
    pub(super) ratio: Option<&'t str>,
    pub(super) size: Option<&'t str>,
    pub(super) seed: u64,
    pub(super) thoughts: bool,
}

/// A picture of the request: inline base64, or the id of an uploaded file.
#[derive(Clone, Copy)]
pub(super) enum Picture<'t> {
    Inline(&'t str),
    File(&'t str),
}

const PICTURES: [&str; 5] = ["image/jpeg", "image/png", "image/webp", "image/heic", "image/heif"];

pub(super) fn read<'a, 't>(tree: &'t Tree<'a>) -> Result<Asked<'a, 't>, Refusal> {
    fields::check(tree)?;
    let contents = tree.get("contents").map_or(&[][..], Tree::items);
    if contents.is_empty() {
        return Err(Refusal::invalid("* GenerateContentRequest.contents: contents is not specified\n"));
    }
    let parts: Vec<&Tree<'a>> =
        contents.iter().filter_map(|content| content.get("parts")).flat_map(Tree::items).collect();
    let words: Vec<&str> = parts.iter().filter_map(|part| part.get("text")?.text()).collect();
    let photo = picture(&parts)?;
    let config = tree.get("generationConfig").unwrap_or(&Tree::Null);
    let schema = schema(config)?;
    let image = config.get("imageConfig").unwrap_or(&Tree::Null);
    let thinking = config.get("thinkingConfig").unwrap_or(&Tree::Null);
    Ok(Asked {
        kind: kind(config, schema.is_some(), photo.is_some()),
        words: words.join("\n"),
        photo,
        schema,
        ratio: image.get("aspectRatio").and_then(Tree::text),
        size: image.get("imageSize").and_then(Tree::text),
        seed: seed(config),
        thoughts: thinking.get("includeThoughts").is_some_and(Tree::is_true),
    })
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "any number is a seed, and the cast saturates"
)]
fn seed(config: &Tree<'_>) -> u64 {
    config.get("seed").and_then(Tree::number).map_or(0, |seed| seed.abs() as u64)
}

fn kind(config: &Tree<'_>, has_schema: bool, has_photo: bool) -> CallKind {
    let modalities = config.get("responseModalities").map_or(&[][..], Tree::items);
    let draws = modalities.iter().any(|one| one.text() == Some("IMAGE"));
    match (draws, has_schema, has_photo) {
        (true, ..) => CallKind::Image,
        (false, true, true) => CallKind::Analysis,
        (false, true, false) => CallKind::Prompt,
        (false, false, _) => CallKind::Text,
    }
}

fn picture<'t>(parts: &[&'t Tree<'_>]) -> Result<Option<Picture<'t>>, Refusal> {
    for part in parts {
        let (holder, member) = match (part.get("inlineData"), part.get("fileData")) {
            (Some(blob), _) => (blob, "data"),
            (None, Some(file)) => (file, "fileUri"),
            (None, None) => continue,
        };
        let mime_type = holder.get("mimeType").and_then(Tree::text).unwrap_or("");
        if !PICTURES.contains(&mime_type) {
            return Err(Refusal::invalid(format!("Unsupported MIME type: {mime_type}")));
        }
        let held = holder.get(member).and_then(Tree::text).unwrap_or("");
        return Ok(Some(match member {
            "data" => Picture::Inline(held),
            _ => Picture::File(held.rsplit('/').next().unwrap_or("")),
        }));
    }
    Ok(None)
}

/// One of the three spellings; two together are refused.
fn schema<'a, 't>(config: &'t Tree<'a>) -> Result<Option<&'t Tree<'a>>, Refusal> {
    let format = config.get("responseFormat").and_then(|format| format.get("text"));
    let given = [
        config.get("responseJsonSchema").or(config.get("_responseJsonSchema")),
        config.get("responseSchema"),
        format.and_then(|text| text.get("schema")),
    ];
    let mut given = given.into_iter().flatten();
    let schema = given.next();
    if given.next().is_some() {
        return Err(Refusal::invalid("Only one response schema may be set."));
    }
    let json = config.get("responseMimeType").and_then(Tree::text) == Some("application/json");
    if schema.is_some() && !json && format.is_none() {
        return Err(Refusal::invalid(
            "Function calling with a response mime type: 'text/plain' is unsupported; \
             a schema needs 'application/json'",
        ));
    }
    Ok(schema)
}
