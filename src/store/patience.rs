//! For those who have time: a store that is away for a while is asked again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::StoreError;

/// For how long work that is under way waits for its store: shorter than a lease, since after that it is somebody else's.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// An error that a store may be behind.
pub trait Away {
    /// Whether it is that a store does not answer for now.
    fn is_away(&self) -> bool;
}

impl Away for StoreError {
    fn is_away(&self) -> bool {
        matches!(self, Self::Unavailable)
    }
}

/// Asks, and again while the store does not answer.
///
/// # Errors
/// Any other at once; that the store does not answer when it stays away.
pub async fn patiently<T, E: Away, F>(mut ask: impl FnMut() -> F) -> Result<T, E>
where
    F: Future<Output = Result<T, E>>,
{
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = ask().await;
        if !answer.as_ref().is_err_and(E::is_away) || Instant::now() >= until {
            return answer;
        }
        sleep(PAUSE).await;
    }
}
