use super::jws::JwsError;

/// Why a request has no caller: closed reasons for logs, nothing of the key in them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, thiserror::Error)]
pub enum AuthError {
    /// No credential was sent.
    #[error("no key was sent")]
    Missing,
    /// More than one credential was sent.
    #[error("more than one credential was sent")]
    Several,
    /// The `Authorization` header is not of the Bearer scheme.
    #[error("the authorization scheme is not Bearer")]
    Scheme,
    /// A key stands in the URL.
    #[error("a key was sent in the URL")]
    InUrl,
    /// The key is longer than [`super::KEY_LONGEST_BYTES`].
    #[error("the key is too long")]
    TooLong,
    /// Not three parts of canonical base64url.
    #[error("the key is malformed")]
    Malformed,
    /// The header is not exactly ours: algorithm, type, or a member that we do not take.
    #[error("the key's header is not acceptable")]
    Header,
    /// The header names a signing key that is not ours.
    #[error("the key was signed by an unknown signing key")]
    UnknownKey,
    /// The signature does not fit.
    #[error("the key's signature is wrong")]
    BadSignature,
    /// A claim is missing, unknown, doubled or of the wrong type.
    #[error("the key's claims are not acceptable")]
    Claims,
    /// Claim `iss` names somebody else.
    #[error("the key has another issuer")]
    WrongIssuer,
    /// Claim `aud` names somebody else.
    #[error("the key is for another audience")]
    WrongAudience,
    /// The time is past `exp`.
    #[error("the key has expired")]
    Expired,
    /// The time is before `nbf` or `iat`.
    #[error("the key is not valid yet")]
    NotYetValid,
    /// The times contradict one another or the lifetime is too long.
    #[error("the key's times are not acceptable")]
    Lifetime,
    /// Claim `sub` is no account.
    #[error("the key's account is not acceptable")]
    Account,
    /// Claim `jti` is no key id.
    #[error("the key's id is not acceptable")]
    KeyId,
    /// Claim `scope` is no list of our scopes.
    #[error("the key's scope is not acceptable")]
    Scope,
}

impl AuthError {
    /// Whether no key was sent at all, as against one that is refused (RFC 6750, section 3.1:
    /// the challenge for a request without credentials carries no error code).
    pub fn is_missing(self) -> bool {
        self == Self::Missing
    }

    /// A stable word for logs and counters.
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Several => "several",
            Self::Scheme => "scheme",
            Self::InUrl => "in_url",
            Self::TooLong => "too_long",
            Self::Malformed => "malformed",
            Self::Header => "header",
            Self::UnknownKey => "unknown_key",
            Self::BadSignature => "bad_signature",
            Self::Claims => "claims",
            Self::WrongIssuer => "wrong_issuer",
            Self::WrongAudience => "wrong_audience",
            Self::Expired => "expired",
            Self::NotYetValid => "not_yet_valid",
            Self::Lifetime => "lifetime",
            Self::Account => "account",
            Self::KeyId => "key_id",
            Self::Scope => "scope",
        }
    }
}

impl From<JwsError> for AuthError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::TooLong => Self::TooLong,
            JwsError::Malformed => Self::Malformed,
            JwsError::Header => Self::Header,
            JwsError::UnknownKey => Self::UnknownKey,
            JwsError::BadSignature => Self::BadSignature,
        }
    }
}
