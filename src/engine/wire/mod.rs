//! Gemini's JSON, as far as Figurine speaks it.
//!
//! Requests are written in lowerCamelCase exactly; answers are read tolerantly: unknown fields are
//! skipped, enums stay text because Google adds values every few weeks, and anything may be
//! missing or `null`. Source: discovery document `v1beta`, revision 20260325.

mod error;
mod request;
mod response;
mod splice;
mod text;

pub use error::{Detail, ErrorBody, parse_error};
pub use request::{
    Blob, Content, GenerationConfig, ImageConfig, Part, Request, SAFETY_SETTINGS, SafetySetting, ThinkingConfig,
};
pub use response::{
    Candidate, InlineData, ModalityCount, PromptFeedback, Response, ResponseContent, ResponsePart, SafetyRating,
    UsageMetadata,
};
pub use splice::{splice, split_at_hole};
pub use text::Text;
