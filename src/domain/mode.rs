use serde::{Deserialize, Serialize};

use super::Invalid;

/// Whether a key works on the real engine (claim `mode`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "&'static str")]
pub enum Mode {
    /// Reaches the configured engine and costs money.
    #[default]
    Live,
    /// Offline engine only; never costs anything.
    Test,
}

impl Mode {
    /// Checks a text: `live` or `test`.
    ///
    /// # Errors
    /// [`Invalid`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        match text {
            "live" => Ok(Self::Live),
            "test" => Ok(Self::Test),
            _ => Err(Invalid("mode")),
        }
    }

    /// The word in the claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Test => "test",
        }
    }
}

// Through a string: a derived enum would also take `{"live":null}`.
impl TryFrom<String> for Mode {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Mode> for &'static str {
    fn from(mode: Mode) -> Self {
        mode.as_str()
    }
}
