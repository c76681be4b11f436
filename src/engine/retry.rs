//! The policy: which model is asked when, and when it is enough.
//!
//! At most three requests an ask, whatever their fate. The first usable model of the list is
//! asked; one that is gone, paused or ill makes room for the next. Waiting happens only when it
//! fits the deadline, else the ask ends at once with what is known.

use super::Engine;
use super::ask::Ask;
use super::breaker::Breakers;
use super::budget::Budget;
use super::course::Course;
use super::error::EngineError;
use super::faults::is_illness;
use super::outcome::Outcome;
use super::settings::EngineSettings;
use super::usage::{Meter, Usage};
use std::time::Duration;
use tokio::time::Instant;

/// What all asks of an engine share.
pub(super) struct Policy {
    pub(super) breakers: Breakers,
    pub(super) budget: Budget,
    backoff_base: Duration,
    backoff_cap: Duration,
}

impl Policy {
    pub(super) fn new(settings: &EngineSettings) -> Self {
        Self {
            breakers: Breakers::new(settings),
            budget: Budget::full(),
            backoff_base: settings.backoff_base,
            backoff_cap: settings.backoff_cap,
        }
    }

    /// Full jitter: anything from nothing to the bound, which doubles with each attempt.
    pub(super) fn backoff(&self, attempts: u32) -> Duration {
        let doubled = 1_u32 << attempts.saturating_sub(1).min(16);
        let bound = self.backoff_base.saturating_mul(doubled);
        let bound = bound.min(self.backoff_cap);
        let mut dice = [0; 4];
        if aws_lc_rs::rand::fill(&mut dice).is_err() {
            return bound;
        }
        bound.mul_f64(f64::from(u32::from_le_bytes(dice)) / f64::from(u32::MAX))
    }
}

/// Who answered and what it took.
pub(super) struct Told {
    pub(super) usage: Usage,
    pub(super) used: Usage,
    pub(super) model: String,
    pub(super) model_version: Option<String>,
    pub(super) attempts: u32,
}

/// Asks until there is an answer or it is enough.
pub(super) async fn run(
    engine: &Engine,
    models: &[String],
    ask: &Ask<'_>,
    until: (Instant, &Meter),
) -> Result<(Outcome, Told), EngineError> {
    engine.policy.budget.ask_begins();
    let mut course = Course::new(engine, models, ask, until);
    loop {
        let (at, permit) = course.next_model().await?;
        let result = course.attempt(&models[at]).await;
        match result {
            Ok(body) => match course.weigh(&models[at], body) {
                Err(error) if is_illness(error.failure()) => {
                    permit.proves_ill(Instant::now(), None);
                    return Err(error);
                }
                weighed => {
                    permit.proves_well();
                    if let Some(answer) = weighed? {
                        return Ok(answer);
                    }
                }
            },
            Err(failure) => course.recover(at, permit, failure)?,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waits_are_spread_from_nothing_to_a_bound_that_doubles_up_to_its_cap() {
        let policy = Policy::new(&EngineSettings {
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(3),
            ..EngineSettings::new("http://127.0.0.1:9", "k".into())
        });
        for (attempts, bound_ms) in [(1, 500), (2, 1_000), (3, 2_000), (4, 3_000), (40, 3_000), (u32::MAX, 3_000)] {
            let waits: Vec<_> = (0..400).map(|_| policy.backoff(attempts).as_millis()).collect();
            let (least, most) = (*waits.iter().min().unwrap(), *waits.iter().max().unwrap());
            assert!(most <= bound_ms, "{attempts}: {most}");
            assert!(
                least < bound_ms / 10 && most > bound_ms * 9 / 10,
                "{attempts}: {least} to {most} is not full jitter"
            );
        }
    }
}
