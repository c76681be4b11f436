//! What a scenario does to a call: another answer, a spoiled one, or a broken connection.

use super::answer::Answer;
use super::refusal::Refusal;
use super::samples;
use super::scenario::{Act, Carry, Instead};
use super::spoil::spoil;
use actix_web::http::header;
use bytes::Bytes;
use serde_json::json;
use std::future::{Future, pending};
use std::time::Duration;

const HTML: &str = "<html><head><title>502 Bad Gateway</title></head><body></body></html>";
const GZIP_BOMB: &[u8] = include_bytes!("bomb.gz");

/// What is to be delivered.
pub(super) enum Performed {
    Answered(Answer),
    Refused(Refusal),
    /// A whole HTTP answer, as it stands.
    Raw(Raw),
    /// Nothing, and the connection is cut.
    Cut,
}

/// A whole HTTP answer.
pub(super) struct Raw {
    pub(super) http: u16,
    pub(super) content_type: &'static str,
    pub(super) headers: Vec<(header::HeaderName, String)>,
    pub(super) body: Bytes,
}

fn raw(http: u16, content_type: &'static str, body: impl Into<Bytes>) -> Performed {
    Performed::Raw(Raw { http, content_type, headers: Vec::new(), body: body.into() })
}

/// Does the act instead of, or to, the usual answer.
pub(super) async fn perform(act: Option<&Act>, usual: impl Future<Output = Result<Answer, Refusal>>) -> Performed {
    match act {
        Some(Act::Instead(act)) => return instead(act),
        Some(Act::Carry(Carry::NeverAnswers)) => pending::<()>().await,
        Some(Act::Carry(Carry::Latency { ms })) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        Some(Act::Spoil(_) | Act::Carry(Carry::HalfBody | Carry::SlowBody { .. })) | None => {}
    }
    match usual.await {
        Ok(mut answer) => {
            if let Some(Act::Spoil(act)) = act {
                spoil(&mut answer, act);
            }
            Performed::Answered(answer)
        }
        Err(refusal) => Performed::Refused(refusal),
    }
}

fn instead(act: &Instead) -> Performed {
    match act {
        Instead::RateLimited { retry_delay_seconds, retry_after_seconds } => {
            rate_limited(*retry_delay_seconds, *retry_after_seconds)
        }
        Instead::QuotaZero => sample("quota_zero"),
        Instead::Internal => sample("internal"),
        Instead::Overloaded => sample("overloaded"),
        Instead::DeadlineExpired => sample("deadline_504"),
        Instead::BadGateway => raw(502, "text/html", HTML),
        Instead::Status { http, body, retry_after_seconds } => status(*http, body.as_deref(), *retry_after_seconds),
        Instead::Reset => Performed::Cut,
        Instead::BadJson => raw(200, "application/json", r#"{"candidates":[{"content":{"#),
        Instead::Html200 => raw(200, "text/html", HTML),
        Instead::DeepJson => raw(200, "application/json", "[".repeat(100_000)),
        Instead::Redirect { to } => with_header(raw(302, "text/html", ""), header::LOCATION, to.clone()),
        Instead::GzipBomb => {
            with_header(raw(200, "application/json", GZIP_BOMB), header::CONTENT_ENCODING, "gzip".to_owned())
        }
        Instead::Sample(name) => sample(name),
    }
}

fn sample(name: &str) -> Performed {
    match samples::find(name) {
        Some(found) => raw(found.http, "application/json", found.body.to_string()),
        None => Performed::Refused(Refusal::new(501, "UNIMPLEMENTED", format!("no sample is called {name}"))),
    }
}

fn rate_limited(delay: Option<f64>, header_seconds: Option<u64>) -> Performed {
    let message = "You exceeded your current quota, please check your plan and billing details.";
    let mut refusal = Refusal::new(429, "RESOURCE_EXHAUSTED", message);
    if let Some(seconds) = delay {
        refusal = refusal.with(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        }));
    }
    after(raw(429, "application/json", refusal.body().to_string()), header_seconds)
}

fn status(http: u16, body: Option<&str>, retry_after_seconds: Option<u64>) -> Performed {
    let envelope = json!({"error": {"code": http, "message": "By script.", "status": "UNKNOWN"}});
    let body = body.map_or_else(|| envelope.to_string(), str::to_owned);
    after(raw(http, "application/json", body), retry_after_seconds)
}

fn after(performed: Performed, seconds: Option<u64>) -> Performed {
    match seconds {
        Some(seconds) => with_header(performed, header::RETRY_AFTER, seconds.to_string()),
        None => performed,
    }
}

fn with_header(performed: Performed, name: header::HeaderName, value: String) -> Performed {
    match performed {
        Performed::Raw(mut raw) => {
            raw.headers.push((name, value));
            Performed::Raw(raw)
        }
        other @ (Performed::Answered(_) | Performed::Refused(_) | Performed::Cut) => other,
    }
}
