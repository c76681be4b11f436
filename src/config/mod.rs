//! Settings: read from the environment once, into one struct, every fault told at once and by name.
//! No other module reads the environment.

mod keys;
mod reader;
mod sources;

use std::{
    fmt,
    net::SocketAddr,
    num::NonZeroUsize,
    path::{Path, PathBuf},
    time::Duration,
};

pub use keys::{NamedKey, NamedKeys};
use reader::Reader;
pub use reader::{SETTINGS, Setting};
use secrecy::SecretString;

use crate::domain::PlanLimits;

/// Every fault found in the settings, a line each.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct SettingsFaults(pub Vec<String>);

impl fmt::Display for SettingsFaults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the settings cannot be used:")?;
        self.0.iter().try_for_each(|fault| write!(f, "\n  {fault}"))
    }
}

/// All settings, checked.
#[derive(Debug, Clone)]
pub struct Settings {
    /// `FIGURINE_LISTEN`.
    pub listen: SocketAddr,
    /// `FIGURINE_MANAGEMENT_LISTEN`: metrics and health.
    pub management_listen: SocketAddr,
    /// `FIGURINE_PUBLIC_URL`, without a slash at its end; `None` is derived from the address.
    pub public_url: Option<String>,
    /// `FIGURINE_STORE_URL`.
    pub store: StoreChoice,
    /// `FIGURINE_KEY_STORE_URL`; `None` is the store itself.
    pub key_store: Option<StoreChoice>,
    /// `FIGURINE_REDIS_CA`: a PEM file; `None` is the system's authorities.
    pub redis_ca: Option<PathBuf>,
    /// `FIGURINE_SIGNING_KEYS`: PEM files; empty with the memory store means that keys are made at start.
    pub signing_keys: Vec<PathBuf>,
    /// `FIGURINE_RECEIPT_KEYS`: PEM files; the signing keys where none are given.
    pub receipt_keys: Vec<PathBuf>,
    /// `FIGURINE_SEAL_KEYS`; the first seals, all open.
    pub seal_keys: NamedKeys,
    /// `FIGURINE_INDEX_KEYS`; the first names, all find.
    pub index_keys: NamedKeys,
    /// `FIGURINE_ISSUER`.
    pub issuer: String,
    /// `FIGURINE_AUDIENCE`.
    pub audience: String,
    /// Who runs this installation.
    pub operator: Operator,
    /// Which engine makes the figures.
    pub engine: EngineChoice,
    /// `FIGURINE_IMAGE_MODELS`, in order of preference.
    pub image_models: Vec<String>,
    /// `FIGURINE_TEXT_MODELS`, in order of preference.
    pub text_models: Vec<String>,
    /// `FIGURINE_MINORS`.
    pub minors: Minors,
    /// `FIGURINE_HTTPS_PROXY`.
    pub https_proxy: Option<String>,
    /// `FIGURINE_UPLOAD_TTL_SECONDS`.
    pub upload_ttl: Duration,
    /// `FIGURINE_RESULT_TTL_SECONDS`.
    pub result_ttl: Duration,
    /// `FIGURINE_MAX_WAIT_SECONDS`.
    pub max_wait: Duration,
    /// `FIGURINE_JOB_DEADLINE_SECONDS`.
    pub job_deadline: Duration,
    /// `FIGURINE_DRAIN_SECONDS`.
    pub drain: Duration,
    /// `FIGURINE_MAX_UPLOAD_BYTES`.
    pub max_upload_bytes: u64,
    /// `FIGURINE_MAX_PIXELS`.
    pub max_pixels: u64,
    /// `FIGURINE_LONGEST_SIDE`, in pixels.
    pub longest_side: u32,
    /// `FIGURINE_DECODE_MEMORY_BYTES`.
    pub decode_memory_bytes: u64,
    /// `FIGURINE_JOBS_IN_FLIGHT`, for this node.
    pub jobs_in_flight: NonZeroUsize,
    /// `FIGURINE_JOBS_QUEUED`, for the store.
    pub jobs_queued: usize,
    /// `FIGURINE_TLS_CERT` and `FIGURINE_TLS_KEY`; `None` is HTTP.
    pub tls: Option<TlsFiles>,
    /// `FIGURINE_CORS_ORIGINS`.
    pub cors_origins: Vec<String>,
    /// `FIGURINE_MICRO_USD_PER_DAY`: what all keys together may spend upstream in a day.
    pub micro_usd_per_day: Option<u64>,
    /// `FIGURINE_ACCOUNT_LIMITS`: what all keys of an account have together, where that is set.
    pub account_limits: PlanLimits,
    /// `FIGURINE_LOG`: a filter of `tracing-subscriber`.
    pub log: String,
    /// `FIGURINE_LOG_FORMAT`.
    pub log_format: LogFormat,
}

/// Who answers for this installation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Operator {
    /// `FIGURINE_OPERATOR`.
    pub name: Option<String>,
    /// `FIGURINE_PRIVACY_CONTACT`.
    pub privacy_contact: Option<String>,
    /// `FIGURINE_REGION`.
    pub region: Option<String>,
}

/// What HTTPS is served with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TlsFiles {
    /// The certificate and those between it and its authority, PEM.
    pub cert: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// Where what is kept lies.
#[derive(Debug, Clone)]
pub enum StoreChoice {
    /// In this process: gone at restart.
    Memory,
    /// In a Redis, at a URL that may hold a password.
    Redis(SecretString),
}

/// Which engine makes the figures.
#[derive(Debug, Clone)]
pub enum EngineChoice {
    /// The simulator, started in-process on loopback.
    Offline,
    /// Google Gemini, or whatever answers at the base URL.
    Gemini {
        /// `GEMINI_API_KEY`.
        api_key: SecretString,
        /// `FIGURINE_GEMINI_BASE_URL`, without a slash at its end.
        base_url: String,
        /// `FIGURINE_GEMINI_API_VERSION`.
        api_version: String,
    },
}

/// What is made of photos in which a child might be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Minors {
    /// Figures in the styles that are marked `child_safe`, without the caller's wishes.
    ChildSafe,
    /// None.
    Refuse,
}

/// How log lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LogFormat {
    /// For a person; the default on a terminal.
    Pretty,
    /// For a program; the default elsewhere.
    Json,
}

impl Settings {
    /// Reads the process's environment and `.env`.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn from_environment() -> Result<Self, SettingsFaults> {
        let sources::Given { pairs, faults } = sources::read();
        let mut reader = Reader::new(pairs);
        for (name, reason) in faults {
            reader.fault(&name, &reason);
        }
        Self::from_reader(reader)
    }

    /// Reads settings from name and value pairs; of several with one name the last counts. An empty value counts as
    /// absent, and names that are neither Figurine's nor Gemini's are passed over.
    ///
    /// # Errors
    /// Every fault at once.
    pub fn from_vars(vars: impl IntoIterator<Item = (String, String)>) -> Result<Self, SettingsFaults> {
        Self::from_reader(Reader::new(vars))
    }

    fn from_reader(mut reader: Reader) -> Result<Self, SettingsFaults> {
        let settings = Self::read(&mut reader);
        settings.check(&mut reader);
        reader.finish(settings)
    }

    /// Whether the API can be reached from this machine alone.
    pub fn loopback(&self) -> bool {
        self.listen.ip().is_loopback()
    }

    fn read(from: &mut Reader) -> Self {
        let signing_keys: Vec<_> = from.list("FIGURINE_SIGNING_KEYS").into_iter().map(PathBuf::from).collect();
        let receipt_keys: Vec<_> = from.list("FIGURINE_RECEIPT_KEYS").into_iter().map(PathBuf::from).collect();
        Self {
            listen: from.address("FIGURINE_LISTEN"),
            management_listen: from.address("FIGURINE_MANAGEMENT_LISTEN"),
            public_url: from.url("FIGURINE_PUBLIC_URL"),
            store: from.store("FIGURINE_STORE_URL").unwrap_or(StoreChoice::Memory),
            key_store: from.store("FIGURINE_KEY_STORE_URL"),
            redis_ca: from.optional("FIGURINE_REDIS_CA").map(PathBuf::from),
            receipt_keys: if receipt_keys.is_empty() { signing_keys.clone() } else { receipt_keys },
            signing_keys,
            seal_keys: from.named_keys("FIGURINE_SEAL_KEYS"),
            index_keys: from.named_keys("FIGURINE_INDEX_KEYS"),
            issuer: from.text("FIGURINE_ISSUER"),
            audience: from.text("FIGURINE_AUDIENCE"),
            operator: Self::read_operator(from),
            engine: Self::read_engine(from),
            image_models: from.list("FIGURINE_IMAGE_MODELS"),
            text_models: from.list("FIGURINE_TEXT_MODELS"),
            minors: Self::read_minors(from),
            https_proxy: from.url("FIGURINE_HTTPS_PROXY"),
            upload_ttl: from.seconds("FIGURINE_UPLOAD_TTL_SECONDS", 1..=3_600),
            result_ttl: from.seconds("FIGURINE_RESULT_TTL_SECONDS", 1..=86_400),
            max_wait: from.seconds("FIGURINE_MAX_WAIT_SECONDS", 0..=300),
            job_deadline: from.seconds("FIGURINE_JOB_DEADLINE_SECONDS", 1..=3_600),
            drain: from.seconds("FIGURINE_DRAIN_SECONDS", 0..=600),
            max_upload_bytes: from.number("FIGURINE_MAX_UPLOAD_BYTES", 1_024..=268_435_456),
            max_pixels: from.number("FIGURINE_MAX_PIXELS", 1_024..=400_000_000),
            longest_side: from.number("FIGURINE_LONGEST_SIDE", 256..=4_096),
            decode_memory_bytes: from.number("FIGURINE_DECODE_MEMORY_BYTES", 16_777_216..=68_719_476_736),
            jobs_in_flight: from.number("FIGURINE_JOBS_IN_FLIGHT", NonZeroUsize::MIN..=NonZeroUsize::MAX),
            jobs_queued: from.number("FIGURINE_JOBS_QUEUED", 1..=1_000_000),
            tls: Self::read_tls(from),
            cors_origins: from.origins("FIGURINE_CORS_ORIGINS"),
            micro_usd_per_day: from.optional_number("FIGURINE_MICRO_USD_PER_DAY", 0..=1_000_000_000_000),
            account_limits: from.limits("FIGURINE_ACCOUNT_LIMITS"),
            log: from.log_filter("FIGURINE_LOG"),
            log_format: from.log_format("FIGURINE_LOG_FORMAT"),
        }
    }

    fn read_operator(from: &mut Reader) -> Operator {
        Operator {
            name: from.optional("FIGURINE_OPERATOR"),
            privacy_contact: from.optional("FIGURINE_PRIVACY_CONTACT"),
            region: from.optional("FIGURINE_REGION"),
        }
    }

    fn read_minors(from: &mut Reader) -> Minors {
        match from.one_of("FIGURINE_MINORS", &["child-safe", "refuse"]).as_str() {
            "refuse" => Minors::Refuse,
            _ => Minors::ChildSafe,
        }
    }

    fn read_engine(from: &mut Reader) -> EngineChoice {
        let api_key = from.secret("GEMINI_API_KEY");
        let base_url = from.url("FIGURINE_GEMINI_BASE_URL").unwrap_or_default();
        let api_version = from.one_of("FIGURINE_GEMINI_API_VERSION", &["v1beta", "v1"]);
        let tier = from.optional_one_of("FIGURINE_GEMINI_TIER", &["paid", "unpaid"]);
        let asked = from.optional_one_of("FIGURINE_ENGINE", &["gemini", "offline"]);
        match (asked.as_deref(), api_key) {
            (Some("offline"), _) | (None, None) => EngineChoice::Offline,
            (_, None) => {
                from.fault("FIGURINE_ENGINE", "gemini wants GEMINI_API_KEY");
                EngineChoice::Offline
            }
            (_, Some(api_key)) => {
                if tier.as_deref() != Some("paid") {
                    from.fault(
                        "FIGURINE_GEMINI_TIER",
                        "must be paid before a photo goes to Google: on the unpaid tier people may read it",
                    );
                }
                EngineChoice::Gemini { api_key, base_url, api_version }
            }
        }
    }

    fn read_tls(from: &mut Reader) -> Option<TlsFiles> {
        let mut file = |name: &str| {
            let path = from.optional(name).map(PathBuf::from);
            if let Some(path) = path.as_ref().filter(|path| !path.is_file()) {
                from.fault(name, &format!("no file {}", path.display()));
            }
            path
        };
        match (file("FIGURINE_TLS_CERT"), file("FIGURINE_TLS_KEY")) {
            (Some(cert), Some(key)) => Some(TlsFiles { cert, key }),
            (None, None) => None,
            (Some(_), None) | (None, Some(_)) => {
                from.fault("FIGURINE_TLS_CERT, FIGURINE_TLS_KEY", "are given together or not at all");
                None
            }
        }
    }

    fn check(&self, faults: &mut Reader) {
        if self.max_wait >= self.job_deadline {
            faults.fault("FIGURINE_MAX_WAIT_SECONDS", "must be less than FIGURINE_JOB_DEADLINE_SECONDS");
        }
        let lists = [("FIGURINE_IMAGE_MODELS", &self.image_models), ("FIGURINE_TEXT_MODELS", &self.text_models)];
        for (name, models) in lists {
            let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
            if models.is_empty() || models.iter().any(|model| !model.bytes().all(plain)) {
                faults.fault(name, "must be model names, comma-separated");
            }
        }
        for path in self.signing_keys.iter().chain(&self.receipt_keys) {
            if !Path::new(path).is_file() {
                faults.fault("FIGURINE_SIGNING_KEYS, FIGURINE_RECEIPT_KEYS", &format!("no file {}", path.display()));
            }
        }
        self.check_store(faults);
        if !self.loopback() {
            self.check_public(faults);
        }
    }

    /// Whether everything is gone at restart.
    pub fn embedded(&self) -> bool {
        matches!(self.store, StoreChoice::Memory)
    }

    fn check_store(&self, faults: &mut Reader) {
        if let Some(path) = self.redis_ca.as_ref().filter(|path| !path.is_file()) {
            faults.fault("FIGURINE_REDIS_CA", &format!("no file {}", path.display()));
        }
        match (&self.store, &self.key_store) {
            (StoreChoice::Memory, None | Some(StoreChoice::Memory)) => return,
            (StoreChoice::Redis(_), None | Some(StoreChoice::Redis(_))) => {}
            (StoreChoice::Memory, Some(StoreChoice::Redis(_))) | (StoreChoice::Redis(_), Some(StoreChoice::Memory)) => {
                faults.fault("FIGURINE_KEY_STORE_URL", "must be a Redis where the store is one, and only there");
            }
        }
        for name in ["FIGURINE_SIGNING_KEYS", "FIGURINE_SEAL_KEYS", "FIGURINE_INDEX_KEYS"] {
            if !faults.given(name) && !faults.given(&format!("{name}_FILE")) {
                faults.fault(name, "is required with any store but memory://: what is kept outlives this process");
            }
        }
    }

    fn check_public(&self, faults: &mut Reader) {
        if !faults.flag("FIGURINE_ALLOW_EMBEDDED") && self.embedded() {
            faults.fault(
                "FIGURINE_LISTEN",
                "an address off loopback with the memory store wants FIGURINE_ALLOW_EMBEDDED=1, since everything \
                 is gone at restart",
            );
        }
        let Operator { name, privacy_contact, region } = &self.operator;
        let wanted =
            [("FIGURINE_OPERATOR", name), ("FIGURINE_PRIVACY_CONTACT", privacy_contact), ("FIGURINE_REGION", region)];
        for (setting, _) in wanted.iter().filter(|(_, value)| value.is_none()) {
            faults.fault(setting, "is required off loopback: it stands in every receipt");
        }
        if matches!(self.engine, EngineChoice::Offline) && !faults.given("FIGURINE_ENGINE") {
            faults
                .fault("FIGURINE_ENGINE", "off loopback the offline engine must be asked for: FIGURINE_ENGINE=offline");
        }
    }
}

#[cfg(test)]
mod tests;
