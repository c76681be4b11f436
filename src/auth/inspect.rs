use serde::Serialize;

use super::claims::Claims;
use super::jws::{self, Compact};
use super::{API_KEY, AuthError, KeySet};
use crate::domain::{Mode, PlanLimits};

/// What is known of a signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum SignatureState {
    /// No key set was given.
    NotChecked,
    /// It fits a key of the set.
    Verified,
    /// It fits none: nothing that the key says can be believed.
    Refused,
}

/// What a key says of itself. Not a proof of anything: see [`super::check()`].
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// Whether the signature was checked and fits.
    pub signature: SignatureState,
    /// Header `kid`.
    pub kid: String,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
    /// Claim `sub`.
    pub account: String,
    /// Claim `jti`.
    pub key_id: String,
    /// Claim `scope`.
    pub scope: String,
    /// Claim `mode`.
    pub mode: Mode,
    /// Claim `lim`.
    pub limits: PlanLimits,
    /// Claim `iat`, seconds since the Unix epoch.
    pub issued_at: u64,
    /// Claim `nbf`, seconds since the Unix epoch.
    pub not_before: u64,
    /// Claim `exp`, seconds since the Unix epoch.
    pub expires_at: u64,
}

/// Reads a key without trusting it; with a key set it also tells whether the signature fits.
///
/// # Errors
/// [`AuthError`] when it has not the form, header or claims of a key.
pub fn inspect(text: &str, keys: Option<&KeySet>) -> Result<Inspection, AuthError> {
    let compact = Compact::split(text, API_KEY.longest_bytes)?;
    let kid = compact.kid(API_KEY.typ)?;
    let claims: Claims = jws::json(compact.payload()).ok_or(AuthError::Claims)?;
    let signature = match keys.map(|keys| compact.verify(keys.public(), &kid)) {
        None => SignatureState::NotChecked,
        Some(Ok(())) => SignatureState::Verified,
        Some(Err(_)) => SignatureState::Refused,
    };
    Ok(Inspection {
        signature,
        kid,
        issuer: claims.iss,
        audience: claims.aud,
        account: claims.sub,
        key_id: claims.jti,
        scope: claims.scope,
        mode: claims.mode,
        limits: claims.lim.unwrap_or_default(),
        issued_at: claims.iat,
        not_before: claims.nbf,
        expires_at: claims.exp,
    })
}
