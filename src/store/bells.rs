//! Bells that ring on a change, for waiters in this process.

use tokio::sync::watch;

use super::{Topic, Wake};
use crate::domain::{FigureId, KeyId, Mode};

/// How many bells jobs, their events and keys share: each rings the one that its id falls on, so waiters may wake early.
const BELLS: usize = 256;

pub(super) struct Bells {
    live: watch::Sender<u64>,
    test: watch::Sender<u64>,
    each: Vec<watch::Sender<u64>>,
}

impl Bells {
    pub(super) fn new() -> Self {
        let bell = || watch::channel(0).0;
        Self { live: bell(), test: bell(), each: std::iter::repeat_with(bell).take(BELLS).collect() }
    }

    pub(super) fn listen(&self, topic: Topic<'_>) -> Wake {
        Wake(match topic {
            Topic::Jobs(lane) => self.jobs(lane).subscribe(),
            Topic::Job(job) => self.of(&job.figure.to_string()).subscribe(),
            Topic::Events(job) => self.events_of(&job.figure).subscribe(),
            Topic::Key(key) => self.of(&key.to_string()).subscribe(),
        })
    }

    /// A job was added.
    pub(super) fn ring_jobs(&self, lane: Mode) {
        ring(self.jobs(lane));
    }

    /// Something about a job changed.
    pub(super) fn ring(&self, figure: &FigureId) {
        ring(self.of(&figure.to_string()));
        self.ring_on(figure);
    }

    /// A job goes on.
    pub(super) fn ring_on(&self, figure: &FigureId) {
        ring(self.events_of(figure));
    }

    /// A key was revoked.
    pub(super) fn ring_key(&self, key: &KeyId) {
        ring(self.of(&key.to_string()));
    }

    /// Anything may have changed.
    pub(super) fn ring_all(&self) {
        ring(&self.live);
        ring(&self.test);
        self.each.iter().for_each(ring);
    }

    fn jobs(&self, lane: Mode) -> &watch::Sender<u64> {
        match lane {
            Mode::Live => &self.live,
            Mode::Test => &self.test,
        }
    }

    fn events_of(&self, figure: &FigureId) -> &watch::Sender<u64> {
        self.of(&format!("{figure}+"))
    }

    fn of(&self, text: &str) -> &watch::Sender<u64> {
        let digest = text.bytes().fold(5_381_usize, |sum, byte| sum.wrapping_mul(33) ^ usize::from(byte));
        &self.each[digest % BELLS]
    }
}

fn ring(bell: &watch::Sender<u64>) {
    bell.send_modify(|count| *count = count.wrapping_add(1));
}
