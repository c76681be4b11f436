//! Faults by script: which call gets which fault.

use super::asked::CallKind;
use serde::{Deserialize, Serialize};

/// One line of a scenario. Steps are tried in order; the first that fits and has times left acts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// Which calls it is for; all generate calls without it.
    #[serde(rename = "match", default)]
    pub matching: Matching,
    /// To how many calls it applies; once by default.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens to the call.
    #[serde(rename = "do")]
    pub act: Act,
}

impl Step {
    /// A step for the next call of any kind.
    pub fn new(act: impl Into<Act>) -> Self {
        Self { matching: Matching::default(), times: 1, act: act.into() }
    }

    /// The same for calls of one kind.
    #[must_use]
    pub fn of(mut self, kind: CallKind) -> Self {
        self.matching.kind = Some(kind);
        self
    }

    /// The same for calls of one model.
    #[must_use]
    pub fn to_model(mut self, model: &str) -> Self {
        self.matching.model = Some(model.to_owned());
        self
    }

    /// The same for that many calls.
    #[must_use]
    pub fn times(mut self, times: u32) -> Self {
        self.times = times;
        self
    }
}

fn once() -> u32 {
    1
}

/// Which calls a step is for.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Matching {
    /// What is asked.
    #[serde(default)]
    pub kind: Option<CallKind>,
    /// Of which model.
    #[serde(default)]
    pub model: Option<String>,
}

/// What happens to a call. In JSON a word, or an object of one word: `{"latency":{"ms":200}}`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Act {
    /// Something else is answered.
    Instead(Instead),
    /// The usual answer is changed.
    Spoil(Spoil),
    /// The usual answer travels badly.
    Carry(Carry),
}

impl From<Instead> for Act {
    fn from(act: Instead) -> Self {
        Self::Instead(act)
    }
}

impl From<Spoil> for Act {
    fn from(act: Spoil) -> Self {
        Self::Spoil(act)
    }
}

impl From<Carry> for Act {
    fn from(act: Carry) -> Self {
        Self::Carry(act)
    }
}

/// Answers that need no usual one.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Instead {
    /// HTTP 429, with `RetryInfo` or the header `Retry-After` where seconds are given.
    RateLimited {
        /// In the details, such as 45 or 1.5.
        #[serde(default)]
        retry_delay_seconds: Option<f64>,
        /// In the header.
        #[serde(default)]
        retry_after_seconds: Option<u64>,
    },
    /// HTTP 429 that waiting never helps.
    QuotaZero,
    /// HTTP 500.
    Internal,
    /// HTTP 502 with a page of HTML.
    BadGateway,
    /// HTTP 503.
    Overloaded,
    /// HTTP 504.
    DeadlineExpired,
    /// Any status, with an envelope or with the body given.
    Status {
        /// The HTTP status.
        http: u16,
        /// The body as it stands; an envelope without details if not given.
        #[serde(default)]
        body: Option<String>,
        /// The header `Retry-After`, in seconds.
        #[serde(default)]
        retry_after_seconds: Option<u64>,
    },
    /// The connection closes before a byte is answered.
    Reset,
    /// HTTP 200 with JSON that breaks off.
    BadJson,
    /// HTTP 200 with a page of HTML.
    Html200,
    /// HTTP 302.
    Redirect {
        /// Where to.
        to: String,
    },
    /// `Content-Encoding: gzip` around ten megabytes of nothing.
    GzipBomb,
    /// JSON nested a hundred thousand deep.
    DeepJson,
    /// An error or a response of `samples.json`, by name.
    Sample(String),
}

/// Changes of the usual answer.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Spoil {
    /// JSON text inside the answer that is none.
    BadJsonText,
    /// Words where an image was asked for.
    TextOnly,
    /// Finish reason `NO_IMAGE`.
    NoImage,
    /// Finish reason `STOP` without parts.
    EmptyStop,
    /// Finish reason `MAX_TOKENS` with text cut short.
    MaxTokens,
    /// The prompt is blocked.
    BlockedInput {
        /// Such as `PROHIBITED_CONTENT`.
        reason: String,
    },
    /// The result is blocked, or anything else ends it.
    BlockedOutput {
        /// Such as `IMAGE_SAFETY`.
        reason: String,
    },
    /// Drafts marked as thought, then the image.
    InterimImages,
    /// The image alone, marked as thought.
    OnlyThoughtImage,
    /// Drafts without a mark, then the image.
    SeveralImages,
    /// These words in place of all others.
    Says {
        /// What is said; for a request for JSON usually JSON.
        text: String,
    },
    /// That many bytes as image.
    HugeImage {
        /// Bytes before base64.
        bytes: usize,
    },
    /// A PNG of a few bytes that claims 50,000 by 50,000 pixels.
    BombImage,
    /// SVG called a PNG.
    SvgImage,
    /// A page of HTML called a PNG.
    HtmlImage,
    /// A real image, declared as another kind.
    WrongType,
    /// Base64 with letters that are none.
    BadBase64,
}

/// Ways in which the usual answer travels badly.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Carry {
    /// Later.
    Latency {
        /// Milliseconds.
        ms: u64,
    },
    /// Not at all, until the client leaves.
    NeverAnswers,
    /// Until the connection closes in the middle.
    HalfBody,
    /// In pieces with pauses between.
    SlowBody {
        /// Bytes a piece.
        bytes: usize,
        /// Milliseconds between pieces.
        ms: u64,
    },
}

/// What is left of a scenario.
#[derive(Debug, Default)]
pub(super) struct Script(Vec<Step>);

impl Script {
    pub(super) fn new(steps: Vec<Step>) -> Self {
        Self(steps)
    }

    /// Takes the act for a call, if one is meant for it.
    pub(super) fn next(&mut self, kind: CallKind, model: &str) -> Option<Act> {
        let fits = |step: &Step| {
            let kind_fits = step.matching.kind.is_none_or(|wanted| wanted == kind);
            let model_fits = step.matching.model.as_deref().is_none_or(|wanted| wanted == model);
            step.times > 0 && kind_fits && model_fits
        };
        let step = self.0.iter_mut().find(|step| fits(step))?;
        step.times -= 1;
        Some(step.act.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_act_in_order_on_the_calls_that_they_fit() {
        let steps = r#"[{"match":{"kind":"image"},"times":2,"do":"overloaded"},
            {"do":{"latency":{"ms":5}}},{"do":{"rate_limited":{"retry_delay_seconds":1.5}}},
            {"do":{"sample":"image_ok"}}]"#;
        let mut script = Script::new(serde_json::from_str(steps).unwrap());
        assert!(matches!(script.next(CallKind::Prompt, "m"), Some(Act::Carry(Carry::Latency { ms: 5 }))));
        for _ in 0..2 {
            assert!(matches!(script.next(CallKind::Image, "m"), Some(Act::Instead(Instead::Overloaded))));
        }
        assert!(matches!(script.next(CallKind::Image, "m"), Some(Act::Instead(Instead::RateLimited { .. }))));
        assert!(matches!(script.next(CallKind::Image, "m"), Some(Act::Instead(Instead::Sample(_)))));
        assert!(script.next(CallKind::Image, "m").is_none());
    }
}
