//! Caller → Ticket: what is asked of the store before one byte of the body is read.

mod first_use;
mod quota;
mod turns;

use std::{sync::Arc, time::Duration};

pub(crate) use first_use::KNOWN_AFTER;
pub use quota::{Policy, Quota};
pub use turns::{Turn, Turns};

use crate::{
    auth::Caller,
    domain::{KeyId, Limits, Mode, Owner, PlanLimits, Scope},
    store::{Admittance, Gate, Standings, Store, StoreError, StoreKey, Topic},
};

/// What a key has where it does not say otherwise.
pub const DEFAULT_LIMITS: Limits =
    Limits { rpm: 60, burst: 20, in_flight: 8, figures_per_day: 500, micro_usd_per_month: 50_000_000 };

/// The most that any key has.
pub const MAXIMUM_LIMITS: Limits = Limits {
    rpm: 6_000,
    burst: 1_000,
    in_flight: 256,
    figures_per_day: 1_000_000,
    micro_usd_per_month: 100_000_000_000,
};

/// What all keys of an account have together where nothing is set; or what one of them has alone, where that is more.
pub const ACCOUNT_LIMITS: Limits =
    Limits { rpm: 600, burst: 200, in_flight: 64, figures_per_day: 5_000, micro_usd_per_month: 500_000_000 };

/// Each figure may be followed from two places.
const STREAMS_FOR_A_SEAT: u32 = 2;

/// Some figures' photos may be sent before the first of them are made.
const UPLOADS_FOR_A_SEAT: u32 = 4;

/// Which of a ticket's gates is the key's; the other is the account's.
const KEY_GATE: usize = 0;

/// The longest that it is trusted to be told of a revocation.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// Why a caller is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// The key was revoked.
    #[error("the key is revoked")]
    Revoked,
    /// The key lacks a scope.
    #[error("the key lacks the scope {}", .0.as_str())]
    MissingScope(Scope),
    /// Requests come too fast.
    #[error("requests come too fast")]
    TooFast {
        /// Which limit is met.
        policy: &'static str,
        /// After how long the next is let in.
        after: Duration,
    },
    /// The store does not answer, so nobody is admitted.
    #[error("admission's store failed")]
    Store(#[from] StoreError),
}

/// Who is not admitted, and what is left of the key's limits where the key is good.
#[derive(Debug)]
pub struct Refused {
    /// Why.
    pub error: AdmissionError,
    /// What is left.
    pub quotas: Vec<Quota>,
}

impl From<StoreError> for Refused {
    fn from(error: StoreError) -> Self {
        Self { error: error.into(), quotas: Vec::new() }
    }
}

/// Leave to be served: made by [`Admission::admit`] alone.
#[derive(Debug, Clone)]
pub struct Ticket {
    caller: Caller,
    owner: Owner,
    gates: [Gate; 2],
    standings: Standings,
}

impl Ticket {
    /// Who is served.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The account's pseudonym.
    pub fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The API key.
    pub fn key(&self) -> KeyId {
        self.caller.key_id()
    }

    /// Whether it is for real.
    pub fn mode(&self) -> Mode {
        self.caller.mode()
    }

    /// The limits of the key.
    pub fn limits(&self) -> Limits {
        self.gates[KEY_GATE].limits
    }

    /// Jobs that the key may have under way.
    pub fn seats(&self) -> u32 {
        self.limits().in_flight
    }

    /// Streams of events that the key may have open on one node.
    pub fn streams(&self) -> u32 {
        self.seats().saturating_mul(STREAMS_FOR_A_SEAT)
    }

    /// Photos that the key may keep ahead of use.
    pub fn uploads(&self) -> u32 {
        self.seats().saturating_mul(UPLOADS_FOR_A_SEAT)
    }

    /// What bounds it: the key's gate, and the account's.
    pub fn gates(&self) -> &[Gate] {
        &self.gates
    }

    /// What was left when it was admitted.
    pub fn quotas(&self) -> Vec<Quota> {
        quota::quotas(&self.gates, &self.standings)
    }
}

/// Decides who is served.
pub struct Admission {
    store: Arc<dyn Store>,
    /// What is set for every account.
    account: PlanLimits,
    first_uses: first_use::FirstUses,
}

impl Admission {
    /// Admission by what the store knows, and by what is set for every account.
    pub fn new(store: Arc<dyn Store>, account: PlanLimits) -> Self {
        Self { store, account, first_uses: first_use::FirstUses::default() }
    }

    /// Admits a caller for something that needs a scope. `owner` is the account's pseudonym. One step of the store asks
    /// whether the key is revoked and takes the request of what key and account may ask.
    ///
    /// # Errors
    /// When the key is revoked, requests come too fast, the key lacks the scope, or the store cannot be asked.
    pub async fn admit(&self, caller: Caller, owner: Owner, scope: Option<Scope>) -> Result<Ticket, Refused> {
        let gates = gates(&caller, &owner, &self.account);
        let standings = match self.store.admit(&owner, &caller.key_id(), &gates, 1).await? {
            Admittance::Revoked => return Err(Refused { error: AdmissionError::Revoked, quotas: Vec::new() }),
            Admittance::TooFast { gate, after, standings } => {
                let error = AdmissionError::TooFast { policy: Policy::Requests.name(gate), after };
                return Err(Refused { error, quotas: quota::quotas(&gates, &standings) });
            }
            Admittance::Admitted(standings) => standings,
        };
        let ticket = Ticket { caller, owner, gates, standings };
        self.first_uses.note(&*self.store, &ticket).await;
        match scope.filter(|scope| !ticket.caller.may(*scope)) {
            Some(scope) => Err(Refused { error: AdmissionError::MissingScope(scope), quotas: ticket.quotas() }),
            None => Ok(ticket),
        }
    }

    /// Asks again for a caller that was admitted and is still being answered.
    ///
    /// # Errors
    /// When the key was revoked since, or the store cannot be asked.
    pub async fn admit_on(&self, ticket: &Ticket) -> Result<(), AdmissionError> {
        if self.store.is_revoked(&ticket.key()).await? { Err(AdmissionError::Revoked) } else { Ok(()) }
    }

    /// Waits until the key of a caller that was admitted is revoked, on whatever node.
    pub async fn revoked(&self, ticket: &Ticket) {
        let key = ticket.key();
        loop {
            let wake = self.store.listen(Topic::Key(&key));
            if matches!(self.store.is_revoked(&key).await, Ok(true)) {
                return;
            }
            wake.within(LOOK_AGAIN).await;
        }
    }

    /// What is left now for a caller that was admitted.
    ///
    /// # Errors
    /// When the key was revoked since, or the store cannot be asked.
    pub async fn left(&self, ticket: &Ticket) -> Result<Vec<Quota>, AdmissionError> {
        match self.store.admit(&ticket.owner, &ticket.key(), &ticket.gates, 0).await? {
            Admittance::Revoked => Err(AdmissionError::Revoked),
            Admittance::Admitted(standings) | Admittance::TooFast { standings, .. } => {
                Ok(quota::quotas(&ticket.gates, &standings))
            }
        }
    }
}

fn gates(caller: &Caller, owner: &Owner, account: &PlanLimits) -> [Gate; 2] {
    let own = caller.limits().effective(&DEFAULT_LIMITS, &MAXIMUM_LIMITS);
    let of_key = Gate { name: StoreKey::key_gate(owner, &caller.key_id()), limits: own };
    let name = StoreKey::account_gate(owner, caller.mode());
    let usual = ACCOUNT_LIMITS.or_more(&own);
    [of_key, Gate { name, limits: account.or(&usual) }]
}
