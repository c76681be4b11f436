//! What the command line does. Each command writes to the writer that it is given and tells by its result how the
//! process should end.

mod check;
mod demo;
pub mod keys;
pub mod receipt;
mod sample;
mod serve;
pub mod simulator;

use std::{
    io::{self, Write},
    process::ExitCode,
};

pub use check::CheckArgs;
use clap::{Parser, Subcommand};
pub use demo::DemoArgs;
use rustix::process::{Resource, Rlimit, setrlimit};
use tokio::runtime::Runtime;

use tokio::runtime::Handle;

use crate::auth::{AuthError, Expected, KeyError, MintError, REVOKED_FOR};
use crate::{
    config::{Settings, SettingsFaults},
    domain::{KeyId, Moment},
    http::openapi,
    ledger::audit::{Act, record},
    server::{RedisStores, StartError, cores},
    store::Store as _,
    tasks::Tasks,
    telemetry,
    vault::receipt::ReceiptError,
};

/// Turns a photo into a collectible character figure, and proves that the photo is gone.
#[derive(Debug, Parser)]
#[command(version)]
pub struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serves the API; the default.
    Serve,
    /// Starts an embedded server, sends it a photo over HTTP, writes the figure and the proof.
    Demo(DemoArgs),
    /// Makes and reads API keys.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Says what is wrong or unwise with the settings and the stores.
    Check(CheckArgs),
    /// Checks deletion receipts.
    #[command(subcommand)]
    Receipt(receipt::ReceiptCommand),
    /// Prints the OpenAPI document.
    Openapi,
    /// Serves Gemini's protocol without Gemini, for tests.
    Simulator(simulator::SimulatorArgs),
}

impl Cli {
    /// Does what was asked for.
    pub fn run(self) -> ExitCode {
        let mut out = io::stdout().lock();
        let done = no_core_dumps().and_then(|()| do_command(self.command.unwrap_or(Command::Serve), &mut out));
        match done.and_then(|()| Ok(out.flush()?)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                // Nothing is left to do when standard error is closed, too.
                let _ = writeln!(io::stderr(), "figurine: {}", with_causes(&error));
                ExitCode::FAILURE
            }
        }
    }
}

/// A core file would hold photos and keys in clear.
fn no_core_dumps() -> Result<(), CommandError> {
    let none = Rlimit { current: Some(0), maximum: Some(0) };
    setrlimit(Resource::Core, none).map_err(|error| CommandError::CoreDumps(error.into()))?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)
        .map_err(|error| CommandError::CoreDumps(error.into()))?;
    Ok(())
}

fn do_command(command: Command, out: &mut dyn Write) -> Result<(), CommandError> {
    match command {
        Command::Serve => runtime()?.block_on(Box::pin(serve::run(settings_with_logs()?))),
        Command::Demo(args) => runtime()?.block_on(Box::pin(demo::run(&args, out))),
        Command::Check(args) => {
            let settings = Settings::from_environment()?;
            runtime()?.block_on(Box::pin(check::run(args, &settings, out)))
        }
        Command::Keys(command) => run_keys(&command, out),
        Command::Receipt(command) => receipt::run(&command, fetch, out),
        Command::Openapi => {
            serde_json::to_writer_pretty(&mut *out, &openapi::document()).map_err(io::Error::from)?;
            Ok(writeln!(out)?)
        }
        Command::Simulator(args) => {
            telemetry::start("info", crate::config::LogFormat::Pretty)?;
            Ok(runtime()?.block_on(args.run())?)
        }
    }
}

/// A runtime with a thread for every two cores. Photos are read on threads of their own, and so is HTTP; what is left are
/// waits for store and engine, which cost less the fewer threads they are handed between.
fn runtime() -> Result<Runtime, CommandError> {
    let threads = cores().get().div_ceil(2);
    Ok(tokio::runtime::Builder::new_multi_thread().worker_threads(threads).enable_all().build()?)
}

fn settings_with_logs() -> Result<Settings, CommandError> {
    let settings = Settings::from_environment()?;
    telemetry::start(&settings.log, settings.log_format)?;
    telemetry::log_panics();
    Ok(settings)
}

fn run_keys(command: &keys::KeysCommand, out: &mut dyn Write) -> Result<(), CommandError> {
    if let keys::KeysCommand::Generate(args) = command {
        // Other settings need the key that it makes.
        return keys::run_generate(args, out);
    }
    let settings = Settings::from_environment()?;
    let own = !settings.signing_keys.is_empty();
    let signing = if own { Some(crate::server::key_set(&settings.signing_keys)?) } else { None };
    let names = Expected { issuer: settings.issuer, audience: settings.audience };
    let now = u64::try_from(Moment::now().unix_seconds()).unwrap_or_default();
    keys::run(command, keys::Context { keys: signing.as_ref(), names: &names, now, revoke }, out)
}

/// Revokes a key in the store that the settings name.
fn revoke(key: &KeyId) -> Result<(), CommandError> {
    let settings = Settings::from_environment()?;
    runtime()?.block_on(async move {
        let tasks = Tasks::new(Handle::current());
        let stores = RedisStores::open(&settings, &tasks).await?.ok_or(CommandError::Embedded)?;
        let done = async {
            stores.store.revoke(key, REVOKED_FOR).await?;
            record(&*stores.store, None, Act::KeyRevoked, (None, Some(*key))).await
        };
        let done = done.await;
        tasks.stop();
        Ok(done?)
    })
}

/// Gets the public keys at an address that was found fit to be asked.
fn fetch(url: &str) -> receipt::Fetched {
    let url = url.to_owned();
    runtime()?.block_on(async move {
        let answer = demo::client()?.get(url).send().await?.error_for_status()?;
        Ok(answer.text().await?)
    })
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(deeper) = source {
        let more = deeper.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        source = deeper.source();
    }
    words
}

/// Why a command ends without success: the process's exit code is then not zero.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// The settings cannot be used.
    #[error(transparent)]
    Settings(#[from] SettingsFaults),
    /// The check found something wrong.
    #[error("{0} wrong")]
    Wrong(usize),
    /// The system does not let core dumps be turned off.
    #[error("core dumps cannot be turned off: {0}")]
    CoreDumps(#[source] io::Error),
    /// The node does not start.
    #[error("the server does not start")]
    Start(#[from] StartError),
    /// The log's filter cannot be read.
    #[error("FIGURINE_LOG cannot be read")]
    Log(#[from] tracing_subscriber::filter::ParseError),
    /// The demo's request was not answered as it should be.
    #[error("the demo's server answered: {0}")]
    Demo(String),
    /// The demo's request failed.
    #[error("the demo's request failed")]
    Request(#[from] reqwest::Error),
    /// The store is another process's memory.
    #[error(
        "FIGURINE_STORE_URL: a store in memory is within reach of its own process alone; use DELETE /v1/keys there"
    )]
    Embedded,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] crate::store::StoreError),
    /// Nothing is there to sign with.
    #[error("no signing key: set FIGURINE_SIGNING_KEYS")]
    NoSigningKey,
    /// A file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// The file's name as it was given.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// A file is longer than its kind may be.
    #[error("{0}: too long")]
    TooLong(String),
    /// A file is not UTF-8 or not JSON.
    #[error("{0}: not readable as text or JSON")]
    Unreadable(String),
    /// The output cannot be written.
    #[error("cannot write the output: {0}")]
    Output(#[from] std::io::Error),
    /// A signing key is unusable.
    #[error("signing key: {0}")]
    Key(#[from] KeyError),
    /// The key was not made.
    #[error("{0}")]
    Mint(#[from] MintError),
    /// The text is no key.
    #[error("not an API key: {0}")]
    NotAKey(#[from] AuthError),
    /// A limit is out of range.
    #[error("{0}")]
    Invalid(#[from] crate::domain::Invalid),
    /// The receipt, photo or salt does not hold.
    #[error("REFUSED: {0}")]
    Refused(#[from] ReceiptError),
    /// A bare receipt came without public keys.
    #[error("a bare receipt needs the public keys: --jwks URL-or-FILE")]
    NoKeys,
    /// The address of the public keys may not be asked.
    #[error("--jwks: only https, or http to this machine itself")]
    Address,
    /// The public keys could not be fetched.
    #[error("--jwks: {0}")]
    Fetch(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// A photo came without a salt.
    #[error("--photo needs a salt: a bundle, or --salt")]
    NoSalt,
}
