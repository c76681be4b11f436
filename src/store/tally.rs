//! Counters, and what is added to them.

use std::time::Duration;

use super::StoreKey;

/// Amounts that are added to the counters under one name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tally {
    /// Where the counters lie.
    pub name: StoreKey,
    /// Each counter's own name, and what is added to it.
    pub sums: Vec<(String, u64)>,
    /// How long they are kept, from the first addition.
    pub kept: Duration,
}
