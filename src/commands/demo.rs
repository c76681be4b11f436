//! `figurine demo`: the whole way over real HTTP, in one command.

use std::{
    io::Write,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use clap::Args;
use reqwest::{Client, redirect::Policy};
use secrecy::ExposeSecret;
use serde_json::Value;

use super::{CommandError, sample};
use crate::{
    auth::{Expected, MintRequest},
    config::Settings,
    domain::AccountId,
    server::{Node, Wiring},
    vault::receipt::{Bundle, Salt},
};

/// Arguments of `demo`.
#[derive(Debug, Args)]
pub struct DemoArgs {
    /// The photo; a drawn sample without one.
    pub photo: Option<PathBuf>,
    /// The style, one of `GET /v1/styles`.
    #[arg(long)]
    pub style: Option<String>,
    /// Where the figure goes; the proof goes beside it, with `.receipt.json` after its name.
    #[arg(long, default_value = "figure.png")]
    pub out: PathBuf,
}

/// How long the demo waits for its figure.
const PATIENCE: Duration = Duration::from_secs(120);

/// A client that asks nobody but whom it is told to.
pub(super) fn client() -> reqwest::Result<Client> {
    Client::builder().redirect(Policy::none()).no_proxy().timeout(PATIENCE).build()
}

/// Makes one figure.
pub(super) async fn run(args: &DemoArgs, out: &mut dyn Write) -> Result<(), CommandError> {
    let photo = match &args.photo {
        Some(path) => read(path)?,
        None => sample::jpeg(),
    };
    let settings = settings()?;
    let names = Expected { issuer: settings.issuer.clone(), audience: settings.audience.clone() };
    let node = Node::start(settings, Wiring::default()).await?;
    let key = node.mint(&MintRequest::new(AccountId::parse("demo")?, &names))?;
    let called = call(node.public_url(), key.text.expose_secret(), args.style.as_deref(), photo).await;
    node.stop().await;
    let (figure, jwks) = called?;
    tell_stages(&figure, out)?;
    save(&figure, jwks, &args.out, out)
}

/// The demo's own settings: embedded, offline, on a free port, whatever the environment says.
fn settings() -> Result<Settings, CommandError> {
    let vars = [
        ("FIGURINE_LISTEN", "127.0.0.1:0"),
        ("FIGURINE_MANAGEMENT_LISTEN", "127.0.0.1:0"),
        ("FIGURINE_MAX_WAIT_SECONDS", "110"),
    ];
    Ok(Settings::from_vars(vars.map(|(name, value)| (name.to_owned(), value.to_owned())))?)
}

/// Sends the photo, and gets the figure with its image, and the public keys.
async fn call(base: &str, key: &str, style: Option<&str>, photo: Vec<u8>) -> Result<(Value, Value), CommandError> {
    let client = client()?;
    let mut url = format!("{base}/v1/figures?format=png");
    if let Some(style) = style {
        url.push_str("&style=");
        // What no style's name holds is not sent as it came.
        url.extend(style.chars().map(|c| if c.is_ascii_alphanumeric() || c == '-' { c } else { '_' }));
    }
    let answer = client.post(url).bearer_auth(key).body(photo).send().await?;
    let (status, text) = (answer.status(), answer.text().await?);
    let mut figure: Value = serde_json::from_str(&text).unwrap_or_default();
    if status != 201 {
        return Err(CommandError::Demo(figure["detail"].as_str().unwrap_or("no figure in time").to_owned()));
    }
    let href = figure["images"][0]["href"].as_str().unwrap_or_default();
    let image = client.get(format!("{base}{href}")).bearer_auth(key).send().await?.error_for_status()?.bytes().await?;
    figure["images"][0]["data"] = STANDARD.encode(&image).into();
    let jwks = client.get(format!("{base}/.well-known/jwks.json")).send().await?.error_for_status()?.text().await?;
    Ok((figure, serde_json::from_str(&jwks).unwrap_or_default()))
}

fn tell_stages(figure: &Value, out: &mut dyn Write) -> Result<(), CommandError> {
    for stage in ["intake", "queue", "analyze", "enhance", "render", "finish", "total"] {
        if let Some(millis) = figure["timings_ms"][stage].as_u64() {
            writeln!(out, "{stage:>8}  {millis:>6} ms")?;
        }
    }
    let (photo, image) = (&figure["photo"], &figure["images"][0]);
    writeln!(
        out,
        "\nphoto    {} x {} pixels, {} bytes, removed: {}",
        photo["width"], photo["height"], photo["bytes"], photo["metadata_removed"]
    )?;
    writeln!(out, "figure   {} x {} pixels, {} bytes", image["width"], image["height"], image["bytes"])?;
    writeln!(out, "photo gone at {}", figure["upload"]["purged_at"].as_str().unwrap_or("?"))?;
    Ok(())
}

fn save(figure: &Value, jwks: Value, path: &Path, out: &mut dyn Write) -> Result<(), CommandError> {
    let missing = || CommandError::Demo("a figure without its parts".to_owned());
    let data = figure["images"][0]["data"].as_str().ok_or_else(missing)?;
    let image = STANDARD.decode(data).map_err(|_| missing())?;
    let upload = &figure["upload"];
    let receipt = upload["receipt"].as_str().ok_or_else(missing)?.to_owned();
    let salt = Salt::parse(upload["commitment_salt"].as_str().ok_or_else(missing)?)?;
    let proof = PathBuf::from(format!("{}.receipt.json", path.display()));
    write(path, &image)?;
    write(&proof, Bundle { receipt, salt, jwks }.to_json()?.as_bytes())?;
    writeln!(out, "\nwrote {} and {}", path.display(), proof.display())?;
    Ok(())
}

fn read(path: &Path) -> Result<Vec<u8>, CommandError> {
    std::fs::read(path).map_err(|source| CommandError::File { path: path.display().to_string(), source })
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), CommandError> {
    std::fs::write(path, bytes).map_err(|source| CommandError::File { path: path.display().to_string(), source })
}
