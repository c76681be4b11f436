//! Gemini's protocol served locally: both versions, both spellings, real error bodies.
//!
//! It paints with `sculpt`, the offline renderer, and so is the engine of an installation
//! without a key; by script it does everything that Gemini was ever seen doing. A request goes
//! through these files in order: `tree` and `fields` parse it as Google's parser does,
//! `asked` reads it, `generate` answers, `acts` is what a scenario does instead.
//!
//! Of the engine it knows the wire types alone.

mod acts;
mod answer;
mod asked;
mod calls;
mod catalog;
mod control;
mod deliver;
mod facts;
mod fields;
mod files;
mod fill;
mod generate;
mod models;
mod named;
mod paint;
mod refusal;
mod samples;
mod scenario;
pub mod sculpt;
mod server;
mod spoil;
mod state;
mod tree;
mod unanswered;

pub use asked::CallKind;
pub use calls::Call;
pub use scenario::{Act, Carry, Instead, Matching, Spoil, Step};
pub use server::{RunningSimulator, Simulator};

use bytes::Bytes;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::PathBuf;
use std::time::Duration;

/// How a simulator is to be.
#[derive(Debug, Clone)]
pub struct SimulatorSettings {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// A file that is answered at once to every request for an image; photos are then not
    /// looked at, so that only the protocol costs time.
    pub fixed_image: Option<Bytes>,
    /// How long every generate call waits before it is answered.
    pub delay: Duration,
    /// A folder that gets the body of every generate call, by its number.
    pub keep_bodies: Option<PathBuf>,
    /// Whether `/__scenario` and `/__calls` exist.
    pub control_routes: bool,
}

impl Default for SimulatorSettings {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            fixed_image: None,
            delay: Duration::ZERO,
            keep_bodies: None,
            control_routes: false,
        }
    }
}
