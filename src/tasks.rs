//! Work that must finish although the connection it came from is gone: owned, counted, and waited for at the end.

use std::future::Future;

use tokio::{runtime::Handle, task::JoinHandle};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// The owner of all background work of a node. It lives on the main runtime, never on a handler's.
#[derive(Debug, Clone)]
pub struct Tasks {
    runtime: Handle,
    tracker: TaskTracker,
    draining: CancellationToken,
    stopping: CancellationToken,
}

impl Tasks {
    /// Background work on a runtime.
    pub fn new(runtime: Handle) -> Self {
        let draining = CancellationToken::new();
        Self { runtime, tracker: TaskTracker::new(), draining, stopping: CancellationToken::new() }
    }

    /// Starts work that runs to its end, whoever waits for it.
    pub fn start<F>(&self, work: F) -> JoinHandle<F::Output>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.tracker.spawn_on(work, &self.runtime)
    }

    /// Takes on no new work from outside; what was accepted goes on.
    pub fn drain(&self) {
        self.draining.cancel();
    }

    /// Whether new work is refused.
    pub fn is_draining(&self) -> bool {
        self.draining.is_cancelled()
    }

    /// Told when loops are to end.
    pub fn stopping(&self) -> CancellationToken {
        self.stopping.clone()
    }

    /// Tells loops to end; work under way goes on.
    pub fn stop(&self) {
        self.drain();
        self.stopping.cancel();
    }

    /// Waits for all work to end. New work may still be started while something runs.
    pub async fn ended(&self) {
        self.tracker.close();
        self.tracker.wait().await;
    }
}
