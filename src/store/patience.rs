//! For those who have time: a store that is away for a while is asked again.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::{Result, StoreError};

/// For how long work that is under way waits for its store: shorter than a lease, since after that it is somebody else's.
const PATIENCE: Duration = Duration::from_secs(20);

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(100);

/// Asks, and again while the store does not answer.
///
/// # Errors
/// [`StoreError::Lost`] at once; [`StoreError::Unavailable`] when it stays away.
pub async fn patiently<T, F: Future<Output = Result<T>>>(mut ask: impl FnMut() -> F) -> Result<T> {
    let until = Instant::now() + PATIENCE;
    loop {
        let answer = ask().await;
        if !matches!(answer, Err(StoreError::Unavailable)) || Instant::now() >= until {
            return answer;
        }
        sleep(PAUSE).await;
    }
}
