//! Per model: a breaker that opens after failures in a row, and a pause that a 429 or a 503 orders.

use super::error::Failure;
use super::settings::EngineSettings;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::time::Instant;

/// Whether a model may be asked now.
#[derive(Debug)]
pub(super) enum Admission<'a> {
    /// Yes; the permit wants a verdict.
    Go(Permit<'a>),
    /// Not before its end.
    Paused(Pause),
    /// No; the next probe is let through then.
    Open(Instant),
}

/// A time in which a model wants no requests, by upstream's own word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Pause {
    /// Its end.
    pub(super) until: Instant,
    /// Whether upstream said that it is overloaded, rather than that too much is asked of it from here.
    pub(super) overloaded: bool,
}

impl Pause {
    /// What an ask fails with that cannot wait so long.
    pub(super) fn failure(self, wait: Duration) -> Failure {
        let retry_after = Some(wait);
        if self.overloaded { Failure::Overloaded { retry_after } } else { Failure::RateLimited { retry_after } }
    }
}

/// The breakers of all models of an engine; as many as the settings name.
#[derive(Debug)]
pub(super) struct Breakers {
    states: Mutex<HashMap<String, State>>,
    failures_to_open: u32,
    pause: Duration,
    /// What metrics call the engine; nothing is told of one that plays a scenario.
    told_as: Option<&'static str>,
}

#[derive(Debug, Default)]
struct State {
    failures: u32,
    open_until: Option<Instant>,
    pause: Option<Pause>,
}

impl Breakers {
    pub(super) fn new(settings: &EngineSettings) -> Self {
        Self {
            states: Mutex::default(),
            failures_to_open: settings.breaker_failures.max(1),
            pause: settings.breaker_pause,
            told_as: settings.scenario.is_none().then_some(settings.name),
        }
    }

    pub(super) fn admit(&self, model: &str, now: Instant) -> Admission<'_> {
        let mut states = self.lock();
        let state = states.entry(model.to_owned()).or_default();
        if let Some(pause) = state.pause.filter(|pause| pause.until > now) {
            return Admission::Paused(pause);
        }
        let probe = state.open_until;
        if let Some(until) = probe {
            if until > now {
                return Admission::Open(until);
            }
            // One probe for each pause: a slow one must not keep others from finding that the model is well.
            state.open_until = Some(now + self.pause);
        }
        Admission::Go(Permit { breakers: self, model: model.to_owned(), probe, settled: false })
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, State>> {
        self.states.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Leave to send one request. Dropped without a verdict it says nothing of the model's health,
/// and a probe's place becomes free again.
#[must_use]
#[derive(Debug)]
pub(super) struct Permit<'a> {
    breakers: &'a Breakers,
    model: String,
    /// Until when the model was left alone, where this is to find out whether it is well again.
    probe: Option<Instant>,
    settled: bool,
}

impl Permit<'_> {
    /// The model answered, be it with a refusal.
    pub(super) fn proves_well(mut self) {
        self.settle(|state, _| {
            state.failures = 0;
            state.open_until = None;
        });
    }

    /// The model failed, and may have said until when it wants no requests.
    pub(super) fn proves_ill(mut self, now: Instant, pause: Option<Pause>) {
        let probe = self.probe;
        self.settle(|state, breakers| {
            state.rest(pause);
            state.failures = state.failures.saturating_add(1);
            if probe.is_some() || state.failures >= breakers.failures_to_open {
                state.open_until = Some(now + breakers.pause);
            }
        });
    }

    /// The model wants no requests until then.
    pub(super) fn pauses(mut self, pause: Pause) {
        self.settle(|state, _| state.rest(Some(pause)));
    }

    fn settle(&mut self, verdict: impl FnOnce(&mut State, &Breakers)) {
        let mut states = self.breakers.lock();
        if let Some(state) = states.get_mut(&self.model) {
            verdict(state, self.breakers);
            if let Some(engine) = self.breakers.told_as {
                crate::telemetry::breaker(engine, &self.model, state.open_until.is_some());
            }
        }
        self.settled = true;
    }
}

impl State {
    /// Of two pauses the one that ends last holds.
    fn rest(&mut self, pause: Option<Pause>) {
        self.pause = self.pause.into_iter().chain(pause).max_by_key(|pause| pause.until);
    }
}

impl Drop for Permit<'_> {
    fn drop(&mut self) {
        if !self.settled {
            let probe = self.probe;
            self.settle(|state, _| {
                if probe.is_some() && state.open_until.is_some() {
                    state.open_until = probe;
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MODEL: &str = "m";

    fn breakers() -> Breakers {
        Breakers::new(&EngineSettings {
            breaker_failures: 2,
            breaker_pause: Duration::from_secs(5),
            ..EngineSettings::new("http://127.0.0.1", "k".into())
        })
    }

    fn go(breakers: &Breakers, now: Instant) -> Permit<'_> {
        match breakers.admit(MODEL, now) {
            Admission::Go(permit) => permit,
            Admission::Paused(_) | Admission::Open(_) => panic!("not admitted"),
        }
    }

    fn is_open(breakers: &Breakers, now: Instant) -> bool {
        matches!(breakers.admit(MODEL, now), Admission::Open(_))
    }

    #[test]
    fn failures_in_a_row_open_it_and_a_success_between_does_not() {
        let (breakers, now) = (breakers(), Instant::now());
        go(&breakers, now).proves_ill(now, None);
        go(&breakers, now).proves_well();
        go(&breakers, now).proves_ill(now, None);
        assert!(!is_open(&breakers, now));
        go(&breakers, now).proves_ill(now, None);
        assert!(is_open(&breakers, now));
    }

    #[test]
    fn after_its_pause_one_probe_goes_and_decides() {
        let (breakers, now) = (breakers(), Instant::now());
        go(&breakers, now).proves_ill(now, None);
        go(&breakers, now).proves_ill(now, None);
        let later = now + Duration::from_secs(5);
        let probe = go(&breakers, later);
        assert!(is_open(&breakers, later));
        drop(probe);
        go(&breakers, later).proves_ill(later, None);
        assert!(is_open(&breakers, later));
        let later = later + Duration::from_secs(5);
        go(&breakers, later).proves_well();
        let _one = go(&breakers, later);
        let _two = go(&breakers, later);
    }

    #[test]
    fn a_slow_probe_keeps_the_next_back_for_one_pause_and_no_longer() {
        let (breakers, now) = (breakers(), Instant::now());
        go(&breakers, now).proves_ill(now, None);
        go(&breakers, now).proves_ill(now, None);
        let later = now + Duration::from_secs(5);
        let slow = go(&breakers, later);
        assert!(is_open(&breakers, later + Duration::from_secs(4)));
        go(&breakers, later + Duration::from_secs(5)).proves_well();
        assert!(!is_open(&breakers, later + Duration::from_secs(5)));
        drop(slow);
        assert!(!is_open(&breakers, later + Duration::from_secs(5)));
    }

    #[test]
    fn a_pause_holds_until_its_time_and_opens_nothing() {
        let (breakers, now) = (breakers(), Instant::now());
        let pause = Pause { until: now + Duration::from_secs(1), overloaded: false };
        let permits: Vec<_> = (0..9).map(|_| go(&breakers, now)).collect();
        for permit in permits {
            permit.pauses(pause);
        }
        assert!(matches!(breakers.admit(MODEL, now), Admission::Paused(told) if told == pause));
        go(&breakers, pause.until).proves_well();
    }

    #[test]
    fn a_model_that_fails_and_names_a_time_is_left_alone_until_then_and_counts_as_ill() {
        let (breakers, now) = (breakers(), Instant::now());
        let pause = Pause { until: now + Duration::from_secs(1), overloaded: true };
        go(&breakers, now).proves_ill(now, Some(pause));
        assert!(matches!(breakers.admit(MODEL, now), Admission::Paused(told) if told == pause));
        let shorter = Pause { until: now, overloaded: false };
        go(&breakers, pause.until).pauses(shorter);
        go(&breakers, pause.until).proves_ill(pause.until, None);
        assert!(is_open(&breakers, pause.until), "both failures count");
    }
}
