//! Room for the bodies that a node holds at once, and how much of it one account may take.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use crate::domain::Owner;

/// The most bytes of bodies that a node holds at once.
const MOST_RECEIVED: u64 = 512 << 20;

/// Room for all bodies that a node holds at once.
///
/// An account never holds more than what it leaves free, so that whoever sends many photos, or sends them slowly, always
/// leaves room to those who send few; alone it has half of all. The first body of an account only has to fit.
#[derive(Debug, Clone)]
pub(super) struct Room(Arc<Mutex<Held>>);

#[derive(Debug)]
struct Held {
    free: u64,
    by: HashMap<Owner, u64>,
}

/// Why there is no room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// The account holds its part.
    Own,
    /// All of it is taken.
    All,
}

/// Room that is taken for as long as this is held.
#[derive(Debug)]
#[must_use]
pub(super) struct Place {
    room: Room,
    owner: Owner,
    bytes: u64,
}

impl Default for Room {
    fn default() -> Self {
        Self::of(MOST_RECEIVED)
    }
}

impl Room {
    fn of(bytes: u64) -> Self {
        Self(Arc::new(Mutex::new(Held { free: bytes, by: HashMap::new() })))
    }

    /// Takes room for a body of so many bytes.
    pub(super) fn take(&self, owner: &Owner, bytes: u64) -> Result<Place, Full> {
        let mut held = self.held();
        let free = held.free.checked_sub(bytes).ok_or(Full::All)?;
        let own = held.by.get(owner).copied().unwrap_or_default();
        if own > 0 && own.saturating_add(bytes) > free {
            return Err(Full::Own);
        }
        held.free = free;
        *held.by.entry(owner.clone()).or_default() += bytes;
        drop(held);
        Ok(Place { room: self.clone(), owner: owner.clone(), bytes })
    }

    fn held(&self) -> MutexGuard<'_, Held> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.room.held();
        held.free += self.bytes;
        if let Some(own) = held.by.get_mut(&self.owner) {
            *own -= self.bytes;
            if *own == 0 {
                held.by.remove(&self.owner);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(number: u8) -> Owner {
        Owner::from_keyed_hash(&[number; 32])
    }

    #[test]
    fn an_account_leaves_as_much_as_it_holds_and_others_find_it() {
        let room = Room::of(100);
        let flood: Vec<_> = std::iter::from_fn(|| room.take(&owner(1), 10).ok()).collect();
        assert_eq!(flood.len(), 5);
        assert_eq!(room.take(&owner(1), 10).unwrap_err(), Full::Own);
        let second: Vec<_> = std::iter::from_fn(|| room.take(&owner(2), 10).ok()).collect();
        assert_eq!(second.len(), 2);
        let whole = room.take(&owner(3), 30).unwrap();
        assert_eq!(room.take(&owner(4), 1).unwrap_err(), Full::All);
        drop(whole);
        drop(flood);
        drop(second);
        assert!(room.held().by.is_empty());
        drop(room.take(&owner(1), 100).unwrap());
        assert_eq!(room.held().free, 100);
    }

    #[test]
    fn what_never_fits_is_refused_to_whoever_sends_it() {
        assert_eq!(Room::of(100).take(&owner(1), 101).unwrap_err(), Full::All);
    }
}
