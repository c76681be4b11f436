//! What is known of Gemini's models: sizes, ratios, prices.
//!
//! Prices are integer micro-USD per million tokens, which makes 1 USD per million the number
//! 1,000,000. Source: `LiteLLM` 1.109.1's price map and the contract's section 4, November 2026.
//! A model that is not in the table is asked all the same, and its calls are unpriced.

/// The fourteen ratios of `imageConfig.aspectRatio`.
const ALL_RATIOS: &[&str] =
    &["1:1", "1:4", "4:1", "1:8", "8:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];
/// The ten that the older models know.
const USUAL_RATIOS: &[&str] = &["1:1", "2:3", "3:2", "3:4", "4:3", "4:5", "5:4", "9:16", "16:9", "21:9"];

/// Micro-USD per million tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Prices {
    /// Of the request, pictures included.
    pub input: u64,
    /// Of words and thoughts in the answer.
    pub text_output: u64,
    /// Of images in the answer; 0 for a text model.
    pub image_output: u64,
}

/// What is known of one model.
#[derive(Debug, Clone, Copy)]
pub struct ModelFacts {
    /// The name in the path.
    pub name: &'static str,
    /// Sizes with the output tokens that an image of that size takes; empty for a text model.
    pub sizes: &'static [(&'static str, u64)],
    /// Whether `imageSize` may be sent.
    pub takes_size: bool,
    /// The ratios it draws.
    pub ratios: &'static [&'static str],
    /// The least `thinkingLevel` it takes, if it has that knob.
    pub least_thinking: Option<&'static str>,
    /// What its tokens cost.
    pub prices: Prices,
}

impl ModelFacts {
    /// Whether it draws an image of this ratio and size.
    pub fn draws(&self, ratio: &str, size: &str) -> bool {
        self.ratios.contains(&ratio) && self.image_tokens(size).is_some()
    }

    /// Output tokens of one image of this size.
    pub fn image_tokens(&self, size: &str) -> Option<u64> {
        let found = self.sizes.iter().find(|(name, _)| *name == size);
        found.map(|(_, tokens)| *tokens)
    }

    /// What the pixels of one image of this size cost in micro-USD, rounded up.
    pub fn image_micro_usd(&self, size: &str) -> Option<u64> {
        let tokens = self.image_tokens(size)?;
        Some((tokens * self.prices.image_output).div_ceil(1_000_000))
    }
}

/// The facts of a model, if it is known.
pub fn facts(model: &str) -> Option<&'static ModelFacts> {
    KNOWN_MODELS.iter().find(|known| known.name == model)
}

const fn prices(input: u64, text_output: u64, image_output: u64) -> Prices {
    Prices { input, text_output, image_output }
}

const fn text(name: &'static str, least: Option<&'static str>, prices: Prices) -> ModelFacts {
    ModelFacts { name, sizes: &[], takes_size: false, ratios: &[], least_thinking: least, prices }
}

/// All known models, image models first.
pub static KNOWN_MODELS: &[ModelFacts] = &[
    ModelFacts {
        name: "gemini-nano-banana-2.1",
        // 2K is not published; 1,680 is the older model's figure and 4K is 0.113 USD.
        sizes: &[("1K", 1_120), ("2K", 1_680), ("4K", 3_767)],
        takes_size: true,
        ratios: ALL_RATIOS,
        least_thinking: Some("MINIMAL"),
        prices: prices(1_500_000, 7_500_000, 30_000_000),
    },
    ModelFacts {
        name: "gemini-3-pro-image",
        sizes: &[("1K", 1_120), ("2K", 1_120), ("4K", 2_000)],
        takes_size: true,
        ratios: USUAL_RATIOS,
        least_thinking: None,
        prices: prices(2_000_000, 12_000_000, 120_000_000),
    },
    ModelFacts {
        name: "gemini-3.1-flash-image",
        sizes: &[("512", 747), ("1K", 1_120), ("2K", 1_680), ("4K", 2_520)],
        takes_size: true,
        ratios: ALL_RATIOS,
        least_thinking: Some("MINIMAL"),
        prices: prices(500_000, 3_000_000, 60_000_000),
    },
    ModelFacts {
        name: "gemini-3.1-flash-lite-image",
        sizes: &[("1K", 1_120)],
        takes_size: true,
        ratios: ALL_RATIOS,
        least_thinking: Some("MINIMAL"),
        prices: prices(250_000, 1_500_000, 30_000_000),
    },
    ModelFacts {
        name: "gemini-2.5-flash-image",
        sizes: &[("1K", 1_290)],
        takes_size: false,
        ratios: USUAL_RATIOS,
        least_thinking: None,
        prices: prices(300_000, 2_500_000, 30_000_000),
    },
    text("gemini-3.5-flash-lite", Some("MINIMAL"), prices(300_000, 2_500_000, 0)),
    text("gemini-3.8-flash", Some("LOW"), prices(750_000, 3_750_000, 0)),
    text("gemini-3.1-flash-lite", None, prices(250_000, 1_500_000, 0)),
    text("gemini-4-argon", None, prices(2_000_000, 10_000_000, 0)),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_image_costs_what_the_contract_says() {
        for (model, size, micro_usd) in [
            ("gemini-nano-banana-2.1", "1K", 33_600),
            ("gemini-3-pro-image", "1K", 134_400),
            ("gemini-3-pro-image", "4K", 240_000),
            ("gemini-3.1-flash-image", "512", 44_820),
            ("gemini-3.1-flash-image", "4K", 151_200),
            ("gemini-3.1-flash-lite-image", "1K", 33_600),
            ("gemini-2.5-flash-image", "1K", 38_700),
        ] {
            assert_eq!(facts(model).unwrap().image_micro_usd(size), Some(micro_usd), "{model}");
        }
    }

    #[test]
    fn a_size_or_ratio_that_a_model_lacks_is_known() {
        assert!(!facts("gemini-nano-banana-2.1").unwrap().draws("1:1", "512"));
        assert!(!facts("gemini-3-pro-image").unwrap().draws("1:8", "1K"));
        assert!(facts("gemini-3-pro-image").unwrap().draws("3:4", "4K"));
        assert!(facts("gemini-9").is_none());
    }
}
