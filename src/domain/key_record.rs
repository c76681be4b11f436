//! What is known of an API key. The key itself is kept nowhere.

use serde::{Deserialize, Serialize};

use super::{KeyId, Limits, Mode, Moment, Scopes};

/// What is known of an API key beside its id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyRecord {
    /// What it may do.
    pub scopes: Scopes,
    /// Whether it is for real.
    pub mode: Mode,
    /// The limits that hold.
    pub limits: Limits,
    /// When it was minted.
    pub issued_at: Moment,
    /// Until when it is valid.
    pub expires_at: Moment,
    /// The key with which it was minted; `None` for one that was minted by command.
    pub minted_by: Option<KeyId>,
}
