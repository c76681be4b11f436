//! The models in use: what they make, what they cost, and whether the engine still has them.

use std::{collections::BTreeMap, sync::PoisonError};

use serde::Serialize;
use utoipa::ToSchema;

use super::{EngineKind, Studio};
use crate::{
    engine::{Failure, Standing, facts},
    telemetry,
};

/// A model in use.
#[derive(Debug, Serialize, ToSchema)]
pub struct ModelInUse {
    /// Its name.
    #[schema(example = "gemini-3-pro-image")]
    pub name: String,
    /// What it is asked for: `image` or `text`.
    #[schema(example = "image")]
    pub purpose: &'static str,
    /// Whether the engine has it: `served`, `gone` (unknown or retired), `of_another_kind`, or `unknown` (not asked yet, or
    /// not answered).
    #[schema(example = "served")]
    pub standing: &'static str,
    /// The sizes that it draws, each with the price of one image's pixels. Empty for text, and where nothing is known.
    pub sizes: Vec<SizePrice>,
    /// The ratios that it draws. Empty for text, and where nothing is known.
    #[schema(example = json!(["1:1", "3:4"]))]
    pub aspect_ratios: &'static [&'static str],
    /// What its tokens cost. Null where that is not known: such a model is not asked under `max_cost_micro_usd`.
    pub prices: Option<TokenPrices>,
}

/// A size and what an image's pixels cost in it.
#[derive(Debug, Serialize, ToSchema)]
pub struct SizePrice {
    /// The size.
    #[schema(example = "1K")]
    pub size: &'static str,
    /// The price of one image's pixels, in millionths of a US dollar.
    #[schema(example = 134_400)]
    pub micro_usd: u64,
}

/// Prices in millionths of a US dollar for a million tokens.
#[derive(Debug, Serialize, ToSchema)]
pub struct TokenPrices {
    /// Of what is sent.
    #[schema(example = 2_000_000)]
    pub input: u64,
    /// Of words that are received.
    #[schema(example = 12_000_000)]
    pub text_output: u64,
    /// Of pixels that are received.
    #[schema(example = 120_000_000)]
    pub image_output: u64,
}

impl Studio {
    /// The models in use, those for images first.
    pub fn in_use(&self) -> Vec<ModelInUse> {
        let standings = self.standings.lock().unwrap_or_else(PoisonError::into_inner);
        let image = self.models.image.iter().map(|model| ("image", model));
        let text = self.models.text.iter().map(|model| ("text", model));
        image.chain(text).map(|(purpose, model)| self.model_in_use(purpose, model, standings.get(model))).collect()
    }

    fn model_in_use(&self, purpose: &'static str, model: &str, standing: Option<&Standing>) -> ModelInUse {
        let known = facts(model);
        let size = |(size, _): &(&'static str, u64)| Some(SizePrice { size, micro_usd: known?.image_micro_usd(size)? });
        ModelInUse {
            name: model.to_owned(),
            purpose,
            standing: match (self.kind, standing) {
                (EngineKind::Offline, _) | (EngineKind::Gemini, Some(Standing::Served)) => "served",
                (EngineKind::Gemini, Some(Standing::Gone)) => "gone",
                (EngineKind::Gemini, Some(Standing::OfAnotherKind)) => "of_another_kind",
                (EngineKind::Gemini, Some(Standing::Unknown(_)) | None) => "unknown",
            },
            sizes: known.map(|known| known.sizes.iter().filter_map(size).collect()).unwrap_or_default(),
            aspect_ratios: known.map_or(&[], |known| known.ratios),
            prices: known.map(|known| TokenPrices {
                input: known.prices.input,
                text_output: known.prices.text_output,
                image_output: known.prices.image_output,
            }),
        }
    }

    /// Asks the engine for its models and logs those that it does not have. Whether it has answered for each.
    pub async fn look_up_models(&self) -> bool {
        let mut found = BTreeMap::new();
        for model in self.models.image.iter().chain(&self.models.text) {
            let standing = self.engine.look_up(model).await;
            match &standing {
                Standing::Served => tracing::info!(model, "the engine has this model"),
                Standing::Gone => tracing::warn!(model, "the engine has no such model: it is unknown or was retired"),
                Standing::OfAnotherKind => {
                    tracing::warn!(model, "the engine does not generate content with this model");
                }
                Standing::Unknown(failure) => {
                    tracing::warn!(model, %failure, "the engine does not say whether it has this model");
                }
            }
            match standing {
                Standing::Served => telemetry::model(model, true),
                Standing::Gone | Standing::OfAnotherKind => telemetry::model(model, false),
                Standing::Unknown(_) => {}
            }
            found.insert(model.clone(), standing);
        }
        // An engine that refuses the key says so again: asking on would not help.
        let known = |standing: &Standing| !matches!(standing, Standing::Unknown(failure) if *failure == Failure::Timeout || failure.retryable());
        let answered = found.values().all(known);
        *self.standings.lock().unwrap_or_else(PoisonError::into_inner) = found;
        answered
    }
}
