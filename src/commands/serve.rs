//! `figurine serve`.

use std::io::{self, Write};

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use secrecy::ExposeSecret;
use tokio::signal::unix::{SignalKind, signal};

use super::CommandError;
use crate::{
    auth::{Expected, MintRequest},
    config::{EngineChoice, Settings},
    domain::AccountId,
    server::{Node, Wiring},
};

/// Serves until SIGTERM or Ctrl-C, then drains.
pub(super) async fn run(settings: Settings) -> Result<(), CommandError> {
    raise_open_files()?;
    // Listened for before anything is announced, so that no signal is missed.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    // Also without HTTPS: what asks all nodes to read their certificates again must not end some of them.
    let mut hangup = signal(SignalKind::hangup())?;
    let node = Node::start(settings.clone(), Wiring::default()).await?;
    tell(&banner(&node, &settings)?);
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            _ = hangup.recv() => reload(&node, settings.tls.is_some()),
        }
    }
    tracing::info!("stopping");
    node.stop().await;
    Ok(())
}

/// Each connection takes a descriptor, and what a process is given at first is often a thousand.
fn raise_open_files() -> io::Result<()> {
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    // More is of no use: the node takes no more connections.
    let wanted = maximum.map_or(ENOUGH_FILES, |most| most.min(ENOUGH_FILES));
    let current = getrlimit(Resource::Nofile).current;
    if current.is_some_and(|now| now < wanted) {
        setrlimit(Resource::Nofile, Rlimit { current: Some(wanted), maximum })?;
    }
    Ok(())
}

/// Descriptors for all connections of a node, and for what it needs itself.
const ENOUGH_FILES: u64 = 20_000;

fn reload(node: &Node, has_certificate: bool) {
    if !has_certificate {
        return tracing::info!("there is no certificate to read again");
    }
    match node.reload_tls() {
        Ok(()) => tracing::info!("the certificate was read again"),
        Err(error) => tracing::error!(
            cause = super::with_causes(&error),
            "the certificate was not read again; the one of before is still used"
        ),
    }
}

/// What a newcomer needs. The key in it is made for this process and ends with it.
fn banner(node: &Node, settings: &Settings) -> Result<String, CommandError> {
    let url = node.public_url();
    let engine = match settings.engine {
        EngineChoice::Offline => "the built-in offline engine",
        EngineChoice::Gemini { .. } => "Google Gemini",
    };
    let kept = if settings.embedded() {
        "Everything is kept in memory and gone at restart."
    } else {
        "Everything is kept in Redis."
    };
    let (version, management) = (env!("CARGO_PKG_VERSION"), node.management());
    let opening = format!(
        "\nFigurine {version} listens on {url}, with {engine}.\n{kept}\nMetrics: http://{management}/metrics\n\n"
    );
    if !settings.signing_keys.is_empty() {
        return Ok(opening);
    }
    let names = Expected { issuer: settings.issuer.clone(), audience: settings.audience.clone() };
    let minted = node.mint(&MintRequest::new(AccountId::parse("embedded")?, &names))?;
    Ok(format!(
        "{opening}Try it with a photo of yours (the key is good until this process ends):\n\n  curl -fL -H \
         'Authorization: Bearer {}' -H 'Accept: image/png' --data-binary @photo.jpg '{url}/v1/figures?style=anime' -o \
         figure.png\n\n",
        minted.text.expose_secret()
    ))
}

fn tell(text: &str) {
    // A closed standard error is no reason not to serve.
    let _ = io::stderr().write_all(text.as_bytes());
}
