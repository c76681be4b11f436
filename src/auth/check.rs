use super::claims::Claims;
use super::{API_KEY, AuthError, KeySet, jws};
use crate::domain::{AccountId, KeyId, Mode, PlanLimits, Scope, Scopes};

/// The names that every key must carry, compared exactly.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expected {
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
}

/// Who asks: the proof that a key was checked. Only [`check`] makes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    account: AccountId,
    key_id: KeyId,
    scopes: Scopes,
    mode: Mode,
    limits: PlanLimits,
    issued_at: u64,
    expires_at: u64,
}

impl Caller {
    /// The account that the key speaks for.
    pub const fn account(&self) -> &AccountId {
        &self.account
    }

    /// The key's own id, by which it can be revoked.
    pub const fn key_id(&self) -> KeyId {
        self.key_id
    }

    /// Every right of the key.
    pub const fn scopes(&self) -> Scopes {
        self.scopes
    }

    /// Whether the key gives this right.
    pub const fn may(&self, scope: Scope) -> bool {
        self.scopes.contains(scope)
    }

    /// Live or test.
    pub const fn mode(&self) -> Mode {
        self.mode
    }

    /// What the key says of limits; [`PlanLimits::effective`] tells what holds.
    pub const fn limits(&self) -> &PlanLimits {
        &self.limits
    }

    /// When the key was made, in seconds since the Unix epoch.
    pub const fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// When the key ends, in seconds since the Unix epoch.
    pub const fn expires_at(&self) -> u64 {
        self.expires_at
    }
}

/// Checks a key text at `now` (seconds since the Unix epoch): length, characters, three parts,
/// canonical base64url, exact header, signature, claims, issuer, audience, times, account, key id,
/// scope; in this order, so that nothing unsigned is interpreted beyond its header.
///
/// # Errors
/// [`AuthError`] with the first reason met.
pub fn check(keys: &KeySet, expected: &Expected, now: u64, text: &str) -> Result<Caller, AuthError> {
    let payload = jws::open(keys.public(), API_KEY, text)?;
    let claims: Claims = jws::json(&payload).ok_or(AuthError::Claims)?;
    claims.check_names(expected)?;
    claims.check_times(now)?;
    Ok(Caller {
        account: AccountId::parse(&claims.sub).map_err(|_| AuthError::Account)?,
        key_id: KeyId::parse(&claims.jti).map_err(|_| AuthError::KeyId)?,
        scopes: Scopes::parse(&claims.scope).map_err(|_| AuthError::Scope)?,
        mode: claims.mode,
        limits: claims.lim.unwrap_or_default(),
        issued_at: claims.iat,
        expires_at: claims.exp,
    })
}
