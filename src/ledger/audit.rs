//! The trail of administrative acts: who did what to which key, and no more. It is only ever written to and read.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::Ledger;
use crate::{
    domain::{ActId, KeyId, Moment, Owner},
    store::{Line, Result, Store, StoreKey},
};

/// How long an act is kept: until the first act after that, at the latest twice as long.
pub const ACTS_KEPT: Duration = Duration::from_secs(400 * 24 * 3_600);

/// How many acts of an account are kept; beyond that the oldest go.
pub const MOST_ACTS: u32 = 10_000;

/// What can be done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Act {
    /// An API key was minted.
    KeyMinted,
    /// An API key was revoked.
    KeyRevoked,
    /// Everything of the account was erased.
    AccountErased,
    /// Everything of one of the account's people was erased.
    PersonErased,
    /// What may be collected about the account was decided.
    PreferencesChanged,
    /// What may be collected about one of the account's people was decided.
    PersonPreferencesChanged,
    /// The installation's store was founded.
    StoreFounded,
}

/// An act that was done.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AuditEntry)]
pub struct Done {
    /// Its id.
    #[schema(value_type = String, example = "act_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    pub id: ActId,
    /// Always `audit_entry`.
    #[schema(example = "audit_entry")]
    pub object: String,
    /// When.
    #[schema(value_type = String, format = DateTime)]
    pub at: Moment,
    /// What was done.
    pub act: Act,
    /// The API key that did it; null for an operator's command.
    #[schema(value_type = Option<String>, example = "key_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    pub by: Option<KeyId>,
    /// The API key that it was done to, where it was one.
    #[schema(value_type = Option<String>, example = "key_019ab2c3d4e57f60a1b2c3d4e5f60719")]
    pub key: Option<KeyId>,
}

/// Writes down that an act was done, in the trail of an account or, without one, of the installation.
///
/// # Errors
/// When the store fails.
pub async fn record(
    store: &dyn Store,
    owner: Option<&Owner>,
    act: Act,
    (by, key): (Option<KeyId>, Option<KeyId>),
) -> Result<()> {
    let done = Done { id: ActId::random(), object: "audit_entry".to_owned(), at: store.now().await?, act, by, key };
    let text = format!("{} {}", digits(&done.id), serde_json::to_string(&done).unwrap_or_default());
    let line = Line { text, kept: ACTS_KEPT, most: MOST_ACTS };
    store.note(&owner.map_or_else(StoreKey::installation_audit, StoreKey::audit), &line).await.map(drop)
}

impl Ledger {
    /// Writes down what an API key did to another, or to its account.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn record(&self, owner: &Owner, act: Act, by: KeyId, key: Option<KeyId>) -> Result<()> {
        record(self.store.as_ref(), Some(owner), act, (Some(by), key)).await
    }

    /// The acts of an account and of the installation, newest first, those before an id alone.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn acts(&self, owner: &Owner, before: Option<&ActId>, limit: usize) -> Result<Vec<Done>> {
        let before = before.map(digits);
        let mut lines = Vec::new();
        for log in [StoreKey::audit(owner), StoreKey::installation_audit()] {
            lines.extend(self.store.noted(&log, before.as_deref(), limit).await?);
        }
        lines.sort_by(|one, other| other.cmp(one));
        lines.truncate(limit);
        Ok(lines.iter().filter_map(|line| serde_json::from_str(line.split_once(' ')?.1).ok()).collect())
    }
}

fn digits(id: &ActId) -> String {
    id.to_string().trim_start_matches(ActId::PREFIX).to_owned()
}
