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

/// How often what was decided is brought to all names before it is left to the next who reads it.
const TRIES: usize = 3;

/// What was decided last about an account or one of its people, who has a name for each index key. Where one of the names
/// knows nothing of it, as a newer key's does, it is told, so that an older key can be taken away.
///
/// # Errors
/// When the store fails.
pub async fn read(store: &dyn Store, owner: &Owner, persons: &[String]) -> Result<Preferences> {
    let names = names(owner, persons);
    let (mut last, mut behind) = look(store, &names).await?;
    for _ in 0..TRIES {
        if behind.is_empty() {
            break;
        }
        for name in behind {
            keep(store, name, last).await?;
        }
        // Something else may have been decided meanwhile.
        (last, behind) = look(store, &names).await?;
    }
    Ok(last)
}

/// What was decided last, and which names do not know it.
async fn look<'n>(store: &dyn Store, names: &'n [StoreKey]) -> Result<(Preferences, Vec<&'n StoreKey>)> {
    let (mut last, mut found) = (Preferences::default(), Vec::with_capacity(names.len()));
    for name in names {
        let kept = store.get(name).await?;
        let decided = kept.as_deref().map(serde_json::from_slice::<Preferences>).transpose();
        // What cannot be read is taken for a refusal.
        let Ok(decided) = decided else { return Ok((Preferences { analytics: false, decided_at: None }, Vec::new())) };
        // So is one of two decisions at the same time.
        if let Some(decided) = decided.filter(|it| (it.decided_at, !it.analytics) > (last.decided_at, !last.analytics))
        {
            last = decided;
        }
        found.push((name, decided));
    }
    let is_behind = |decided: &Option<Preferences>| decided.unwrap_or_default() != last;
    Ok((last, found.into_iter().filter(|(_, decided)| is_behind(decided)).map(|(name, _)| name).collect()))
}

async fn keep(store: &dyn Store, name: &StoreKey, decided: Preferences) -> Result<()> {
    store.put_lasting(name, Bytes::from(serde_json::to_vec(&decided).unwrap_or_default())).await
}

/// Decides about an account or one of its people, under each name that a person has: nodes may differ in which index key
/// comes first, and an older one may be taken away.
///
/// # Errors
/// When the store fails.
pub async fn write(store: &dyn Store, owner: &Owner, persons: &[String], analytics: bool) -> Result<Preferences> {
    let decided = Preferences { analytics, decided_at: Some(store.now().await?) };
    for name in names(owner, persons) {
        keep(store, &name, decided).await?;
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
