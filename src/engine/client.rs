//! The HTTP client: no redirects, no proxies from the environment, one credential in one header.

use super::settings::{EngineSettings, SetupError};
use crate::telemetry::current;
use reqwest::{Url, header::HeaderValue, redirect};
use secrecy::ExposeSecret;
use std::time::Duration;

/// Names the outcome that the simulator is asked for.
const SCENARIO: &str = "figurine-scenario";

pub(super) struct Client {
    pub(super) http: reqwest::Client,
    pub(super) settings: EngineSettings,
    models: Url,
    key: HeaderValue,
}

impl Client {
    pub(super) fn new(settings: EngineSettings) -> Result<Self, SetupError> {
        let models = models_url(&settings)?;
        let key = key_header(&settings)?;
        let mut builder = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .retry(reqwest::retry::never())
            .https_only(models.scheme() == "https")
            .no_proxy()
            .http1_only()
            .tcp_nodelay(true)
            .user_agent(concat!("figurine/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(settings.connect_timeout)
            .pool_idle_timeout(Duration::from_secs(60))
            .pool_max_idle_per_host(64);
        if let Some(proxy) = &settings.proxy {
            builder = builder.proxy(reqwest::Proxy::all(proxy).map_err(|_| SetupError::Proxy)?);
        }
        Ok(Self { http: builder.build().map_err(|_| SetupError::Client)?, settings, models, key })
    }

    /// A POST to `model:generateContent` with the key, or `None` for a name no path can carry.
    pub(super) fn generate(&self, model: &str) -> Option<reqwest::RequestBuilder> {
        let url = self.url(model, ":generateContent")?;
        let request = self.http.post(url).header("x-goog-api-key", &self.key);
        let request = match self.settings.scenario {
            Some(scenario) => request.header(SCENARIO, scenario),
            None => request,
        };
        // Ids alone: what a caller put into its trace beside them is nobody else's.
        Some(match current() {
            Some(trace) => request.header("traceparent", trace.next().to_string()),
            None => request,
        })
    }

    /// A GET of a model's description with the key, or `None` as above.
    pub(super) fn describe(&self, model: &str) -> Option<reqwest::RequestBuilder> {
        Some(self.http.get(self.url(model, "")?).header("x-goog-api-key", &self.key))
    }

    fn url(&self, model: &str, method: &str) -> Option<Url> {
        // Without "./" the name before the colon would be read as a scheme.
        self.models.join(&format!("./{model}{method}")).ok().filter(|_| is_plain_word(model))
    }
}

fn models_url(settings: &EngineSettings) -> Result<Url, SetupError> {
    let mut url = Url::parse(&settings.base_url).map_err(|_| SetupError::BaseUrl)?;
    let plain = url.username().is_empty() && url.query().is_none() && url.fragment().is_none();
    if !plain || url.host_str().is_none() || !matches!(url.scheme(), "http" | "https") {
        return Err(SetupError::BaseUrl);
    }
    if url.scheme() == "http" && !settings.allow_plain_http && !is_loopback(&url) {
        return Err(SetupError::PlainHttp);
    }
    if !is_plain_word(&settings.api_version) {
        return Err(SetupError::ApiVersion);
    }
    let path = url.path().trim_end_matches('/');
    let path = format!("{path}/{}/models/", settings.api_version);
    url.set_path(&path);
    Ok(url)
}

fn is_loopback(url: &Url) -> bool {
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || bare.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

fn is_plain_word(word: &str) -> bool {
    !word.is_empty()
        && !word.starts_with('.')
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b'_'))
}

fn key_header(settings: &EngineSettings) -> Result<HeaderValue, SetupError> {
    let mut key = HeaderValue::from_str(settings.key.expose_secret()).map_err(|_| SetupError::Key)?;
    if key.is_empty() {
        return Err(SetupError::Key);
    }
    key.set_sensitive(true);
    Ok(key)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn setup(base_url: &str) -> Result<String, SetupError> {
        models_url(&EngineSettings::new(base_url, "k".into())).map(String::from)
    }

    #[test]
    fn https_anywhere_and_http_on_loopback_are_taken() {
        for (base, expected) in [
            ("https://h.example", "https://h.example/v1beta/models/"),
            ("http://127.0.0.1:9/", "http://127.0.0.1:9/v1beta/models/"),
            ("http://[::1]:9", "http://[::1]:9/v1beta/models/"),
            ("https://h.example/gw/", "https://h.example/gw/v1beta/models/"),
        ] {
            assert_eq!(setup(base).as_deref(), Ok(expected));
        }
    }

    #[test]
    fn a_base_url_that_could_leak_the_key_is_refused() {
        assert_eq!(setup("http://h.example"), Err(SetupError::PlainHttp));
        for base in ["ftp://h", "https://u@h", "https://h?x=1", "https://h#f", "h", ""] {
            assert_eq!(setup(base), Err(SetupError::BaseUrl), "{base}");
        }
    }

    #[test]
    fn a_model_name_cannot_change_the_path() {
        for name in ["", "..", "a/b", "a?b", "a:b", "http://x", "a b", "\u{e4}"] {
            assert!(!is_plain_word(name), "{name}");
        }
        let client = Client::new(EngineSettings::new("http://127.0.0.1:9", "k".into())).unwrap();
        let request = client.generate("gemini-3-pro-image").unwrap().build().unwrap();
        let path = "/v1beta/models/gemini-3-pro-image:generateContent";
        assert_eq!(request.url().path(), path);
        assert!(request.headers()["x-goog-api-key"].is_sensitive());
    }
}
