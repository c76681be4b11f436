//! Bells that ring on a change, for waiters in this process.

use tokio::sync::watch;

use super::{Topic, Wake};
use crate::domain::{FigureId, KeyId};

/// How many bells jobs and keys share: each rings the one that its id falls on, so waiters may wake early.
const BELLS: usize = 256;

pub(super) struct Bells {
    jobs: watch::Sender<u64>,
    each: Vec<watch::Sender<u64>>,
}

impl Bells {
    pub(super) fn new() -> Self {
        let bell = || watch::channel(0).0;
        Self { jobs: bell(), each: std::iter::repeat_with(bell).take(BELLS).collect() }
    }

    pub(super) fn listen(&self, topic: Topic<'_>) -> Wake {
        Wake(match topic {
            Topic::Jobs => self.jobs.subscribe(),
            Topic::Job(job) => self.of(&job.figure.to_string()).subscribe(),
            Topic::Key(key) => self.of(&key.to_string()).subscribe(),
        })
    }

    /// A job was added.
    pub(super) fn ring_jobs(&self) {
        ring(&self.jobs);
    }

    /// Something about a job changed.
    pub(super) fn ring(&self, figure: &FigureId) {
        ring(self.of(&figure.to_string()));
    }

    /// A key was revoked.
    pub(super) fn ring_key(&self, key: &KeyId) {
        ring(self.of(&key.to_string()));
    }

    /// Anything may have changed.
    pub(super) fn ring_all(&self) {
        ring(&self.jobs);
        self.each.iter().for_each(ring);
    }

    fn of(&self, text: &str) -> &watch::Sender<u64> {
        let digest = text.bytes().fold(5_381_usize, |sum, byte| sum.wrapping_mul(33) ^ usize::from(byte));
        &self.each[digest % BELLS]
    }
}

fn ring(bell: &watch::Sender<u64>) {
    bell.send_modify(|count| *count = count.wrapping_add(1));
}
