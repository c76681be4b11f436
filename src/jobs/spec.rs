//! What a job is to make: sealed, since it holds the caller's own words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{
    domain::{KeyId, Mode, Options, PhotoReport},
    vault::PhotoTrace,
};

/// The specification of one figure.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The API key that made the job.
    pub key: KeyId,
    /// Whether it is for real.
    pub mode: Mode,
    /// The effective options.
    pub options: Options,
    /// The caller's own pairs.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// The pseudonym of the person that the integrator names, as a keyed hash.
    #[serde(default)]
    pub person: Option<String>,
    /// What was received.
    pub photo: PhotoReport,
    /// How long reading the photo took, in milliseconds.
    pub intake_ms: u64,
    /// Whether the photo was kept ahead of use.
    #[serde(default)]
    pub kept: bool,
    /// Where the photo lies and how it is committed to.
    pub trace: PhotoTrace,
}

impl Spec {
    pub(super) fn to_bytes(&self) -> Result<Zeroizing<Vec<u8>>, serde_json::Error> {
        serde_json::to_vec(self).map(Zeroizing::new)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
