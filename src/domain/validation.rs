//! What a dry run says.

use serde::Serialize;
use utoipa::ToSchema;

use super::{MicroUsd, Options, PhotoReport};

/// What would become of a request for a figure.
#[derive(Debug, Serialize, ToSchema)]
pub struct Validation {
    /// Always `validation`.
    #[schema(value_type = String, example = "validation")]
    pub object: &'static str,
    /// What was received.
    pub photo: PhotoReport,
    /// The effective value of every option.
    pub options: Options,
    /// The most that the figure may cost, in millionths of a US dollar; null where a model has no known price.
    #[schema(value_type = Option<u64>, example = 212_800)]
    pub worst_case_micro_usd: Option<MicroUsd>,
}
