//! What all modules speak of: typed ids, options, states, money, the figure itself. Nothing here waits or does I/O.

mod account;
mod code;
mod figure;
mod given;
mod hex;
mod id;
mod key_record;
mod mode;
mod moment;
mod money;
mod options;
mod owner;
mod photo;
mod plan;
mod scenario;
mod scope;
mod secret_bytes;
mod state;
pub mod strict;
mod study;
mod upload;
mod validation;
mod work;

pub use account::AccountId;
pub use code::{Category, Code, Stage};
pub use figure::{
    Analysis, Cost, EngineUsed, Figure, FigureLinks, FigureObject, ImageMade, JobProblem, Minor, Provenance,
    SubjectKind, Timings, UploadTrace,
};
pub use given::{GivenOptions, MOST_IMAGES};
pub use hex::hex;
pub use id::{ActId, FigureId, KeyId, ReceiptId, RequestId, UploadId};
pub use key_record::KeyRecord;
pub use mode::Mode;
pub use moment::Moment;
pub use money::MicroUsd;
pub use options::{AspectRatio, Delivery, Format, OptionFault, Options, RATIOS, Size};
pub use owner::Owner;
pub use photo::{PhotoReport, Quality};
pub use plan::{Limits, PlanLimits};
pub use scenario::Scenario;
pub use scope::{Scope, Scopes};
pub use secret_bytes::SecretBytes;
pub use state::State;
pub use study::{AnalysisMade, PromptMade};
pub use upload::{Upload, UploadLinks, UploadStatus};
pub use validation::Validation;
pub use work::Work;

/// A text or number that is not what its type asks for; names the type, never the value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct Invalid(pub &'static str);
