//! What an engine is made from.

use secrecy::SecretString;
use std::time::Duration;

/// Where Gemini is, with which key, and how long and how much is put up with.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// What metrics call the engine.
    pub name: &'static str,
    /// Scheme and authority, such as `https://generativelanguage.googleapis.com`.
    pub base_url: String,
    /// `v1beta` or `v1`.
    pub api_version: String,
    /// Sent as `x-goog-api-key`; opaque, because Google changes the forms of its keys.
    pub key: SecretString,
    /// Whether `http://` may name a host that is not loopback. The key then travels in clear.
    pub allow_plain_http: bool,
    /// A proxy's URL; without one no proxy is used, whatever the environment says.
    pub proxy: Option<String>,
    /// Longest time to connect, TLS included.
    pub connect_timeout: Duration,
    /// Longest time of one attempt that asks for text.
    pub text_timeout: Duration,
    /// Longest time of one attempt that asks for an image; minutes are normal upstream.
    pub image_timeout: Duration,
    /// Most bytes of an answer that should hold text.
    pub text_cap_bytes: usize,
    /// Most bytes of an answer that should hold an image.
    pub image_cap_bytes: usize,
    /// First bound of the random wait before a retry; doubles with each.
    pub backoff_base: Duration,
    /// Largest bound of that wait.
    pub backoff_cap: Duration,
    /// The outcome that the simulator is asked for with each call; nobody else is.
    pub scenario: Option<&'static str>,
    /// Failures in a row that open a model's breaker.
    pub breaker_failures: u32,
    /// How long an open breaker lets nothing through.
    pub breaker_pause: Duration,
}

impl EngineSettings {
    /// Google's endpoint or the simulator's, with the defaults of everything else.
    pub fn new(base_url: impl Into<String>, key: SecretString) -> Self {
        Self {
            name: "gemini",
            base_url: base_url.into(),
            api_version: "v1beta".to_owned(),
            key,
            allow_plain_http: false,
            proxy: None,
            connect_timeout: Duration::from_secs(10),
            text_timeout: Duration::from_secs(60),
            image_timeout: Duration::from_secs(120),
            text_cap_bytes: 1 << 20,
            image_cap_bytes: 64 << 20,
            backoff_base: Duration::from_millis(500),
            backoff_cap: Duration::from_secs(20),
            scenario: None,
            breaker_failures: 5,
            breaker_pause: Duration::from_secs(5),
        }
    }
}

/// Why no engine can be made from the settings. Names the setting, never its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SetupError {
    /// Not an absolute `http` or `https` URL without user, query and fragment.
    #[error("the base URL is not an absolute http or https URL")]
    BaseUrl,
    /// `http` to another machine without leave.
    #[error("the base URL is plain http and not loopback")]
    PlainHttp,
    /// The version is no single path segment.
    #[error("the API version is not a plain word such as v1beta")]
    ApiVersion,
    /// Empty, or with characters that a header cannot carry.
    #[error("the API key is empty or has characters that a header cannot carry")]
    Key,
    /// The proxy's URL cannot be read.
    #[error("the proxy's URL cannot be used")]
    Proxy,
    /// TLS could not be set up, for instance for want of root certificates.
    #[error("the HTTP client could not be set up")]
    Client,
}
