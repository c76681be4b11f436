use secrecy::SecretString;
use zeroize::Zeroizing;

use super::claims::{Claims, DAYS_LONGEST, SECONDS_PER_DAY};
use super::{API_KEY, AuthError, Expected, KeySet, check, jws};
use crate::domain::{AccountId, KeyId, Mode, PlanLimits, Scopes};

/// The life of a key when none is asked for, in days.
pub const DAYS_DEFAULT: u16 = 90;

/// A key to be made.
#[derive(Debug, Clone)]
pub struct MintRequest {
    /// Claim `sub`.
    pub account: AccountId,
    /// Claim `scope`.
    pub scopes: Scopes,
    /// Life in days, 1 to 365.
    pub days: u16,
    /// Claim `mode`.
    pub mode: Mode,
    /// Claim `lim`; left out when empty.
    pub limits: PlanLimits,
    /// Claim `iss`.
    pub issuer: String,
    /// Claim `aud`.
    pub audience: String,
}

impl MintRequest {
    /// A live key of an integrator for 90 days, with the server's own limits.
    pub fn new(account: AccountId, names: &Expected) -> Self {
        Self {
            account,
            scopes: Scopes::of_an_integrator(),
            days: DAYS_DEFAULT,
            mode: Mode::Live,
            limits: PlanLimits::default(),
            issuer: names.issuer.clone(),
            audience: names.audience.clone(),
        }
    }
}

/// A key just made; its text is shown once and kept nowhere.
#[derive(Debug)]
pub struct Minted {
    /// The key itself.
    pub text: SecretString,
    /// Its id.
    pub key_id: KeyId,
    /// When it ends, in seconds since the Unix epoch.
    pub expires_at: u64,
}

/// Why a key cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum MintError {
    /// The life asked for is not 1 to 365 days.
    #[error("a key lives 1 to {DAYS_LONGEST} days")]
    Days,
    /// The library refused to sign.
    #[error("the key could not be signed")]
    Signing,
    /// The key made would be refused; so long an issuer or audience, for instance.
    #[error("the key made would be refused")]
    Refused(#[source] AuthError),
}

/// Makes a key at `now` (seconds since the Unix epoch), and checks it as a request would.
///
/// # Errors
/// [`MintError`] when the life is out of range, signing fails, or the key would be refused.
pub fn mint(keys: &KeySet, request: &MintRequest, now: u64) -> Result<Minted, MintError> {
    if !(1..=DAYS_LONGEST).contains(&request.days) {
        return Err(MintError::Days);
    }
    let key_id = KeyId::generate(now);
    let expires_at = now.saturating_add(u64::from(request.days) * SECONDS_PER_DAY);
    let claims = claims(request, key_id, now, expires_at);
    let payload = Zeroizing::new(serde_json::to_vec(&claims).map_err(|_| MintError::Signing)?);
    let text = jws::seal(keys, API_KEY, &payload).map_err(|_| MintError::Signing)?;
    let names = Expected { issuer: request.issuer.clone(), audience: request.audience.clone() };
    check(keys, &names, now, &text).map_err(MintError::Refused)?;
    Ok(Minted { text: text.into(), key_id, expires_at })
}

fn claims(request: &MintRequest, key_id: KeyId, now: u64, expires_at: u64) -> Claims {
    Claims {
        iss: request.issuer.clone(),
        aud: request.audience.clone(),
        sub: request.account.as_str().to_owned(),
        jti: key_id.to_string(),
        iat: now,
        nbf: now,
        exp: expires_at,
        scope: request.scopes.to_string(),
        mode: request.mode,
        lim: (!request.limits.is_empty()).then_some(request.limits),
    }
}
