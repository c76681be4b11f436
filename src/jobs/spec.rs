//! What a job is to make: sealed, since it holds the caller's own words.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{
    domain::{Analysis, KeyId, Mode, Options, PhotoReport, Scenario, SecretBytes, UploadId, Work},
    telemetry::Trace,
    vault::PhotoTrace,
};

/// The specification of one figure, or of the part of one that is asked for alone.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Spec {
    /// The API key that made the job.
    pub key: KeyId,
    /// How far it goes.
    #[serde(default)]
    pub work: Work,
    /// Whether it is for real.
    pub mode: Mode,
    /// The outcome that a test key asks for.
    #[serde(default)]
    pub scenario: Option<Scenario>,
    /// The effective options.
    pub options: Options,
    /// The caller's own pairs.
    #[serde(default)]
    pub metadata: BTreeMap<String, String>,
    /// The pseudonym of the person that the integrator names, as a keyed hash.
    #[serde(default)]
    pub person: Option<String>,
    /// Whether nothing may be collected about it but what billing and limits need.
    #[serde(default)]
    pub opted_out: bool,
    /// What was received.
    pub photo: Option<PhotoReport>,
    /// What the prompt is to be written from in place of a photo.
    #[serde(default)]
    pub analysis: Option<Analysis>,
    /// How long reading the photo took, in milliseconds.
    pub intake_ms: u64,
    /// Whether the photo was kept ahead of use.
    #[serde(default)]
    pub kept: bool,
    /// Where the photo lies and how it is committed to.
    pub trace: Option<PhotoTrace>,
    /// The trace of the request that made the job.
    #[serde(default)]
    pub part_of: Option<Trace>,
}

impl Spec {
    /// The id of the photo, where callers know it: it was kept ahead of use, or there is no figure to name it by.
    pub fn upload(&self) -> Option<UploadId> {
        let known = self.kept || self.work != Work::Figure;
        self.trace.as_ref().filter(|_| known).map(|trace| trace.upload)
    }

    pub(super) fn to_bytes(&self) -> Result<SecretBytes, serde_json::Error> {
        serde_json::to_vec(self).map(SecretBytes::new)
    }

    pub(super) fn from_bytes(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice(bytes)
    }
}
