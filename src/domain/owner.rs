use serde::{Deserialize, Serialize};

use super::hex;

/// An account's pseudonym: the keyed hash under which the account stands in the store, in logs and in receipts.
/// Only `vault` makes one, since only it holds the index keys.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Owner(String);

impl Owner {
    /// The number of shards that accounts are spread over; it stands in the store's founding mark.
    pub const SHARDS: u8 = 16;

    /// Wraps a keyed hash: its first 128 bits, in hexadecimal digits.
    pub fn from_keyed_hash(hash: &[u8; 32]) -> Self {
        Self(hex(&hash[..16]))
    }

    /// Reads a pseudonym; `None` for anything else.
    pub fn parse(text: &str) -> Option<Self> {
        let hex = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        (text.len() == 32 && text.bytes().all(hex)).then(|| Self(text.to_owned()))
    }

    /// The pseudonym as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The shard of the store in which everything of this account lies.
    pub fn shard(&self) -> u8 {
        self.0.bytes().fold(0_u8, |sum, byte| sum.wrapping_mul(31).wrapping_add(byte)) % Self::SHARDS
    }
}
