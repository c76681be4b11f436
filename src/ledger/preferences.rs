//! What an account has decided about itself or one of its people. An opt-out is kept without an end.

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

/// What was decided about an account or one of its people, who has a name for each index key.
///
/// # Errors
/// When the store fails.
pub async fn read(store: &dyn Store, owner: &Owner, persons: &[String]) -> Result<Preferences> {
    let of_persons = persons.iter().map(|person| StoreKey::preferences(owner, Some(person)));
    let names: Vec<_> = of_persons.collect();
    for name in if persons.is_empty() { vec![StoreKey::preferences(owner, None)] } else { names } {
        if let Some(kept) = store.get(&name).await? {
            // What cannot be read is taken for a refusal.
            let refused = Preferences { analytics: false, decided_at: None };
            return Ok(serde_json::from_slice(&kept).unwrap_or(refused));
        }
    }
    Ok(Preferences::default())
}

/// Decides about an account or one of its people.
///
/// # Errors
/// When the store fails.
pub async fn write(store: &dyn Store, owner: &Owner, person: Option<&str>, analytics: bool) -> Result<Preferences> {
    let decided = Preferences { analytics, decided_at: Some(store.now().await?) };
    let text = serde_json::to_vec(&decided).unwrap_or_default();
    store.put_lasting(&StoreKey::preferences(owner, person), text.into()).await?;
    Ok(decided)
}

/// Whether the account, or the person, has opted out.
///
/// # Errors
/// When the store fails.
pub async fn opted_out(store: &dyn Store, owner: &Owner, persons: &[String]) -> Result<bool> {
    Ok(!read(store, owner, &[]).await?.analytics
        || (!persons.is_empty() && !read(store, owner, persons).await?.analytics))
}
