//! The composition root: builds everything from settings, listens, and drains at the end.

mod link;
mod listening;
mod stores;
mod tls;

use std::{
    io,
    net::{SocketAddr, TcpListener},
    num::NonZeroUsize,
    path::PathBuf,
    sync::Arc,
    thread,
    time::Duration,
};

use actix_web::{dev::ServerHandle, web::Data};
use link::Links;
use listening::serve;
use secrecy::SecretString;
pub use stores::RedisStores;
use stores::Stores;
use tls::Tls;
pub use tls::{TlsError, check_tls};
use tokio::{runtime::Handle, time::timeout};

use crate::{
    admission::{Admission, Turns},
    auth::{Expected, KeyError, KeySet, MintError, MintRequest, Minted, mint},
    config::{EngineChoice, NamedKey, NamedKeys, Settings},
    domain::{MicroUsd, Moment},
    engine::{Engine, EngineSettings, SetupError, facts},
    flow::{Flow, Reading, Twins},
    http::{Api, BodyLimits, PrivacyStatement, Receiving},
    intake::{Intake, Limits},
    jobs::{JobLimits, Jobs},
    ledger::Ledger,
    simulator::{RunningSimulator, Simulator, SimulatorSettings},
    store::{Clock, ConnectError, MemoryStore},
    studio::{EngineKind, Models, Studio, Terms},
    tasks::Tasks,
    telemetry,
    vault::Vault,
    worker::{self, Workers},
};

/// Why a node does not start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// An address cannot be listened on.
    #[error("cannot listen on {1}, which {0} says: is another server there?")]
    Listen(&'static str, SocketAddr, #[source] io::Error),
    /// A key file cannot be read.
    #[error("cannot read {}", .0.display())]
    KeyFile(PathBuf, #[source] io::Error),
    /// A key cannot be used.
    #[error("a signing key cannot be used")]
    Key(#[from] KeyError),
    /// The system gives no randomness.
    #[error("the system gives no randomness")]
    NoRandomness,
    /// The certificate of the store's authority cannot be read.
    #[error("cannot read {}", .0.display())]
    RedisCa(PathBuf, #[source] io::Error),
    /// The store that a setting names cannot be used.
    #[error("{0}")]
    Store(&'static str, #[source] ConnectError),
    /// A day's spend cannot be kept within its ceiling by what has no price.
    #[error("FIGURINE_MICRO_USD_PER_DAY wants models of known price, and that of {0} is not")]
    Unpriced(String),
    /// The offline engine does not start.
    #[error("the offline engine does not start")]
    Simulator(#[source] io::Error),
    /// HTTPS cannot be served as set.
    #[error("HTTPS cannot be served")]
    Tls(#[from] TlsError),
    /// The engine cannot be used as set.
    #[error("the engine cannot be used as set: {0}")]
    Engine(#[from] SetupError),
}

/// What tests and the demo set beside the settings.
#[derive(Debug, Clone, Default)]
pub struct Wiring {
    /// The memory store's clock.
    pub clock: Clock,
    /// Bounds of bodies other than the settings'.
    pub body: Option<BodyLimits>,
    /// How often streams of events give a sign of life, other than every 15 s.
    pub heartbeat: Option<Duration>,
    /// The offline engine's settings.
    pub simulator: SimulatorSettings,
}

/// A node that runs.
pub struct Node {
    address: SocketAddr,
    management: SocketAddr,
    public_url: String,
    api: Data<Api>,
    memory: Option<Arc<MemoryStore>>,
    simulator: RunningSimulator,
    workers: Workers,
    tls: Option<Tls>,
    handle: ServerHandle,
    drain: Duration,
}

impl Node {
    /// Builds a node and lets it listen. Its background work runs on the runtime that this is called on.
    ///
    /// # Errors
    /// When a key, the engine or the address cannot be used.
    pub async fn start(settings: Settings, wiring: Wiring) -> Result<Self, StartError> {
        telemetry::start_metrics();
        let tls = settings.tls.as_ref().map(Tls::open).transpose()?;
        let (listener, address) = listen(API, settings.listen)?;
        let (management_listener, management) = listen(MANAGEMENT, settings.management_listen)?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let public_url = settings.public_url.clone().unwrap_or_else(|| format!("{scheme}://{address}"));
        let tasks = Tasks::new(Handle::current());
        let simulator = Simulator::start(wiring.simulator).await.map_err(StartError::Simulator)?;
        let stores = Stores::open(&settings, wiring.clock, &tasks).await?;
        let memory = stores.memory.clone();
        let flow = Arc::new(flow(&settings, stores, &simulator.base_url)?);
        let body = wiring.body.unwrap_or(BodyLimits::new(settings.max_upload_bytes));
        let heartbeat = wiring.heartbeat.unwrap_or(HEARTBEAT);
        let api = Data::new(api(&settings, flow.clone(), tasks.clone(), (public_url.clone(), body, heartbeat))?);
        let workers = worker::start(&flow, &tasks, settings.jobs_in_flight);
        drop(tasks.start(look_up_models(flow.clone(), tasks.clone())));
        let links = Links::new(api.clone(), tls.clone());
        let server = serve((listener, management_listener), links, api.clone(), settings.max_wait)
            .map_err(|error| StartError::Listen(API, address, error))?;
        let handle = server.handle();
        drop(tasks.start(server));
        let drain = settings.drain;
        Ok(Self { address, management, public_url, api, memory, simulator, workers, tls, handle, drain })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Where it tells metrics and health.
    pub fn management(&self) -> SocketAddr {
        self.management
    }

    /// Base of its links.
    pub fn public_url(&self) -> &str {
        &self.public_url
    }

    /// What it works with.
    pub fn api(&self) -> &Data<Api> {
        &self.api
    }

    /// Its store, where that lies in memory.
    pub fn memory(&self) -> Option<&MemoryStore> {
        self.memory.as_deref()
    }

    /// Its offline engine.
    pub fn simulator(&self) -> &RunningSimulator {
        &self.simulator
    }

    /// Reads certificate and key of HTTPS again. Connections go on; those to come get what stands in the files now.
    ///
    /// # Errors
    /// When the files cannot be used; what was used before then goes on being used.
    pub fn reload_tls(&self) -> Result<(), TlsError> {
        self.tls.as_ref().map_or(Ok(()), Tls::reload)
    }

    /// Mints an API key with this node's signing key.
    ///
    /// # Errors
    /// When the request cannot be signed or would be refused.
    pub fn mint(&self, request: &MintRequest) -> Result<Minted, MintError> {
        mint(&self.api.keys, request, u64::try_from(Moment::now().unix_seconds()).unwrap_or_default())
    }

    /// Stops: new work is refused at once, what was accepted is finished within the drain time, connections that have an
    /// answer to come get it.
    pub async fn stop(self) {
        self.api.tasks.drain();
        let finished = timeout(self.drain, self.workers.finished(&self.api.flow)).await.is_ok();
        if !finished {
            tracing::warn!("jobs under way did not end within the drain time");
        }
        // Workers go on until no request is left that could still bring them a job.
        self.handle.stop(true).await;
        self.api.tasks.stop();
        if let Err(error) = self.simulator.stop().await {
            tracing::warn!(%error, "the offline engine did not stop well");
        }
        if timeout(LAST_WORDS, self.api.tasks.ended()).await.is_err() {
            tracing::warn!("background work did not end in time");
        }
    }
}

/// Proxies close what is silent for longer, often after 30 or 60 s.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How long background work may take after everything was told to stop.
const LAST_WORDS: Duration = Duration::from_secs(2);

const API: &str = "FIGURINE_LISTEN";
const MANAGEMENT: &str = "FIGURINE_MANAGEMENT_LISTEN";

/// Listens where a setting says; gives the address, whose port the system may have chosen.
fn listen(setting: &'static str, address: SocketAddr) -> Result<(TcpListener, SocketAddr), StartError> {
    let fault = |error| StartError::Listen(setting, address, error);
    let listener = TcpListener::bind(address).map_err(fault)?;
    let address = listener.local_addr().map_err(fault)?;
    Ok((listener, address))
}

/// How many cores this process may use.
pub(crate) fn cores() -> NonZeroUsize {
    thread::available_parallelism().unwrap_or(NonZeroUsize::MIN)
}

fn api(
    settings: &Settings,
    flow: Arc<Flow>,
    tasks: Tasks,
    (public_url, body, heartbeat): (String, BodyLimits, Duration),
) -> Result<Api, StartError> {
    Ok(Api {
        keys: key_set(&settings.signing_keys)?,
        expected: Expected { issuer: settings.issuer.clone(), audience: settings.audience.clone() },
        receipt_jwks: flow.receipt_keys.jwks(),
        admission: Admission::new(flow.store.clone(), settings.account_limits),
        ledger: Arc::new(Ledger::new(flow.store.clone())),
        privacy: PrivacyStatement::of(settings, &flow),
        flow,
        tasks,
        public_url,
        receiving: Receiving::default(),
        https: settings.tls.is_some(),
        cors_origins: settings.cors_origins.clone(),
        body,
        max_wait: settings.max_wait,
        retention_seconds: settings.result_ttl.as_secs(),
        streams: Turns::default(),
        heartbeat,
    })
}

fn flow(settings: &Settings, stores: Stores, simulator_url: &str) -> Result<Flow, StartError> {
    let Stores { store, data_keys, memory: _ } = stores;
    let seal_keys = or_made(&settings.seal_keys)?;
    let index_keys = or_made(&settings.index_keys)?;
    let vault = Arc::new(Vault::new(store.clone(), data_keys, seal_keys, index_keys));
    let limits = Limits {
        max_bytes: settings.max_upload_bytes,
        max_pixels: settings.max_pixels,
        longest_side: settings.longest_side,
        decode_memory_bytes: settings.decode_memory_bytes,
    };
    let intake = Arc::new(Intake::new(limits, cores()));
    let offline = || offline_studio(settings, simulator_url, intake.clone());
    Ok(Flow {
        jobs: Jobs::new(
            store.clone(),
            vault.clone(),
            JobLimits {
                deadline: settings.job_deadline,
                queued: settings.jobs_queued,
                spend: settings.micro_usd_per_day.map(MicroUsd),
            },
        ),
        live: match gemini_studio(settings, &intake)? {
            Some(gemini) => gemini,
            None => offline()?,
        },
        test: offline()?,
        store,
        vault,
        intake: intake.clone(),
        receipt_keys: key_set(&settings.receipt_keys)?,
        issuer: settings.issuer.clone(),
        operator: settings.operator.clone(),
        upload_ttl: settings.upload_ttl,
        reading: Reading::default(),
        twins: Twins::default(),
    })
}

fn offline_studio(settings: &Settings, base_url: &str, intake: Arc<Intake>) -> Result<Studio, StartError> {
    let key = SecretString::from("offline");
    let engine =
        Engine::new(EngineSettings { name: EngineKind::Offline.name(), ..EngineSettings::new(base_url, key) })?;
    Ok(Studio::new(engine, EngineKind::Offline, "localhost".to_owned(), terms(settings), intake))
}

fn gemini_studio(settings: &Settings, intake: &Arc<Intake>) -> Result<Option<Studio>, StartError> {
    let EngineChoice::Gemini { base_url, .. } = &settings.engine else { return Ok(None) };
    let Some(engine) = gemini(settings)? else { return Ok(None) };
    let unpriced = settings.image_models.iter().chain(&settings.text_models).find(|model| facts(model).is_none());
    if let Some(model) = unpriced.filter(|_| settings.micro_usd_per_day.is_some()) {
        return Err(StartError::Unpriced(model.clone()));
    }
    let host = base_url.split("://").nth(1).and_then(|rest| rest.split('/').next()).unwrap_or_default().to_owned();
    Ok(Some(Studio::new(engine, EngineKind::Gemini, host, terms(settings), intake.clone())))
}

/// The client of Gemini that the settings name; `None` with the offline engine.
///
/// # Errors
/// When the settings cannot be used.
pub fn gemini(settings: &Settings) -> Result<Option<Engine>, SetupError> {
    let EngineChoice::Gemini { api_key, base_url, api_version } = &settings.engine else { return Ok(None) };
    let mut wanted = EngineSettings::new(base_url.as_str(), api_key.clone());
    wanted.name = EngineKind::Gemini.name();
    wanted.api_version.clone_from(api_version);
    wanted.proxy.clone_from(&settings.https_proxy);
    Engine::new(wanted).map(Some)
}

/// Asks the engine for its models until it has answered, beside all else: a node starts without.
async fn look_up_models(flow: Arc<Flow>, tasks: Tasks) {
    let stopping = tasks.stopping();
    if flow.live.kind() == EngineKind::Offline {
        return;
    }
    loop {
        let answered = tokio::select! {
            answered = flow.live.look_up_models() => answered,
            () = stopping.cancelled() => return,
        };
        if answered {
            return;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK_AGAIN) => {}
            () = stopping.cancelled() => return,
        }
    }
}

/// How soon an engine that did not answer is asked for its models again.
const LOOK_AGAIN: Duration = Duration::from_secs(60);

fn terms(settings: &Settings) -> Terms {
    Terms { models: models(settings), minors: settings.minors }
}

fn models(settings: &Settings) -> Models {
    Models { image: settings.image_models.clone(), text: settings.text_models.clone() }
}

fn or_made(keys: &NamedKeys) -> Result<NamedKeys, StartError> {
    if keys.is_empty() {
        Ok(vec![NamedKey::random("made-at-start").ok_or(StartError::NoRandomness)?])
    } else {
        Ok(keys.clone())
    }
}

/// The keys in these files, or one made now.
///
/// # Errors
/// When a file cannot be read or holds no Ed25519 key.
pub fn key_set(paths: &[PathBuf]) -> Result<KeySet, StartError> {
    if paths.is_empty() {
        return Ok(KeySet::generate()?);
    }
    let read = |path: &PathBuf| {
        std::fs::read_to_string(path)
            .map(zeroize::Zeroizing::new)
            .map_err(|error| StartError::KeyFile(path.clone(), error))
    };
    let texts = paths.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<&str> = texts.iter().map(|text| text.as_str()).collect();
    Ok(KeySet::from_pem(&texts)?)
}
