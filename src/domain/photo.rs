//! What was found out about a received photo.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What was received, and what was taken out of it before anything else saw it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(example = json!({
    "media_type": "image/jpeg", "width": 3024, "height": 4032, "oriented": true,
    "metadata_removed": ["exif", "gps"], "bytes": 3_412_881, "quality": {"usable": true, "issues": []}
}))]
pub struct PhotoReport {
    /// The kind of image by its first bytes, whatever was declared.
    pub media_type: String,
    /// Width of the received photo when upright, in pixels.
    pub width: u32,
    /// Height of the received photo when upright, in pixels.
    pub height: u32,
    /// Whether the photo had to be turned or mirrored.
    pub oriented: bool,
    /// The kinds of metadata that were found and removed.
    pub metadata_removed: Vec<String>,
    /// Length of the received file, in bytes.
    pub bytes: u64,
    /// Whether the photo is good enough to make a figure from.
    pub quality: Quality,
}

/// A judgment of the photo's pixels.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Quality {
    /// Whether a figure can be expected to come out well.
    pub usable: bool,
    /// What is wrong, such as `too_small`, `too_dark`, `blurred` or `blank`.
    pub issues: Vec<String>,
}
