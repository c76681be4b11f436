//! The states of a figure.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a figure is on its way. More states may be added: treat an unknown one as still running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = FigureStatus, example = "succeeded")]
pub enum State {
    /// Accepted, waiting for a worker.
    Queued,
    /// The photo is being looked at.
    Analyzing,
    /// The prompt is being written.
    Enhancing,
    /// The image is being made.
    Rendering,
    /// The image is checked, converted and sealed.
    Finishing,
    /// The image is there.
    Succeeded,
    /// No image could be made.
    Failed,
    /// Photo, wishes or image were refused by policy.
    Blocked,
    /// The caller canceled it.
    Canceled,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 9] = [
        Self::Queued,
        Self::Analyzing,
        Self::Enhancing,
        Self::Rendering,
        Self::Finishing,
        Self::Succeeded,
        Self::Failed,
        Self::Blocked,
        Self::Canceled,
    ];

    /// Reads a state.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == text)
    }

    /// Whether nothing will change any more.
    pub fn is_terminal(self) -> bool {
        match self {
            Self::Queued | Self::Analyzing | Self::Enhancing | Self::Rendering | Self::Finishing => false,
            Self::Succeeded | Self::Failed | Self::Blocked | Self::Canceled => true,
        }
    }

    /// The state as it stands in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Analyzing => "analyzing",
            Self::Enhancing => "enhancing",
            Self::Rendering => "rendering",
            Self::Finishing => "finishing",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Blocked => "blocked",
            Self::Canceled => "canceled",
        }
    }
}
