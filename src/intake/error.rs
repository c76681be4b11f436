//! Why a photo was not taken in. Nothing here tells what the photo shows.

/// Why received bytes did not become a [`Photo`](super::Photo).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IntakeError {
    /// No bytes were received.
    #[error("no bytes were received")]
    Empty,
    /// The bytes are no image; `what` names them where that is known.
    #[error("the bytes are not an image{}", .what.map(|what| format!(" but {what}")).unwrap_or_default())]
    NotAnImage {
        /// Name of the format that was recognised, if any.
        what: Option<&'static str>,
    },
    /// An image, but of a kind that is not taken.
    #[error("{what} is not supported: {remedy}")]
    Unsupported {
        /// Name of the format.
        what: &'static str,
        /// What the sender can do about it.
        remedy: &'static str,
    },
    /// More bytes than allowed.
    #[error("{bytes} bytes are more than the {max} allowed")]
    TooLarge {
        /// Size received, in bytes.
        bytes: u64,
        /// Largest size allowed, in bytes.
        max: u64,
    },
    /// The header declares more pixels, or a longer side, than allowed.
    #[error("{width} x {height} pixels are more than the {max} allowed")]
    TooManyPixels {
        /// Declared width in pixels.
        width: u32,
        /// Declared height in pixels.
        height: u32,
        /// Largest number of pixels allowed.
        max: u64,
    },
    /// An animation with more frames than allowed.
    #[error("more than the {max} frames allowed")]
    TooManyFrames {
        /// Largest number of frames allowed.
        max: u32,
    },
    /// Decoding would need more memory than there is for all photos together.
    #[error("decoding needs {needed} bytes of memory and {max} are allowed")]
    TooMuchMemory {
        /// Estimated need in bytes.
        needed: u64,
        /// The whole budget in bytes.
        max: u64,
    },
    /// Decoding took longer than allowed.
    #[error("decoding took too long")]
    TooSlow,
    /// The file ends before the image does.
    #[error("the {what} is cut off")]
    Truncated {
        /// Name of the format.
        what: &'static str,
    },
    /// The file contradicts its format.
    #[error("the {what} is damaged")]
    Damaged {
        /// Name of the format.
        what: &'static str,
    },
    /// Too many photos wait to be decoded; the same photo may pass later.
    #[error("too many photos are waiting to be decoded")]
    Busy,
}

impl IntakeError {
    /// Whether the same bytes may be taken in at another time.
    pub fn is_transient(&self) -> bool {
        matches!(self, Self::Busy)
    }
}
