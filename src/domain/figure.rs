//! The figure object: what a caller learns about one figure. Kept sealed, since analysis and prompt describe a person.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{Category, Code, FigureId, MicroUsd, Moment, Options, PhotoReport, Quality, Stage, State, UploadId};

/// One figure, whatever its state.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct Figure {
    /// The figure's id.
    #[schema(value_type = String, example = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    pub id: FigureId,
    /// Always `figure`.
    #[schema(value_type = String, example = "figure")]
    pub object: FigureObject,
    /// Where the figure is on its way.
    pub status: State,
    /// When it was accepted.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Moment,
    /// When it ended.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Moment>,
    /// Until when it can be fetched.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Moment>,
    /// The effective value of every option.
    pub options: Options,
    /// What was received. A prompt from a given analysis, which is kept as a figure that stopped early, has none.
    #[schema(value_type = PhotoReport)]
    pub photo: Option<PhotoReport>,
    /// What was seen in the photo. Null until analyzed.
    pub analysis: Option<Analysis>,
    /// The prompt that the image was made with. Null until written.
    pub prompt: Option<String>,
    /// The images, in order.
    pub images: Vec<ImageMade>,
    /// Whether `delivery=inline` gave way to links, since the images together are longer than 8 MiB.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inline_omitted: bool,
    /// What made them. Null until rendered.
    pub engine: Option<EngineUsed>,
    /// How the images came about. Null until rendered.
    pub provenance: Option<Provenance>,
    /// What it cost.
    pub cost: Cost,
    /// How long each step took, in milliseconds.
    pub timings_ms: Timings,
    /// What happened to the photo.
    pub upload: UploadTrace,
    /// Why there is no image, where there is none.
    pub problem: Option<JobProblem>,
    /// What went wrong beside the images that were made: one that is missing, or at the stage `enhance` a prompt that is
    /// the style's template since the engine did not write it.
    pub problems: Vec<JobProblem>,
    /// The integrator's pseudonym for a person; kept as a keyed hash and so not given back.
    pub end_user: Option<String>,
    /// The caller's own pairs, untouched.
    pub metadata: BTreeMap<String, String>,
    /// Where to go from here.
    pub links: FigureLinks,
}

/// The type of the object.
#[derive(Debug, Clone, Copy, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum FigureObject {
    /// A figure.
    #[default]
    Figure,
}

/// One finished image.
#[derive(Debug, Clone, Serialize, Deserialize, ToSchema)]
pub struct ImageMade {
    /// Its place among the figure's images, from 0.
    pub index: u32,
    /// Its media type.
    #[schema(example = "image/png")]
    pub media_type: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256 of its bytes, in hexadecimal digits.
    pub sha256: String,
    /// Where its bytes are.
    #[schema(example = "/v1/figures/fig_019ab2c3d4e57f60a1b2c3d4e5f60718/images/0")]
    pub href: String,
    /// Its bytes in base64, with `delivery=inline` alone.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub data: Option<String>,
}

/// What is in the photo. A closed schema: no name, identity, ethnicity, religion, health, emotion or age in numbers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({
    "subject": "person", "count": 1, "summary": "a person in a blue jacket", "pose": "standing", "attire": ["blue jacket"],
    "palette": ["#1f3a93", "#e0b48f"], "accessories": [], "apparent_minor": "none",
    "quality": {"usable": true, "issues": []}
}))]
pub struct Analysis {
    /// What kind of thing the figure is to show.
    pub subject: SubjectKind,
    /// How many of them there are.
    pub count: u32,
    /// One sentence about the subject.
    pub summary: String,
    /// How the subject stands, sits or lies.
    pub pose: String,
    /// What it wears.
    pub attire: Vec<String>,
    /// Its main colors as `#rrggbb`.
    pub palette: Vec<String>,
    /// What it holds or carries.
    pub accessories: Vec<String>,
    /// Whether the subject might be a child. Anything but `none` narrows what is made: wishes are dropped
    /// (`options.prompt` is then null), and only styles marked `child_safe` are made, or none, as the operator has set.
    pub apparent_minor: Minor,
    /// Whether a figure can be expected to come out well.
    pub quality: Quality,
}

/// The kind of subject. More may be added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SubjectKind {
    /// One person.
    Person,
    /// Several people.
    People,
    /// An animal.
    Animal,
    /// A drawn or costumed character.
    Character,
    /// Anything else.
    Object,
}

/// Whether the subject might be a child.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Minor {
    /// No.
    None,
    /// Perhaps.
    Possible,
    /// Probably.
    Likely,
}

/// What made the images.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EngineUsed {
    /// `gemini` or `offline`.
    #[schema(example = "gemini")]
    pub name: String,
    /// The model asked for the image.
    pub image_model: String,
    /// The version that the engine said it used.
    pub model_version: Option<String>,
    /// The model asked for analysis and prompt.
    pub text_model: String,
    /// The version that the engine said it used for the analysis. Null where it said none.
    #[serde(default)]
    #[schema(required = true)]
    pub text_model_version: Option<String>,
    /// How many times an image was asked for.
    pub attempts: u32,
}

/// How the images came about, for labels that the law asks for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Provenance {
    /// Whether a generative model made the pixels.
    pub ai_generated: bool,
    /// IPTC digital source type.
    #[schema(example = "compositeWithTrainedAlgorithmicMedia")]
    pub digital_source_type: String,
    /// What is known of an invisible watermark: `claimed-by-upstream` or `absent`.
    #[schema(example = "claimed-by-upstream")]
    pub synthid: String,
    /// What is known of content credentials: `absent`, `present` or `removed-by-transcode`.
    #[schema(example = "absent")]
    pub c2pa: String,
}

/// What a figure cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Cost {
    /// What the caller is charged, in millionths of a US dollar: the answers that the figure was made of, never more than
    /// its worst case. Zero without an image.
    #[schema(value_type = u64)]
    pub charged_micro_usd: MicroUsd,
    /// What the engine charges for it, in millionths of a US dollar: every answer, also those that were of no use.
    #[schema(value_type = u64)]
    pub upstream_micro_usd: MicroUsd,
    /// Calls that the engine may charge for without having told what: those that were cut off, took too long or were given
    /// up, answers without sense or without a count of tokens, and those of models without a known price. What they cost is
    /// not in `upstream_micro_usd`; where there are any, the operator's limits count the figure at its worst case.
    #[serde(default)]
    #[schema(required = true)]
    pub unknown_upstream_calls: u32,
    /// Tokens sent.
    pub input_tokens: u64,
    /// Tokens received.
    pub output_tokens: u64,
}

impl Cost {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            charged_micro_usd: self.charged_micro_usd.plus(other.charged_micro_usd),
            upstream_micro_usd: self.upstream_micro_usd.plus(other.upstream_micro_usd),
            unknown_upstream_calls: self.unknown_upstream_calls.saturating_add(other.unknown_upstream_calls),
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
        }
    }
}

/// How long each step took, in milliseconds. A step that was not reached is null.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Timings {
    /// Reading and fitting the photo.
    pub intake: Option<u64>,
    /// Waiting for a worker.
    pub queue: Option<u64>,
    /// Looking at the photo.
    pub analyze: Option<u64>,
    /// Writing the prompt.
    pub enhance: Option<u64>,
    /// Making the image.
    pub render: Option<u64>,
    /// Checking, converting and sealing the image.
    pub finish: Option<u64>,
    /// All from acceptance to the end.
    pub total: Option<u64>,
}

/// What happened to the photo.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadTrace {
    /// The upload that the photo is, where the photo has an id of its own.
    #[schema(value_type = Option<String>, example = "upl_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    #[serde(default)]
    pub id: Option<UploadId>,
    /// When it was stored.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub stored_at: Option<Moment>,
    /// When it and its key were found gone; null until then.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub purged_at: Option<Moment>,
    /// The salt of the receipt's commitments, base64url of 32 bytes.
    pub commitment_salt: Option<String>,
    /// The signed deletion receipt, a JWS; null until then.
    pub receipt: Option<String>,
}

/// Why a figure ended without an image, or lacks one of its images or the engine's prompt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct JobProblem {
    /// The stable problem code.
    pub code: Code,
    /// What happened, for a person.
    pub detail: String,
    /// Whether the same request may succeed later.
    pub retryable: bool,
    /// Whether it was charged.
    pub charged: bool,
    /// The step in which it happened.
    pub stage: Stage,
    /// Why it was refused by policy, where it was.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false)]
    pub category: Option<Category>,
    /// Seconds from the end of the figure on after which another try makes sense, where the engine has said so.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    #[schema(nullable = false, minimum = 1)]
    pub retry_after: Option<u64>,
}

/// Where to go from here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FigureLinks {
    /// The figure itself.
    #[serde(rename = "self")]
    pub own: String,
    /// What happens to it, as server-sent events.
    pub events: String,
    /// Its deletion receipt.
    pub receipt: String,
}

impl FigureLinks {
    /// The links of one figure, relative to the server.
    pub fn of(id: &FigureId) -> Self {
        let own = format!("/v1/figures/{id}");
        Self { events: format!("{own}/events"), receipt: format!("{own}/receipt"), own }
    }
}
