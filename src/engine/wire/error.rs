//! Google's error envelope, which proxies on the way may replace by anything.

use serde::Deserialize;

/// What an error body says, as far as decisions rest on it.
#[derive(Debug, Default, Deserialize)]
pub struct ErrorBody {
    /// Such as `INVALID_ARGUMENT`.
    #[serde(default)]
    pub status: Option<String>,
    /// Upstream's words; never logged nor passed on.
    #[serde(default)]
    pub message: Option<String>,
    /// Typed details.
    #[serde(default)]
    pub details: Option<Vec<Detail>>,
}

/// One `google.rpc` detail, the fields of all kinds in one.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Detail {
    /// `type.googleapis.com/google.rpc.…`.
    #[serde(rename = "@type", default)]
    pub kind: Option<String>,
    /// Of `ErrorInfo`, such as `API_KEY_INVALID`.
    #[serde(default)]
    pub reason: Option<String>,
    /// Of `RetryInfo`, such as `45s` or `1.5s`.
    #[serde(default, alias = "retry_delay")]
    pub retry_delay: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Envelope {
    One { error: ErrorBody },
    Many([Wrapped; 1]),
}

#[derive(Deserialize)]
struct Wrapped {
    error: ErrorBody,
}

/// Reads an error body; an empty one when it is no Google envelope.
pub fn parse_error(body: &[u8]) -> ErrorBody {
    match serde_json::from_slice(body) {
        Ok(Envelope::One { error } | Envelope::Many([Wrapped { error }])) => error,
        Err(_) => ErrorBody::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_envelope_may_stand_in_an_array_or_be_no_json() {
        let plain = br#"{"error":{"status":"X","extra":1,"details":[{"@type":"t","reason":"R"}]}}"#;
        let array = [b"[", &plain[..], b"]"].concat();
        for body in [&plain[..], &array] {
            let error = parse_error(body);
            assert_eq!(error.status.as_deref(), Some("X"));
            assert_eq!(error.details.unwrap()[0].reason.as_deref(), Some("R"));
        }
        for body in [&b"<html>"[..], b"", b"[]", b"{}", b"null", b"{\"error\":7}"] {
            assert!(parse_error(body).status.is_none());
        }
    }
}
