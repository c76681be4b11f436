use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::{Action, NotCovered, Reason, ReceiptError, Recipient, ResultLine, VerifiedAbsent};
use crate::auth::jws::decode;
use crate::domain::strict::present;
use crate::domain::{FigureId, Invalid, ReceiptId, UploadId};

/// Everything that a receipt states. Figure or upload is always named; both when a kept upload was
/// used by a figure.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Receipt {
    /// Who signed: the installation's issuer name.
    pub iss: String,
    /// When it was signed, in seconds since the Unix epoch (RFC 7519, section 4.1.6).
    pub iat: u64,
    /// The receipt's own id.
    pub jti: ReceiptId,
    /// The figure that the photo was for.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub figure: Option<FigureId>,
    /// The kept upload that the photo was.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub upload: Option<UploadId>,
    /// The account, as a pseudonym that only the operator can resolve.
    pub account: OpaqueAccount,
    /// What binds this receipt to one photo.
    pub commitments: Commitments,
    /// When the photo was first stored, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub stored_at: OffsetDateTime,
    /// When it was found gone, RFC 3339.
    #[serde(with = "time::serde::rfc3339")]
    pub purged_at: OffsetDateTime,
    /// Why it was destroyed.
    pub reason: Reason,
    /// What was done; at least one.
    pub actions: Vec<Action>,
    /// What was found afterwards; nothing where the store could not be asked.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub verified_absent: Option<VerifiedAbsent>,
    /// Who got the photo; empty when nobody did.
    pub recipients: Vec<Recipient>,
    /// What this receipt does not speak of.
    pub not_covered: Vec<NotCovered>,
    /// Who runs the installation.
    pub operator: String,
    /// Where people turn to.
    pub privacy_contact: String,
    /// The ends of the results, as far as they have come.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub results: Vec<ResultLine>,
}

/// HMAC-SHA256 keyed by the client's salt, base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Commitments {
    /// Over the file as it was received.
    pub received: String,
    /// Over the JPEG as it was sent out; absent when nothing was.
    #[serde(default, deserialize_with = "present", skip_serializing_if = "Option::is_none")]
    pub sent: Option<String>,
}

/// A pseudonym of an account: 16 to 128 characters of base64url.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct OpaqueAccount(String);

impl OpaqueAccount {
    /// Checks a text.
    ///
    /// # Errors
    /// [`Invalid`] for another length or another character.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_');
        if (16..=128).contains(&text.len()) && text.bytes().all(allowed) {
            Ok(Self(text.to_owned()))
        } else {
            Err(Invalid("opaque account"))
        }
    }
}

impl TryFrom<String> for OpaqueAccount {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<OpaqueAccount> for String {
    fn from(account: OpaqueAccount) -> Self {
        account.0
    }
}

impl Receipt {
    /// What no receipt may lack or contradict, asked when signing and when verifying.
    pub(super) fn check_sense(&self) -> Result<(), ReceiptError> {
        let Commitments { received, sent } = &self.commitments;
        let is_tag = |text: &String| decode(text).is_ok_and(|bytes| bytes.len() == 32);
        let sound = (self.figure.is_some() || self.upload.is_some())
            && self.stored_at <= self.purged_at
            && !self.actions.is_empty()
            && is_tag(received)
            && sent.iter().all(is_tag)
            && (sent.is_some() || self.recipients.is_empty());
        if sound { Ok(()) } else { Err(ReceiptError::Claims) }
    }
}
