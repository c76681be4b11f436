//! One call: send, read up to a cap, say what happened.

use super::client::Client;
use super::error::{Failure, Misconfiguration};
use super::faults;
use super::payload::Payload;
use crate::domain::SecretBytes;
use reqwest::header::{CONTENT_ENCODING, CONTENT_TYPE, RETRY_AFTER};
use std::time::{Duration, SystemTime};
use tokio::time::timeout;

/// Google's error bodies take a few kilobytes; what is longer is somebody else's page.
const ERROR_CAP_BYTES: usize = 64 << 10;
/// An error's body comes with its head; one that does not is not waited for.
const ERROR_BODY_WAIT: Duration = Duration::from_secs(2);
/// Upstream refuses a server timeout under ten seconds with 400.
const LEAST_SERVER_TIMEOUT: u64 = 10;

pub(super) struct Call<'a> {
    pub(super) model: &'a str,
    pub(super) body: Payload,
    pub(super) timeout: Duration,
    pub(super) cap_bytes: usize,
}

/// A call without an answer.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Miss {
    pub(super) failure: Failure,
    /// Whether it may be billed all the same: it was sent, and nothing says that it failed upstream.
    pub(super) may_be_billed: bool,
}

impl Miss {
    fn unbilled(failure: Failure) -> Self {
        Self { failure, may_be_billed: false }
    }

    fn of_sent(failure: Failure) -> Self {
        Self { may_be_billed: failure != Failure::ConnectFailed, failure }
    }
}

/// Makes the call; the body of an HTTP 200, or the failure that anything else is.
pub(super) async fn attempt(client: &Client, call: Call<'_>) -> Result<SecretBytes, Miss> {
    let answered = timeout(call.timeout, exchange(client, call)).await;
    answered.unwrap_or(Err(Miss::of_sent(Failure::Timeout)))
}

async fn exchange(client: &Client, call: Call<'_>) -> Result<SecretBytes, Miss> {
    let misnamed = Miss::unbilled(Failure::Misconfigured(Misconfiguration::Models));
    let request = client.generate(call.model).ok_or(misnamed)?;
    let mut response = request
        .header(CONTENT_TYPE, "application/json")
        .header("x-server-timeout", server_timeout(call.timeout))
        .body(reqwest::Body::wrap(call.body))
        .send()
        .await
        .map_err(|error| Miss::of_sent(broken(&error)))?;
    let http = response.status().as_u16();
    if http != 200 {
        let retry_after = response.headers().get(RETRY_AFTER);
        let retry_after = retry_after.and_then(|after| faults::retry_after(after.to_str().ok()?, SystemTime::now()));
        // The status decides; a body that breaks off or is too long changes nothing.
        let body = timeout(ERROR_BODY_WAIT, read(&mut response, ERROR_CAP_BYTES)).await;
        let failure = faults::classify(http, retry_after, &body.ok().and_then(Result::ok).unwrap_or_default());
        // Google bills no errors.
        return Err(if (400..600).contains(&http) { Miss::unbilled(failure) } else { Miss::of_sent(failure) });
    }
    if response.headers().get(CONTENT_ENCODING).is_some_and(|coding| coding != "identity") {
        // Nothing was offered to be decoded, and what is not decoded cannot be a bomb.
        return Err(Miss::of_sent(Failure::Garbled));
    }
    read(&mut response, call.cap_bytes).await.map_err(Miss::of_sent)
}

fn server_timeout(timeout: Duration) -> u64 {
    let rounded_up = timeout.as_secs() + u64::from(timeout.subsec_nanos() > 0);
    rounded_up.max(LEAST_SERVER_TIMEOUT)
}

pub(super) async fn read(response: &mut reqwest::Response, cap_bytes: usize) -> Result<SecretBytes, Failure> {
    let declared = response.content_length().unwrap_or(0);
    let declared = usize::try_from(declared).unwrap_or(usize::MAX);
    if declared > cap_bytes {
        return Err(Failure::TooLarge);
    }
    let mut body = SecretBytes::new(Vec::with_capacity(declared));
    while let Some(chunk) = response.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > cap_bytes {
            return Err(Failure::TooLarge);
        }
        if body.len() + chunk.len() > body.capacity() {
            // Grown by hand: the vector's own growth would free the old bytes without zeroing.
            let mut larger = Vec::with_capacity(((body.len() + chunk.len()) * 2).min(cap_bytes));
            larger.extend_from_slice(&body);
            body = SecretBytes::new(larger);
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

/// The error itself is dropped here: it would carry the URL.
pub(super) fn broken(error: &reqwest::Error) -> Failure {
    if error.is_connect() { Failure::ConnectFailed } else { Failure::Interrupted }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_server_timeout_is_whole_seconds_and_never_under_ten() {
        for (milliseconds, seconds) in [(0, 10), (9_999, 10), (10_000, 10), (10_001, 11)] {
            assert_eq!(server_timeout(Duration::from_millis(milliseconds)), seconds);
        }
    }
}
