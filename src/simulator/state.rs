//! What all workers of a simulator share.

use super::asked::CallKind;
use super::calls::CallLog;
use super::files::Files;
use super::paint::Figure;
use super::scenario::{Act, Script, Step};
use super::{SimulatorSettings, paint};
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::thread::available_parallelism;
use std::time::Duration;
use tokio::sync::{Semaphore, watch};

pub(super) struct State {
    pub(super) calls: CallLog,
    pub(super) files: Files,
    pub(super) fixed_image: Option<Figure>,
    pub(super) delay: Duration,
    pub(super) keep_bodies: Option<PathBuf>,
    /// One permit a core: pixel work beyond that would only take memory.
    pub(super) pixel_work: Semaphore,
    pub(super) base_url: String,
    script: Mutex<Script>,
    held: watch::Sender<bool>,
}

impl State {
    pub(super) fn new(settings: &SimulatorSettings, base_url: String) -> Self {
        Self {
            calls: CallLog::new(),
            files: Files::default(),
            fixed_image: settings.fixed_image.as_deref().map(paint::as_it_is),
            delay: settings.delay,
            keep_bodies: settings.keep_bodies.clone(),
            pixel_work: Semaphore::new(available_parallelism().map_or(1, usize::from)),
            base_url,
            script: Mutex::default(),
            held: watch::Sender::new(false),
        }
    }

    pub(super) fn play(&self, steps: Vec<Step>) {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        *script = Script::new(steps);
    }

    pub(super) fn next_act(&self, kind: CallKind, model: &str) -> Option<Act> {
        let mut script = self.script.lock().unwrap_or_else(PoisonError::into_inner);
        script.next(kind, model)
    }

    pub(super) fn hold(&self, held: bool) {
        self.held.send_replace(held);
    }

    /// Resolves when calls are not held.
    pub(super) async fn pass_gate(&self) {
        let mut held = self.held.subscribe();
        // The sender lives in `self`, so that waiting cannot fail.
        let _ = held.wait_for(|held| !held).await;
    }
}
