//! Names of what a shard holds besides values.

use crate::{
    domain::{FigureId, KeyId, Mode, Owner},
    store::{JobRef, StoreKey},
};

/// One of the parts that accounts are spread over. All its names lie in one slot of a cluster.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shard(u8);

impl Shard {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        (0..Owner::SHARDS).map(Self)
    }

    pub(super) fn of(owner: &Owner) -> Self {
        Self(owner.shard())
    }

    /// Where the mark of a revoked API key lies: known by the key's id alone, since a key is refused before its account
    /// is looked at, and beside a founding mark, which vouches that no mark was lost.
    pub(super) fn of_key(key: &KeyId) -> Self {
        let sum = key.to_string().bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte));
        Self(sum % Owner::SHARDS)
    }

    /// Its number.
    pub(super) fn index(self) -> usize {
        usize::from(self.0)
    }

    /// What all its names begin with.
    pub(super) fn prefix(self) -> String {
        format!("fig:{{s{}}}:", self.0)
    }

    /// The copy of the founding mark that its scripts can see.
    pub(super) fn founding(self) -> String {
        self.prefix() + "founding"
    }

    /// The stream of jobs that wait or run.
    pub(super) fn stream(self, lane: Mode) -> String {
        self.prefix()
            + match lane {
                Mode::Live => "jobs",
                Mode::Test => "jobs:test",
            }
    }

    /// The accounts with jobs of a lane that wait, in the order of their turns.
    pub(super) fn turns(self, lane: Mode) -> String {
        format!("{}turns:{}", self.prefix(), lane.as_str())
    }

    /// The jobs that have not ended, by deadline.
    pub(super) fn due(self) -> String {
        self.prefix() + "due"
    }

    /// The jobs that have ended and whose photo is not known to be gone, by end.
    pub(super) fn unpurged(self) -> String {
        self.prefix() + "unpurged"
    }

    /// The mark of a revoked API key. Every shard has one: who revokes may not know the account, and whoever admits must
    /// see it beside the account's gates.
    pub(super) fn revoked(self, key: &KeyId) -> String {
        format!("{}revoked:{key}", self.prefix())
    }

    /// A job.
    pub(super) fn job(self, figure: &FigureId) -> String {
        format!("{}job:{figure}", self.prefix())
    }

    /// What has happened to a job.
    pub(super) fn events(self, figure: &FigureId) -> String {
        format!("{}events:{figure}", self.prefix())
    }

    /// The keys that are known of an account.
    pub(super) fn keys(self, owner: &Owner) -> String {
        format!("{}keys:{}", self.prefix(), owner.as_str())
    }

    /// The listed jobs of an account.
    pub(super) fn list(self, owner: &Owner) -> String {
        format!("{}figs:{}", self.prefix(), owner.as_str())
    }
}

/// The group that hands out jobs.
pub(super) const MAKERS: &str = "makers";

/// The channel on which every node tells every other what changed: `jobs` or a figure's id.
pub(super) const WAKE: &str = "fig:wake";

/// The founding mark.
pub(super) const FOUNDING: &str = "fig:founding";

/// The founding mark in the shard of a value: it vouches for what is missing there.
pub(super) fn founding_beside(key: &StoreKey) -> String {
    key.shard_prefix().to_owned() + "founding"
}

/// Names as Redis wants them.
pub(super) fn texts(keys: &[StoreKey]) -> Vec<&str> {
    keys.iter().map(StoreKey::as_str).collect()
}

/// A job's shard.
pub(super) fn home(job: &JobRef) -> Shard {
    Shard::of(&job.owner)
}
