//! `figurine simulator`: Gemini's protocol alone, with the routes that tell and ask it.

use crate::simulator::{Simulator, SimulatorSettings};
use clap::Args;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Serves Gemini's protocol locally, until Ctrl-C.
#[derive(Debug, Clone, Args)]
pub struct SimulatorArgs {
    /// Address to listen on; port 0 takes a free one.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:8081")]
    pub listen: SocketAddr,
    /// Keep the body of every generate call in this folder, by its number.
    #[arg(long, value_name = "DIR")]
    pub keep_bodies: Option<PathBuf>,
    /// Answer this file at once to every request for an image.
    #[arg(long, value_name = "FILE")]
    pub fixed_image: Option<PathBuf>,
    /// Wait so many milliseconds before each answer.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub delay: u64,
}

impl SimulatorArgs {
    /// Reads the files named and makes the folder named.
    ///
    /// # Errors
    ///
    /// When the image cannot be read or the folder cannot be made.
    pub fn settings(&self) -> io::Result<SimulatorSettings> {
        let fixed_image = match &self.fixed_image {
            Some(file) => Some(std::fs::read(file)?.into()),
            None => None,
        };
        if let Some(folder) = &self.keep_bodies {
            std::fs::create_dir_all(folder)?;
        }
        Ok(SimulatorSettings {
            listen: self.listen,
            fixed_image,
            delay: Duration::from_millis(self.delay),
            keep_bodies: self.keep_bodies.clone(),
            control_routes: true,
        })
    }

    /// Serves until Ctrl-C.
    ///
    /// # Errors
    ///
    /// When a file, a folder or the address cannot be used.
    pub async fn run(&self) -> io::Result<()> {
        let simulator = Simulator::start(self.settings()?).await?;
        tracing::info!(base_url = simulator.base_url, "the simulator listens");
        tokio::signal::ctrl_c().await?;
        simulator.stop().await
    }
}
