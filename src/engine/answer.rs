//! What an ask gives when it succeeds.

use super::error::{EngineError, Failure};
use super::outcome::Outcome;
use super::retry::Told;
use super::usage::Usage;
use bytes::Bytes;
use serde::de::DeserializeOwned;
use std::fmt;
use zeroize::Zeroizing;

/// JSON, as syntax; whether it fits the schema is for the caller to see.
pub struct TextAnswer {
    /// One JSON value, zeroed when dropped: it may describe a person.
    pub text: Zeroizing<String>,
    /// What all attempts took and cost together.
    pub usage: Usage,
    /// What this answer alone took and cost.
    pub used: Usage,
    /// The model that was asked last.
    pub model: String,
    /// The model that upstream says answered; it may differ silently.
    pub model_version: Option<String>,
    /// Requests sent, 1 to 3.
    pub attempts: u32,
}

/// One image, undecoded.
pub struct ImageAnswer {
    /// The file's bytes: a part of the answer, decoded where it stood, and zeroed when the last holder drops it. Nothing is
    /// promised of them but that they are some.
    pub bytes: Bytes,
    /// The media type that upstream declares; magic bytes decide.
    pub declared_type: String,
    /// What all attempts took and cost together.
    pub usage: Usage,
    /// What this answer alone took and cost.
    pub used: Usage,
    /// The model that was asked last.
    pub model: String,
    /// The model that upstream says answered; it may differ silently.
    pub model_version: Option<String>,
    /// Requests sent, 1 to 3.
    pub attempts: u32,
}

/// The JSON is not of the form that was asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the answer does not fit the schema")]
pub struct NotAsAsked;

impl TextAnswer {
    /// Reads the JSON as a `T`.
    ///
    /// # Errors
    ///
    /// [`NotAsAsked`], which hides what serde says because that would quote the answer.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, NotAsAsked> {
        serde_json::from_str(&self.text).map_err(|_| NotAsAsked)
    }
}

impl fmt::Debug for TextAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "TextAnswer({} bytes of {})", self.text.len(), self.model)
    }
}

impl fmt::Debug for ImageAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ImageAnswer({} bytes of {})", self.bytes.len(), self.model)
    }
}

pub(super) fn text(outcome: Outcome, told: Told) -> Result<TextAnswer, EngineError> {
    let Outcome::Json(text) = outcome else {
        return Err(EngineError::new(Failure::NoText, told.usage, told.attempts));
    };
    Ok(TextAnswer {
        text,
        usage: told.usage,
        used: told.used,
        model: told.model,
        model_version: told.model_version,
        attempts: told.attempts,
    })
}

pub(super) fn image(outcome: Outcome, told: Told) -> Result<ImageAnswer, EngineError> {
    let Outcome::Image { bytes, declared_type } = outcome else {
        let failure = Failure::NoImage { finish_message_bytes: 0 };
        return Err(EngineError::new(failure, told.usage, told.attempts));
    };
    Ok(ImageAnswer {
        bytes,
        declared_type,
        usage: told.usage,
        used: told.used,
        model: told.model,
        model_version: told.model_version,
        attempts: told.attempts,
    })
}
