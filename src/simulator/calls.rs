//! What was called, when, and whether the client stayed.

use super::asked::CallKind;
use serde::Serialize;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};
use tokio::sync::watch;

/// The calls that are remembered; older ones are forgotten.
const REMEMBERED: usize = 10_000;

/// One request received.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Call {
    /// Its number since the start, from 1.
    pub id: u64,
    /// HTTP method.
    pub method: String,
    /// Path without the query, which may carry a key.
    pub path: String,
    /// What was asked.
    pub kind: CallKind,
    /// Of which model; empty where no model is named.
    pub model: String,
    /// The client's port, which tells connections apart.
    pub client_port: u16,
    /// SHA-256 of the body, hexadecimal.
    pub body_sha256: String,
    /// Bytes of the body.
    pub body_bytes: usize,
    /// HTTP status answered; 0 while there is none.
    pub status: u16,
    /// Bytes of the answer; 0 where it is streamed.
    pub answer_bytes: usize,
    /// Milliseconds since the epoch when the whole request was there.
    pub received_ms: u64,
    /// Milliseconds since the epoch when the answer was made or given up.
    pub ended_ms: Option<u64>,
    /// Whether the client left before the answer.
    pub client_left: bool,
}

/// The log of calls; clones share it.
#[derive(Debug, Clone)]
pub(super) struct CallLog(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    calls: Mutex<VecDeque<Call>>,
    last_id: AtomicU64,
    /// How many were received and how many of them ended, since the start. Look-ups of models are no calls to wait for.
    counts: watch::Sender<(u64, u64)>,
}

impl CallLog {
    pub(super) fn new() -> Self {
        Self(Arc::new(Inner {
            calls: Mutex::default(),
            last_id: AtomicU64::new(0),
            counts: watch::Sender::new((0, 0)),
        }))
    }

    /// Writes a call down; its end is written when the guard is dropped.
    pub(super) fn received(&self, mut call: Call) -> Open {
        let mut calls = self.lock();
        call.id = self.0.last_id.fetch_add(1, Ordering::Relaxed) + 1;
        let counts = call.kind != CallKind::Models;
        self.0.counts.send_modify(|(received, _)| *received += u64::from(counts));
        call.received_ms = now_ms();
        if calls.len() == REMEMBERED {
            calls.pop_front();
        }
        let id = call.id;
        calls.push_back(call);
        Open { log: self.clone(), id, counts, answered: None }
    }

    pub(super) fn all(&self) -> Vec<Call> {
        self.lock().iter().cloned().collect()
    }

    pub(super) fn forget(&self) {
        self.lock().clear();
    }

    /// Resolves when `n` calls were received since the start.
    pub(super) async fn wait_received(&self, n: u64) {
        let mut counts = self.0.counts.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = counts.wait_for(|(received, _)| *received >= n).await;
    }

    /// Resolves when `n` calls have ended since the start.
    pub(super) async fn wait_ended(&self, n: u64) {
        let mut counts = self.0.counts.subscribe();
        let _ = counts.wait_for(|(_, ended)| *ended >= n).await;
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<Call>> {
        self.0.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A call that has not ended. Dropped without an answer it says that the client left.
#[must_use]
#[derive(Debug)]
pub(super) struct Open {
    log: CallLog,
    pub(super) id: u64,
    counts: bool,
    answered: Option<(u16, usize)>,
}

impl Open {
    pub(super) fn answered(mut self, status: u16, bytes: usize) {
        self.answered = Some((status, bytes));
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let mut calls = self.log.lock();
        if let Some(call) = calls.iter_mut().rev().find(|call| call.id == self.id) {
            call.ended_ms = Some(now_ms());
            call.client_left = self.answered.is_none();
            (call.status, call.answer_bytes) = self.answered.unwrap_or_default();
        }
        drop(calls);
        self.log.0.counts.send_modify(|(_, ended)| *ended += u64::from(self.counts));
    }
}

fn now_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}
