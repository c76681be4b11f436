//! The signed proof of deletion: a compact JWS (RFC 7515) of its own type and its own keys.
//!
//! It binds, by salted commitments, the photo that was received and the JPEG that was sent out,
//! and says when, why and how far the photo was destroyed, each claim with its grade. Whoever has
//! the receipt, the salt and the public keys can check it without asking anybody.

mod bundle;
mod claims;
mod commitment;
mod erasure;
mod error;
mod facts;
mod seal;

pub use bundle::Bundle;
pub use claims::{Commitments, OpaqueAccount, Receipt};
pub use commitment::{Commitment, PhotoMatch, Salt, check_commitment, check_photo, commit};
pub use erasure::{Erased, ErasureReceipt, Kept, sign_erasure, verify_erasure};
pub use error::ReceiptError;
pub use facts::{
    Action, Grade, NotCovered, Persistence, Reason, Recipient, ResultLine, StoreKind, VerifiedAbsent, VerifiedBy, What,
};
pub use seal::{sign, verify};

#[cfg(test)]
pub(crate) mod tests;
