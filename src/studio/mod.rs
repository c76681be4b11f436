//! The studio: analyze → enhance → render → finish. It never touches the store.

mod analyze;
mod enhance;
mod finish;
mod label;
mod price;
mod prompt;
mod render;
mod style;

use std::sync::Arc;

pub use analyze::{Analyzed, parse as parse_analysis};
pub use enhance::Enhanced;
pub use finish::{Credentials, Finished};
pub use render::{Brief, Rendered};
pub use style::{CheckedOptions, Choice, DEFAULT_STYLE, Looks, Style, style, styles};

use tokio::time::Instant;

use crate::{
    domain::{Cost, MicroUsd},
    engine::{Engine, EngineError, TextAnswer, TextAsk, Usage},
    intake::{Intake, IntakeError},
};

/// Why the studio made no figure.
#[derive(Debug, thiserror::Error)]
pub enum StudioError {
    /// The engine refused, failed or did not answer.
    #[error("the engine made nothing")]
    Engine(#[from] EngineError),
    /// The engine's analysis does not fit the schema, twice.
    #[error("the engine's analysis makes no sense")]
    Analysis,
    /// The engine's image is damaged, of another kind, or too large.
    #[error("the engine's image cannot be used")]
    Image(#[source] IntakeError),
    /// The image cannot be converted to the format that was asked for.
    #[error("the image cannot be converted")]
    Convert,
    /// The style is not known to this node.
    #[error("the style is unknown")]
    Style,
}

/// What the engine is called in the figure object, and what may be said of its images.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineKind {
    /// Google Gemini.
    Gemini,
    /// The built-in simulator with its offline renderer.
    Offline,
}

/// Which models to ask, in order.
#[derive(Debug, Clone)]
pub struct Models {
    /// For images.
    pub image: Vec<String>,
    /// For analyses and prompts.
    pub text: Vec<String>,
}

/// One engine and what is asked of it.
pub struct Studio {
    engine: Engine,
    kind: EngineKind,
    endpoint: String,
    models: Models,
    intake: Arc<Intake>,
}

impl Studio {
    /// A studio on an engine that answers at an endpoint, a host's name. Images are checked with the limits of `intake`.
    pub fn new(engine: Engine, kind: EngineKind, endpoint: String, models: Models, intake: Arc<Intake>) -> Self {
        Self { engine, kind, endpoint, models, intake }
    }

    /// Which engine it works with.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// Which models it asks.
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// The host that photos are sent to.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Asks for text, and counts what that used either way.
    async fn ask(&self, ask: TextAsk<'_>, cost: &mut Cost, deadline: Instant) -> Result<TextAnswer, StudioError> {
        let asked = self.engine.text(&self.models.text, ask, deadline).await;
        let answer = asked.inspect_err(|error| self.add(cost, &error.usage()))?;
        self.add(cost, &answer.usage);
        Ok(answer)
    }

    /// Adds what a call used to what a figure costs upstream. The offline engine is nobody's to bill.
    fn add(&self, cost: &mut Cost, usage: &Usage) {
        let billed = match self.kind {
            EngineKind::Gemini => MicroUsd(usage.micro_usd),
            EngineKind::Offline => MicroUsd::ZERO,
        };
        cost.upstream_micro_usd = cost.upstream_micro_usd.plus(billed);
        cost.input_tokens += usage.input_tokens;
        cost.output_tokens += usage.output_tokens;
    }
}
