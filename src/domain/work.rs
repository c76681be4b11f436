//! What a request asks for.

use serde::{Deserialize, Serialize};

/// What a request asks for. It decides how far its job goes and which options it takes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Work {
    /// A figure.
    #[default]
    Figure,
    /// What is in a photo, alone.
    Analysis,
    /// The prompt for a figure, alone.
    Prompt,
    /// A photo to be kept ahead of use.
    Upload,
}

impl Work {
    /// What it is called where requests are remembered.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Figure => "figure",
            Self::Analysis => "analysis",
            Self::Prompt => "prompt",
            Self::Upload => "upload",
        }
    }

    /// The names of the options that it takes.
    pub fn options(self) -> &'static [&'static str] {
        match self {
            Self::Figure => &OF_FIGURES,
            Self::Analysis => &["retention_seconds", "end_user", "metadata", "max_cost_micro_usd", "commitment_salt"],
            Self::Prompt => &[
                "analysis",
                "style",
                "prompt",
                "base",
                "packaging",
                "setting",
                "pose",
                "scale",
                "enhance",
                "retention_seconds",
                "end_user",
                "metadata",
                "max_cost_micro_usd",
                "commitment_salt",
            ],
            Self::Upload => &["commitment_salt"],
        }
    }
}

/// The options of a figure.
const OF_FIGURES: [&str; 19] = [
    "style",
    "prompt",
    "base",
    "packaging",
    "setting",
    "pose",
    "scale",
    "aspect_ratio",
    "size",
    "n",
    "format",
    "enhance",
    "delivery",
    "seed",
    "retention_seconds",
    "end_user",
    "metadata",
    "max_cost_micro_usd",
    "commitment_salt",
];
