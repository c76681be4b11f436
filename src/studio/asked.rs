//! Asking the engine, and what that costs.

use tokio::time::Instant;

use super::{EngineKind, Studio, StudioError};
use crate::{
    domain::{Cost, MicroUsd, Options},
    engine::{ImageAnswer, ImageAsk, Meter, TextAnswer, TextAsk, Usage},
};

/// A model that was asked for text.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TextModel {
    /// Its name; empty where none was asked.
    pub name: String,
    /// The version that the engine said it used.
    pub version: Option<String>,
}

impl TextModel {
    pub(super) fn of(answer: TextAnswer) -> Self {
        Self { name: answer.model, version: answer.model_version }
    }
}

impl Studio {
    /// Asks for text, and counts what that used either way.
    pub(super) async fn text(
        &self,
        ask: TextAsk<'_>,
        options: &Options,
        cost: &mut Cost,
        deadline: Instant,
    ) -> Result<TextAnswer, StudioError> {
        let (models, meter) = (self.text_models(options), Meter::default());
        let counting = Counting { studio: self, meter: &meter, cost };
        let answer = self.engine.text(&models, ask, deadline, &meter).await?;
        counting.charge(&answer.used);
        Ok(answer)
    }

    /// Asks for an image, and counts what that used either way.
    pub(super) async fn image(
        &self,
        ask: ImageAsk<'_>,
        options: &Options,
        cost: &mut Cost,
        deadline: Instant,
    ) -> Result<ImageAnswer, StudioError> {
        let (models, meter) = (self.image_models(options), Meter::default());
        let counting = Counting { studio: self, meter: &meter, cost };
        let answer = self.engine.image(&models, ask, deadline, &meter).await?;
        counting.charge(&answer.used);
        Ok(answer)
    }

    /// Adds what calls used to what a figure costs upstream. The offline engine is nobody's to bill.
    fn add(&self, cost: &mut Cost, usage: &Usage) {
        *cost = cost.plus(Cost {
            charged_micro_usd: MicroUsd::ZERO,
            upstream_micro_usd: self.billed(usage),
            unknown_upstream_calls: match self.kind {
                EngineKind::Gemini => usage.unknown_calls,
                EngineKind::Offline => 0,
            },
            input_tokens: usage.input_tokens,
            output_tokens: usage.output_tokens,
        });
    }

    fn billed(&self, usage: &Usage) -> MicroUsd {
        match self.kind {
            EngineKind::Gemini => MicroUsd(usage.micro_usd),
            EngineKind::Offline => MicroUsd::ZERO,
        }
    }
}

/// Adds to a cost what an ask took, however it ends: all of it to what is paid upstream.
struct Counting<'a> {
    studio: &'a Studio,
    meter: &'a Meter,
    cost: &'a mut Cost,
}

impl Counting<'_> {
    /// Charges the answer that is used. Answers that were of no use are the operator's.
    fn charge(self, used: &Usage) {
        self.cost.charged_micro_usd = self.cost.charged_micro_usd.plus(self.studio.billed(used));
    }
}

impl Drop for Counting<'_> {
    fn drop(&mut self) {
        self.studio.add(self.cost, &self.meter.read());
    }
}
