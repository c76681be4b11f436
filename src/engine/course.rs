//! One ask on its way: its models, its attempts, what it has spent.

use super::Engine;
use super::ask::Ask;
use super::attempt::{Call, Miss, attempt};
use super::breaker::{Pause, Permit};
use super::error::{EngineError, Failure, Misconfiguration};
use super::faults::{Remedy, is_illness, name, remedy};
use super::outcome::{Outcome, Plea, Reading, read_image, read_text};
use super::pick::{Models, Search};
use super::retry::Told;
use super::usage::{Meter, Usage};
use crate::domain::SecretBytes;
use std::time::Duration;
use tokio::time::{Instant, sleep_until};

const MOST_ATTEMPTS: u32 = 3;
/// A long wait must leave an attempt this much time, else it would be paid for and cut off.
const LEAST_FOR_TEXT: Duration = Duration::from_secs(2);
const LEAST_FOR_IMAGE: Duration = Duration::from_secs(10);
const LONG_WAIT: Duration = Duration::from_secs(1);

/// One ask on its way.
pub(super) struct Course<'a> {
    engine: &'a Engine,
    models: Models<'a>,
    ask: &'a Ask<'a>,
    deadline: Instant,
    not_before: Option<Instant>,
    plea: Option<Plea>,
    reasks: u32,
    timeouts: u32,
    attempts: u32,
    usage: Usage,
    meter: &'a Meter,
    last: Option<Failure>,
}

impl<'a> Course<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        models: &'a [String],
        ask: &'a Ask<'a>,
        (deadline, meter): (Instant, &'a Meter),
    ) -> Self {
        let models = Models::new(&engine.policy.breakers, models, |model| ask.fits(model));
        Self {
            last: models.none_fits().then_some(Failure::Unsupported),
            engine,
            models,
            ask,
            deadline,
            not_before: None,
            plea: None,
            reasks: 0,
            timeouts: 0,
            attempts: 0,
            usage: Usage::default(),
            meter,
        }
    }

    fn spend(&mut self, more: Usage) {
        self.usage = self.usage.plus(more);
        self.meter.set(self.usage);
    }

    fn give_up(&self, failure: Failure) -> EngineError {
        EngineError::new(failure, self.usage, self.attempts)
    }

    /// Waits for a model that may be asked.
    pub(super) async fn next_model(&mut self) -> Result<(usize, Permit<'a>), EngineError> {
        if let Some(at) = self.not_before.take() {
            self.wait_until(at, None).await?;
        }
        loop {
            let now = Instant::now();
            if now >= self.deadline {
                return Err(self.give_up(Failure::DeadlineExceeded));
            }
            match self.models.first_usable(now) {
                Search::Found(at, permit) => return Ok((at, permit)),
                Search::Paused(pause) => self.wait_until(pause.until, Some(pause)).await?,
                Search::Open(until) => {
                    let failure = self
                        .last
                        .clone()
                        .unwrap_or(Failure::BreakerOpen { retry_after: until.saturating_duration_since(now) });
                    return Err(self.give_up(failure));
                }
                Search::Nothing => {
                    let none = Failure::Misconfigured(Misconfiguration::Models);
                    return Err(self.give_up(self.last.clone().unwrap_or(none)));
                }
            }
        }
    }

    async fn wait_until(&mut self, until: Instant, pause: Option<Pause>) -> Result<(), EngineError> {
        let least = match self.ask {
            Ask::Text(_) => LEAST_FOR_TEXT,
            Ask::Image(_) => LEAST_FOR_IMAGE,
        };
        let wait = until.saturating_duration_since(Instant::now());
        let least = if wait < LONG_WAIT { Duration::ZERO } else { least };
        if until + least >= self.deadline {
            return Err(self.give_up(self.told_of(wait, pause)));
        }
        sleep_until(until).await;
        Ok(())
    }

    /// What is told where nobody waits. The model that is asked again first may not be the one that has failed last.
    fn told_of(&self, wait: Duration, pause: Option<Pause>) -> Failure {
        let sooner = |named: &Duration| named.saturating_sub(wait) >= LONG_WAIT;
        let retry_after = Some(wait);
        match (self.last.clone(), pause) {
            (Some(Failure::RateLimited { retry_after: Some(named) }), _) if sooner(&named) => {
                Failure::RateLimited { retry_after }
            }
            (Some(Failure::Overloaded { retry_after: Some(named) }), _) if sooner(&named) => {
                Failure::Overloaded { retry_after }
            }
            (Some(other), _) => other,
            (None, Some(pause)) => pause.failure(wait),
            (None, None) => Failure::RateLimited { retry_after },
        }
    }

    pub(super) async fn attempt(&mut self, model: &str) -> Result<SecretBytes, Failure> {
        self.attempts += 1;
        let settings = &self.engine.client.settings;
        let (limit, cap_bytes) = match self.ask {
            Ask::Text(_) => (settings.text_timeout, settings.text_cap_bytes),
            Ask::Image(_) => (settings.image_timeout, settings.image_cap_bytes),
        };
        // One that has run out of time before is given more of it.
        let limit = limit.saturating_mul(1 + self.timeouts);
        let left = self.deadline.saturating_duration_since(Instant::now());
        let call = Call { model, body: self.ask.body(model, self.plea), timeout: limit.min(left), cap_bytes };
        let started = Instant::now();
        // Whoever gives up waiting leaves it at that: a call that may be billed.
        self.meter.set(self.usage.plus(Usage::UNKNOWN));
        let result = Box::pin(attempt(&self.engine.client, call)).await;
        let outcome = result.as_ref().map_or_else(|miss| name(&miss.failure), |_| "answered");
        crate::telemetry::engine_call((settings.name, model), outcome, started.elapsed());
        result.map_err(|Miss { failure, may_be_billed }| {
            self.spend(if may_be_billed { Usage::UNKNOWN } else { Usage::default() });
            let late = failure == Failure::Timeout && Instant::now() >= self.deadline;
            if late { Failure::DeadlineExceeded } else { failure }
        })
    }

    /// An answer that arrived was paid for: only the bounded re-asks follow it.
    pub(super) fn weigh(&mut self, model: &str, body: SecretBytes) -> Result<Option<(Outcome, Told)>, EngineError> {
        let reading: Reading = match self.ask {
            Ask::Text(_) => read_text(&body, model),
            Ask::Image(ask) => read_image(body, model, ask.image_size),
        };
        self.spend(reading.usage);
        match reading.outcome {
            Outcome::Again { failure, plea, most } => {
                self.note(model, &failure);
                if self.reasks >= most || self.attempts >= MOST_ATTEMPTS {
                    return Err(self.give_up(failure));
                }
                self.reasks += 1;
                self.plea = Some(plea);
                self.last = Some(failure);
                Ok(None)
            }
            Outcome::Failed(failure) => {
                self.note(model, &failure);
                Err(self.give_up(failure))
            }
            outcome @ (Outcome::Image { .. } | Outcome::Json(_)) => {
                let told = Told {
                    usage: self.usage,
                    used: reading.usage,
                    model: model.to_owned(),
                    model_version: reading.model_version,
                    attempts: self.attempts,
                };
                Ok(Some((outcome, told)))
            }
        }
    }

    /// Gives the verdict on the model and makes ready for the next attempt, or gives up.
    pub(super) fn recover(&mut self, at: usize, permit: Permit<'_>, failure: Failure) -> Result<(), EngineError> {
        self.note(self.models.name(at), &failure);
        let now = Instant::now();
        let backoff = self.engine.policy.backoff(self.attempts);
        let remedy = remedy(&failure);
        let pause = pause_of(remedy, &failure, now, backoff);
        if is_illness(&failure) {
            permit.proves_ill(now, pause);
        } else if let Some(pause) = pause {
            permit.pauses(pause);
        } else {
            drop(permit);
        }
        self.last = Some(failure.clone());
        let spent = self.attempts >= MOST_ATTEMPTS;
        match remedy {
            Remedy::Stop => return Err(self.give_up(failure)),
            _ if spent => return Err(self.give_up(failure)),
            Remedy::Once if self.timeouts > 0 => return Err(self.give_up(failure)),
            Remedy::NextModel => self.models.leave_out(at),
            Remedy::Pause(_) | Remedy::BackOffElsewhere => self.models.spare(at),
            Remedy::Once => self.timeouts += 1,
            Remedy::BackOff => self.models.stumbles(at),
        }
        let has_fresher = self.models.has_fresher(at);
        // What goes to another model feeds no overload of this one.
        let free = remedy == Remedy::NextModel || has_fresher && self.models.is_tired(at);
        if !free && !self.engine.policy.budget.take_retry() {
            return Err(self.give_up(failure));
        }
        self.not_before = wait_of(remedy, backoff, has_fresher).map(|wait| now + wait);
        Ok(())
    }

    fn note(&self, model: &str, failure: &Failure) {
        let finish_message_bytes = if let Failure::Refused { finish_message_bytes, .. }
        | Failure::NoImage { finish_message_bytes } = failure
        {
            *finish_message_bytes
        } else {
            0
        };
        tracing::info!(
            model,
            failure = name(failure),
            attempt = self.attempts,
            finish_message.size_bytes = finish_message_bytes,
            "upstream attempt failed"
        );
    }
}

/// Until when upstream wants no requests for this model, whoever asks.
fn pause_of(remedy: Remedy, failure: &Failure, now: Instant, backoff: Duration) -> Option<Pause> {
    let Remedy::Pause(after) = remedy else { return None };
    let until = now + after.map_or(backoff, |after| after + backoff / 8);
    Some(Pause { until, overloaded: matches!(failure, Failure::Overloaded { .. }) })
}

/// A pause that upstream ordered is kept by the breakers; here is only our own backing off.
fn wait_of(remedy: Remedy, backoff: Duration, has_other: bool) -> Option<Duration> {
    match remedy {
        Remedy::Pause(Some(after)) if !has_other => Some(after),
        Remedy::Stop | Remedy::NextModel | Remedy::Pause(_) => None,
        Remedy::BackOffElsewhere | Remedy::BackOff | Remedy::Once => Some(backoff),
    }
}
