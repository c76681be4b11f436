//! Which of an ask's models is asked next.

use super::breaker::{Admission, Breakers, Pause, Permit};
use tokio::time::Instant;

/// The models of one ask, in their order, and what it has come to with each.
pub(super) struct Models<'a> {
    breakers: &'a Breakers,
    names: &'a [String],
    standings: Vec<Standing>,
}

#[derive(Default)]
struct Standing {
    /// Left out for good.
    gone: bool,
    /// Asked only if no other is left.
    tired: bool,
    /// Has failed once.
    stumbled: bool,
}

/// Whom to ask now, or until when there is nobody.
pub(super) enum Search<'a> {
    Found(usize, Permit<'a>),
    Paused(Pause),
    Open(Instant),
    Nothing,
}

impl<'a> Models<'a> {
    pub(super) fn new(breakers: &'a Breakers, names: &'a [String], fits: impl Fn(&str) -> bool) -> Self {
        let standings = names.iter().map(|name| Standing { gone: !fits(name), ..Standing::default() }).collect();
        Self { breakers, names, standings }
    }

    pub(super) fn name(&self, at: usize) -> &'a str {
        self.names.get(at).map_or("", String::as_str)
    }

    /// Whether there are models, and none of them can do what is asked.
    pub(super) fn none_fits(&self) -> bool {
        !self.standings.is_empty() && self.standings.iter().all(|model| model.gone)
    }

    pub(super) fn leave_out(&mut self, at: usize) {
        self.change(at, |model| model.gone = true);
    }

    pub(super) fn spare(&mut self, at: usize) {
        self.change(at, |model| model.tired = true);
    }

    /// One that fails for the second time makes room for the others.
    pub(super) fn stumbles(&mut self, at: usize) {
        self.change(at, |model| {
            model.tired |= model.stumbled;
            model.stumbled = true;
        });
    }

    fn change(&mut self, at: usize, change: impl FnOnce(&mut Standing)) {
        if let Some(model) = self.standings.get_mut(at) {
            change(model);
        }
    }

    pub(super) fn is_tired(&self, at: usize) -> bool {
        self.standings.get(at).is_some_and(|model| model.tired)
    }

    /// Whether there is another that is asked before this one.
    pub(super) fn has_fresher(&self, than: usize) -> bool {
        let mut others = self.standings.iter().enumerate().filter(|(at, _)| *at != than);
        others.any(|(_, model)| !model.gone && !model.tired)
    }

    pub(super) fn first_usable(&self, now: Instant) -> Search<'a> {
        let (mut paused, mut open): (Option<Pause>, Option<Instant>) = (None, None);
        let mut order: Vec<_> = self.standings.iter().enumerate().filter(|(_, model)| !model.gone).collect();
        order.sort_by_key(|(_, model)| model.tired);
        for (at, _) in order {
            match self.breakers.admit(self.name(at), now) {
                Admission::Go(permit) => return Search::Found(at, permit),
                Admission::Paused(pause) => {
                    paused = paused.into_iter().chain([pause]).min_by_key(|pause| pause.until);
                }
                Admission::Open(until) => open = Some(open.map_or(until, |known| known.min(until))),
            }
        }
        match (paused, open) {
            // Both are waited for alike, so the one that ends first counts.
            (Some(pause), Some(until)) if until < pause.until => Search::Paused(Pause { until, overloaded: true }),
            (Some(pause), _) => Search::Paused(pause),
            (None, Some(until)) => Search::Open(until),
            (None, None) => Search::Nothing,
        }
    }
}
