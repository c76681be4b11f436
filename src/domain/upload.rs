//! A photo that is kept ahead of use.

use serde::Serialize;
use utoipa::ToSchema;

use super::{FigureId, Moment, PhotoReport, UploadId};

/// A photo that is kept ahead of use.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct Upload {
    /// The upload's id.
    #[schema(value_type = String, example = "upl_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    pub id: UploadId,
    /// Always `upload`.
    #[schema(value_type = String, example = "upload")]
    pub object: &'static str,
    /// Whether it can still be used.
    pub status: UploadStatus,
    /// When it was stored.
    #[schema(value_type = String, format = DateTime)]
    pub created_at: Moment,
    /// When it goes if no figure takes it before.
    #[schema(value_type = String, format = DateTime)]
    pub expires_at: Moment,
    /// What was received.
    pub photo: PhotoReport,
    /// The figure that took it. Null until then.
    #[schema(value_type = Option<String>)]
    pub figure: Option<FigureId>,
    /// The salt of the receipt's commitments, base64url of 32 bytes.
    pub commitment_salt: String,
    /// Where to go from here.
    pub links: UploadLinks,
}

/// Whether an upload can still be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(example = "ready")]
pub enum UploadStatus {
    /// It waits for its figure.
    Ready,
    /// A figure has taken it; the photo goes with the figure's end.
    Consumed,
}

/// Where to go from an upload.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct UploadLinks {
    /// The upload itself.
    #[serde(rename = "self")]
    pub own: String,
    /// The deletion receipt of its photo.
    pub receipt: String,
}

impl UploadLinks {
    /// The links of one upload, relative to the server.
    pub fn of(id: &UploadId) -> Self {
        let own = format!("/v1/uploads/{id}");
        Self { receipt: format!("{own}/receipt"), own }
    }
}
