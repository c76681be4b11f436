//! Key text → [`Caller`]: pure, no I/O, no waiting.
//!
//! A key is a JWT (RFC 7519) in compact JWS form (RFC 7515), checked by our own order and our own
//! types throughout (RFC 8725); only the signature's arithmetic is a library's. Revocation is not
//! asked here: that is admission's.

mod check;
mod claims;
mod credential;
mod error;
mod inspect;
pub mod jws;
mod key_set;
mod mint;
mod pem;
mod public_keys;

pub use check::{Caller, Expected, check};
pub use claims::{DAYS_LONGEST, LEEWAY_SECONDS, LIFETIME_LONGEST_SECONDS, REVOKED_FOR};
pub use credential::{credential, refuse_key_in_query};
pub use error::AuthError;
pub use inspect::{Inspection, SignatureState, inspect};
pub use key_set::{KeySet, generate_pem};
pub use mint::{DAYS_DEFAULT, MintError, MintRequest, Minted, mint};
pub use public_keys::{KeyError, PublicKeys};

use jws::Kind;

/// The longest key text, in bytes.
pub const KEY_LONGEST_BYTES: usize = 4096;

/// What makes a compact JWS an API key; no other of our JWS carries this `typ` (RFC 8725, 3.11).
pub(crate) const API_KEY: Kind = Kind { typ: "figurine-key+jwt", longest_bytes: KEY_LONGEST_BYTES };

#[cfg(test)]
mod hostile;
#[cfg(test)]
mod tests;
