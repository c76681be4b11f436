use serde::{Deserialize, Serialize};
use uuid::{NoContext, Timestamp, Uuid, Variant};

use super::Invalid;

fn parse_v7(text: &str, prefix: &str, what: &'static str) -> Result<Uuid, Invalid> {
    let hex = text.strip_prefix(prefix).ok_or(Invalid(what))?;
    let lower_hex = |b: u8| matches!(b, b'0'..=b'9' | b'a'..=b'f');
    if hex.len() != 32 || !hex.bytes().all(lower_hex) {
        return Err(Invalid(what));
    }
    let uuid = Uuid::try_parse(hex).map_err(|_| Invalid(what))?;
    if uuid.get_version_num() == 7 && uuid.get_variant() == Variant::RFC4122 { Ok(uuid) } else { Err(Invalid(what)) }
}

macro_rules! typed_id {
    ($(#[$doc:meta])* $name:ident, $prefix:literal, $what:literal) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(Uuid);

        impl $name {
            /// What every id of this kind begins with.
            pub const PREFIX: &str = $prefix;

            /// A fresh id whose time part is `now` (seconds since the Unix epoch).
            pub fn generate(now: u64) -> Self {
                Self(Uuid::new_v7(Timestamp::from_unix(NoContext, now, 0)))
            }

            /// A fresh id.
            pub fn random() -> Self {
                Self(Uuid::now_v7())
            }

            /// Checks a text: the prefix, then a version 7 UUID as 32 lower-case hex digits.
            ///
            /// # Errors
            /// [`Invalid`] for anything else, other spellings of the same UUID included.
            pub fn parse(text: &str) -> Result<Self, Invalid> {
                parse_v7(text, $prefix, $what).map(Self)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                write!(f, "{}{}", $prefix, self.0.simple())
            }
        }

        impl TryFrom<String> for $name {
            type Error = Invalid;
            fn try_from(text: String) -> Result<Self, Invalid> {
                Self::parse(&text)
            }
        }

        impl From<$name> for String {
            fn from(id: $name) -> Self {
                id.to_string()
            }
        }
    };
}

typed_id!(
    /// The id of an API key (claim `jti`): what revocation names.
    KeyId, "key_", "key id"
);
typed_id!(
    /// The id of a figure.
    FigureId, "fig_", "figure id"
);
typed_id!(
    /// The id of an upload.
    UploadId, "upl_", "upload id"
);
typed_id!(
    /// The id of one HTTP request.
    RequestId, "req_", "request id"
);
typed_id!(
    /// The id of an entry of the audit trail.
    ActId, "act_", "act id"
);
typed_id!(
    /// The id of a deletion receipt (claim `jti`).
    ReceiptId, "rcp_", "receipt id"
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_generated_id_parses_back_and_two_differ() {
        let (one, two) = (KeyId::generate(1_800_000_000), KeyId::generate(1_800_000_000));
        assert_ne!(one, two);
        assert_eq!(KeyId::parse(&one.to_string()), Ok(one));
    }

    #[test]
    fn only_the_one_spelling_of_an_id_is_taken() {
        let good = KeyId::generate(1_800_000_000).to_string();
        let upper = format!("key_{}", good[4..].to_uppercase());
        let v4 = format!("key_{}4{}", &good[4..16], &good[17..]);
        let variant = format!("key_{}0{}", &good[4..20], &good[21..]);
        let other = good.replace("key_", "fig_");
        for bad in ["", "key_", &good[4..], &good[..35], &upper, &v4, &variant, &other] {
            assert!(KeyId::parse(bad).is_err(), "{bad}");
        }
        assert!(KeyId::parse(&format!("{good}\n")).is_err());
        assert!(KeyId::parse("key_../../etc/passwd0000000000000000").is_err());
    }
}
