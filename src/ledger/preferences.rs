//! What an account has decided about itself or one of its people. An opt-out is kept without an end.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::{
    domain::{Moment, Owner},
    store::{Result, Store, StoreKey},
};

/// What may be collected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Preferences {
    /// Whether more may be collected than billing and limits need: styles and options chosen, latencies, device and
    /// client family.
    pub analytics: bool,
    /// When this was decided; null for what holds by default.
    #[schema(value_type = Option<String>, format = DateTime)]
    pub decided_at: Option<Moment>,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { analytics: true, decided_at: None }
    }
}

/// What was decided last about an account or one of its people, who has a name for each index key.
///
/// # Errors
/// When the store fails.
pub async fn read(store: &dyn Store, owner: &Owner, persons: &[String]) -> Result<Preferences> {
    let mut last = Preferences::default();
    for name in names(owner, persons) {
        let Some(kept) = store.get(&name).await? else { continue };
        // What cannot be read is taken for a refusal.
        let Ok(decided) = serde_json::from_slice::<Preferences>(&kept) else {
            return Ok(Preferences { analytics: false, decided_at: None });
        };
        // So is one of two decisions at the same time.
        if (decided.decided_at, !decided.analytics) > (last.decided_at, !last.analytics) {
            last = decided;
        }
    }
    Ok(last)
}

/// Decides about an account or one of its people, under each name that a person has: nodes may differ in which index key
/// comes first, and an older one may be taken away.
///
/// # Errors
/// When the store fails.
pub async fn write(store: &dyn Store, owner: &Owner, persons: &[String], analytics: bool) -> Result<Preferences> {
    let decided = Preferences { analytics, decided_at: Some(store.now().await?) };
    let text = Bytes::from(serde_json::to_vec(&decided).unwrap_or_default());
    for name in names(owner, persons) {
        store.put_lasting(&name, text.clone()).await?;
    }
    Ok(decided)
}

fn names(owner: &Owner, persons: &[String]) -> Vec<StoreKey> {
    if persons.is_empty() {
        return vec![StoreKey::preferences(owner, None)];
    }
    persons.iter().map(|person| StoreKey::preferences(owner, Some(person))).collect()
}

/// Whether the account, or the person, has opted out.
///
/// # Errors
/// When the store fails.
pub async fn opted_out(store: &dyn Store, owner: &Owner, persons: &[String]) -> Result<bool> {
    Ok(!read(store, owner, &[]).await?.analytics
        || (!persons.is_empty() && !read(store, owner, persons).await?.analytics))
}
