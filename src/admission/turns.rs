//! How much of one kind each key has going on at once on this node.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::KeyId;

/// What goes on, by key.
#[derive(Debug, Clone, Default)]
pub struct Turns(Arc<Mutex<HashMap<KeyId, u32>>>);

/// Leave to do one more, for as long as it is held.
#[derive(Debug)]
#[must_use]
pub struct Turn {
    turns: Turns,
    key: KeyId,
}

impl Turns {
    /// Begins one more of a key that may have so many; `None` when it has them.
    pub fn begin(&self, key: KeyId, most: u32) -> Option<Turn> {
        let mut counts = self.counts();
        let count = counts.entry(key).or_default();
        if *count >= most {
            return None;
        }
        *count += 1;
        drop(counts);
        Some(Turn { turns: self.clone(), key })
    }

    fn counts(&self) -> MutexGuard<'_, HashMap<KeyId, u32>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut counts = self.turns.counts();
        if let Some(count) = counts.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                counts.remove(&self.key);
            }
        }
    }
}
