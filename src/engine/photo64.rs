//! The photo as base64, made once per job.

use crate::domain::SecretBytes;
use bytes::Bytes;
use std::fmt;

/// A photo's bytes in standard base64, kept for all calls of a job and zeroed when dropped. Calls borrow them.
pub struct Photo64 {
    mime_type: &'static str,
    base64: Bytes,
}

impl Photo64 {
    /// Encodes a JPEG, the kind that intake makes.
    pub fn jpeg(bytes: &[u8]) -> Self {
        Self::new("image/jpeg", bytes)
    }

    /// Encodes a photo of another kind that Gemini takes: `image/png`, `image/webp`.
    pub fn new(mime_type: &'static str, bytes: &[u8]) -> Self {
        let base64 = SecretBytes::new(base64_simd::STANDARD.encode_type::<Vec<u8>>(bytes));
        Self { mime_type, base64: Bytes::from_owner(base64) }
    }

    /// The declared media type.
    pub fn mime_type(&self) -> &'static str {
        self.mime_type
    }

    /// Length of the base64 text in bytes, four thirds of the photo's.
    pub fn base64_bytes(&self) -> usize {
        self.base64.len()
    }

    /// The base64 itself, shared and not copied.
    pub(super) fn expose(&self) -> Bytes {
        self.base64.clone()
    }
}

impl fmt::Debug for Photo64 {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Photo64({} bytes of base64)", self.base64.len())
    }
}
