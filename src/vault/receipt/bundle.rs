use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use zeroize::Zeroizing;

use super::{ReceiptError, Salt};
use crate::auth::jws::json;

/// A receipt with all that its check needs: the file that the demo writes. Holds the salt, so it
/// is its owner's alone.
pub struct Bundle {
    /// The receipt, a compact JWS.
    pub receipt: String,
    /// The salt of its commitments.
    pub salt: Salt,
    /// The public keys as they were published when it was written; not pinned by anything.
    pub jwks: Value,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    receipt: String,
    salt: Zeroizing<String>,
    jwks: Value,
}

impl Bundle {
    /// Reads a bundle; nothing in it is verified yet.
    ///
    /// # Errors
    /// [`ReceiptError`]: `Bundle` for another shape, `Salt` for a malformed salt.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let Wire { receipt, salt, jwks } = json(text.as_bytes()).ok_or(ReceiptError::Bundle)?;
        Ok(Self { receipt, salt: Salt::parse(&salt)?, jwks })
    }

    /// The bundle as a JSON text, with its salt in clear.
    ///
    /// # Errors
    /// [`ReceiptError::Bundle`] when it cannot be written.
    pub fn to_json(&self) -> Result<Zeroizing<String>, ReceiptError> {
        let wire = Wire { receipt: self.receipt.clone(), salt: self.salt.expose(), jwks: self.jwks.clone() };
        let text = serde_json::to_string_pretty(&wire).map_err(|_| ReceiptError::Bundle)?;
        Ok(Zeroizing::new(text))
    }
}

impl fmt::Debug for Bundle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Bundle").field("salt", &self.salt).finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "bundle_tests.rs"]
mod tests;
