use crate::auth::KeyError;
use crate::auth::jws::JwsError;

/// Why a receipt, or something held against it, is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The text is no receipt signed by one of the keys.
    #[error("the receipt is refused: {0}")]
    Jws(#[from] JwsError),
    /// The public keys cannot be used.
    #[error("the public keys are refused: {0}")]
    Keys(#[from] KeyError),
    /// The claims are not those of a receipt, or contradict one another.
    #[error("the receipt's claims are not acceptable")]
    Claims,
    /// The receipt could not be signed.
    #[error("the receipt could not be signed")]
    Signing,
    /// The salt is not 32 bytes of canonical base64url.
    #[error("the salt is not base64url of 32 bytes")]
    Salt,
    /// No random bytes could be had.
    #[error("no random bytes could be had")]
    Random,
    /// The photo is neither the one received nor the one sent out, or the salt is another.
    #[error("the photo and salt fit neither commitment of the receipt")]
    PhotoDiffers,
    /// The file is no bundle of receipt, salt and keys.
    #[error("the file is no receipt bundle")]
    Bundle,
}
