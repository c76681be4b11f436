//! `figurine keys generate | mint | inspect | revoke`.

use std::fs::{OpenOptions, remove_file};
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use secrecy::ExposeSecret as _;

use super::CommandError;
use crate::auth::{DAYS_DEFAULT, Expected, KeySet, MintRequest, SignatureState, generate_pem, inspect, mint};
use crate::domain::{AccountId, KeyId, Mode, PlanLimits, Scopes};

/// What the commands need of the settings.
#[derive(Debug, Clone, Copy)]
pub struct Context<'a> {
    /// The signing keys, where any are set.
    pub keys: Option<&'a KeySet>,
    /// The names that keys carry.
    pub names: &'a Expected,
    /// Seconds since the Unix epoch.
    pub now: u64,
    /// What revokes a key where all nodes look.
    pub revoke: fn(&KeyId) -> Result<(), CommandError>,
}

/// Makes and reads keys.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Write a new Ed25519 signing key (PKCS#8 PEM, mode 0600); never overwrites.
    Generate(GenerateArgs),
    /// Mint an API key with the first of `FIGURINE_SIGNING_KEYS`; prints the key alone.
    Mint(MintArgs),
    /// Say what an API key says, and whether its signature fits.
    Inspect(InspectArgs),
    /// Revoke an API key on every node, by its id.
    Revoke(RevokeArgs),
}

/// Arguments of `keys generate`.
#[derive(Debug, Args)]
pub struct GenerateArgs {
    /// The file to write.
    #[arg(long)]
    pub out: PathBuf,
}

/// Arguments of `keys mint`.
#[derive(Debug, Args)]
pub struct MintArgs {
    /// The account that the key speaks for.
    #[arg(long, value_parser = AccountId::parse)]
    pub account: AccountId,
    /// Rights, separated by spaces [default: all but keys:admin].
    #[arg(long, value_parser = Scopes::parse)]
    pub scope: Option<Scopes>,
    /// Life in days, 1 to 365.
    #[arg(long, default_value_t = DAYS_DEFAULT)]
    pub days: u16,
    /// A test key: offline engine only, never costs anything.
    #[arg(long)]
    pub test: bool,
    /// What the plan allows.
    #[command(flatten)]
    pub limits: LimitArgs,
}

/// The plan's limits; what is left out has the server's default.
#[derive(Debug, Clone, Copy, Default, Args)]
pub struct LimitArgs {
    /// Requests a minute.
    #[arg(long)]
    pub rpm: Option<u32>,
    /// Requests at once.
    #[arg(long)]
    pub burst: Option<u32>,
    /// Jobs at one time.
    #[arg(long)]
    pub in_flight: Option<u32>,
    /// Figures a day.
    #[arg(long)]
    pub figures_per_day: Option<u32>,
    /// Money a month, in micro-USD.
    #[arg(long)]
    pub micro_usd_per_month: Option<u64>,
}

/// Arguments of `keys inspect`.
#[derive(Debug, Args)]
pub struct InspectArgs {
    /// The key.
    #[arg(value_parser = clap::value_parser!(Secret))]
    pub key: Secret,
}

/// Arguments of `keys revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// The key's id, as `keys inspect` says it.
    #[arg(value_parser = KeyId::parse)]
    pub key_id: KeyId,
}

/// A key given on the command line; not shown by `Debug`.
#[derive(Debug, Clone)]
pub struct Secret(secrecy::SecretString);

impl From<&str> for Secret {
    fn from(text: &str) -> Self {
        Self(text.into())
    }
}

/// Does a command.
///
/// # Errors
/// [`CommandError`] when it cannot be done; `inspect` also for a key whose signature is refused.
pub fn run(command: &KeysCommand, context: Context<'_>, out: &mut dyn Write) -> Result<(), CommandError> {
    match command {
        KeysCommand::Generate(args) => run_generate(args, out),
        KeysCommand::Mint(args) => run_mint(args, context, out),
        KeysCommand::Inspect(args) => run_inspect(args, context, out),
        KeysCommand::Revoke(args) => {
            (context.revoke)(&args.key_id)?;
            Ok(writeln!(out, "{}: revoked", args.key_id)?)
        }
    }
}

/// Makes a signing key, for which no setting counts.
pub(super) fn run_generate(args: &GenerateArgs, out: &mut dyn Write) -> Result<(), CommandError> {
    let pem = generate_pem()?;
    let kid = KeySet::from_pem(&[pem.as_str()])?.signing_kid().to_owned();
    write_new(&args.out, pem.as_bytes())?;
    writeln!(out, "{}: signing key {kid}", args.out.display())?;
    Ok(())
}

/// Writes a file that was not there, for its owner alone.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    let failed = |source| CommandError::File { path: path.display().to_string(), source };
    let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path).map_err(failed)?;
    file.write_all(bytes).and_then(|()| file.sync_all()).map_err(|error| {
        // Half a key is of no use, and it would stand in the way of the next attempt.
        let _ = remove_file(path);
        failed(error)
    })
}

fn run_mint(args: &MintArgs, context: Context<'_>, out: &mut dyn Write) -> Result<(), CommandError> {
    let LimitArgs { rpm, burst, in_flight, figures_per_day, micro_usd_per_month } = args.limits;
    let request = MintRequest {
        scopes: args.scope.unwrap_or_else(Scopes::of_an_integrator),
        days: args.days,
        mode: if args.test { Mode::Test } else { Mode::Live },
        limits: PlanLimits::parse(rpm, burst, in_flight, figures_per_day, micro_usd_per_month)?,
        ..MintRequest::new(args.account.clone(), context.names)
    };
    let keys = context.keys.ok_or(CommandError::NoSigningKey)?;
    let minted = mint(keys, &request, context.now)?;
    writeln!(out, "{}", minted.text.expose_secret())?;
    Ok(())
}

fn run_inspect(args: &InspectArgs, context: Context<'_>, out: &mut dyn Write) -> Result<(), CommandError> {
    let inspection = inspect(args.key.0.expose_secret(), context.keys)?;
    // As JSON, which also keeps control characters from the terminal.
    serde_json::to_writer_pretty(&mut *out, &inspection).map_err(std::io::Error::from)?;
    writeln!(out)?;
    match inspection.signature {
        SignatureState::Refused => Err(crate::auth::AuthError::BadSignature.into()),
        SignatureState::Verified | SignatureState::NotChecked => Ok(()),
    }
}

#[cfg(test)]
#[path = "keys_tests.rs"]
mod tests;
