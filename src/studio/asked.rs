//! Asking the engine, and what that costs.

use std::future::Future;

use tokio::time::Instant;

use super::{EngineKind, Studio, StudioError};
use crate::{
    domain::{Cost, MicroUsd, Options},
    engine::{EngineError, ImageAnswer, ImageAsk, TextAnswer, TextAsk, Usage},
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
        let models = self.text_models(options);
        self.counted(self.engine.text(&models, ask, deadline), |answer| [answer.usage, answer.used], cost).await
    }

    /// Asks for an image, and counts what that used either way.
    pub(super) async fn image(
        &self,
        ask: ImageAsk<'_>,
        options: &Options,
        cost: &mut Cost,
        deadline: Instant,
    ) -> Result<ImageAnswer, StudioError> {
        let models = self.image_models(options);
        self.counted(self.engine.image(&models, ask, deadline), |answer| [answer.usage, answer.used], cost).await
    }

    /// Adds to a cost what an ask took: all of it to what is paid upstream, and the answer that is used to what is charged.
    /// Answers that were of no use are the operator's.
    async fn counted<A>(
        &self,
        asked: impl Future<Output = Result<A, EngineError>>,
        took: impl FnOnce(&A) -> [Usage; 2],
        cost: &mut Cost,
    ) -> Result<A, StudioError> {
        let before = *cost;
        // Whoever gives up waiting leaves it at that: a call that may be billed.
        self.add(cost, &Usage { unknown_calls: 1, ..Usage::default() });
        let asked = asked.await;
        *cost = before;
        let answer = asked.inspect_err(|error| self.add(cost, &error.usage()))?;
        let [all, used] = took(&answer);
        self.add(cost, &all);
        cost.charged_micro_usd = cost.charged_micro_usd.plus(self.billed(&used));
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
