//! While a server is known to be away, nobody waits for it: whoever asks is refused at once, and one looks whether it is back.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::{sleep, timeout};

use super::{link::DEADLINE, reach::Connection};
use crate::tasks::Tasks;

/// The pause between two looks.
const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// A connection, and whether its server is known to be away.
#[derive(Clone)]
pub(super) struct Line {
    pub(super) connection: Connection,
    away: Arc<AtomicBool>,
}

impl Line {
    pub(super) fn new(connection: Connection) -> Self {
        Self { connection, away: Arc::default() }
    }

    pub(super) fn is_away(&self) -> bool {
        self.away.load(Ordering::Relaxed)
    }

    /// Its server did not answer in time: nobody asks it until it does. Of a cluster one server may be away and the others
    /// answer, so that is asked on.
    pub(super) fn lost(&self, tasks: &Tasks) {
        let Connection::One(server) = &self.connection else { return };
        if self.away.swap(true, Ordering::Relaxed) {
            return;
        }
        let (mut server, away, stopping) = (server.clone(), self.away.clone(), tasks.stopping());
        drop(tasks.start(async move {
            let ping = redis::cmd("PING");
            while !stopping.is_cancelled() {
                if let Ok(Ok(_)) = timeout(DEADLINE, ping.query_async::<redis::Value>(&mut server)).await {
                    break;
                }
                sleep(LOOK_AGAIN).await;
            }
            away.store(false, Ordering::Relaxed);
        }));
    }
}
