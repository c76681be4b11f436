//! The options of a figure: as given, checked one by one, and as they take effect.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The ratios of width to height that the engine makes.
pub const RATIOS: [AspectRatio; 14] = [
    AspectRatio(1, 1),
    AspectRatio(1, 4),
    AspectRatio(4, 1),
    AspectRatio(1, 8),
    AspectRatio(8, 1),
    AspectRatio(2, 3),
    AspectRatio(3, 2),
    AspectRatio(3, 4),
    AspectRatio(4, 3),
    AspectRatio(4, 5),
    AspectRatio(5, 4),
    AspectRatio(9, 16),
    AspectRatio(16, 9),
    AspectRatio(21, 9),
];

/// An option that cannot be used as given.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{option}: {reason}")]
pub struct OptionFault {
    /// The option's name.
    pub option: String,
    /// What is wrong, for a person; never the value itself.
    pub reason: String,
    /// Whether there is no option of this name.
    pub unknown: bool,
}

impl OptionFault {
    /// A value that the option cannot have.
    pub fn invalid(option: &str, reason: impl Into<String>) -> Self {
        Self { option: option.to_owned(), reason: reason.into(), unknown: false }
    }

    /// A name that is no option's.
    pub fn unknown(option: &str) -> Self {
        Self { option: option.to_owned(), reason: "there is no such option here".to_owned(), unknown: true }
    }
}

/// A ratio of width to height.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AspectRatio(u32, u32);

impl AspectRatio {
    /// Reads a ratio such as `3:4`.
    pub fn parse(text: &str) -> Option<Self> {
        RATIOS.into_iter().find(|ratio| ratio.to_string() == text)
    }

    /// The ratio nearest to a picture's, on a logarithmic scale, so that 2:1 is as far from 1:1 as 1:2 is.
    pub fn nearest(width: u32, height: u32) -> Self {
        Self::nearest_of(width, height, |_| true)
    }

    /// The nearest of those that fit; of all where none does.
    pub fn nearest_of(width: u32, height: u32, fits: impl Fn(Self) -> bool) -> Self {
        let log = |w: u32, h: u32| (f64::from(w.max(1)) / f64::from(h.max(1))).ln();
        let wanted = log(width, height);
        let distance = |ratio: &Self| (log(ratio.0, ratio.1) - wanted).abs();
        let nearest = |a: &Self, b: &Self| distance(a).total_cmp(&distance(b));
        let fitting = RATIOS.into_iter().filter(|ratio| fits(*ratio)).min_by(nearest);
        fitting.or_else(|| RATIOS.into_iter().min_by(nearest)).unwrap_or(Self(1, 1))
    }
}

impl std::fmt::Display for AspectRatio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.0, self.1)
    }
}

impl TryFrom<String> for AspectRatio {
    type Error = &'static str;
    fn try_from(text: String) -> Result<Self, Self::Error> {
        Self::parse(&text).ok_or("not a ratio that is made")
    }
}

impl From<AspectRatio> for String {
    fn from(ratio: AspectRatio) -> Self {
        ratio.to_string()
    }
}

/// How large the image is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub enum Size {
    /// About one megapixel.
    #[default]
    #[serde(rename = "1K")]
    K1,
    /// About four megapixels.
    #[serde(rename = "2K")]
    K2,
    /// About sixteen megapixels.
    #[serde(rename = "4K")]
    K4,
}

impl Size {
    /// The size as it stands in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::K1 => "1K",
            Self::K2 => "2K",
            Self::K4 => "4K",
        }
    }

    /// Reads a size.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::K1, Self::K2, Self::K4].into_iter().find(|size| size.as_str() == text)
    }
}

/// The file format of the image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    /// The engine's own file.
    #[default]
    Original,
    /// PNG.
    Png,
    /// JPEG, quality 92.
    Jpeg,
    /// WebP, lossless.
    Webp,
}

impl Format {
    /// The format as it stands in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Original => "original",
            Self::Png => "png",
            Self::Jpeg => "jpeg",
            Self::Webp => "webp",
        }
    }

    /// Reads a format.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Original, Self::Png, Self::Jpeg, Self::Webp].into_iter().find(|format| format.as_str() == text)
    }
}

/// How images come in a JSON answer.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Delivery {
    /// As links.
    #[default]
    Link,
    /// As base64 in the answer.
    Inline,
}

impl Delivery {
    /// The way as it stands in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Link => "link",
            Self::Inline => "inline",
        }
    }

    /// Reads a way of delivery.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "link" => Some(Self::Link),
            "inline" => Some(Self::Inline),
            _ => None,
        }
    }
}

/// The effective value of every option.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Options {
    /// The style's id.
    #[schema(example = "pvc-scale")]
    pub style: String,
    /// The style's version.
    pub style_version: u32,
    /// What the figure stands on.
    pub base: String,
    /// What it comes in.
    pub packaging: String,
    /// Where it stands.
    pub setting: String,
    /// How it stands.
    pub pose: String,
    /// How large it pretends to be.
    pub scale: String,
    /// The ratio of width to height.
    #[schema(value_type = String, example = "3:4")]
    pub aspect_ratio: AspectRatio,
    /// The size.
    pub size: Size,
    /// How many images.
    pub n: u32,
    /// The file format.
    pub format: Format,
    /// Whether the engine writes the prompt.
    pub enhance: bool,
    /// How images come in a JSON answer.
    pub delivery: Delivery,
    /// The seed, where one was given.
    #[schema(value_type = Option<i64>, minimum = 0, maximum = 4_294_967_295_u64)]
    pub seed: Option<u32>,
    /// For how long the result is kept, in seconds; 0: until its first complete delivery, at most a minute.
    pub retention_seconds: u64,
    /// Extra wishes, where there are any.
    #[serde(default)]
    pub prompt: Option<String>,
    /// The most that the figure may cost, in millionths of a US dollar, where that was said.
    #[serde(default)]
    pub max_cost_micro_usd: Option<u64>,
}

impl Options {
    /// For how long the result is kept at most.
    pub fn kept_for(&self) -> Duration {
        if self.is_ephemeral() { UNTIL_DELIVERED } else { Duration::from_secs(self.retention_seconds) }
    }

    /// Whether the result goes with its first complete delivery.
    pub fn is_ephemeral(&self) -> bool {
        self.retention_seconds == 0
    }
}

/// How long a result that goes with its delivery waits for that.
const UNTIL_DELIVERED: Duration = Duration::from_secs(60);

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_nearest_ratio_of_a_phone_photo_is_three_to_four() {
        assert_eq!(AspectRatio::nearest(3024, 4032).to_string(), "3:4");
        assert_eq!(AspectRatio::nearest(4032, 3024).to_string(), "4:3");
        assert_eq!(AspectRatio::nearest(1, 100_000).to_string(), "1:8");
        let not_narrow = |ratio: AspectRatio| ratio.0 * 2 > ratio.1;
        assert_eq!(AspectRatio::nearest_of(1, 100_000, not_narrow).to_string(), "9:16");
        assert_eq!(AspectRatio::nearest_of(1, 100_000, |_| false).to_string(), "1:8");
    }

    proptest! {
        #[test]
        fn turning_a_picture_turns_its_nearest_ratio(width in 1_u32..10_000, height in 1_u32..10_000) {
            let (upright, turned) = (AspectRatio::nearest(width, height), AspectRatio::nearest(height, width));
            // 21:9 has no portrait twin among the ratios.
            prop_assume!(upright.to_string() != "21:9" && turned.to_string() != "21:9");
            let swapped = AspectRatio(turned.1, turned.0);
            let log = |r: AspectRatio| (f64::from(r.0) / f64::from(r.1)).ln();
            let wanted = (f64::from(width) / f64::from(height)).ln();
            prop_assert!((((log(upright) - wanted).abs()) - (log(swapped) - wanted).abs()).abs() < 1e-9
                || upright == swapped);
        }
    }
}
