//! Outcomes that a test key may ask for.

use serde::{Deserialize, Serialize};

use super::{Code, Invalid};

macro_rules! scenarios {
    ($($(#[$doc:meta])* $name:ident = $text:literal;)*) => {
        /// An outcome that a test key may ask for. Those that fail are named as the code that they fail with.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum Scenario {
            $($(#[$doc])* $name,)*
        }

        impl Scenario {
            /// Every scenario.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// Its name.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

scenarios! {
    /// As without a scenario.
    Succeeded = "succeeded";
    /// As without a scenario, but each image takes three seconds more.
    Slow = "slow";
    /// Of several images the first alone is made, and `problems` tells what became of the others. One image is made as
    /// without a scenario.
    FewerImages = "fewer_images";
    /// The engine refuses the photo.
    BlockedPhoto = "blocked_photo";
    /// The engine refuses the wishes. With `enhance=false` nobody reads them, and the figure succeeds.
    BlockedPrompt = "blocked_prompt";
    /// The engine refuses the finished image.
    BlockedFigure = "blocked_figure";
    /// The engine answers without an image, as often as it is asked.
    NoImageProduced = "no_image_produced";
    /// The engine's answer makes no sense.
    UpstreamGarbled = "upstream_garbled";
    /// The engine refuses the installation's own key.
    EngineMisconfigured = "engine_misconfigured";
    /// The engine is overloaded.
    UpstreamUnavailable = "upstream_unavailable";
    /// The engine limits the installation.
    UpstreamRateLimited = "upstream_rate_limited";
    /// The engine gives up in the middle.
    UpstreamTimeout = "upstream_timeout";
    /// The engine never answers, and the figure's deadline is three seconds.
    DeadlineExceeded = "deadline_exceeded";
    /// Refused before it is accepted, as if requests came too fast.
    RateLimited = "rate_limited";
    /// Refused before it is accepted, as if all figures were under way.
    TooManyInFlight = "too_many_in_flight";
    /// Refused before it is accepted, as if the day's figures were used up.
    QuotaExhausted = "quota_exhausted";
    /// Refused before it is accepted, as if the month's money were used up.
    BudgetExhausted = "budget_exhausted";
    /// Refused before it is accepted, as if there were too much work.
    Overloaded = "overloaded";
    /// Refused before it is accepted, as if the store did not answer.
    StoreUnavailable = "store_unavailable";
    /// Refused before it is accepted, as if the store had lost its data.
    StoreLost = "store_lost";
    /// Refused before it is accepted, as if the node were stopping.
    Draining = "draining";
    /// Refused before it is accepted, as if the installation's spend were used up.
    SpendCeiling = "spend_ceiling";
    /// Refused before it is accepted, as if something failed here.
    Internal = "internal";
}

impl Scenario {
    /// Checks a name.
    ///
    /// # Errors
    /// [`Invalid`] when there is no such scenario.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.iter().copied().find(|scenario| scenario.as_str() == text).ok_or(Invalid("scenario"))
    }

    /// The code of a refusal that comes before anything is accepted; `None` for what the engine does.
    pub fn refusal(self) -> Option<Code> {
        match self {
            Self::RateLimited
            | Self::TooManyInFlight
            | Self::QuotaExhausted
            | Self::BudgetExhausted
            | Self::Overloaded
            | Self::StoreUnavailable
            | Self::StoreLost
            | Self::Draining
            | Self::SpendCeiling
            | Self::Internal => Code::parse(self.as_str()),
            Self::Succeeded
            | Self::Slow
            | Self::FewerImages
            | Self::BlockedPhoto
            | Self::BlockedPrompt
            | Self::BlockedFigure
            | Self::NoImageProduced
            | Self::UpstreamGarbled
            | Self::EngineMisconfigured
            | Self::UpstreamUnavailable
            | Self::UpstreamRateLimited
            | Self::UpstreamTimeout
            | Self::DeadlineExceeded => None,
        }
    }
}

impl TryFrom<String> for Scenario {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Scenario> for &'static str {
    fn from(scenario: Scenario) -> Self {
        scenario.as_str()
    }
}
