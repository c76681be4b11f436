use serde::{Deserialize, Serialize};

use super::Invalid;

/// One right that a key gives.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    /// Make, cancel and erase figures and uploads.
    FiguresWrite,
    /// See one's figures.
    FiguresRead,
    /// See one's usage.
    UsageRead,
    /// Use one's rights: access, erasure, preferences.
    PrivacyManage,
    /// Mint and revoke keys.
    KeysAdmin,
}

impl Scope {
    /// Every scope, in the order in which they are written.
    pub const ALL: [Self; 5] =
        [Self::FiguresWrite, Self::FiguresRead, Self::UsageRead, Self::PrivacyManage, Self::KeysAdmin];

    /// The word in the claim.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::FiguresWrite => "figures:write",
            Self::FiguresRead => "figures:read",
            Self::UsageRead => "usage:read",
            Self::PrivacyManage => "privacy:manage",
            Self::KeysAdmin => "keys:admin",
        }
    }

    /// Checks one word.
    ///
    /// # Errors
    /// [`Invalid`] when it is no scope of ours.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        Self::ALL.into_iter().find(|scope| scope.as_str() == text).ok_or(Invalid("scope"))
    }

    const fn bit(self) -> u8 {
        1 << self as u8
    }
}

/// A set of scopes that is never empty (claim `scope`; RFC 6749, section 3.3).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Scopes(u8);

impl Scopes {
    /// What a key gets when nothing is asked: all that an integrator needs, no `keys:admin`.
    pub const fn of_an_integrator() -> Self {
        Self(Scope::FiguresWrite.bit() | Scope::FiguresRead.bit() | Scope::UsageRead.bit() | Scope::PrivacyManage.bit())
    }

    /// Checks a list: known words, one space between two, none twice, at least one.
    ///
    /// # Errors
    /// [`Invalid`] for anything else.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        text.split(' ').try_fold(Self(0), |set, word| {
            let bit = Scope::parse(word)?.bit();
            if set.0 & bit == 0 { Ok(Self(set.0 | bit)) } else { Err(Invalid("scope")) }
        })
    }

    /// Whether the right is given.
    pub const fn contains(self, scope: Scope) -> bool {
        self.0 & scope.bit() != 0
    }

    /// Whether every right of the other is given here.
    pub const fn include(self, other: Self) -> bool {
        self.0 & other.0 == other.0
    }

    /// The rights that both give; `None` where there is none.
    pub const fn common(self, other: Self) -> Option<Self> {
        if self.0 & other.0 == 0 { None } else { Some(Self(self.0 & other.0)) }
    }

    /// The rights given, in the order of [`Scope::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Scope> {
        Scope::ALL.into_iter().filter(move |scope| self.contains(*scope))
    }
}

impl std::fmt::Display for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let words: Vec<_> = self.iter().map(Scope::as_str).collect();
        f.write_str(&words.join(" "))
    }
}

impl std::fmt::Debug for Scopes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Scopes({self})")
    }
}

impl std::str::FromStr for Scopes {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl TryFrom<String> for Scopes {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<Scopes> for String {
    fn from(scopes: Scopes) -> Self {
        scopes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_written_in_one_order_and_hold_what_was_asked() {
        let scopes = Scopes::parse("usage:read figures:write").unwrap();
        assert_eq!(scopes.to_string(), "figures:write usage:read");
        assert!(scopes.contains(Scope::UsageRead) && !scopes.contains(Scope::KeysAdmin));
        assert!(!Scopes::of_an_integrator().contains(Scope::KeysAdmin));
    }

    #[test]
    fn odd_scope_lists_are_refused() {
        let bad = ["", " ", "figures:read ", " figures:read", "figures:read  usage:read"];
        let worse = ["figures:*", "FIGURES:READ", "usage:read usage:read", "a", "usage:read\n"];
        for text in bad.iter().chain(&worse) {
            assert!(Scopes::parse(text).is_err(), "{text:?}");
        }
    }
}
