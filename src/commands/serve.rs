//! `figurine serve`.

use std::io::{self, Write};

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
    // Listened for before anything is announced, so that no signal is missed.
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    let node = Node::start(settings.clone(), Wiring::default()).await?;
    tell(&banner(&node, &settings)?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    tracing::info!("stopping");
    node.stop().await;
    Ok(())
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
    let opening = format!("\nFigurine {} listens on {url}, with {engine}.\n{kept}\n\n", env!("CARGO_PKG_VERSION"));
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
