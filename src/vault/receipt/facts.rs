use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

/// How far a claim is backed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Grade {
    /// Seen by this server when it happened.
    Measured,
    /// Follows from this server's settings.
    Configured,
    /// Said by the operator or a third party; not seen by this server.
    Declared,
}

/// Why the photo was destroyed: how its figure ended, or what happened to an upload without one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// The figure was made.
    Succeeded,
    /// The figure could not be made.
    Failed,
    /// The photo, prompt or figure was refused by policy.
    Blocked,
    /// The caller canceled.
    Canceled,
    /// The figure's deadline passed.
    TimedOut,
    /// The upload's time passed without a figure.
    Expired,
    /// The caller deleted the upload.
    Deleted,
    /// A person's right to erasure was used.
    Erased,
}

/// What was done to destroy the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum What {
    /// The key of this one object is gone, and with it every copy of the ciphertext.
    #[serde(rename = "data-key destroyed")]
    DataKeyDestroyed,
    /// The ciphertext was removed from the store.
    #[serde(rename = "unlinked")]
    Unlinked,
}

/// One act of destruction.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Action {
    /// What was done.
    pub what: What,
    /// How it is known.
    pub grade: Grade,
}

/// How the absence was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum VerifiedBy {
    /// The store was asked for the object again and had none.
    ReadBack,
}

/// Where Figurine kept the photo.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoreKind {
    /// In the process itself.
    Memory,
    /// In Redis.
    Redis,
    /// In an object store.
    ObjectStore,
}

/// Whether the store that held the data key also writes to disk, where a copy may outlive it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Persistence {
    /// Nothing is written to disk.
    None,
    /// Snapshots now and then.
    Snapshots,
    /// A log of every write.
    AppendOnly,
    /// Both snapshots and a log.
    SnapshotsAndAppendOnly,
    /// The store would not say.
    Unknown,
}

/// What was found after the destruction; speaks of Figurine's own stores alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifiedAbsent {
    /// How.
    pub by: VerifiedBy,
    /// Which kind of store.
    pub store: StoreKind,
    /// How that store keeps its data.
    pub persistence: Persistence,
    /// How it is known.
    pub grade: Grade,
}

/// Somebody who got the photo, stripped of metadata.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipient {
    /// Host name of the endpoint.
    pub endpoint: String,
    /// Region of the endpoint, or `global`.
    pub region: String,
    /// The `store` flag sent along: `Some(false)` asks not to keep the request; `None` where the
    /// endpoint knows no such flag.
    pub store: Option<bool>,
    /// The recipient's own terms of retention, in words or as a link.
    pub retention: String,
    /// How it is known.
    pub grade: Grade,
}

/// Something that this receipt says nothing about, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct NotCovered(pub String);

/// The end of one result, added when it goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResultLine {
    /// Index of the image in the figure.
    pub index: u8,
    /// When it was gone, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub purged_at: OffsetDateTime,
    /// Why.
    pub reason: Reason,
    /// How it is known.
    pub grade: Grade,
}
