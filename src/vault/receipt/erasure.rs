//! The signed statement that everything of an account, or of one of its people, was erased: of its own type, signed with
//! the same keys as deletion receipts.

use serde::{Deserialize, Serialize};
use serde_json::Value;
use time::OffsetDateTime;

use super::{Action, NotCovered, OpaqueAccount, ReceiptError, Recipient, VerifiedAbsent};
use crate::{
    auth::{
        KeySet, PublicKeys,
        jws::{self, Kind},
    },
    domain::ReceiptId,
};

/// What makes a compact JWS an erasure receipt.
const ERASURE: Kind = Kind { typ: "figurine-erasure+jwt", longest_bytes: 64 * 1024 };

/// Everything that an erasure receipt states.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ErasureReceipt {
    /// Who signed: the installation's issuer name.
    pub iss: String,
    /// When it was signed, in seconds since the Unix epoch.
    pub iat: u64,
    /// The receipt's own id.
    pub jti: ReceiptId,
    /// The account, as a pseudonym that only the operator can resolve.
    pub account: OpaqueAccount,
    /// The person, as a keyed hash of the account's own pseudonym for it; nothing for the whole account.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<String>,
    /// When the erasure began, RFC 3339: it speaks of what was held then.
    #[serde(with = "time::serde::rfc3339")]
    pub asked_at: OffsetDateTime,
    /// When everything was found gone, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub erased_at: OffsetDateTime,
    /// How much was erased, by kind.
    pub erased: Erased,
    /// What was done to each; at least one.
    pub actions: Vec<Action>,
    /// What was found afterwards.
    pub verified_absent: VerifiedAbsent,
    /// What stays all the same, and why.
    pub kept: Vec<Kept>,
    /// Who may have got photos that were erased.
    pub recipients: Vec<Recipient>,
    /// What this receipt does not speak of.
    pub not_covered: Vec<NotCovered>,
    /// Who runs the installation.
    pub operator: String,
    /// Where people turn to.
    pub privacy_contact: String,
}

/// How much was erased.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Erased {
    /// Figures, analyses and prompts: with their photo, result, events and request.
    pub figures: u64,
    /// Of these, how many were under way and were stopped.
    pub stopped: u64,
    /// Photos that were kept ahead of use.
    pub uploads: u64,
    /// Deletion receipts.
    pub receipts: u64,
    /// What remembers requests that are to be done once.
    pub idempotency_records: u64,
    /// Hours and days of sums beyond what billing and limits need.
    pub analytics: u64,
}

/// Something that stays.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = KeptRecord)]
pub struct Kept {
    /// What.
    #[schema(example = "usage counts")]
    pub what: String,
    /// Why.
    #[schema(example = "billing and limits; bare counts of an API key")]
    pub why: String,
}

impl Erased {
    /// The sum.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            figures: self.figures + other.figures,
            stopped: self.stopped + other.stopped,
            uploads: self.uploads + other.uploads,
            receipts: self.receipts + other.receipts,
            idempotency_records: self.idempotency_records + other.idempotency_records,
            analytics: self.analytics + other.analytics,
        }
    }
}

/// Signs an erasure receipt as a compact JWS.
///
/// # Errors
/// [`ReceiptError::Signing`] when the library refuses or the text would be too long.
pub fn sign_erasure(keys: &KeySet, receipt: &ErasureReceipt) -> Result<String, ReceiptError> {
    let payload = serde_json::to_vec(receipt).map_err(|_| ReceiptError::Signing)?;
    let text = jws::seal(keys, ERASURE, &payload).map_err(|_| ReceiptError::Signing)?;
    if text.len() > ERASURE.longest_bytes { Err(ReceiptError::Signing) } else { Ok(text) }
}

/// Reads an erasure receipt whose signature fits a key of the JWK set (RFC 7517).
///
/// # Errors
/// [`ReceiptError`]: `Keys` for an unusable set, `Jws` for the text, `Claims` for its content.
pub fn verify_erasure(text: &str, jwks: &Value) -> Result<ErasureReceipt, ReceiptError> {
    let payload = jws::open(&PublicKeys::from_jwks(jwks)?, ERASURE, text)?;
    jws::json(&payload).ok_or(ReceiptError::Claims)
}
