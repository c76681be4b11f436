//! Jobs that wait: accounts take turns.

use std::collections::{HashMap, VecDeque};

use crate::{
    domain::{Mode, Owner},
    store::JobRef,
};

#[derive(Default)]
pub(super) struct Lanes {
    live: Lane,
    test: Lane,
}

#[derive(Default)]
struct Lane {
    /// The accounts with jobs that wait, in the order of their turns.
    turns: VecDeque<Owner>,
    waiting: HashMap<Owner, VecDeque<JobRef>>,
}

impl Lanes {
    pub(super) fn waiting(&self, lane: Mode) -> usize {
        let lane = match lane {
            Mode::Live => &self.live,
            Mode::Test => &self.test,
        };
        lane.waiting.values().map(VecDeque::len).sum()
    }

    pub(super) fn wait(&mut self, lane: Mode, job: &JobRef) {
        let lane = self.of(lane);
        let own = lane.waiting.entry(job.owner.clone()).or_default();
        if own.is_empty() {
            lane.turns.push_back(job.owner.clone());
        }
        own.push_back(job.clone());
    }

    /// The job whose turn it is; its account goes behind all others.
    pub(super) fn next(&mut self, lane: Mode) -> Option<JobRef> {
        let lane = self.of(lane);
        let owner = lane.turns.pop_front()?;
        let job = lane.waiting.get(&owner)?.front()?.clone();
        lane.turns.push_back(owner);
        Some(job)
    }

    pub(super) fn wait_no_more(&mut self, lane: Mode, job: &JobRef) {
        let lane = self.of(lane);
        let Some(own) = lane.waiting.get_mut(&job.owner) else { return };
        own.retain(|waiting| waiting != job);
        if own.is_empty() {
            lane.waiting.remove(&job.owner);
            lane.turns.retain(|owner| *owner != job.owner);
        }
    }

    fn of(&mut self, lane: Mode) -> &mut Lane {
        match lane {
            Mode::Live => &mut self.live,
            Mode::Test => &mut self.test,
        }
    }
}
