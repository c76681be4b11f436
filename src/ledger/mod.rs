//! The end of the chain: one entry for each request, in the log and in the key's sums.
//!
//! An entry cannot hold content: none of its fields takes a photo, a prompt, an address or a header as it came.

use std::{sync::Arc, time::Duration};

use crate::{
    domain::{Code, KeyId, Owner, RequestId},
    store::{Store, StoreKey},
    telemetry::Trace,
};

/// For how long the sums of an hour are kept.
const KEPT: Duration = Duration::from_secs(90 * 24 * 3_600);

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
    /// Length of the body received, in bytes.
    pub bytes_in: u64,
    /// Length of the body sent, in bytes, where it was known.
    pub bytes_out: u64,
    /// From the head of the request to the head of the answer, in milliseconds.
    pub duration_ms: u64,
    /// Whether this request made a figure's image that was delivered in its answer.
    pub figures: u64,
}

/// The book of entries.
pub struct Ledger {
    store: Arc<dyn Store>,
}

impl Ledger {
    /// A ledger whose sums lie in a store.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Writes an entry: one structured line, and the sums of the key's hour. A store that does not answer loses the
    /// sums, not the line.
    pub async fn write(&self, entry: Entry) {
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
                request.bytes = entry.bytes_in,
                response.bytes = entry.bytes_out,
                duration_ms = entry.duration_ms,
                figures = entry.figures
            },
            "request"
        );
        let Some((owner, key)) = &entry.who else { return };
        if let Err(error) = self.sum(owner, key, &entry).await {
            tracing::warn!(%error, "an entry is missing from the sums");
        }
    }

    async fn sum(&self, owner: &Owner, key: &KeyId, entry: &Entry) -> crate::store::Result<()> {
        let hour = StoreKey::usage(owner, key, self.store.now().await?);
        let failed = entry.status.is_none_or(|status| status >= 400);
        let sums = [
            ("requests", 1),
            ("refused_or_failed", u64::from(failed)),
            ("figures", entry.figures),
            ("bytes_in", entry.bytes_in),
            ("bytes_out", entry.bytes_out),
        ];
        self.store.add(&hour, &sums, KEPT).await
    }

    /// The sums of a key in the running hour.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn this_hour(&self, owner: &Owner, key: &KeyId) -> crate::store::Result<Vec<(String, u64)>> {
        let hour = StoreKey::usage(owner, key, self.store.now().await?);
        self.store.sums(&hour).await
    }
}
