//! `figurine receipt verify`.

use std::fs::File;
use std::io::{Read as _, Write};
use std::net::{Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use serde::Serialize;
use serde_json::Value;
use zeroize::Zeroizing;

use super::CommandError;
use crate::vault::receipt::{
    Bundle, Commitment, PhotoMatch, Receipt, ReceiptError, Salt, check_commitment, verify, verify_erasure,
};

/// The longest receipt, bundle or JWK set that is read, in bytes.
const TEXT_LONGEST_BYTES: u64 = 1024 * 1024;

/// What a fetch function gives back.
pub type Fetched = Result<String, Box<dyn std::error::Error + Send + Sync>>;

/// Checks deletion receipts.
#[derive(Debug, Subcommand)]
pub enum ReceiptCommand {
    /// Verify a receipt or a demo bundle offline.
    Verify(VerifyArgs),
}

/// Arguments of `receipt verify`.
#[derive(Debug, Args)]
pub struct VerifyArgs {
    /// A bundle (`{receipt, salt, jwks}`) or a bare receipt (JWS), of a photo or of an erasure.
    pub file: PathBuf,
    /// The public keys that you trust: an https URL (or http to this machine) or a file.
    #[arg(long, value_name = "URL-or-FILE")]
    pub jwks: Option<String>,
    /// The photo, to check that the receipt speaks of it.
    #[arg(long)]
    pub photo: Option<PathBuf>,
    /// The salt of the receipt, base64url of 32 bytes [default: the bundle's].
    #[arg(long, value_parser = Salt::parse, allow_hyphen_values = true)]
    pub salt: Option<Salt>,
}

/// Does a command; `fetch` gets the text at an address that was already found fit to be asked.
///
/// # Errors
/// [`CommandError`] when anything is refused or cannot be read.
pub fn run(
    command: &ReceiptCommand,
    fetch: impl FnOnce(&str) -> Fetched,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    match command {
        ReceiptCommand::Verify(args) => run_verify(args, fetch, out),
    }
}

/// What FILE holds; a bare receipt has no more than its text.
struct Evidence {
    receipt: String,
    salt: Option<Salt>,
    jwks: Option<Value>,
}

fn run_verify(args: &VerifyArgs, fetch: impl FnOnce(&str) -> Fetched, out: &mut dyn Write) -> Result<(), CommandError> {
    let evidence = read_evidence(&args.file)?;
    let (jwks, pinned) = match &args.jwks {
        Some(place) => (read_jwks(place, fetch)?, true),
        None => (evidence.jwks.ok_or(CommandError::NoKeys)?, false),
    };
    let receipt = match verify(&evidence.receipt, &jwks) {
        Ok(receipt) => receipt,
        // One of an erasure has its own signed type, and speaks of no photo.
        Err(error) => {
            let erasure = verify_erasure(&evidence.receipt, &jwks).ok().filter(|_| args.photo.is_none());
            return report(&erasure.ok_or(error)?, pinned, None, out);
        }
    };
    let salt = args.salt.as_ref().or(evidence.salt.as_ref());
    let photo = match &args.photo {
        None => None,
        Some(path) => Some(check_photo_file(&receipt, salt, path)?),
    };
    report(&receipt, pinned, photo, out)
}

fn read_evidence(path: &Path) -> Result<Evidence, CommandError> {
    let text = read_text(path)?;
    if text.trim_start().starts_with('{') {
        let Bundle { receipt, salt, jwks } = Bundle::parse(&text)?;
        Ok(Evidence { receipt, salt: Some(salt), jwks: Some(jwks) })
    } else {
        let receipt = text.trim_end_matches(['\r', '\n']).to_owned();
        Ok(Evidence { receipt, salt: None, jwks: None })
    }
}

fn read_jwks(place: &str, fetch: impl FnOnce(&str) -> Fetched) -> Result<Value, CommandError> {
    let text = if place.contains("://") {
        if !may_be_asked(place) {
            return Err(CommandError::Address);
        }
        fetch(place).map(Zeroizing::new).map_err(CommandError::Fetch)?
    } else {
        read_text(Path::new(place))?
    };
    serde_json::from_str(&text).map_err(|_| CommandError::Unreadable(place.to_owned()))
}

/// Over https any host; over http this machine alone, where nobody stands in between.
fn may_be_asked(url: &str) -> bool {
    let (scheme, rest) = url.split_once("://").unwrap_or_default();
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.is_empty() || url.contains(['@', '\\']) || !url.bytes().all(|b| b.is_ascii_graphic()) {
        return false;
    }
    match scheme.to_ascii_lowercase().as_str() {
        "https" => true,
        "http" => is_loopback(authority),
        _ => false,
    }
}

fn is_loopback(authority: &str) -> bool {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.ends_with(']') => (host, port),
        _ => (authority, "80"),
    };
    let inner = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let local = host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
        || inner.and_then(|ip| ip.parse::<Ipv6Addr>().ok()).is_some_and(|ip| ip.is_loopback());
    local && port.parse::<u16>().is_ok()
}

fn check_photo_file(receipt: &Receipt, salt: Option<&Salt>, path: &Path) -> Result<PhotoMatch, CommandError> {
    let failed = |source| CommandError::File { path: path.display().to_string(), source };
    let mut commitment = Commitment::new(salt.ok_or(CommandError::NoSalt)?);
    let mut file = File::open(path).map_err(failed)?;
    let mut piece = Zeroizing::new(vec![0; 64 * 1024]);
    loop {
        let read = file.read(&mut piece).map_err(failed)?;
        if read == 0 {
            break;
        }
        commitment.update(piece.get(..read).unwrap_or_default());
    }
    Ok(check_commitment(receipt, &commitment.finish())?)
}

fn report(
    receipt: &impl Serialize,
    pinned: bool,
    photo: Option<PhotoMatch>,
    out: &mut dyn Write,
) -> Result<(), CommandError> {
    let key = if pinned { "key pinned by --jwks" } else { "key not pinned: it came in the bundle" };
    writeln!(out, "signature: good ({key})")?;
    let photo = match photo {
        None => "not checked (--photo FILE)",
        Some(PhotoMatch::Received) => "is the file that was received",
        Some(PhotoMatch::Sent) => "is the JPEG that was sent out",
    };
    writeln!(out, "photo: {photo}")?;
    let text = serde_json::to_string_pretty(receipt).map_err(|_| ReceiptError::Claims)?;
    // With keys that are not pinned anybody may have written this: none of it may steer a terminal.
    let shown: String = text.chars().map(|c| if c.is_control() && c != '\n' { '\u{fffd}' } else { c }).collect();
    writeln!(out, "{shown}")?;
    Ok(())
}

fn read_text(path: &Path) -> Result<Zeroizing<String>, CommandError> {
    let name = || path.display().to_string();
    let failed = |source| CommandError::File { path: name(), source };
    let mut bytes = Zeroizing::new(Vec::new());
    let file = File::open(path).map_err(failed)?;
    let read = file.take(TEXT_LONGEST_BYTES + 1).read_to_end(&mut bytes).map_err(failed)?;
    if read as u64 > TEXT_LONGEST_BYTES {
        return Err(CommandError::TooLong(name()));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| CommandError::Unreadable(name()))?;
    Ok(Zeroizing::new(text.to_owned()))
}

#[cfg(test)]
#[path = "receipt_tests.rs"]
mod tests;
