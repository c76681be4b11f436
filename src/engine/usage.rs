//! Tokens and what they cost.

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
    /// Calls that took tokens of a model without a known price.
    pub unpriced_calls: u32,
}

impl Usage {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input_tokens: self.input_tokens.saturating_add(other.input_tokens),
            output_tokens: self.output_tokens.saturating_add(other.output_tokens),
            micro_usd: self.micro_usd.saturating_add(other.micro_usd),
            unpriced_calls: self.unpriced_calls.saturating_add(other.unpriced_calls),
        }
    }
}

/// What one answer cost; `image_size` is the size asked for, when an image arrived.
pub(super) fn of_answer(meta: Option<&UsageMetadata<'_>>, model: &str, image_size: Option<&str>) -> Usage {
    let known = facts(model);
    let listed = image_size.and_then(|size| known?.image_tokens(size));
    let counts = meta
        .map_or_else(|| Counts::of_image(listed.unwrap_or(0)), |meta| Counts::of(meta, image_size.is_some(), listed));
    let tokens = counts.input + counts.text + counts.image;
    let mut usage = Usage { input_tokens: counts.input, output_tokens: counts.text + counts.image, ..Usage::default() };
    match known {
        Some(known) => {
            let cost = u128::from(counts.input) * u128::from(known.prices.input)
                + u128::from(counts.text) * u128::from(known.prices.text_output)
                + u128::from(counts.image) * u128::from(known.prices.image_output);
            usage.micro_usd = u64::try_from(cost.div_ceil(1_000_000)).unwrap_or(u64::MAX);
        }
        None if tokens > 0 || image_size.is_some() => usage.unpriced_calls = 1,
        None => {}
    }
    usage
}

struct Counts {
    input: u64,
    text: u64,
    image: u64,
}

impl Counts {
    fn of_image(tokens: u64) -> Self {
        Self { input: 0, text: 0, image: tokens }
    }

    fn of(meta: &UsageMetadata<'_>, has_image: bool, listed: Option<u64>) -> Self {
        let input = count(meta.prompt_token_count);
        let summed = count(meta.candidates_token_count) + count(meta.thoughts_token_count);
        // Refusals copy the thoughts into the candidates; the total counts them once.
        let total = meta.total_token_count.map(|total| count(Some(total)));
        let output = total.map_or(summed, |total| total.saturating_sub(input));
        let image = image_detail(meta).or(listed.filter(|_| has_image));
        let image = match image {
            Some(image) => image.min(output),
            None if has_image => output,
            None => 0,
        };
        Self { input, text: output - image, image }
    }
}

fn image_detail(meta: &UsageMetadata<'_>) -> Option<u64> {
    let details = meta.candidates_tokens_details.as_ref()?;
    let images = details.iter().filter(|detail| detail.modality.as_ref().is_some_and(|m| m.as_str() == "IMAGE"));
    Some(images.map(|detail| count(detail.token_count)).sum()).filter(|sum| *sum > 0)
}

/// Counts are 32 bits wide upstream; a larger or negative one is nonsense and must not overflow.
fn count(tokens: Option<i64>) -> u64 {
    tokens.map_or(0, |tokens| u64::try_from(tokens.clamp(0, i64::from(i32::MAX))).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::from_str;

    const PRO: &str = "gemini-3-pro-image";

    #[test]
    fn image_tokens_cost_the_image_price_and_the_rest_the_price_of_text() {
        let meta = from_str(
            r#"{"promptTokenCount":357,"candidatesTokenCount":1238,"thoughtsTokenCount":208,
            "totalTokenCount":1803,"candidatesTokensDetails":[{"modality":"IMAGE","tokenCount":1120}]}"#,
        );
        let usage = of_answer(Some(&meta.unwrap()), PRO, Some("1K"));
        assert_eq!((usage.input_tokens, usage.output_tokens), (357, 1446));
        assert_eq!(usage.micro_usd, 357 * 2 + 326 * 12 + 1120 * 120);
    }

    #[test]
    fn a_refusal_that_counts_its_thoughts_twice_is_paid_once() {
        let meta = from_str(
            r#"{"promptTokenCount":100,"candidatesTokenCount":240,"thoughtsTokenCount":240,"totalTokenCount":340}"#,
        );
        let usage = of_answer(Some(&meta.unwrap()), PRO, None);
        assert_eq!((usage.output_tokens, usage.micro_usd), (240, 200 + 240 * 12));
    }

    #[test]
    fn an_image_without_usage_is_priced_by_its_size() {
        assert_eq!(of_answer(None, PRO, Some("4K")).micro_usd, 240_000);
        assert_eq!(of_answer(None, "gemini-9", Some("4K")).unpriced_calls, 1);
        assert_eq!(of_answer(None, "gemini-9", None), Usage::default());
    }

    #[test]
    fn nonsense_counts_cannot_overflow() {
        let meta = from_str(r#"{"promptTokenCount":-5,"totalTokenCount":9223372036854775807}"#);
        let usage = of_answer(Some(&meta.unwrap()), PRO, Some("1K"));
        assert_eq!(usage.input_tokens, 0);
        assert_eq!(usage.output_tokens, u64::from(i32::MAX.unsigned_abs()));
    }
}
