//! Keys are known from their first use, wherever they were minted.

use std::{
    collections::HashSet,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use super::Ticket;
use crate::{
    domain::{KeyId, KeyRecord, Moment},
    store::Store,
};

/// How many keys a node remembers to have noted; then it begins anew.
const REMEMBERED: usize = 10_000;

/// For how long after its end a key is known.
pub(crate) const KNOWN_AFTER: Duration = Duration::from_secs(30 * 24 * 3_600);

/// The keys that this node has noted.
#[derive(Debug, Default)]
pub(super) struct FirstUses(Mutex<HashSet<KeyId>>);

impl FirstUses {
    /// Notes a key when it is used for the first time. What fails is done at its next use.
    pub(super) async fn note(&self, store: &dyn Store, ticket: &Ticket) {
        if self.is_known(&ticket.key()) {
            return;
        }
        let caller = ticket.caller();
        let record = KeyRecord {
            scopes: caller.scopes(),
            mode: caller.mode(),
            limits: ticket.limits(),
            issued_at: Moment::from_unix_seconds(caller.issued_at()),
            expires_at: Moment::from_unix_seconds(caller.expires_at()),
            minted_by: None,
        };
        let kept = record.expires_at.since(Moment::now()) + KNOWN_AFTER;
        let Ok(text) = serde_json::to_vec(&record) else { return };
        match store.note_key(ticket.owner(), &ticket.key(), text.into(), kept).await {
            Ok(_) => self.remember(ticket.key()),
            Err(error) => tracing::warn!(%error, "a key was not noted"),
        }
    }

    fn is_known(&self, key: &KeyId) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).contains(key)
    }

    fn remember(&self, key: KeyId) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        known.insert(key);
    }
}
