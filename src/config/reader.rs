//! Reads one setting at a time and collects the faults.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Display,
    io::IsTerminal,
    net::SocketAddr,
    ops::RangeInclusive,
    str::FromStr,
    time::Duration,
};

use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;

use super::{LogFormat, NamedKey, NamedKeys, SettingsFaults, StoreChoice};
use crate::domain::PlanLimits;

/// A setting's name and default, as they stand in `.env.example` and the README.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// The variable's name.
    pub name: &'static str,
    /// Its default; empty where there is none.
    pub default: &'static str,
    /// Whether it also has a form `NAME_FILE` that names a file with the value.
    pub secret: bool,
}

const fn plain(name: &'static str, default: &'static str) -> Setting {
    Setting { name, default, secret: false }
}

const fn secret(name: &'static str) -> Setting {
    secret_or(name, "")
}

const fn secret_or(name: &'static str, default: &'static str) -> Setting {
    Setting { name, default, secret: true }
}

/// Every setting there is. Another name that begins with `FIGURINE_` is a fault, so that a slip of the pen is seen.
pub const SETTINGS: &[Setting] = &[
    plain("FIGURINE_LISTEN", "127.0.0.1:8080"),
    plain("FIGURINE_MANAGEMENT_LISTEN", "127.0.0.1:9464"),
    plain("FIGURINE_PUBLIC_URL", ""),
    secret_or("FIGURINE_STORE_URL", "memory://"),
    secret("FIGURINE_KEY_STORE_URL"),
    plain("FIGURINE_REDIS_CA", ""),
    plain("FIGURINE_SIGNING_KEYS", ""),
    plain("FIGURINE_RECEIPT_KEYS", ""),
    secret("FIGURINE_SEAL_KEYS"),
    secret("FIGURINE_INDEX_KEYS"),
    plain("FIGURINE_ISSUER", "figurine"),
    plain("FIGURINE_AUDIENCE", "figurine-api"),
    plain("FIGURINE_OPERATOR", ""),
    plain("FIGURINE_PRIVACY_CONTACT", ""),
    plain("FIGURINE_REGION", ""),
    secret("GEMINI_API_KEY"),
    plain("FIGURINE_ENGINE", ""),
    plain("FIGURINE_GEMINI_TIER", ""),
    plain("FIGURINE_GEMINI_BASE_URL", "https://generativelanguage.googleapis.com"),
    plain("FIGURINE_GEMINI_API_VERSION", "v1beta"),
    plain("FIGURINE_IMAGE_MODELS", "gemini-nano-banana-2.1,gemini-3-pro-image"),
    plain("FIGURINE_TEXT_MODELS", "gemini-3.5-flash-lite,gemini-3.8-flash"),
    plain("FIGURINE_MINORS", "child-safe"),
    plain("FIGURINE_HTTPS_PROXY", ""),
    plain("FIGURINE_UPLOAD_TTL_SECONDS", "600"),
    plain("FIGURINE_RESULT_TTL_SECONDS", "3600"),
    plain("FIGURINE_MAX_WAIT_SECONDS", "25"),
    plain("FIGURINE_JOB_DEADLINE_SECONDS", "300"),
    plain("FIGURINE_MAX_UPLOAD_BYTES", "26214400"),
    plain("FIGURINE_MAX_PIXELS", "100000000"),
    plain("FIGURINE_LONGEST_SIDE", "1536"),
    plain("FIGURINE_DECODE_MEMORY_BYTES", "536870912"),
    plain("FIGURINE_JOBS_IN_FLIGHT", "64"),
    plain("FIGURINE_JOBS_QUEUED", "1024"),
    plain("FIGURINE_MICRO_USD_PER_DAY", ""),
    plain("FIGURINE_ACCOUNT_LIMITS", ""),
    plain("FIGURINE_DRAIN_SECONDS", "30"),
    plain("FIGURINE_ALLOW_EMBEDDED", ""),
    plain("FIGURINE_TLS_CERT", ""),
    plain("FIGURINE_TLS_KEY", ""),
    plain("FIGURINE_CORS_ORIGINS", ""),
    plain("FIGURINE_LOG", "info"),
    plain("FIGURINE_LOG_FORMAT", ""),
];

/// Whether a variable is a setting, rightly spelled or not.
pub(super) fn is_ours(name: &str) -> bool {
    name.starts_with("FIGURINE_") || name.starts_with("GEMINI_API_KEY")
}

/// Name and value pairs, and the faults found so far.
pub(super) struct Reader {
    given: BTreeMap<String, String>,
    faults: BTreeSet<String>,
}

impl Reader {
    pub(super) fn new(vars: impl IntoIterator<Item = (String, String)>) -> Self {
        let given: BTreeMap<_, _> =
            vars.into_iter().filter(|(name, value)| is_ours(name) && !value.is_empty()).collect();
        let known = |name: &str| {
            SETTINGS.iter().any(|it| {
                it.name == name || (it.secret && name.strip_suffix("_FILE").is_some_and(|stem| stem == it.name))
            })
        };
        let faults = given
            .keys()
            .filter(|name| !known(name))
            .map(|name| format!("{name}: there is no such setting in this version"))
            .collect();
        Self { given, faults }
    }

    pub(super) fn finish<T>(self, settings: T) -> Result<T, SettingsFaults> {
        if self.faults.is_empty() { Ok(settings) } else { Err(SettingsFaults(self.faults.into_iter().collect())) }
    }

    pub(super) fn fault(&mut self, name: &str, reason: &str) {
        self.faults.insert(format!("{name}: {reason}"));
    }

    pub(super) fn given(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// The value given, else the default; `None` when both are empty.
    pub(super) fn optional(&mut self, name: &str) -> Option<String> {
        let default = SETTINGS.iter().find(|it| it.name == name).map_or("", |it| it.default);
        let value = self.given.get(name).map_or(default, String::as_str).trim();
        (!value.is_empty()).then(|| value.to_owned())
    }

    pub(super) fn text(&mut self, name: &str) -> String {
        self.optional(name).unwrap_or_default()
    }

    pub(super) fn list(&mut self, name: &str) -> Vec<String> {
        let text = self.text(name);
        text.split(',').map(str::trim).filter(|part| !part.is_empty()).map(str::to_owned).collect()
    }

    pub(super) fn flag(&mut self, name: &str) -> bool {
        self.optional_one_of(name, &["1", "0"]).as_deref() == Some("1")
    }

    pub(super) fn one_of(&mut self, name: &str, values: &[&str]) -> String {
        self.optional_one_of(name, values).unwrap_or_default()
    }

    pub(super) fn optional_one_of(&mut self, name: &str, values: &[&str]) -> Option<String> {
        let value = self.optional(name)?;
        if !values.contains(&value.as_str()) {
            self.fault(name, &format!("must be one of: {}", values.join(", ")));
        }
        Some(value)
    }

    /// Where a store is; `None` when the setting is not given. The URL may hold a password.
    pub(super) fn store(&mut self, name: &str) -> Option<StoreChoice> {
        let url = self.secret(name)?;
        let (scheme, rest) = url.expose_secret().split_once("://").unwrap_or_default();
        match (scheme, rest) {
            ("memory", "") => Some(StoreChoice::Memory),
            ("redis" | "rediss", rest) if rest.split(',').all(|node| !node.is_empty()) => Some(StoreChoice::Redis(url)),
            ("redis+unix", rest) if !rest.is_empty() && !rest.contains(',') => Some(StoreChoice::Redis(url)),
            _ => {
                self.fault(
                    name,
                    "must be memory://, redis://, rediss:// or redis+unix://; several servers of a cluster, with commas \
                     between, by redis:// or rediss://",
                );
                None
            }
        }
    }

    pub(super) fn address(&mut self, name: &str) -> SocketAddr {
        self.text(name).parse().unwrap_or_else(|_| {
            self.fault(name, "must be an address and a port, such as 127.0.0.1:8080");
            SocketAddr::from(([127, 0, 0, 1], 0))
        })
    }

    pub(super) fn number<T: FromStr + PartialOrd + Display + Copy>(
        &mut self,
        name: &str,
        range: RangeInclusive<T>,
    ) -> T {
        match self.text(name).parse::<T>() {
            Ok(value) if range.contains(&value) => value,
            Ok(_) | Err(_) => {
                let (low, high) = (range.start(), range.end());
                self.fault(name, &format!("must be a whole number from {low} to {high}"));
                *low
            }
        }
    }

    pub(super) fn optional_number<T: FromStr + PartialOrd + Display + Copy>(
        &mut self,
        name: &str,
        range: RangeInclusive<T>,
    ) -> Option<T> {
        self.optional(name).is_some().then(|| self.number(name, range))
    }

    /// Limits as the claim `lim` of a key has them; none where nothing is given.
    pub(super) fn limits(&mut self, name: &str) -> PlanLimits {
        let Some(text) = self.optional(name) else { return PlanLimits::default() };
        serde_json::from_str(&text).unwrap_or_else(|_| {
            let reason = "must be JSON of some of rpm, burst, in_flight (each at least 1), figures_per_day and \
                          micro_usd_per_month, such as {\"figures_per_day\":2000}";
            self.fault(name, reason);
            PlanLimits::default()
        })
    }

    pub(super) fn seconds(&mut self, name: &str, range: RangeInclusive<u64>) -> Duration {
        Duration::from_secs(self.number(name, range))
    }

    /// An absolute http or https URL without a slash at its end.
    pub(super) fn url(&mut self, name: &str) -> Option<String> {
        let value = self.optional(name)?;
        let sound = value.parse::<actix_web::http::Uri>().is_ok_and(|uri| {
            matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some() && uri.query().is_none()
        });
        if !sound {
            self.fault(name, "must be an absolute http or https URL without a query");
        }
        Some(value.trim_end_matches('/').to_owned())
    }

    /// Origins as browsers write them: scheme, host in lower case, and a port that is not the scheme's own.
    pub(super) fn origins(&mut self, name: &str) -> Vec<String> {
        let origins = self.list(name);
        for origin in &origins {
            let host = origin.strip_prefix("https://").or_else(|| origin.strip_prefix("http://")).unwrap_or_default();
            let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-.:[]".contains(&byte);
            let own_port = if origin.starts_with("https:") { ":443" } else { ":80" };
            let parses = origin.parse::<actix_web::http::Uri>().is_ok_and(|uri| uri.authority().is_some());
            if !parses || host.is_empty() || !host.bytes().all(plain) || host.ends_with(own_port) {
                self.fault(
                    name,
                    "must be origins such as https://app.example.com, comma-separated, without paths or *",
                );
            }
        }
        origins
    }

    /// A secret, from the variable or from the file that `NAME_FILE` names.
    pub(super) fn secret(&mut self, name: &str) -> Option<SecretString> {
        let file = self.given.get(&format!("{name}_FILE")).cloned();
        match (self.given.get(name).cloned(), file) {
            (Some(_), Some(_)) => {
                self.fault(name, "is given twice: by itself and by a file");
                None
            }
            (None, Some(path)) => match std::fs::read_to_string(&path) {
                Ok(text) => Some(SecretString::from(text.trim().to_owned())),
                Err(error) => {
                    self.fault(&format!("{name}_FILE"), &format!("cannot be read: {}", error.kind()));
                    None
                }
            },
            (value, None) => value.map(|text| SecretString::from(text.trim().to_owned())),
        }
    }

    pub(super) fn named_keys(&mut self, name: &str) -> NamedKeys {
        let Some(text) = self.secret(name) else { return Vec::new() };
        let parts = text.expose_secret().split(',').map(|part| NamedKey::parse(part.trim()));
        let Some(keys) = parts.collect::<Option<Vec<_>>>() else {
            self.fault(name, "must be kid:base64 of 32 bytes, comma-separated");
            return Vec::new();
        };
        let kids: BTreeSet<_> = keys.iter().map(|key| &key.kid).collect();
        if kids.len() != keys.len() {
            self.fault(name, "two keys have one name");
        }
        keys
    }

    pub(super) fn log_filter(&mut self, name: &str) -> String {
        let filter = self.text(name);
        if EnvFilter::try_new(&filter).is_err() {
            self.fault(name, "must be a filter of tracing-subscriber, such as info or figurine=debug");
        }
        filter
    }

    pub(super) fn log_format(&mut self, name: &str) -> LogFormat {
        match self.optional_one_of(name, &["pretty", "json"]).as_deref() {
            Some("pretty") => LogFormat::Pretty,
            None if std::io::stderr().is_terminal() => LogFormat::Pretty,
            _ => LogFormat::Json,
        }
    }
}
