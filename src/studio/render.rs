//! Making the image.

use bytes::Bytes;
use tokio::time::Instant;

use super::{Credentials, EngineKind, Studio, StudioError, TextModel};
use crate::{
    domain::{Cost, EngineUsed, Options, Provenance},
    engine::{ImageAsk, Photo64},
};

/// An image as the engine made it, not yet checked.
pub struct Rendered {
    /// The image file, cleared when the last part of the answer that it came in is dropped.
    pub bytes: Bytes,
    /// What made it.
    pub engine: EngineUsed,
    /// How it came about.
    pub provenance: Provenance,
}

impl Studio {
    /// Makes the image of a photo and a prompt. `text_model` is the one that was asked before.
    ///
    /// # Errors
    /// When the engine makes no image. `cost` counts what was used either way.
    pub async fn render(
        &self,
        photo: &Photo64,
        brief: Brief<'_>,
        cost: &mut Cost,
        deadline: Instant,
    ) -> Result<Rendered, StudioError> {
        let ratio = brief.options.aspect_ratio.to_string();
        let ask = ImageAsk {
            prompt: brief.prompt,
            photo,
            aspect_ratio: &ratio,
            image_size: brief.options.size.as_str(),
            seed: brief.seed(),
        };
        let answer = self.image(ask, brief.options, cost, deadline).await?;
        let engine = EngineUsed { attempts: answer.attempts, ..self.text_engine(brief.text_model.clone()) };
        let engine = match self.kind {
            EngineKind::Gemini => {
                EngineUsed { image_model: answer.model, model_version: answer.model_version, ..engine }
            }
            EngineKind::Offline => {
                EngineUsed { image_model: OFFLINE.to_owned(), model_version: Some(VERSION.to_owned()), ..engine }
            }
        };
        Ok(Rendered { bytes: answer.bytes, engine, provenance: self.kind.provenance() })
    }
}

impl Studio {
    /// What is said of the engine where text alone was made.
    pub fn text_engine(&self, asked: TextModel) -> EngineUsed {
        let TextModel { name: text_model, version: text_model_version } = match self.kind {
            EngineKind::Gemini => asked,
            EngineKind::Offline => TextModel { name: OFFLINE.to_owned(), version: Some(VERSION.to_owned()) },
        };
        EngineUsed {
            name: self.kind.name().to_owned(),
            image_model: String::new(),
            model_version: None,
            text_model,
            text_model_version,
            attempts: 0,
        }
    }
}

/// The offline engine answers to the models' names and is none of them.
const OFFLINE: &str = "offline";
const VERSION: &str = env!("CARGO_PKG_VERSION");

/// What an image is made from, beside the photo.
#[derive(Debug, Clone, Copy)]
pub struct Brief<'a> {
    /// The finished prompt.
    pub prompt: &'a str,
    /// The effective options.
    pub options: &'a Options,
    /// The model that looked at the photo and wrote the prompt.
    pub text_model: &'a TextModel,
    /// Which of the figure's images it is.
    pub index: u32,
}

impl Brief<'_> {
    /// The same for another of the figure's images.
    #[must_use]
    pub fn of_index(self, index: u32) -> Self {
        Self { index, ..self }
    }

    /// Images of one figure differ by their seeds.
    fn seed(&self) -> Option<i64> {
        let several = (self.options.n > 1).then_some(0);
        self.options.seed.or(several).map(|seed| i64::from(seed.wrapping_add(self.index) & SEEDS))
    }
}

/// The engine's seeds are signed numbers of 32 bits.
const SEEDS: u32 = 0x7fff_ffff;

impl EngineKind {
    /// What the engine is called.
    pub fn name(self) -> &'static str {
        match self {
            Self::Gemini => "gemini",
            Self::Offline => "offline",
        }
    }

    /// The term of IPTC's digital source types for its images.
    pub fn digital_source_type(self) -> &'static str {
        match self {
            Self::Gemini => "compositeWithTrainedAlgorithmicMedia",
            Self::Offline => "algorithmicallyEnhanced",
        }
    }

    /// What may be said of its images before they are looked at.
    fn provenance(self) -> Provenance {
        let (ai_generated, synthid) = match self {
            Self::Gemini => (true, "claimed-by-upstream"),
            Self::Offline => (false, "absent"),
        };
        Provenance {
            ai_generated,
            digital_source_type: self.digital_source_type().to_owned(),
            synthid: synthid.to_owned(),
            c2pa: Credentials::Absent.as_str().to_owned(),
        }
    }
}
