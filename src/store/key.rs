//! Names of values in the store, in one place.

use super::shard_tag;
use crate::domain::{FigureId, KeyId, Mode, Moment, Owner, UploadId};

/// The name of a value in the store.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StoreKey(String);

impl StoreKey {
    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// What it has in common with all that lies in the same shard.
    pub(super) fn shard_prefix(&self) -> &str {
        self.0.split_inclusive("}:").next().unwrap_or_default()
    }

    /// A sealed photo.
    pub fn photo(owner: &Owner, upload: &UploadId) -> Self {
        Self(format!("fig:{}:photo:{upload}", shard_tag(owner)))
    }

    /// What is written down of an account under a hash of it.
    pub fn home(hash: &Owner) -> Self {
        Self(format!("fig:{}:home:{}", shard_tag(hash), hash.as_str()))
    }

    /// The fingerprint of the first index key that the store has known.
    pub fn first_index_key() -> Self {
        Self("fig:{s0}:first-index-key".to_owned())
    }

    /// The sealed specification of a job.
    pub fn spec(owner: &Owner, figure: &FigureId) -> Self {
        Self(format!("fig:{}:spec:{figure}", shard_tag(owner)))
    }

    /// The sealed figure object of a job that has ended.
    pub fn record(owner: &Owner, figure: &FigureId) -> Self {
        Self(format!("fig:{}:record:{figure}", shard_tag(owner)))
    }

    /// A sealed image.
    pub fn image(owner: &Owner, figure: &FigureId, index: u32) -> Self {
        Self(format!("fig:{}:image:{figure}:{index}", shard_tag(owner)))
    }

    /// The signed deletion receipt of a figure. It outlives its job and is found without it, so the name itself says
    /// whose it is: accounts share shards.
    pub fn receipt(owner: &Owner, figure: &FigureId) -> Self {
        Self(format!("fig:{}:receipt:{}:{figure}", shard_tag(owner), owner.as_str()))
    }

    /// The signed deletion receipt of a photo that was kept ahead of use.
    pub fn upload_receipt(owner: &Owner, upload: &UploadId) -> Self {
        Self(format!("fig:{}:receipt:{}:{upload}", shard_tag(owner), owner.as_str()))
    }

    /// What remembers a request that is to be done once, by a keyed hash of the account's own key for it.
    pub fn once(owner: &Owner, digest: &str) -> Self {
        Self(format!("fig:{}:idem:{}:{digest}", shard_tag(owner), owner.as_str()))
    }

    /// The sealed record of a photo that was kept ahead of use.
    pub fn upload(owner: &Owner, upload: &UploadId) -> Self {
        Self(format!("fig:{}:upload:{}:{upload}", shard_tag(owner), owner.as_str()))
    }

    /// The mark of an upload that no figure has taken.
    pub fn unused(owner: &Owner, upload: &UploadId) -> Self {
        Self(format!("fig:{}:unused:{}:{upload}", shard_tag(owner), owner.as_str()))
    }

    /// The mark of an upload that somebody outside was shown without its being taken.
    pub fn shown(owner: &Owner, upload: &UploadId) -> Self {
        Self(format!("fig:{}:shown:{}:{upload}", shard_tag(owner), owner.as_str()))
    }

    /// The sums of an API key's use in one hour or day (UTC) that begins at `from`: what billing and limits need.
    pub fn usage(owner: &Owner, key: &KeyId, from: Moment, span: char) -> Self {
        Self(format!("fig:{}:use:{key}:{span}:{}", shard_tag(owner), from.unix_seconds()))
    }

    /// The same of what is collected beyond that, unless somebody has opted out.
    pub fn analytics(owner: &Owner, key: &KeyId, from: Moment, span: char) -> Self {
        Self(format!("fig:{}:seen:{key}:{span}:{}", shard_tag(owner), from.unix_seconds()))
    }

    /// The log of an account's API keys that were used.
    pub fn users(owner: &Owner) -> Self {
        Self(format!("fig:{}:users:{}", shard_tag(owner), owner.as_str()))
    }

    /// The log of what is held for an account.
    pub fn held(owner: &Owner) -> Self {
        Self(format!("fig:{}:held:{}", shard_tag(owner), owner.as_str()))
    }

    /// The log of what is held for a person that the account names.
    pub fn person(owner: &Owner, person: &str) -> Self {
        Self(format!("fig:{}:who:{}:{person}", shard_tag(owner), owner.as_str()))
    }

    /// What an account has decided about itself, or about one of its people.
    pub fn preferences(owner: &Owner, person: Option<&str>) -> Self {
        Self(format!("fig:{}:pref:{}:{}", shard_tag(owner), owner.as_str(), person.unwrap_or("-")))
    }

    /// The log of administrative acts of an account.
    pub fn audit(owner: &Owner) -> Self {
        Self(format!("fig:{}:audit:{}", shard_tag(owner), owner.as_str()))
    }

    /// The log of acts that concern the whole installation.
    pub fn installation_audit() -> Self {
        Self("fig:{s0}:audit:-".to_owned())
    }

    /// What is used of an API key's limits.
    pub fn key_gate(owner: &Owner, key: &KeyId) -> Self {
        Self(format!("fig:{}:gate:{key}", shard_tag(owner)))
    }

    /// What is used of an account's limits. Test keys have their own, so that they never take of what live ones have.
    pub fn account_gate(owner: &Owner, mode: Mode) -> Self {
        Self(format!("fig:{}:gate:{}:{}", shard_tag(owner), owner.as_str(), mode.as_str()))
    }

    /// The places of photos that an API key keeps ahead of use.
    pub fn places(owner: &Owner, key: &KeyId) -> Self {
        Self(format!("fig:{}:places:{key}", shard_tag(owner)))
    }

    /// A data key of a sealed value, which lies in the key store. The photo's is of generation 0; a result's
    /// generation is the fencing token under which it was made.
    #[must_use]
    pub fn data_key(&self, generation: u32) -> Self {
        Self(format!("{}:dek:{generation}", self.0))
    }

    /// Where a value waits to be adopted by the end of its job under one fencing token.
    #[must_use]
    pub fn staged(&self, token: u32) -> Self {
        Self(format!("{}:staged:{token}", self.0))
    }
}
