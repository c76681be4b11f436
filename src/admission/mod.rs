//! Caller → Ticket: what is asked of the store before one byte of the body is read.

use std::sync::Arc;

use crate::{
    auth::Caller,
    domain::{KeyId, Limits, Mode, Owner, Scope},
    store::{Store, StoreError},
};

/// What a key has where it does not say otherwise.
const DEFAULT_LIMITS: Limits =
    Limits { rpm: 60, burst: 20, in_flight: 8, figures_per_day: 500, micro_usd_per_month: 50_000_000 };

/// The most that any key has.
const MAXIMUM_LIMITS: Limits = Limits {
    rpm: 6_000,
    burst: 1_000,
    in_flight: 256,
    figures_per_day: 1_000_000,
    micro_usd_per_month: 100_000_000_000,
};

/// Why a caller is not admitted.
#[derive(Debug, thiserror::Error)]
pub enum AdmissionError {
    /// The key was revoked.
    #[error("the key is revoked")]
    Revoked,
    /// The key lacks a scope.
    #[error("the key lacks the scope {}", .0.as_str())]
    MissingScope(Scope),
    /// The store does not answer, so nobody is admitted.
    #[error("admission's store failed")]
    Store(#[from] StoreError),
}

/// Leave to be served: made by [`Admission::admit`] alone.
#[derive(Debug, Clone)]
pub struct Ticket {
    caller: Caller,
    owner: Owner,
    limits: Limits,
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

    /// The limits that hold.
    pub fn limits(&self) -> Limits {
        self.limits
    }

    /// Jobs that the key may have under way.
    pub fn seats(&self) -> u32 {
        self.limits.in_flight
    }
}

/// Decides who is served.
pub struct Admission {
    store: Arc<dyn Store>,
}

impl Admission {
    /// Admission by what the store knows.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Admits a caller for something that needs a scope. `owner` is the account's pseudonym.
    ///
    /// # Errors
    /// When the key lacks the scope, is revoked, or the store cannot be asked.
    pub async fn admit(&self, caller: Caller, owner: Owner, scope: Option<Scope>) -> Result<Ticket, AdmissionError> {
        self.refuse_revoked(&caller).await?;
        if let Some(scope) = scope.filter(|scope| !caller.may(*scope)) {
            return Err(AdmissionError::MissingScope(scope));
        }
        let limits = caller.limits().effective(&DEFAULT_LIMITS, &MAXIMUM_LIMITS);
        Ok(Ticket { caller, owner, limits })
    }

    /// Asks again for a caller that was admitted and is still being answered.
    ///
    /// # Errors
    /// When the key was revoked since, or the store cannot be asked.
    pub async fn admit_on(&self, ticket: &Ticket) -> Result<(), AdmissionError> {
        self.refuse_revoked(&ticket.caller).await
    }

    async fn refuse_revoked(&self, caller: &Caller) -> Result<(), AdmissionError> {
        if self.store.is_revoked(&caller.key_id()).await? { Err(AdmissionError::Revoked) } else { Ok(()) }
    }
}
