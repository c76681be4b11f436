//! Tokens and what they cost.

use std::sync::{Mutex, PoisonError};

use super::{models::facts, wire::UsageMetadata};

/// What calls took and cost, summed over the attempts of an ask.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Usage {
    /// Tokens sent, pictures included.
    pub input_tokens: u64,
    /// Tokens received, thoughts and images included.
    pub output_tokens: u64,
    /// Integer micro-USD of the priced calls, each rounded up.
    pub micro_usd: u64,
    /// Calls that may be billed and have not told what: cut off, timed out here, too large, senseless, without a count of
    /// tokens, or answered by a model without a known price.
    pub unknown_calls: u32,
}

impl Usage {
    /// One call of which nothing is known but that it may be billed.
    pub(super) const UNKNOWN: Self = Self { input_tokens: 0, output_tokens: 0, micro_usd: 0, unknown_calls: 1 };

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            micro_usd: self.micro_usd.saturating_add(other.micro_usd),
            unknown_calls: self.unknown_calls.saturating_add(other.unknown_calls),
        }
    }
}

/// What an ask has used so far, which stays known when its future is dropped.
#[derive(Debug, Default)]
pub struct Meter(Mutex<Usage>);

impl Meter {
    pub(super) fn set(&self, usage: Usage) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = usage;
    }

    /// What was used, the call under way included.
    pub fn read(&self) -> Usage {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What one answer cost that holds so many images; `image_size` is the size that was asked for.
pub(super) fn of_answer(meta: Option<&UsageMetadata<'_>>, model: &str, (image_size, images): (&str, u64)) -> Usage {
    let known = facts(model);
    let listed = known.and_then(|known| known.image_tokens(image_size)).map(|tokens| tokens.saturating_mul(images));
    let listed = listed.filter(|_| images > 0);
    let counts =
        meta.map_or_else(|| Counts::of_images(listed.unwrap_or(0)), |meta| Counts::of(meta, images > 0, listed));
    let tokens = counts.input + counts.text + counts.image;
    let mut usage = Usage { input_tokens: counts.input, output_tokens: counts.text + counts.image, ..Usage::default() };
    if let Some(known) = known {
        let cost = u128::from(counts.input) * u128::from(known.prices.input)
            + u128::from(counts.text) * u128::from(known.prices.text_output)
            + u128::from(counts.image) * u128::from(known.prices.image_output);
        usage.micro_usd = u64::try_from(cost.div_ceil(1_000_000)).unwrap_or(u64::MAX);
    }
    let unpriced = known.is_none() && (tokens > 0 || images > 0);
    usage.unknown_calls = u32::from(unpriced || !counts.make_sense);
    usage
}

struct Counts {
    input: u64,
    text: u64,
    image: u64,
    /// Whether they can be what was billed.
    make_sense: bool,
}

impl Counts {
    /// Nothing was told, so that the images alone are known.
    fn of_images(tokens: u64) -> Self {
        Self { input: 0, text: 0, image: tokens, make_sense: false }
    }

    fn of(meta: &UsageMetadata<'_>, has_images: bool, listed: Option<u64>) -> Self {
        let told =
            [meta.prompt_token_count, meta.candidates_token_count, meta.thoughts_token_count, meta.total_token_count];
        let [input, candidates, thoughts, total] = told.map(count);
        // Refusals copy the thoughts into the candidates; the total counts them once.
        let output = meta.total_token_count.map_or(candidates + thoughts, |_| total.saturating_sub(input));
        let image = image_detail(meta).or(listed).unwrap_or(if has_images { output } else { 0 });
        let possible = told.iter().flatten().all(|told| (0..=MOST_TOKENS).contains(told));
        let adds_up = meta.total_token_count.is_none() || total >= input;
        // An image is never free, so it counts whatever was told.
        let covers = output >= image && !(has_images && output == 0);
        Self {
            input,
            text: output.saturating_sub(image),
            image,
            make_sense: possible && adds_up && covers && input > 0,
        }
    }
}

fn image_detail(meta: &UsageMetadata<'_>) -> Option<u64> {
    let details = meta.candidates_tokens_details.as_ref()?;
    let images = details.iter().filter(|detail| detail.modality.as_ref().is_some_and(|m| m.as_str() == "IMAGE"));
    Some(images.map(|detail| count(detail.token_count)).sum()).filter(|sum| *sum > 0)
}

/// No model takes or gives more in one call; what says so is nonsense, and must not use up what may be spent.
const MOST_TOKENS: i64 = 1 << 20;

fn count(tokens: Option<i64>) -> u64 {
    tokens.map_or(0, |tokens| u64::try_from(tokens.clamp(0, MOST_TOKENS)).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::KNOWN_MODELS;
    use serde_json::from_str;

    const PRO: &str = "gemini-3-pro-image";

    #[test]
    fn image_tokens_cost_the_image_price_and_the_rest_the_price_of_text() {
        let meta = from_str(
            r#"{"promptTokenCount":357,"candidatesTokenCount":1238,"thoughtsTokenCount":208,
            "totalTokenCount":1803,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1120}]}"#,
        );
        let usage = of_answer(Some(&meta.unwrap()), PRO, ("1K", 1));
        assert_eq!((usage.input_tokens, usage.output_tokens), (357, 1446));
        assert_eq!(usage.micro_usd, 357 * 2 + 326 * 12 + 1120 * 120);
    }

    #[test]
    fn a_refusal_that_counts_its_thoughts_twice_is_paid_once() {
        let meta = from_str(
            r#"{"promptTokenCount":100,"candidatesTokenCount":240,"thoughtsTokenCount":240,"totalTokenCount":340}"#,
        );
        let usage = of_answer(Some(&meta.unwrap()), PRO, ("1K", 0));
        assert_eq!((usage.output_tokens, usage.micro_usd), (240, 200 + 240 * 12));
    }

    #[test]
    fn an_image_without_usage_is_priced_by_its_size_and_what_else_it_took_is_unknown() {
        let usage = of_answer(None, PRO, ("4K", 1));
        assert_eq!((usage.micro_usd, usage.unknown_calls), (240_000, 1));
    }

    #[test]
    fn what_a_call_is_billed_is_unknown_without_usage_or_price_and_known_with_both() {
        let some = from_str(r#"{"promptTokenCount":9,"totalTokenCount":10}"#).unwrap();
        let none = from_str(r#"{"promptTokenCount":0,"totalTokenCount":0}"#).unwrap();
        let drawn = from_str(r#"{"promptTokenCount":9,"totalTokenCount":1129}"#).unwrap();
        let unknown = |meta, model, images| of_answer(meta, model, ("1K", images)).unknown_calls;
        for (meta, model, images, expected) in [
            (None, PRO, 0, 1),
            (Some(&some), PRO, 0, 0),
            (Some(&drawn), PRO, 1, 0),
            (None, "gemini-9", 0, 1),
            (Some(&some), "gemini-9", 0, 1),
            (Some(&drawn), "gemini-9", 1, 1),
            (Some(&none), PRO, 0, 1),
        ] {
            assert_eq!(unknown(meta, model, images), expected, "{model} {images}");
        }
    }

    #[test]
    fn a_text_answer_costs_what_the_contract_says() {
        let meta = from_str(
            r#"{"promptTokenCount":1391,"candidatesTokenCount":310,"thoughtsTokenCount":97,"totalTokenCount":1798}"#,
        )
        .unwrap();
        let listed = [
            // 1,391 sent at 0.30 USD a million, and 407 words and thoughts received at 2.50: 1,434.8, rounded up.
            ("gemini-3.5-flash-lite", 1_435),
            // At 0.75 and 3.75: 2,569.5.
            ("gemini-3.8-flash", 2_570),
            // At 0.25 and 1.50: 958.25.
            ("gemini-3.1-flash-lite", 959),
            // At 2 and 10: 6,852.
            ("gemini-4-argon", 6_852),
        ];
        for (model, micro_usd) in listed {
            let usage = of_answer(Some(&meta), model, ("1K", 0));
            assert_eq!((usage.input_tokens, usage.output_tokens), (1_391, 407), "{model}");
            assert_eq!((usage.micro_usd, usage.unknown_calls), (micro_usd, 0), "{model}");
        }
        let text_models = KNOWN_MODELS.iter().filter(|known| known.sizes.is_empty()).map(|known| known.name);
        assert!(text_models.eq(listed.map(|(model, _)| model)), "every text model has its example");
    }

    #[test]
    fn counts_that_cannot_be_are_bounded_and_called_unknown() {
        for told in [
            "{}",
            r#"{"promptTokenCount":-5,"totalTokenCount":9223372036854775807}"#,
            r#"{"promptTokenCount":300,"candidatesTokenCount":2000000000}"#,
            r#"{"promptTokenCount":300,"candidatesTokenCount":1120,"totalTokenCount":0}"#,
            r#"{"promptTokenCount":300,"candidatesTokenCount":1120,"totalTokenCount":400}"#,
            r#"{"promptTokenCount":300}"#,
        ] {
            let usage = of_answer(Some(&from_str(told).unwrap()), PRO, ("1K", 1));
            assert_eq!(usage.unknown_calls, 1, "{told}");
            assert!(usage.micro_usd >= 134_400, "an image was made: {told}");
            assert!(usage.input_tokens + usage.output_tokens <= 2 << 20, "{told}");
        }
    }

    #[test]
    fn each_image_of_an_answer_costs_the_image_price() {
        let meta = from_str(r#"{"promptTokenCount":300,"candidatesTokenCount":4480,"totalTokenCount":4780}"#).unwrap();
        let usage = of_answer(Some(&meta), PRO, ("1K", 4));
        assert_eq!((usage.micro_usd, usage.unknown_calls), (300 * 2 + 4_480 * 120, 0));
    }
}
