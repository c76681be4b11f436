use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::{hmac, rand};
use zeroize::Zeroizing;

use super::{Receipt, ReceiptError};
use crate::auth::jws::{decode, encode};

/// Bytes of a salt and of a commitment.
const BYTES: usize = 32;

/// The secret that lets its holder, and nobody else, match a photo with a receipt.
#[derive(Clone)]
pub struct Salt(Zeroizing<[u8; BYTES]>);

impl Salt {
    /// A fresh random salt.
    ///
    /// # Errors
    /// [`ReceiptError::Random`] when the library has no random bytes.
    pub fn generate() -> Result<Self, ReceiptError> {
        let mut bytes = Zeroizing::new([0; BYTES]);
        rand::fill(bytes.as_mut_slice()).map_err(|_| ReceiptError::Random)?;
        Ok(Self(bytes))
    }

    /// Reads canonical base64url (RFC 4648, section 5) of 32 bytes, without padding.
    ///
    /// # Errors
    /// [`ReceiptError::Salt`] for anything else.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        let bytes = Zeroizing::new(decode(text).map_err(|_| ReceiptError::Salt)?);
        let mut salt = Zeroizing::new([0; BYTES]);
        if bytes.len() != BYTES {
            return Err(ReceiptError::Salt);
        }
        salt.copy_from_slice(&bytes);
        Ok(Self(salt))
    }

    /// The salt as base64url, to be given to the client alone.
    pub fn expose(&self) -> Zeroizing<String> {
        Zeroizing::new(encode(self.0.as_slice()))
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

/// HMAC-SHA256 (RFC 2104) of bytes that come in pieces, keyed by the salt.
#[derive(Clone)]
pub struct Commitment(hmac::Context);

impl Commitment {
    /// A commitment to no bytes yet.
    pub fn new(salt: &Salt) -> Self {
        let key = hmac::Key::new(hmac::HMAC_SHA256, salt.0.as_slice());
        Self(hmac::Context::with_key(&key))
    }

    /// Adds the next piece.
    pub fn update(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    /// The commitment as base64url.
    pub fn finish(self) -> String {
        encode(self.0.sign().as_ref())
    }
}

impl fmt::Debug for Commitment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Commitment(hidden)")
    }
}

/// The commitment to bytes that are all there.
pub fn commit(salt: &Salt, bytes: &[u8]) -> String {
    let mut commitment = Commitment::new(salt);
    commitment.update(bytes);
    commitment.finish()
}

/// Which file of the receipt a photo is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PhotoMatch {
    /// The file as it was received.
    Received,
    /// The JPEG as it was sent to the recipients.
    Sent,
}

/// Tells which file of the receipt these bytes are.
///
/// # Errors
/// [`ReceiptError::PhotoDiffers`] when they are neither, or the salt is another.
pub fn check_photo(receipt: &Receipt, salt: &Salt, bytes: &[u8]) -> Result<PhotoMatch, ReceiptError> {
    check_commitment(receipt, &commit(salt, bytes))
}

/// The same for a commitment already made; compared in constant time.
///
/// # Errors
/// [`ReceiptError::PhotoDiffers`] when it is neither of the receipt's.
pub fn check_commitment(receipt: &Receipt, made: &str) -> Result<PhotoMatch, ReceiptError> {
    let same = |claimed: &str| verify_slices_are_equal(claimed.as_bytes(), made.as_bytes()).is_ok();
    let received = same(&receipt.commitments.received);
    let sent = receipt.commitments.sent.as_deref().is_some_and(same);
    match (received, sent) {
        (true, _) => Ok(PhotoMatch::Received),
        (false, true) => Ok(PhotoMatch::Sent),
        (false, false) => Err(ReceiptError::PhotoDiffers),
    }
}
