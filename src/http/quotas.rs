//! `RateLimit-Policy` and `RateLimit` on what a good key is answered (draft-ietf-httpapi-ratelimit-headers-11).

use std::{fmt::Write as _, time::Duration};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::admission::Quota;

/// Tells the limits of a caller and what is left of them.
pub(super) fn tell(quotas: &[Quota], headers: &mut HeaderMap) {
    for (name, text) in [("ratelimit-policy", list(quotas, policy)), ("ratelimit", list(quotas, left))] {
        if let Ok(value) = HeaderValue::from_str(&text) {
            headers.insert(HeaderName::from_static(name), value);
        }
    }
}

/// Whole seconds, and never too few.
pub(super) fn seconds(time: Duration) -> u64 {
    time.as_secs() + u64::from(time.subsec_nanos() > 0)
}

fn list(quotas: &[Quota], item: fn(&Quota) -> String) -> String {
    quotas.iter().map(item).collect::<Vec<_>>().join(", ")
}

/// Writing to a string cannot fail.
fn policy(quota: &Quota) -> String {
    let mut text = format!("\"{}\";q={}", quota.name, quota.quota);
    let _ = match quota.window {
        Some(window) => write!(text, ";w={}", seconds(window)),
        None => write!(text, ";qu=\"concurrent-requests\""),
    };
    if let Some(burst) = quota.burst {
        let _ = write!(text, ";burst={burst}");
    }
    text
}

fn left(quota: &Quota) -> String {
    let mut text = format!("\"{}\";r={}", quota.name, quota.left);
    if let Some(back) = quota.back_in {
        let _ = write!(text, ";t={}", seconds(back));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quota_is_told_as_structured_fields() {
        let requests = Quota {
            name: "requests",
            quota: 60,
            window: Some(Duration::from_secs(60)),
            burst: Some(20),
            left: 19,
            back_in: Some(Duration::from_millis(300)),
        };
        let seats = Quota { name: "in_flight", quota: 8, window: None, burst: None, left: 0, back_in: None };
        let mut headers = HeaderMap::new();
        tell(&[requests, seats], &mut headers);
        let policy = "\"requests\";q=60;w=60;burst=20, \"in_flight\";q=8;qu=\"concurrent-requests\"";
        assert_eq!(headers.get("ratelimit-policy").unwrap(), policy);
        assert_eq!(headers.get("ratelimit").unwrap(), "\"requests\";r=19;t=1, \"in_flight\";r=0");
    }
}
