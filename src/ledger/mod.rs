//! The end of the chain: one entry for each request, in the log, in the metrics and in the key's sums; and what people
//! may ask about it.
//!
//! An entry cannot hold content: none of its fields takes a photo, a prompt, an address or a header as it came.

pub mod audit;
mod client;
mod histogram;
pub mod preferences;
mod sums;
mod usage;

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use client::Client;
pub use histogram::ERROR as LATENCY_ERROR;
pub use sums::{DAYS_KEPT, HOURS_KEPT, Outcome, Span, of_job, of_unknown_job};
pub use usage::{By, LatencyMs, Report, UsageRow};

use crate::{
    domain::{Code, KeyId, Moment, Owner, RequestId},
    store::{Line, Result, Store, StoreKey},
    telemetry::{self, Trace},
};

/// How long it is known which keys an account has used: longer than any key can be valid and its sums be kept.
pub const USERS_KEPT: Duration = Duration::from_secs(800 * 24 * 3_600);

/// What is recorded of one request.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The request.
    pub request: RequestId,
    /// The trace that it belongs to.
    pub trace: Trace,
    /// The route's pattern, such as `/v1/figures/{id}`; never the path.
    pub route: String,
    /// The method.
    pub method: String,
    /// The status that was answered; `None` when the client left before.
    pub status: Option<u16>,
    /// The problem code that was answered.
    pub code: Option<Code>,
    /// Who asked, once admitted.
    pub who: Option<(Owner, KeyId)>,
    /// Whom of the account's people it is for: their keyed hashes.
    pub persons: Vec<String>,
    /// Whether the request itself asks that nothing be collected beyond what is needed (`Sec-GPC`).
    pub opted_out: bool,
    /// The caller's program.
    pub client: Client,
    /// Length of the body received, in bytes.
    pub bytes_in: u64,
    /// Length of the body sent, in bytes, where it was known.
    pub bytes_out: u64,
    /// From the head of the request to the head of the answer, in milliseconds.
    pub duration_ms: u64,
}

impl Entry {
    /// The entry of a request of which nothing is known yet.
    pub fn new(request: RequestId, trace: Trace, (route, method): (&str, &str)) -> Self {
        Self {
            request,
            trace,
            route: route.to_owned(),
            method: method.to_owned(),
            status: None,
            code: None,
            who: None,
            persons: Vec::new(),
            opted_out: false,
            client: Client::NONE,
            bytes_in: 0,
            bytes_out: 0,
            duration_ms: 0,
        }
    }
}

/// The book of entries.
pub struct Ledger {
    store: Arc<dyn Store>,
    /// Keys that were noted as used on a day.
    noted: Mutex<HashSet<(KeyId, i64)>>,
}

impl Ledger {
    /// A ledger whose sums lie in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store, noted: Mutex::default() }
    }

    /// Writes an entry: one structured line, the metrics, and the sums of the key's hour and day. A store that does not
    /// answer loses the sums, not the line.
    pub async fn write(&self, entry: Entry) {
        // An opt-out reaches the line, too: whose program it is is no part of running the service.
        let opted_out = match &entry.who {
            Some((owner, _)) if !entry.opted_out => {
                let asked = preferences::opted_out(self.store.as_ref(), owner, &entry.persons).await;
                // Unknown is taken for yes.
                asked.unwrap_or(true)
            }
            _ => entry.opted_out,
        };
        tell(&entry, opted_out);
        let Some((owner, key)) = &entry.who else { return };
        if let Err(error) = self.sum(owner, key, &entry, opted_out).await {
            telemetry::entry_lost();
            tracing::warn!(%error, "an entry is missing from the sums");
        }
    }

    async fn sum(&self, owner: &Owner, key: &KeyId, entry: &Entry, opted_out: bool) -> Result<()> {
        let now = self.store.now().await?;
        self.note_user(owner, key, now).await?;
        self.store.add(&sums::of_request(entry, (owner, key), now, opted_out)).await
    }

    /// Notes once a day that a key was used, so that all of an account are known.
    async fn note_user(&self, owner: &Owner, key: &KeyId, now: Moment) -> Result<()> {
        let today = (*key, now.unix_seconds().div_euclid(Span::Day.seconds()));
        if self.noted().contains(&today) {
            return Ok(());
        }
        let text = key.to_string().trim_start_matches(KeyId::PREFIX).to_owned();
        self.store.note(&StoreKey::users(owner), &Line { text, kept: USERS_KEPT, most: MOST_USERS }).await?;
        let mut noted = self.noted();
        if noted.len() >= MOST_NOTED {
            noted.clear();
        }
        noted.insert(today);
        Ok(())
    }

    fn noted(&self) -> MutexGuard<'_, HashSet<(KeyId, i64)>> {
        // Nothing panics while it is held.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How many keys of an account are known; the oldest go.
const MOST_USERS: u32 = 10_000;

/// How many keys this node remembers to have noted.
const MOST_NOTED: usize = 100_000;

/// The line and the metrics of an entry.
fn tell(entry: &Entry, opted_out: bool) {
    let client = if opted_out { Client::NONE } else { entry.client };
    telemetry::answered(&telemetry::Answered {
        route: &entry.route,
        method: &entry.method,
        status: entry.status,
        bytes_in: entry.bytes_in,
        bytes_out: entry.bytes_out,
        duration: Duration::from_millis(entry.duration_ms),
    });
    tracing::info!(
        target: "figurine::ledger",
        {
            request.id = %entry.request,
            trace.id = %entry.trace.id(),
            route = entry.route.as_str(),
            method = entry.method.as_str(),
            status = entry.status,
            code = entry.code.map(Code::as_str),
            account = entry.who.as_ref().map(|(owner, _)| owner.as_str()),
            key.id = entry.who.as_ref().map(|(_, key)| tracing::field::display(key)),
            client = client.name(),
            device = client.device,
            request.bytes = entry.bytes_in,
            response.bytes = entry.bytes_out,
            duration_ms = entry.duration_ms
        },
        "request"
    );
}
