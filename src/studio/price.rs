//! What a figure may cost at most, told before anything is spent.

use super::{EngineKind, Studio};
use crate::{
    domain::{AspectRatio, MicroUsd, Options, Size, Work},
    engine::{ModelFacts, facts},
};

/// Tokens of one ask for text: words, photo and schema go in; words and thoughts come out.
const TEXT: (u64, u64) = (4_000, 2_000);

/// Tokens of one ask for an image beside the image itself.
const RENDER: (u64, u64) = (4_000, 2_000);

impl Studio {
    /// What a figure may cost: analysis, prompt, and every image from the dearest model that may be asked for it; or what
    /// the analysis or the prompt may cost alone. An analysis that is there costs nothing. `None` when one of these models
    /// has no known price.
    pub fn worst_case(&self, work: Work, options: &Options, analyzed: bool) -> Option<MicroUsd> {
        match self.kind {
            EngineKind::Offline => return Some(MicroUsd::ZERO),
            EngineKind::Gemini => {}
        }
        let text = dearest(&self.text_models(options), |model| Some(tokens(model, TEXT)))?;
        let asks = |once: bool| if once { text } else { 0 };
        let analysis = asks(!analyzed);
        let prompt = analysis.saturating_add(asks(options.enhance));
        match work {
            Work::Upload => Some(MicroUsd::ZERO),
            Work::Analysis => Some(MicroUsd(analysis)),
            Work::Prompt => Some(MicroUsd(prompt)),
            Work::Figure => {
                let image = dearest(&self.image_models(options), |model| {
                    let pixels = model.image_micro_usd(options.size.as_str())?;
                    Some(tokens(model, RENDER).saturating_add(pixels))
                })?;
                Some(MicroUsd(prompt.saturating_add(image.saturating_mul(u64::from(options.n)))))
            }
        }
    }

    /// The models that may be asked for an image with these options, in order: those that draw the ratio and the size, and
    /// under a limit of cost those alone whose price is known.
    pub(super) fn image_models(&self, options: &Options) -> Vec<String> {
        let ratio = options.aspect_ratio.to_string();
        let fits = |known: &ModelFacts| known.draws(&ratio, options.size.as_str());
        eligible(&self.models.image, options, fits)
    }

    /// Whether every model in use that draws the size draws the ratio, too, so that each can stand in for the others.
    pub fn all_draw(&self, ratio: AspectRatio, size: Size) -> bool {
        let (ratio, size) = (ratio.to_string(), size.as_str());
        let mut known = self.models.image.iter().filter_map(|model| facts(model));
        known.all(|model| model.image_tokens(size).is_none() || model.draws(&ratio, size))
    }

    /// Whether no model in use draws the ratio in the size.
    pub fn none_draws(&self, ratio: AspectRatio, size: Size) -> bool {
        let ratio = ratio.to_string();
        self.models.image.iter().all(|model| facts(model).is_some_and(|known| !known.draws(&ratio, size.as_str())))
    }

    /// The models that may be asked for text with these options, in order.
    pub(super) fn text_models(&self, options: &Options) -> Vec<String> {
        eligible(&self.models.text, options, |_| true)
    }
}

fn eligible(models: &[String], options: &Options, fits: impl Fn(&ModelFacts) -> bool) -> Vec<String> {
    let capped = options.max_cost_micro_usd.is_some();
    models.iter().filter(|model| facts(model).map_or(!capped, &fits)).cloned().collect()
}

/// The dearest of the models; `None` when there is none, or one without a known price.
fn dearest(models: &[String], price: impl Fn(&ModelFacts) -> Option<u64>) -> Option<u64> {
    let prices = models.iter().map(|model| price(facts(model)?)).collect::<Option<Vec<_>>>()?;
    prices.into_iter().max()
}

fn tokens(model: &ModelFacts, (input, output): (u64, u64)) -> u64 {
    (input * model.prices.input + output * model.prices.text_output).div_ceil(1_000_000)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_is_priced_by_its_tokens() {
        let model = facts("gemini-3-pro-image").unwrap();
        assert_eq!(tokens(model, RENDER), 32_000, "4,000 at 2 USD and 2,000 at 12 USD a million");
    }
}
