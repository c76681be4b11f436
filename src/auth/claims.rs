use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{AuthError, Expected};
use crate::domain::strict::present;
use crate::domain::{Mode, PlanLimits};

/// How far two clocks may differ, in seconds.
pub const LEEWAY_SECONDS: u64 = 30;

/// The longest life of a key, in days.
pub const DAYS_LONGEST: u16 = 365;

/// The longest life of a key, in seconds from `iat` to `exp`.
pub const LIFETIME_LONGEST_SECONDS: u64 = DAYS_LONGEST as u64 * SECONDS_PER_DAY;

/// For how long a revoked key is remembered: longer than any key lives.
pub const REVOKED_FOR: Duration = Duration::from_secs(LIFETIME_LONGEST_SECONDS + 2 * SECONDS_PER_DAY);

pub(super) const SECONDS_PER_DAY: u64 = 86_400;

/// The claims as they are written. Times are seconds since the Unix epoch, integers only.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Claims {
    pub(super) iss: String,
    pub(super) aud: String,
    pub(super) sub: String,
    pub(super) jti: String,
    pub(super) iat: u64,
    pub(super) nbf: u64,
    pub(super) exp: u64,
    pub(super) scope: String,
    #[serde(default)]
    pub(super) mode: Mode,
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub(super) lim: Option<PlanLimits>,
}

impl Claims {
    pub(super) fn check_names(&self, expected: &Expected) -> Result<(), AuthError> {
        if self.iss != expected.issuer {
            return Err(AuthError::WrongIssuer);
        }
        if self.aud != expected.audience {
            return Err(AuthError::WrongAudience);
        }
        Ok(())
    }

    /// What the times say among themselves first, then against the clock.
    pub(super) fn check_times(&self, now: u64) -> Result<(), AuthError> {
        let lifetime = self.exp.checked_sub(self.iat).ok_or(AuthError::Lifetime)?;
        let sound = (1..=LIFETIME_LONGEST_SECONDS).contains(&lifetime) && self.nbf <= self.exp;
        if !sound {
            return Err(AuthError::Lifetime);
        }
        let latest_now = now.saturating_add(LEEWAY_SECONDS);
        if self.iat > latest_now || self.nbf > latest_now {
            return Err(AuthError::NotYetValid);
        }
        if now >= self.exp.saturating_add(LEEWAY_SECONDS) {
            return Err(AuthError::Expired);
        }
        Ok(())
    }
}
