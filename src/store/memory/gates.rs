//! What is used of gates: seats, pace, figures of a day, money of a month; and the whole installation's spend.

use std::{
    collections::{BTreeMap, HashMap},
    time::Duration,
};

use crate::{
    domain::{MicroUsd, Moment},
    store::{Admittance, Bound, Gate, JobRef, Reservation, Settlement, Standing, Standings, StoreKey},
};

/// How much longer than its job a seat is taken at most.
const GRACE: Duration = Duration::from_secs(60);

#[derive(Default)]
pub(super) struct Gates(HashMap<StoreKey, Used>);

#[derive(Default)]
struct Used {
    /// When the pace allows the next request beyond the burst, in microseconds.
    pace: i64,
    /// Until when each job has its seat at most.
    seats: HashMap<JobRef, Moment>,
    day: i64,
    figures: u64,
    month: i64,
    micro_usd: u64,
}

/// What a job has taken, and of which gates.
#[derive(Clone)]
pub(super) struct Taken {
    gates: Vec<StoreKey>,
    of: Reservation,
    at: Moment,
}

impl Gates {
    pub(super) fn admit(&mut self, gates: &[Gate], requests: u32, now: Moment) -> Admittance {
        let micros = now.unix_millis().saturating_mul(1_000);
        let requests = i64::from(requests);
        let mut paces = Vec::with_capacity(gates.len());
        let mut late: Option<(usize, i64)> = None;
        for (at, gate) in gates.iter().enumerate() {
            let known = self.0.get(&gate.name).map_or(0, |used| used.pace);
            let pace = known.max(micros) + gate.step() * requests;
            let early = pace - micros - gate.step() * i64::from(gate.limits.burst);
            if requests > 0 && early > late.map_or(0, |(_, most)| most) {
                late = Some((at, early));
            }
            paces.push(pace);
        }
        if late.is_none() && requests > 0 {
            for (gate, pace) in gates.iter().zip(paces) {
                self.0.entry(gate.name.clone()).or_default().pace = pace;
            }
        }
        let standings = Standings { at: now, each: gates.iter().map(|gate| self.standing(gate, now)).collect() };
        match late {
            None => Admittance::Admitted(standings),
            Some((gate, early)) => Admittance::TooFast { gate, after: micros_of(early), standings },
        }
    }

    fn standing(&self, gate: &Gate, now: Moment) -> Standing {
        let (none, micros) = (Used::default(), now.unix_millis().saturating_mul(1_000));
        let used = self.0.get(&gate.name).unwrap_or(&none);
        let ahead = (used.pace - micros).max(0);
        let left = (gate.step() * i64::from(gate.limits.burst) - ahead).max(0) / gate.step();
        Standing {
            requests_left: u32::try_from(left).unwrap_or(u32::MAX),
            rested_in: micros_of(ahead),
            in_flight: used.seats_taken(now),
            figures: used.figures_on(now),
            micro_usd: MicroUsd(used.money_in(now)),
        }
    }

    /// What a job meets first of what bounds it.
    pub(super) fn bound(&self, gates: &[Gate], of: Reservation, now: Moment) -> Option<(usize, Bound)> {
        let none = Used::default();
        let met = |by: Bound| {
            gates.iter().position(|gate| {
                let (used, limits) = (self.0.get(&gate.name).unwrap_or(&none), gate.limits);
                match by {
                    Bound::InFlight => used.seats_taken(now) >= u64::from(limits.in_flight),
                    Bound::Figures => {
                        of.figures > 0 && used.figures_on(now) + u64::from(of.figures) > limits.figures_per_day.into()
                    }
                    Bound::Money => used.money_in(now).saturating_add(of.micro_usd.0) > limits.micro_usd_per_month,
                }
            })
        };
        [Bound::InFlight, Bound::Figures, Bound::Money].into_iter().find_map(|by| Some((met(by)?, by)))
    }

    pub(super) fn take(
        &mut self,
        gates: &[Gate],
        job: &JobRef,
        of: Reservation,
        (now, deadline): (Moment, Duration),
    ) -> Taken {
        for gate in gates {
            let used = self.0.entry(gate.name.clone()).or_default();
            used.seats.insert(job.clone(), now.plus(deadline).plus(GRACE));
            used.figures = used.figures_on(now) + u64::from(of.figures);
            used.micro_usd = used.money_in(now).saturating_add(of.micro_usd.0);
            (used.day, used.month) = (now.day(), now.month());
        }
        Taken { gates: gates.iter().map(|gate| gate.name.clone()).collect(), of, at: now }
    }

    pub(super) fn settle(&mut self, job: &JobRef, taken: &Taken, settle: Settlement) {
        for name in &taken.gates {
            let Some(used) = self.0.get_mut(name) else { continue };
            used.seats.remove(job);
            if used.day == taken.at.day() && !settle.delivered {
                used.figures = used.figures.saturating_sub(taken.of.figures.into());
            }
            if used.month == taken.at.month() {
                used.micro_usd = used.micro_usd.saturating_sub(taken.of.micro_usd.0).saturating_add(settle.charged.0);
            }
        }
    }

    pub(super) fn sweep(&mut self, now: Moment) {
        self.0.retain(|_, used| {
            used.seats.retain(|_, until| *until > now);
            let resting = used.pace <= now.unix_millis().saturating_mul(1_000);
            !(resting && used.seats.is_empty() && used.month != now.month())
        });
    }
}

impl Used {
    fn seats_taken(&self, now: Moment) -> u64 {
        self.seats.values().filter(|until| **until > now).count() as u64
    }

    fn figures_on(&self, now: Moment) -> u64 {
        if self.day == now.day() { self.figures } else { 0 }
    }

    fn money_in(&self, now: Moment) -> u64 {
        if self.month == now.month() { self.micro_usd } else { 0 }
    }
}

fn micros_of(micros: i64) -> Duration {
    Duration::from_micros(u64::try_from(micros).unwrap_or_default())
}

/// The whole installation's spend upstream.
#[derive(Default)]
pub(super) struct Spend {
    /// What was spent or is set aside, by day.
    days: BTreeMap<i64, u64>,
    /// What is set aside, and when it was.
    open: BTreeMap<JobRef, (Moment, u64)>,
}

impl Spend {
    pub(super) fn reserve(&mut self, job: &JobRef, most: MicroUsd, ceiling: MicroUsd, now: Moment) -> bool {
        if self.open.contains_key(job) {
            return true;
        }
        let day = self.days.entry(now.day()).or_default();
        if day.saturating_add(most.0) > ceiling.0 {
            return false;
        }
        *day += most.0;
        self.open.insert(job.clone(), (now, most.0));
        true
    }

    pub(super) fn settle(&mut self, job: &JobRef, spent: Option<MicroUsd>) {
        if let Some(((at, most), spent)) = self.open.remove(job).zip(spent) {
            let day = self.days.entry(at.day()).or_default();
            *day = day.saturating_sub(most).saturating_add(spent.0);
        }
    }

    pub(super) fn open(&self, since: Duration, limit: usize, now: Moment) -> Vec<JobRef> {
        let late = self.open.iter().filter(|(_, (at, _))| at.plus(since) <= now);
        late.take(limit).map(|(job, _)| job.clone()).collect()
    }

    pub(super) fn sweep(&mut self, now: Moment) {
        self.days.retain(|day, _| *day + KEPT_DAYS > now.day());
        self.open.retain(|_, (at, _)| at.day() + KEPT_DAYS > now.day());
    }
}

/// For how many days spend is remembered.
const KEPT_DAYS: i64 = 3;
