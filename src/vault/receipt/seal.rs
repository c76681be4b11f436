use serde_json::Value;

use super::{Receipt, ReceiptError};
use crate::auth::jws::{self, Kind};
use crate::auth::{KeySet, PublicKeys};

/// What makes a compact JWS a receipt: an API key, even of the same signing key, is none.
pub(super) const RECEIPT: Kind = Kind { typ: "figurine-receipt+jwt", longest_bytes: 64 * 1024 };

/// Signs a receipt as a compact JWS.
///
/// # Errors
/// [`ReceiptError`]: `Claims` when it names neither figure nor upload, no action, a recipient
/// without what was sent, a malformed commitment, or was purged before it was stored; `Signing`
/// when the library refuses or the text would be longer than 64 KiB.
pub fn sign(keys: &KeySet, receipt: &Receipt) -> Result<String, ReceiptError> {
    receipt.check_sense()?;
    let payload = serde_json::to_vec(receipt).map_err(|_| ReceiptError::Signing)?;
    let text = jws::seal(keys, RECEIPT, &payload).map_err(|_| ReceiptError::Signing)?;
    if text.len() > RECEIPT.longest_bytes {
        return Err(ReceiptError::Signing);
    }
    Ok(text)
}

/// Reads a receipt whose signature fits a key of the JWK set (RFC 7517), as strictly as a key.
///
/// # Errors
/// [`ReceiptError`]: `Keys` for an unusable set, `Jws` for the text, `Claims` for its content.
pub fn verify(text: &str, jwks: &Value) -> Result<Receipt, ReceiptError> {
    let payload = jws::open(&PublicKeys::from_jwks(jwks)?, RECEIPT, text)?;
    let receipt: Receipt = jws::json(&payload).ok_or(ReceiptError::Claims)?;
    receipt.check_sense()?;
    Ok(receipt)
}
