//! HTTP errors: which failure they are, and what is done about each.

use super::error::{Failure, Misconfiguration};
use super::wire::{Detail, ErrorBody, parse_error};
use std::time::{Duration, SystemTime};

/// What a failed attempt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Give up: the same would happen again, or be billed again.
    Stop,
    /// Leave this model out for this ask.
    NextModel,
    /// Ask this model again after that time; others may be asked meanwhile.
    Pause(Option<Duration>),
    /// Wait a random while, then ask another model, or this one if it is the last.
    BackOffElsewhere,
    /// Wait a random while, then ask this model again; after another such failure another model, if there is one.
    BackOff,
    /// Wait a random while, then ask this model again with more time, but one time only.
    Once,
}

/// The table of HTTP statuses: the code first, since 402 and 429 share a status word.
pub(super) fn classify(http: u16, retry_after: Option<Duration>, body: &[u8]) -> Failure {
    let error = parse_error(body);
    let retry_after = retry_delay(&error).or(retry_after);
    match http {
        400 if has_reason(&error, "API_KEY_INVALID") => misconfigured(Misconfiguration::Key),
        400 if error.status.as_deref() == Some("FAILED_PRECONDITION") => misconfigured(Misconfiguration::Billing),
        401 => misconfigured(Misconfiguration::Key),
        402 => misconfigured(Misconfiguration::Billing),
        403 => misconfigured(Misconfiguration::Permission),
        404 => Failure::ModelGone,
        408 | 504 => Failure::Timeout,
        429 if is_zero_quota(&error) => Failure::QuotaZero,
        429 => Failure::RateLimited { retry_after },
        400..=499 => Failure::BadRequest,
        500 => Failure::Internal,
        503 => Failure::Overloaded { retry_after },
        501..=599 => Failure::Unavailable,
        _ => Failure::Garbled,
    }
}

/// The table of remedies.
pub(super) fn remedy(failure: &Failure) -> Remedy {
    match failure {
        Failure::ModelGone => Remedy::NextModel,
        Failure::Overloaded { retry_after: None } => Remedy::BackOffElsewhere,
        Failure::RateLimited { retry_after } | Failure::Overloaded { retry_after } => Remedy::Pause(*retry_after),
        Failure::Internal | Failure::Unavailable | Failure::ConnectFailed | Failure::Interrupted => Remedy::BackOff,
        Failure::Timeout => Remedy::Once,
        Failure::Refused { .. }
        | Failure::NoImage { .. }
        | Failure::NoText
        | Failure::Truncated
        | Failure::AccountProblem
        | Failure::Misconfigured(_)
        | Failure::Unsupported
        | Failure::QuotaZero
        | Failure::DeadlineExceeded
        | Failure::BadRequest
        | Failure::Garbled
        | Failure::TooLarge
        | Failure::BreakerOpen { .. } => Remedy::Stop,
    }
}

/// Whether the failure says that the model is ill. A 429 says that it is well and busy.
pub(super) fn is_illness(failure: &Failure) -> bool {
    match failure {
        Failure::Overloaded { .. }
        | Failure::Internal
        | Failure::Unavailable
        | Failure::Timeout
        | Failure::ConnectFailed
        | Failure::Interrupted
        | Failure::Garbled => true,
        Failure::Refused { .. }
        | Failure::NoImage { .. }
        | Failure::NoText
        | Failure::Truncated
        | Failure::AccountProblem
        | Failure::Misconfigured(_)
        | Failure::ModelGone
        | Failure::Unsupported
        | Failure::RateLimited { .. }
        | Failure::QuotaZero
        | Failure::DeadlineExceeded
        | Failure::BadRequest
        | Failure::TooLarge
        | Failure::BreakerOpen { .. } => false,
    }
}

/// The class as a word, for logs and counters.
pub(super) fn name(failure: &Failure) -> &'static str {
    match failure {
        Failure::Refused { .. } => "refused",
        Failure::NoImage { .. } => "no_image",
        Failure::NoText => "no_text",
        Failure::Truncated => "truncated",
        Failure::AccountProblem => "account_problem",
        Failure::Misconfigured(_) => "misconfigured",
        Failure::ModelGone => "model_gone",
        Failure::Unsupported => "unsupported",
        Failure::RateLimited { .. } => "rate_limited",
        Failure::QuotaZero => "quota_zero",
        Failure::Overloaded { .. } => "overloaded",
        Failure::Internal => "internal",
        Failure::Unavailable => "unavailable",
        Failure::Timeout => "timeout",
        Failure::DeadlineExceeded => "deadline_exceeded",
        Failure::BadRequest => "bad_request",
        Failure::Garbled => "garbled",
        Failure::TooLarge => "too_large",
        Failure::ConnectFailed => "connect_failed",
        Failure::Interrupted => "interrupted",
        Failure::BreakerOpen { .. } => "breaker_open",
    }
}

fn misconfigured(what: Misconfiguration) -> Failure {
    Failure::Misconfigured(what)
}

fn details(error: &ErrorBody) -> impl Iterator<Item = &Detail> {
    error.details.iter().flatten()
}

fn has_reason(error: &ErrorBody, reason: &str) -> bool {
    details(error).any(|detail| detail.reason.as_deref() == Some(reason))
}

fn retry_delay(error: &ErrorBody) -> Option<Duration> {
    details(error).find_map(|detail| seconds(detail.retry_delay.as_deref()?.strip_suffix('s')?))
}

/// Seconds with or without a fraction; a day at most, so that adding it to a time cannot fail.
fn seconds(text: &str) -> Option<Duration> {
    let plain = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let seconds: f64 = text.trim().parse().ok().filter(|_| plain)?;
    let delay = Duration::try_from_secs_f64(seconds).ok()?;
    Some(delay.min(Duration::from_secs(86_400)))
}

/// The header `Retry-After`: seconds, or a date (RFC 9110, 10.2.3).
pub(super) fn retry_after(header: &str, now: SystemTime) -> Option<Duration> {
    let until = || httpdate::parse_http_date(header).ok();
    let delay = seconds(header).or_else(|| Some(until()?.duration_since(now).unwrap_or_default()))?;
    Some(delay.min(Duration::from_secs(86_400)))
}

/// A project without billing. Only the message tells it; the code was looked at before.
fn is_zero_quota(error: &ErrorBody) -> bool {
    let message = error.message.as_deref().unwrap_or_default();
    message.match_indices("limit: 0").any(|(at, found)| {
        let next = message.as_bytes().get(at + found.len());
        !next.is_some_and(|b| b.is_ascii_digit() || *b == b'.')
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_are_read_as_google_writes_them() {
        assert_eq!(seconds("45"), Some(Duration::from_secs(45)));
        assert_eq!(seconds("1.5"), Some(Duration::from_millis(1500)));
        assert_eq!(seconds("99999999999"), Some(Duration::from_secs(86_400)));
        for bad in ["", "-1", "NaN", "inf", "1e9", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(seconds(bad), None, "{bad}");
        }
    }

    #[test]
    fn a_date_to_try_again_at_is_read_like_a_delay() {
        let now = httpdate::parse_http_date("Wed, 25 Nov 2026 07:28:00 GMT").unwrap();
        let after = |header: &str| retry_after(header, now).map(|delay| delay.as_secs());
        assert_eq!(after("7"), Some(7));
        assert_eq!(after("Wed, 25 Nov 2026 07:28:30 GMT"), Some(30));
        assert_eq!(after("Wed, 25 Nov 2026 07:00:00 GMT"), Some(0));
        assert_eq!(after("Thu, 25 Nov 2027 07:28:00 GMT"), Some(86_400));
        assert_eq!(after("soon"), None);
    }

    #[test]
    fn only_a_limit_of_exactly_zero_is_zero() {
        let zero = |message: &str| {
            let error = ErrorBody { message: Some(message.to_owned()), ..ErrorBody::default() };
            is_zero_quota(&error)
        };
        assert!(zero("limit: 0, model: x") && zero("limit: 0"));
        assert!(!zero("limit: 05") && !zero("limit: 0.5") && !zero("limit: 10"));
    }

    #[test]
    fn statuses_that_no_table_names_still_have_a_class() {
        assert_eq!(classify(302, None, b""), Failure::Garbled);
        assert_eq!(classify(204, None, b""), Failure::Garbled);
        assert_eq!(classify(413, None, b""), Failure::BadRequest);
        assert_eq!(classify(520, None, b"<html>"), Failure::Unavailable);
    }
}
