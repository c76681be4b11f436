//! Which pseudonym an account has: one for as long as it is known, whichever index keys are in use.
//!
//! In a store that has only known one index key, the pseudonym is the account's hash under that key. Once there are others,
//! it is written down under the hash that each of them gives the account, so that every key leads to the same pseudonym,
//! and the older key can be taken away when the accounts have come with the newer one beside it.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use aws_lc_rs::hmac;
use bytes::Bytes;
use tokio::time::Instant;

use super::{SealError, Vault, VaultError};
use crate::{
    config::NamedKey,
    domain::{AccountId, Moment, Owner, hex},
    store::StoreKey,
};

/// For how long an account is known after it came last: longer than any API key lives.
pub const ACCOUNT_KNOWN_FOR: Duration = Duration::from_secs(400 * DAY);

/// How old what is written down may grow before it is written anew, in days.
const WRITTEN_EVERY: i64 = 30;

/// For how long the store remembers its first index key after it was looked at last.
pub const FIRST_KEY_KNOWN_FOR: Duration = Duration::from_secs(3_650 * DAY);

/// How long what the store remembers of it is trusted: a store may be emptied and founded anew.
const TRUSTED_FOR: Duration = Duration::from_secs(10);

const DAY: u64 = 24 * 3_600;

/// The first index key that the store has known, by its fingerprint, and when it was looked at.
#[derive(Default)]
pub(super) struct FirstKey(Mutex<Option<(String, Instant)>>);

/// What is written down of an account.
struct Home {
    owner: Owner,
    /// When, in days since the Unix epoch.
    day: i64,
}

impl Home {
    fn read(value: &[u8]) -> Option<Self> {
        let (owner, day) = std::str::from_utf8(value).ok()?.split_once(' ')?;
        Some(Self { owner: Owner::parse(owner)?, day: day.parse().ok()? })
    }
}

impl Vault {
    /// The pseudonym under which everything of an account is kept.
    ///
    /// # Errors
    /// When the store fails, or there is no index key.
    pub async fn owner_of(&self, account: &AccountId) -> Result<Owner, VaultError> {
        // What lies in memory is as young as this process and its keys.
        if self.blobs.nature().kind == "memory" {
            return self.owner(account);
        }
        let first = self.first_key().await?;
        let is_first = |key: &&NamedKey| fingerprint(key) == first;
        if self.index_keys.len() == 1 && self.index_keys.iter().all(|key| is_first(&key)) {
            return self.owner(account);
        }
        let otherwise = match self.index_keys.iter().find(is_first) {
            Some(key) => pseudonym(key, account)?,
            None => self.owner(account)?,
        };
        self.written_down(account, otherwise).await
    }

    /// What is written down under any hash of an account. Of several, as after two nodes with other keys in use met an
    /// account at the same time for the first time, the same one for every node.
    async fn written_down(&self, account: &AccountId, otherwise: Owner) -> Result<Owner, VaultError> {
        let today = Moment::now().unix_seconds().div_euclid(DAY.cast_signed());
        let mut found = Vec::with_capacity(self.index_keys.len());
        for key in &self.index_keys {
            let name = StoreKey::home(&pseudonym(key, account)?);
            let home = self.blobs.get(&name).await?.and_then(|value| Home::read(&value));
            found.push((name, home));
        }
        let known = found.iter().filter_map(|(_, home)| home.as_ref()).map(|home| &home.owner).min();
        let owner = known.cloned().unwrap_or(otherwise);
        for (name, home) in &found {
            if !home.as_ref().is_some_and(|home| home.owner == owner && today - home.day < WRITTEN_EVERY) {
                let value = format!("{} {today}", owner.as_str());
                self.blobs.put(name, value.into(), ACCOUNT_KNOWN_FOR).await?;
            }
        }
        Ok(owner)
    }

    /// The fingerprint of the first index key that the store has known; now this node's, where it knows none.
    async fn first_key(&self) -> Result<String, VaultError> {
        let trusted = self.first_key.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some((first, _)) = trusted.filter(|(_, looked)| looked.elapsed() < TRUSTED_FOR) {
            return Ok(first);
        }
        let own = fingerprint(self.index_keys.first().ok_or(SealError::Unopenable)?);
        let name = StoreKey::first_index_key();
        let first = if let Some(known) = self.blobs.get(&name).await? {
            known
        } else {
            let own = Bytes::from(own);
            self.blobs.put_new(&name, own.clone(), FIRST_KEY_KNOWN_FOR).await?.unwrap_or(own)
        };
        self.blobs.expire(&name, FIRST_KEY_KNOWN_FOR).await?;
        let first = String::from_utf8_lossy(&first).into_owned();
        *self.first_key.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((first.clone(), Instant::now()));
        Ok(first)
    }

    /// The pseudonym that the first index key gives an account: HMAC-SHA256 (RFC 2104).
    ///
    /// # Errors
    /// [`VaultError::Seal`] when there is no index key.
    pub fn owner(&self, account: &AccountId) -> Result<Owner, VaultError> {
        Ok(pseudonym(self.index_keys.first().ok_or(SealError::Unopenable)?, account)?)
    }
}

fn pseudonym(named: &NamedKey, account: &AccountId) -> Result<Owner, SealError> {
    let tag = hash(named, &[b"account\0", account.as_str().as_bytes()].concat());
    let tag = <[u8; 32]>::try_from(tag.as_ref()).map_err(|_| SealError::Unopenable)?;
    Ok(Owner::from_keyed_hash(&tag))
}

/// Tells an index key from others, and nothing of the key.
fn fingerprint(named: &NamedKey) -> String {
    hex(&hash(named, b"index key\0").as_ref()[..16])
}

fn hash(named: &NamedKey, text: &[u8]) -> hmac::Tag {
    hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, named.key.as_slice()), text)
}
