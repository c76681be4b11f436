//! Why no answer came. Closed categories and lengths only: no words, URLs or keys of anybody.

use super::usage::Usage;
use std::time::Duration;

/// An ask that ended without an answer, and what its attempts cost.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{failure} after {attempts} attempts")]
pub struct EngineError {
    #[source]
    failure: Failure,
    usage: Usage,
    attempts: u32,
}

impl EngineError {
    pub(super) fn new(failure: Failure, usage: Usage, attempts: u32) -> Self {
        Self { failure, usage, attempts }
    }

    /// What went wrong, for an exhaustive match.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// Whether the same ask may succeed later.
    pub fn retryable(&self) -> bool {
        self.failure.retryable()
    }

    /// Whether the upstream was away, busy or made no sense, so that something else may stand in for its answer.
    pub fn is_absence(&self) -> bool {
        self.failure.retryable() || self.failure == Failure::ModelGone
    }

    /// Why policy refused, if it did.
    pub fn category(&self) -> Option<Category> {
        if let Failure::Refused { category, .. } = self.failure { Some(category) } else { None }
    }

    /// Tokens and money that all attempts took together.
    pub fn usage(&self) -> Usage {
        self.usage
    }

    /// What all attempts cost upstream, in micro-USD.
    pub fn upstream_micro_usd(&self) -> u64 {
        self.usage.micro_usd
    }

    /// Requests sent, at most 3.
    pub fn attempts(&self) -> u32 {
        self.attempts
    }

    /// How long to wait before asking again, where upstream or a breaker said so.
    pub fn retry_after(&self) -> Option<Duration> {
        self.failure.retry_after()
    }
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Policy refused the request or the result.
    #[error("refused at the {side}: {category}")]
    Refused {
        /// Whether the input or the output was refused.
        side: Side,
        /// Why.
        category: Category,
        /// Length of upstream's explanation in bytes.
        finish_message_bytes: usize,
    },
    /// An answer without an image, re-asked as often as is sensible.
    #[error("no image was made")]
    NoImage {
        /// Length of upstream's explanation in bytes.
        finish_message_bytes: usize,
    },
    /// An answer without text.
    #[error("no text was made")]
    NoText,
    /// The answer was cut off by its token limit.
    #[error("the answer was cut off")]
    Truncated,
    /// The account was limited or escalated upstream; the operator must look.
    #[error("the upstream account is limited")]
    AccountProblem,
    /// The key, the billing or the model list is wrong; waiting does not help.
    #[error("misconfigured: {0}")]
    Misconfigured(Misconfiguration),
    /// No configured model exists any more.
    #[error("no configured model exists upstream")]
    ModelGone,
    /// No configured model draws this ratio and size.
    #[error("no configured model draws this ratio and size")]
    Unsupported,
    /// Too many requests.
    #[error("rate limited upstream")]
    RateLimited {
        /// When upstream takes requests again.
        retry_after: Option<Duration>,
    },
    /// The quota is zero: the project has no billing, and waiting never helps.
    #[error("the upstream quota is zero")]
    QuotaZero,
    /// HTTP 503.
    #[error("the upstream is overloaded")]
    Overloaded {
        /// When upstream takes requests again.
        retry_after: Option<Duration>,
    },
    /// HTTP 500.
    #[error("the upstream failed")]
    Internal,
    /// HTTP 502 and other faults of gateways.
    #[error("the upstream is unavailable")]
    Unavailable,
    /// An attempt ran past its own time limit, here or upstream (408, 504).
    #[error("an attempt took too long")]
    Timeout,
    /// The ask's deadline passed.
    #[error("the deadline passed")]
    DeadlineExceeded,
    /// Upstream refused the request's form: a defect here, or a photo that it cannot read.
    #[error("the upstream refused the request's form")]
    BadRequest,
    /// Not what the protocol promises: no JSON, bad base64, a redirect, an unknown image kind.
    #[error("the upstream's answer makes no sense")]
    Garbled,
    /// More bytes than the cap.
    #[error("the upstream's answer is too large")]
    TooLarge,
    /// No connection.
    #[error("the upstream cannot be reached")]
    ConnectFailed,
    /// The connection ended before the answer did.
    #[error("the connection broke")]
    Interrupted,
    /// Too many failures lately: nothing was sent.
    #[error("the upstream's breaker is open")]
    BreakerOpen {
        /// When the next probe is let through.
        retry_after: Duration,
    },
}

impl Failure {
    /// Whether the same ask may succeed later.
    pub fn retryable(&self) -> bool {
        match self {
            Self::NoImage { .. }
            | Self::NoText
            | Self::Truncated
            | Self::RateLimited { .. }
            | Self::Overloaded { .. }
            | Self::Internal
            | Self::Unavailable
            | Self::Timeout
            | Self::DeadlineExceeded
            | Self::Garbled
            | Self::TooLarge
            | Self::ConnectFailed
            | Self::Interrupted
            | Self::BreakerOpen { .. } => true,
            Self::Refused { .. }
            | Self::AccountProblem
            | Self::Misconfigured(_)
            | Self::ModelGone
            | Self::Unsupported
            | Self::QuotaZero
            | Self::BadRequest => false,
        }
    }

    /// How long to wait before asking again, where somebody said so.
    pub fn retry_after(&self) -> Option<Duration> {
        if let Self::RateLimited { retry_after } | Self::Overloaded { retry_after } = self {
            *retry_after
        } else if let Self::BreakerOpen { retry_after } = self {
            Some(*retry_after)
        } else {
            None
        }
    }
}

/// Which side policy refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The photo or the prompt.
    Input,
    /// The result.
    Output,
}

impl std::fmt::Display for Side {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Input => "input",
            Self::Output => "output",
        })
    }
}

/// Why policy refused; a closed list of words that may be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Category {
    /// Unsafe, not said how.
    Safety,
    /// Sexually explicit.
    Sexual,
    /// Hate speech.
    Hate,
    /// Harassment.
    Harassment,
    /// Dangerous content.
    Dangerous,
    /// Prohibited content, third parties' interests among it.
    Prohibited,
    /// Too close to a known work.
    Recitation,
    /// Sensitive personal data.
    Privacy,
    /// A word on upstream's list.
    Blocklist,
    /// Not said.
    Other,
}

impl Category {
    /// The word for API, logs and counters.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Safety => "safety",
            Self::Sexual => "sexual",
            Self::Hate => "hate",
            Self::Harassment => "harassment",
            Self::Dangerous => "dangerous",
            Self::Prohibited => "prohibited",
            Self::Recitation => "recitation",
            Self::Privacy => "privacy",
            Self::Blocklist => "blocklist",
            Self::Other => "other",
        }
    }
}

impl std::fmt::Display for Category {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What the operator must put right.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Misconfiguration {
    /// The key is unknown, malformed or of the wrong kind.
    #[error("the key is not valid")]
    Key,
    /// No key, a leaked or restricted key, or the API is off.
    #[error("permission denied")]
    Permission,
    /// Billing is off, prepaid credit is used up, or the region has no free tier.
    #[error("billing")]
    Billing,
    /// The list of models is empty or has a name that no path can carry.
    #[error("the list of models")]
    Models,
}
