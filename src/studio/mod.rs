//! The studio: analyze → enhance → render → finish. It never touches the store.

mod analyze;
mod asked;
mod enhance;
mod finish;
mod in_use;
mod label;
mod price;
mod prompt;
mod render;
mod style;

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

pub use analyze::{Analyzed, parse as parse_analysis};
pub use asked::TextModel;
pub use enhance::Enhanced;
pub use finish::{Credentials, Finished};
pub use in_use::{ModelInUse, SizePrice, TokenPrices};
pub use render::{Brief, Rendered};
pub use style::{CheckedOptions, Choice, DEFAULT_STYLE, Looks, Style, style, styles};

use crate::{
    config::Minors,
    domain::{Analysis, Minor, Options, Scenario},
    engine::{Engine, EngineError, SetupError, Standing},
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
    /// The subject might be a child, and the installation or the style makes no figures of children.
    #[error("the subject might be a child")]
    Child,
    /// The engine's prompt cannot be used.
    #[error("the engine's prompt makes no sense")]
    Prompt,
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

/// What an installation asks of its engine, and what it does not make.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The models.
    pub models: Models,
    /// What is made of photos in which a child might be.
    pub minors: Minors,
}

/// One engine and what is asked of it.
pub struct Studio {
    engine: Engine,
    kind: EngineKind,
    endpoint: String,
    models: Models,
    minors: Minors,
    intake: Arc<Intake>,
    /// What the engine said of its models when it was asked last.
    standings: Mutex<BTreeMap<String, Standing>>,
}

impl Studio {
    /// A studio on an engine that answers at an endpoint, a host's name. Images are checked with the limits of `intake`.
    pub fn new(engine: Engine, kind: EngineKind, endpoint: String, terms: Terms, intake: Arc<Intake>) -> Self {
        let Terms { models, minors } = terms;
        Self { engine, kind, endpoint, models, minors, intake, standings: Mutex::default() }
    }

    /// The same studio, whose engine is asked for one outcome. Of the simulator alone: no other knows scenarios.
    ///
    /// # Errors
    /// When no client of the engine can be made.
    pub fn playing(&self, scenario: Scenario) -> Result<Self, SetupError> {
        let terms = Terms { models: self.models.clone(), minors: self.minors };
        let engine = self.engine.playing(scenario.as_str())?;
        Ok(Self::new(engine, self.kind, self.endpoint.clone(), terms, self.intake.clone()))
    }

    /// Which engine it works with.
    pub fn kind(&self) -> EngineKind {
        self.kind
    }

    /// Which models it asks.
    pub fn models(&self) -> &Models {
        &self.models
    }

    /// Whether a figure may be made of what was seen.
    ///
    /// # Errors
    /// [`StudioError::Child`] where the subject might be a child and the style, or the installation, is not for that.
    pub fn permit(&self, options: &Options, analysis: &Analysis) -> Result<(), StudioError> {
        let style = style(&options.style).ok_or(StudioError::Style)?;
        match (analysis.apparent_minor, self.minors) {
            (Minor::None, _) => Ok(()),
            (Minor::Possible | Minor::Likely, Minors::ChildSafe) if style.child_safe => Ok(()),
            (Minor::Possible | Minor::Likely, Minors::ChildSafe | Minors::Refuse) => Err(StudioError::Child),
        }
    }

    /// The host that photos are sent to.
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }
}
