//! What is given of a photo without a figure: the analysis alone, or the prompt alone.

use std::collections::BTreeMap;

use serde::Serialize;
use utoipa::ToSchema;

use super::{Analysis, Cost, Figure, Moment, Options, PhotoReport, Timings, UploadTrace};

/// What is in a photo.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalysisMade {
    /// Always `analysis`.
    #[schema(value_type = String, example = "analysis")]
    pub object: &'static str,
    /// The effective value of every option.
    pub options: AnalysisOptions,
    /// What was seen in the photo.
    pub analysis: Analysis,
    /// What was received.
    #[schema(value_type = PhotoReport)]
    pub photo: Option<PhotoReport>,
    /// How it was made.
    #[serde(flatten)]
    pub making: Making,
}

/// The prompt for a figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromptMade {
    /// Always `prompt`.
    #[schema(value_type = String, example = "prompt")]
    pub object: &'static str,
    /// The effective value of every option.
    pub options: PromptOptions,
    /// The prompt.
    pub prompt: String,
    /// What the prompt was written from: what was seen in the photo, or what was given.
    pub analysis: Analysis,
    /// What was received. Null where an analysis was given.
    pub photo: Option<PhotoReport>,
    /// How it was made.
    #[serde(flatten)]
    pub making: Making,
}

/// How an analysis or a prompt was made.
#[derive(Debug, Serialize, ToSchema)]
pub struct Making {
    /// When it was asked for.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Moment,
    /// When it was made.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub completed_at: Option<Moment>,
    /// Until when the same request with the same `Idempotency-Key` gets it again.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub expires_at: Option<Moment>,
    /// What made it. Null where no engine was asked.
    pub engine: Option<TextEngine>,
    /// What it cost.
    pub cost: Cost,
    /// How long each step took, in milliseconds.
    pub timings_ms: Timings,
    /// What happened to the photo. One that was uploaded before stays, and so is not purged.
    pub upload: UploadTrace,
    /// The caller's own pairs, untouched.
    pub metadata: BTreeMap<String, String>,
}

/// What made an analysis or a prompt.
#[derive(Debug, Serialize, ToSchema)]
pub struct TextEngine {
    /// `gemini` or `offline`.
    #[schema(example = "gemini")]
    pub name: String,
    /// The model that was asked.
    pub text_model: String,
    /// The version that the engine said it used. Null where it said none.
    pub text_model_version: Option<String>,
}

/// The effective value of every option of an analysis.
#[derive(Debug, Serialize, ToSchema)]
pub struct AnalysisOptions {
    /// For how long the result is kept for retries, in seconds; 0: not beyond this answer.
    pub retention_seconds: u64,
    /// The most that it may cost, in millionths of a US dollar, where that was said.
    pub max_cost_micro_usd: Option<u64>,
}

/// The effective value of every option of a prompt.
#[derive(Debug, Serialize, ToSchema)]
pub struct PromptOptions {
    /// The style's id.
    #[schema(example = "pvc-scale")]
    pub style: String,
    /// The style's version.
    pub style_version: u32,
    /// What the figure stands on.
    pub base: String,
    /// What it comes in.
    pub packaging: String,
    /// Where it stands.
    pub setting: String,
    /// How it stands.
    pub pose: String,
    /// How large it pretends to be.
    pub scale: String,
    /// Whether the engine writes the prompt.
    pub enhance: bool,
    /// Extra wishes, where there are any.
    pub prompt: Option<String>,
    /// For how long the result is kept for retries, in seconds; 0: not beyond this answer.
    pub retention_seconds: u64,
    /// The most that it may cost, in millionths of a US dollar, where that was said.
    pub max_cost_micro_usd: Option<u64>,
}

impl AnalysisMade {
    /// The analysis of a figure that stopped after it; `None` for another.
    pub fn of(mut figure: Figure) -> Option<Self> {
        let (photo, analysis) = (figure.photo.take(), figure.analysis.take()?);
        let Options { retention_seconds, max_cost_micro_usd, .. } = figure.options;
        let options = AnalysisOptions { retention_seconds, max_cost_micro_usd };
        Some(Self { object: "analysis", options, analysis, photo, making: Making::of(figure) })
    }
}

impl PromptMade {
    /// The prompt of a figure that stopped after it; `None` for another.
    pub fn of(mut figure: Figure) -> Option<Self> {
        let (photo, analysis, prompt) = (figure.photo.take(), figure.analysis.take()?, figure.prompt.take()?);
        let options = PromptOptions::of(figure.options.clone());
        Some(Self { object: "prompt", options, prompt, analysis, photo, making: Making::of(figure) })
    }
}

impl PromptOptions {
    fn of(options: Options) -> Self {
        Self {
            style: options.style,
            style_version: options.style_version,
            base: options.base,
            packaging: options.packaging,
            setting: options.setting,
            pose: options.pose,
            scale: options.scale,
            enhance: options.enhance,
            prompt: options.prompt,
            retention_seconds: options.retention_seconds,
            max_cost_micro_usd: options.max_cost_micro_usd,
        }
    }
}

impl Making {
    fn of(figure: Figure) -> Self {
        let engine = figure.engine.map(|used| TextEngine {
            name: used.name,
            text_model: used.text_model,
            text_model_version: used.text_model_version,
        });
        Self {
            created_at: figure.created_at,
            completed_at: figure.completed_at,
            expires_at: figure.expires_at,
            engine,
            cost: figure.cost,
            timings_ms: figure.timings_ms,
            upload: figure.upload,
            metadata: figure.metadata,
        }
    }
}
