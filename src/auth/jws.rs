//! Compact JWS (RFC 7515, section 7.1), `EdDSA` over Ed25519 only (RFC 8037), read strictly.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::{Algorithm, crypto};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use super::{KeySet, PublicKeys};
use crate::domain::strict::Object;

/// The one algorithm.
pub(super) const ALGORITHM: &str = "EdDSA";

/// One kind of JWS, kept apart from every other by its `typ`.
#[derive(Debug, Clone, Copy)]
pub struct Kind {
    /// Header member `typ`, compared exactly.
    pub typ: &'static str,
    /// The longest text, in bytes.
    pub longest_bytes: usize,
}

/// Why a JWS is refused; nothing of its text is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum JwsError {
    /// Longer than its kind may be.
    #[error("too long")]
    TooLong,
    /// Not three parts of canonical base64url.
    #[error("malformed")]
    Malformed,
    /// The header is not exactly `alg`, `typ` and `kid` of this kind.
    #[error("header not acceptable")]
    Header,
    /// No such signing key.
    #[error("signing key unknown")]
    UnknownKey,
    /// The signature does not fit.
    #[error("signature wrong")]
    BadSignature,
}

/// The JWS could not be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("signing failed")]
pub struct SigningFailed;

/// The whole header: a member more is refused, so `crit`, `b64`, `zip`, `jku`, `x5u`, `x5c` and
/// `jwk` are (RFC 8725, sections 3.1 and 3.10).
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    alg: String,
    typ: String,
    kid: String,
}

/// A text in three parts, each canonical base64url; nothing about it is trusted yet.
#[derive(Debug)]
pub(super) struct Compact<'t> {
    message: &'t str,
    signature: &'t str,
    header: Vec<u8>,
    payload: Vec<u8>,
}

impl<'t> Compact<'t> {
    pub(super) fn split(text: &'t str, longest_bytes: usize) -> Result<Self, JwsError> {
        if text.len() > longest_bytes {
            return Err(JwsError::TooLong);
        }
        let allowed = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
        if !text.bytes().all(allowed) {
            return Err(JwsError::Malformed);
        }
        let (message, signature) = text.rsplit_once('.').ok_or(JwsError::Malformed)?;
        let (header, payload) = message.split_once('.').ok_or(JwsError::Malformed)?;
        let compact = Self { message, signature, header: decode(header)?, payload: decode(payload)? };
        decode(signature)?;
        Ok(compact)
    }

    /// The `kid` of a header that is exactly of this kind.
    pub(super) fn kid(&self, typ: &str) -> Result<String, JwsError> {
        let header: Header = json(&self.header).ok_or(JwsError::Header)?;
        if header.alg == ALGORITHM && header.typ == typ { Ok(header.kid) } else { Err(JwsError::Header) }
    }

    pub(super) fn verify(&self, keys: &PublicKeys, kid: &str) -> Result<(), JwsError> {
        let key = keys.find(kid).ok_or(JwsError::UnknownKey)?;
        match crypto::verify(self.signature, self.message.as_bytes(), key, Algorithm::EdDSA) {
            Ok(true) => Ok(()),
            Ok(false) | Err(_) => Err(JwsError::BadSignature),
        }
    }

    pub(super) fn payload(&self) -> &[u8] {
        &self.payload
    }
}

/// The payload of a JWS of this kind whose signature fits one of the keys.
///
/// # Errors
/// [`JwsError`] with the first reason met: length, form, header, key, signature.
pub fn open(keys: &PublicKeys, kind: Kind, text: &str) -> Result<Vec<u8>, JwsError> {
    let compact = Compact::split(text, kind.longest_bytes)?;
    let named = compact.kid(kind.typ)?;
    compact.verify(keys, &named)?;
    Ok(compact.payload)
}

/// Signs a payload as a JWS of this kind.
///
/// # Errors
/// [`SigningFailed`] when the library refuses the key or the header cannot be written.
pub fn seal(keys: &KeySet, kind: Kind, payload: &[u8]) -> Result<String, SigningFailed> {
    let header = Header { alg: ALGORITHM.to_owned(), typ: kind.typ.to_owned(), kid: keys.signing_kid().to_owned() };
    let header = serde_json::to_vec(&header).map_err(|_| SigningFailed)?;
    let message = format!("{}.{}", encode(&header), encode(payload));
    let signature = keys.sign(message.as_bytes())?;
    Ok(format!("{message}.{signature}"))
}

/// Reads a JSON object strictly: derived types with `deny_unknown_fields` also refuse doubles.
pub(crate) fn json<T: DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    serde_json::from_slice::<Object<T>>(bytes).ok().map(|Object(value)| value)
}

/// Base64url without padding (RFC 7515, section 2).
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Canonical base64url only: no padding, no stray bits in the last character, not empty.
pub(crate) fn decode(text: &str) -> Result<Vec<u8>, JwsError> {
    match URL_SAFE_NO_PAD.decode(text) {
        Ok(bytes) if !bytes.is_empty() => Ok(bytes),
        Ok(_) | Err(_) => Err(JwsError::Malformed),
    }
}
