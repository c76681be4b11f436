//! What a caller is told of its limits.

use std::time::Duration;

use crate::{
    domain::{Limits, Moment},
    store::{Gate, Standing, Standings},
};

/// What a limit is called where callers see it, by what it bounds and for whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Requests a minute.
    Requests,
    /// Jobs under way at once.
    InFlight,
    /// Figures a day in UTC.
    Figures,
    /// Money a month in UTC.
    Money,
}

impl Policy {
    /// The name of the limit of a key, and that of its whole account.
    pub fn name(self, gate: usize) -> &'static str {
        let (of_key, of_account) = match self {
            Self::Requests => ("requests", "account_requests"),
            Self::InFlight => ("in_flight", "account_in_flight"),
            Self::Figures => ("figures_per_day", "account_figures_per_day"),
            Self::Money => ("micro_usd_per_month", "account_micro_usd_per_month"),
        };
        if gate == super::KEY_GATE { of_key } else { of_account }
    }
}

/// One limit, and what is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Quota {
    /// Its name.
    pub name: &'static str,
    /// How much there is in a window.
    pub quota: u64,
    /// The window; none for what is bounded at any one time.
    pub window: Option<Duration>,
    /// How much of it may come at once, where that is less.
    pub burst: Option<u32>,
    /// How much is left now.
    pub left: u64,
    /// After how long all of it is back, where that is known.
    pub back_in: Option<Duration>,
}

const MINUTE: Duration = Duration::from_secs(60);
const DAY: Duration = Duration::from_secs(86_400);

/// The quotas of gates, in a fixed order.
pub(super) fn quotas(gates: &[Gate], standings: &Standings) -> Vec<Quota> {
    let each = gates.iter().zip(&standings.each).enumerate();
    each.flat_map(|(at, (gate, standing))| of_gate(at, gate.limits, *standing, standings.at)).collect()
}

fn of_gate(gate: usize, limits: Limits, used: Standing, at: Moment) -> [Quota; 4] {
    let quota = |policy: Policy, quota: u64, left: u64| Quota {
        name: policy.name(gate),
        quota,
        window: None,
        burst: None,
        left: left.min(quota),
        back_in: None,
    };
    let left = |limit: u64, used: u64| limit.saturating_sub(used);
    let (figures, money) = (u64::from(limits.figures_per_day), limits.micro_usd_per_month);
    [
        Quota {
            window: Some(MINUTE),
            burst: Some(limits.burst),
            back_in: Some(used.rested_in),
            ..quota(Policy::Requests, limits.rpm.into(), used.requests_left.into())
        },
        quota(Policy::InFlight, limits.in_flight.into(), left(limits.in_flight.into(), used.in_flight)),
        Quota {
            window: Some(DAY),
            back_in: Some(at.to_next_day()),
            ..quota(Policy::Figures, figures, left(figures, used.figures))
        },
        Quota {
            window: Some(at.month_length()),
            back_in: Some(at.to_next_month()),
            ..quota(Policy::Money, money, left(money, used.micro_usd.0))
        },
    ]
}
