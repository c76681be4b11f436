use serde::{Deserialize, Serialize};

use super::Invalid;

/// The account that a key speaks for (claim `sub`): 1 to 128 characters of `A-Za-z0-9._@-`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct AccountId(String);

impl AccountId {
    /// The longest account name, in characters.
    pub const LONGEST: usize = 128;

    /// Checks a name.
    ///
    /// # Errors
    /// [`Invalid`] when it is empty, too long, or has a character outside the set.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._@-".contains(&b);
        let fits = (1..=Self::LONGEST).contains(&text.len());
        if fits && text.bytes().all(allowed) { Ok(Self(text.to_owned())) } else { Err(Invalid("account")) }
    }

    /// The name as it was given.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for AccountId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::str::FromStr for AccountId {
    type Err = Invalid;
    fn from_str(text: &str) -> Result<Self, Invalid> {
        Self::parse(text)
    }
}

impl TryFrom<String> for AccountId {
    type Error = Invalid;
    fn try_from(text: String) -> Result<Self, Invalid> {
        Self::parse(&text)
    }
}

impl From<AccountId> for String {
    fn from(account: AccountId) -> Self {
        account.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_one_to_128_plain_characters() {
        for good in ["a", "acme", "Team.1@acme-corp_x", &"x".repeat(128)] {
            assert!(AccountId::parse(good).is_ok(), "{good}");
        }
        for bad in ["", " ", "a b", "a/b", "ä", "a\n", "a:b", &"x".repeat(129)] {
            assert!(AccountId::parse(bad).is_err(), "{bad}");
        }
    }
}
