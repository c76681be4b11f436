//! Two photos at once on two threads.

use std::{num::NonZeroUsize, time::Duration};

use rustix::time::{ClockId, clock_gettime};

use super::super::pool::Pool;
use super::super::{probe, steps};
use super::LIMITS;
use super::draw::{jpeg, textured};

/// What a thread of the pool takes of its processor for one photo.
async fn cost(pool: &Pool, file: &bytes::Bytes) -> Duration {
    let file = file.clone();
    let own = || Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap();
    let job = move || {
        let before = own();
        steps::take_in(&file, &probe::header(&file).unwrap(), LIMITS).unwrap();
        own().checked_sub(before).unwrap()
    };
    pool.run(None, 1, job).await.unwrap()
}

fn median(mut costs: Vec<Duration>) -> Duration {
    costs.sort_unstable();
    costs[costs.len() / 2]
}

/// In wall time it would be a test of what else runs here; `cargo bench --bench intake` measures that beside it.
#[tokio::test]
async fn two_photos_at_once_take_no_tenth_more_of_the_processors_than_one_after_the_other() {
    let pool = Pool::new(NonZeroUsize::new(2).unwrap(), 2);
    let file = bytes::Bytes::from(jpeg(&textured(1600, 1200)));
    let (mut apart, mut together) = (Vec::new(), Vec::new());
    for _ in 0..9 {
        apart.push(cost(&pool, &file).await);
        let (one, two) = tokio::join!(cost(&pool, &file), cost(&pool, &file));
        together.push((one + two) / 2);
    }
    let (apart, together) = (median(apart), median(together));
    assert!(together.as_secs_f64() <= 1.1 * apart.as_secs_f64(), "{together:?} each at once, {apart:?} alone");
}
