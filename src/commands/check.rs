//! `figurine check`: says what is wrong or unwise before it is met.

use std::{
    collections::BTreeSet,
    io::Write,
    net::{Ipv4Addr, Ipv6Addr},
    path::PathBuf,
    time::Duration,
};

use clap::Args;
use tokio::runtime::Handle;

use super::CommandError;
use crate::{
    admission::ACCOUNT_LIMITS,
    config::{Settings, TlsFiles},
    engine::{Engine, Standing, facts},
    ledger::audit::{self, Act},
    server::{RedisStores, check_tls, gemini, key_set},
    store::{RedisStore, Store, StoreError},
    tasks::Tasks,
};

/// Arguments of `check`.
#[derive(Debug, Clone, Copy, Args)]
pub struct CheckArgs {
    /// Set the founding mark where a store has none: it is new, or it has lost its data and is to be used again all the
    /// same. API keys that were revoked in lost data are valid again until they are revoked again.
    #[arg(long)]
    pub found: bool,
    /// Ask nothing but whether the node of these settings is alive, on this machine: for the health checks of containers,
    /// which have neither shell nor curl.
    #[arg(long, conflicts_with = "found")]
    pub alive: bool,
}

/// The oldest Redis without known faults, of each line that is maintained.
const SOUND: [[u32; 3]; 3] = [[7, 2, 15], [7, 4, 10], [8, 2, 8]];

/// Checks the settings that were read, and what they name.
///
/// # Errors
/// [`CommandError::Wrong`] when something is wrong; otherwise when the report cannot be written.
pub(super) async fn run(args: CheckArgs, settings: &Settings, out: &mut dyn Write) -> Result<(), CommandError> {
    let mut report = Report { out, wrong: 0 };
    if args.alive {
        report.alive(settings).await?;
        return report.verdict();
    }
    report.ok("settings: no fault")?;
    for (name, files) in
        [("FIGURINE_SIGNING_KEYS", &settings.signing_keys), ("FIGURINE_RECEIPT_KEYS", &settings.receipt_keys)]
    {
        report.key_files(name, files)?;
    }
    if let Some(files) = &settings.tls {
        report.tls(files)?;
    }
    report.queue(settings)?;
    let tasks = Tasks::new(Handle::current());
    match RedisStores::open(settings, &tasks).await {
        Ok(None) => report.ok("store: in memory, gone at restart")?,
        Ok(Some(stores)) => report.stores(args, &stores).await?,
        Err(error) => report.wrong(&super::with_causes(&error))?,
    }
    match gemini(settings) {
        Ok(None) => report.ok("engine: the built-in offline one")?,
        Ok(Some(engine)) => report.engine(&engine, settings).await?,
        Err(error) => report.wrong(&format!("engine: {}", super::with_causes(&error)))?,
    }
    tasks.stop();
    report.verdict()
}

/// Asks the node of these settings, at an address of this machine; gives its status.
async fn ask(settings: &Settings) -> reqwest::Result<u16> {
    let mut address = settings.listen;
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { Ipv4Addr::LOCALHOST.into() } else { Ipv6Addr::LOCALHOST.into() });
    }
    let scheme = if settings.tls.is_some() { "https" } else { "http" };
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        // Its certificate is for its public name; nothing is told to it, and only that it answers is learned.
        .tls_danger_accept_invalid_certs(true)
        .timeout(ALIVE_WITHIN)
        .build()?;
    let answer =
        client.get(format!("{scheme}://{address}/healthz")).send().await.map_err(reqwest::Error::without_url)?;
    Ok(answer.status().as_u16())
}

/// How long a node that is alive may take to say so.
const ALIVE_WITHIN: Duration = Duration::from_secs(3);

struct Report<'a> {
    out: &'a mut dyn Write,
    wrong: usize,
}

impl Report<'_> {
    fn verdict(&self) -> Result<(), CommandError> {
        if self.wrong == 0 { Ok(()) } else { Err(CommandError::Wrong(self.wrong)) }
    }

    async fn alive(&mut self, settings: &Settings) -> std::io::Result<()> {
        match ask(settings).await {
            Ok(200) => self.ok("node: alive"),
            Ok(status) => self.wrong(&format!("node: answers {status}")),
            Err(error) => self.wrong(&format!("node: {}", super::with_causes(&error))),
        }
    }

    fn ok(&mut self, what: &str) -> std::io::Result<()> {
        writeln!(self.out, "ok     {what}")
    }

    fn unwise(&mut self, what: &str) -> std::io::Result<()> {
        writeln!(self.out, "unwise {what}")
    }

    fn wrong(&mut self, what: &str) -> std::io::Result<()> {
        self.wrong += 1;
        writeln!(self.out, "wrong  {what}")
    }

    fn key_files(&mut self, name: &str, files: &[PathBuf]) -> std::io::Result<()> {
        match key_set(files) {
            Ok(_) if files.is_empty() => self.ok(&format!("{name}: made at start")),
            Ok(_) => self.ok(&format!("{name}: {} read", files.len())),
            Err(error) => self.wrong(&format!("{name}: {}", super::with_causes(&error))),
        }
    }

    /// An account that fills the queue alone leaves no place to others.
    fn queue(&mut self, settings: &Settings) -> std::io::Result<()> {
        let of_account = settings.account_limits.or(&ACCOUNT_LIMITS).in_flight;
        if settings.jobs_queued > usize::try_from(of_account).unwrap_or(usize::MAX) {
            return Ok(());
        }
        self.unwise(&format!(
            "FIGURINE_JOBS_QUEUED: {} are no more than the {of_account} that one account may have under way, so it can leave \
             no place to others; FIGURINE_ACCOUNT_LIMITS can lower that",
            settings.jobs_queued
        ))
    }

    fn tls(&mut self, files: &TlsFiles) -> std::io::Result<()> {
        match check_tls(files) {
            Ok(()) => self.ok("FIGURINE_TLS_CERT, FIGURINE_TLS_KEY: a pair"),
            Err(error) => self.wrong(&format!("FIGURINE_TLS_CERT, FIGURINE_TLS_KEY: {}", super::with_causes(&error))),
        }
    }

    /// Asks the engine for each model. A list is of use as long as one of its models is there.
    async fn engine(&mut self, engine: &Engine, settings: &Settings) -> std::io::Result<()> {
        let lists =
            [("FIGURINE_IMAGE_MODELS", &settings.image_models), ("FIGURINE_TEXT_MODELS", &settings.text_models)];
        for (name, models) in lists {
            let mut served = 0;
            for model in models {
                let of_no_use = match engine.look_up(model).await {
                    Standing::Served => {
                        served += 1;
                        self.ok(&format!("engine: it has {model}"))?;
                        if facts(model).is_none() {
                            let told = "has no known price, so it is not asked under max_cost_micro_usd";
                            self.unwise(&format!("{name}: {model} {told}"))?;
                        }
                        continue;
                    }
                    Standing::Gone => "is unknown to the engine, or was retired",
                    Standing::OfAnotherKind => "generates no content",
                    Standing::Unknown(failure) => return self.wrong(&format!("engine: {failure}")),
                };
                self.unwise(&format!("{name}: {model} {of_no_use}"))?;
            }
            if served == 0 {
                self.wrong(&format!("{name}: the engine has none of these models"))?;
            }
        }
        Ok(())
    }

    async fn stores(&mut self, args: CheckArgs, stores: &RedisStores) -> Result<(), CommandError> {
        self.store(args, "store", &stores.store).await?;
        if let Some(data_keys) = &stores.data_keys {
            self.store(args, "key store", data_keys).await?;
        }
        self.eviction("store", &stores.store).await?;
        if let Some(data_keys) = &stores.data_keys {
            self.eviction("key store", data_keys).await?;
        }
        let keys = stores.data_keys.as_ref().unwrap_or(&stores.store).nature().persistence;
        match (&stores.data_keys, keys) {
            (_, "none") => {}
            (_, "unknown") => self.unwise(
                "key store: whether it keeps data keys on disk cannot be seen; give its user +config|get, and receipts \
                 will tell, too",
            )?,
            (None, kept) => self.unwise(&format!(
                "store: one Redis keeps sealed photos and their data keys on disk ({kept}), so a copy of its files \
                 opens deleted photos for whoever has FIGURINE_SEAL_KEYS: set FIGURINE_KEY_STORE_URL to a second Redis \
                 without persistence"
            ))?,
            (Some(_), kept) => self.unwise(&format!(
                "key store: it keeps data keys on disk ({kept}), so destroyed ones stay in its files: turn its \
                 persistence off"
            ))?,
        }
        Ok(())
    }

    async fn eviction(&mut self, name: &str, store: &RedisStore) -> std::io::Result<()> {
        match store.evicting().await {
            Ok(None) => Ok(()),
            Ok(Some(policy)) => self.unwise(&format!(
                "{name}: when it is full it drops jobs, photos and revocations of API keys ({policy}): set its \
                 maxmemory-policy to noeviction"
            )),
            Err(error) => self.wrong(&format!("{name}: {error}")),
        }
    }

    async fn store(&mut self, args: CheckArgs, name: &str, store: &RedisStore) -> std::io::Result<()> {
        let (checked, anew) = match store.check().await {
            Err(StoreError::Lost) if args.found => match store.found().await {
                Ok(()) => {
                    // The trail lies in the store, and is not read from where data keys are.
                    if name == "store" && audit::record(store, None, Act::StoreFounded, (None, None)).await.is_err() {
                        self.unwise(&format!("{name}: that it was founded could not be written into its audit trail"))?;
                    }
                    (store.check().await, true)
                }
                Err(error) => return self.wrong(&format!("{name}: {error}")),
            },
            checked => (checked, false),
        };
        match checked {
            Ok(()) if anew => self.ok(&format!("{name}: founded now"))?,
            Ok(()) => self.ok(&format!("{name}: founded"))?,
            Err(StoreError::Lost) => self.wrong(&format!(
                "{name}: no founding mark. It is new, or it has lost its data and with it the revocations of API keys; \
                 figurine check --found sets the mark"
            ))?,
            Err(error) => return self.wrong(&format!("{name}: {error}")),
        }
        match store.versions().await {
            Ok(versions) => {
                let faulty = versions.iter().filter(|version| !is_sound(version)).collect::<BTreeSet<_>>();
                faulty.into_iter().try_for_each(|version| {
                    let least = "use at least 7.2.15, 7.4.10 or 8.2.8";
                    self.unwise(&format!("{name}: Redis {version} has known faults; {least}"))
                })
            }
            Err(error) => self.wrong(&format!("{name}: {error}")),
        }
    }
}

/// Whether a Redis of this version is as new as the last of its line without known faults.
fn is_sound(version: &str) -> bool {
    let mut numbers = version.split('.').map(|part| part.parse().unwrap_or(0));
    let version = [(); 3].map(|()| numbers.next().unwrap_or(0));
    // A line of its own is measured by itself; one in between by the older, one beyond all by none.
    SOUND.iter().rev().find(|floor| floor[..2] <= version[..2]).is_some_and(|floor| version >= *floor)
}

#[cfg(test)]
mod tests {
    use super::is_sound;

    #[test]
    fn a_redis_is_measured_by_its_own_line() {
        for version in ["7.2.15", "7.2.20", "7.4.10", "8.0.1", "8.2.8", "8.10.0", "9.0.0"] {
            assert!(is_sound(version), "{version}");
        }
        for version in ["", "x", "6.2.99", "7.0.15", "7.2.14", "7.4.9", "8.2.7"] {
            assert!(!is_sound(version), "{version}");
        }
    }
}
