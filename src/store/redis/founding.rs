//! The founding mark: tells one store from another, and an empty one from one that has lost everything.

use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;
use uuid::Uuid;

use super::{ConnectError, Link, Shard, shard::FOUNDING};
use crate::{
    domain::Owner,
    store::{Result, StoreError},
};

/// Which layout of keys and scripts this is. Counts up when nodes of both kinds could not share a store.
const SCHEMA: u32 = 1;

/// For how long a loss is told after it was noticed: whoever waits for something lost looks again within a second, and
/// is told so rather than that it never was. After that the store is used again, empty as it is.
const TOLD_FOR: Duration = Duration::from_secs(2);

/// The mark of the store that this node works with.
pub(super) struct Founding(Mutex<Known>);

struct Known {
    mark: String,
    lost_until: Option<Instant>,
}

impl Founding {
    /// Reads the mark of a store, or founds it.
    pub(super) async fn of(link: &Link) -> std::result::Result<Self, ConnectError> {
        let mark = found(link).await.map_err(|error| ConnectError::Unreachable(error.to_string()))?;
        if !mark.starts_with(&layout()) {
            let found = mark.rsplit_once(' ').map_or(mark.as_str(), |(layout, _)| layout).to_owned();
            return Err(ConnectError::Foreign { found, own: layout().trim_end().to_owned() });
        }
        Ok(Self(Mutex::new(Known { mark, lost_until: None })))
    }

    /// The mark, for scripts to compare.
    ///
    /// # Errors
    /// [`StoreError::Lost`] for a while after a loss.
    pub(super) fn mark(&self) -> Result<String> {
        let known = self.known();
        if known.lost_until.is_some_and(|until| Instant::now() < until) {
            return Err(StoreError::Lost);
        }
        Ok(known.mark.clone())
    }

    /// Compares a mark that was read.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when it is not ours, and for a while after.
    pub(super) async fn check(&self, link: &Link, seen: Option<&str>) -> Result<()> {
        if seen == Some(self.mark()?.as_str()) { Ok(()) } else { Err(self.lost(link).await) }
    }

    /// Takes note of a loss and founds the store anew.
    pub(super) async fn lost(&self, link: &Link) -> StoreError {
        tracing::error!("the store has lost its data");
        match found(link).await {
            // A store of another layout stays lost: its mark is never taken for ours.
            Ok(mark) if mark.starts_with(&layout()) => {
                let mut known = self.known();
                known.mark = mark;
                known.lost_until = Some(Instant::now() + TOLD_FOR);
                StoreError::Lost
            }
            Ok(_) => StoreError::Lost,
            Err(error) => error,
        }
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn layout() -> String {
    format!("{SCHEMA} {} ", Owner::SHARDS)
}

/// Writes the mark where there is none, gives the one that counts, and a copy of it to every shard.
async fn found(link: &Link) -> Result<String> {
    let mut first = redis::pipe();
    first.cmd("SET").arg(FOUNDING).arg(layout() + &Uuid::now_v7().simple().to_string()).arg("NX").ignore();
    first.cmd("GET").arg(FOUNDING);
    let (mark,): (String,) = link.ask_all(first).await?;
    if mark.starts_with(&layout()) {
        let mut copies = redis::pipe();
        for shard in Shard::all() {
            copies.cmd("SET").arg(shard.founding()).arg(&mark).ignore();
        }
        link.ask_all::<()>(copies).await?;
    }
    Ok(mark)
}
