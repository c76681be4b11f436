//! Deposit → Job: every figure is a job, and a synchronous call is a job that somebody waits for.

mod limits;
mod spec;
mod wait;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

pub use spec::Spec;
use tokio::time::Instant;

use crate::{
    admission::Ticket,
    domain::{FigureId, MicroUsd, Mode, Moment, Owner, UploadId, Work},
    store::{
        Away, Bound, CancelOutcome, Claim, Job, JobRef, Known, NewJob, Once, Store, StoreError, StoreKey, Submission,
    },
    vault::{Deposit, Vault, VaultError},
};

/// For how long a job is remembered after its result has gone: its id answers 410 for a day.
const REMEMBERED_FOR: Duration = Duration::from_secs(24 * 3_600);

/// What the upload's time is beyond the job's deadline.
const GRACE: Duration = Duration::from_secs(60);

/// For how long after its deadline a job may still be ended as its last worker had meant to, where all nodes were away: what
/// was made for it and what it was to be wait for so long.
pub const MADE_WAITS: Duration = Duration::from_secs(600);

/// How long a worker may be silent before its job is handed to another.
pub const LEASE: Duration = Duration::from_secs(30);

/// Why a job was not accepted or cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum JobsError {
    /// A limit of the key or its account is met.
    #[error("the limit {policy} is met")]
    Bounded {
        /// Its name.
        policy: &'static str,
        /// Its kind.
        by: Bound,
        /// When.
        at: Moment,
    },
    /// The whole installation's spend of this day is used up.
    #[error("the day's spend is used up")]
    Ceiling {
        /// When.
        at: Moment,
    },
    /// The same key was used for something else.
    #[error("the key for this request was used for another")]
    Mismatch,
    /// The upload was taken by another figure.
    #[error("the upload was taken by another figure")]
    Consumed,
    /// The queue is full.
    #[error("the queue is full")]
    QueueFull,
    /// The store failed.
    #[error("the jobs' store failed")]
    Store(#[from] StoreError),
    /// The vault failed.
    #[error("the jobs' vault failed")]
    Vault(#[from] VaultError),
    /// A specification cannot be written or read.
    #[error("a job's specification makes no sense")]
    Spec(#[from] serde_json::Error),
}

impl Away for JobsError {
    fn is_away(&self) -> bool {
        match self {
            Self::Store(error) => error.is_away(),
            Self::Vault(error) => error.is_away(),
            Self::Bounded { .. }
            | Self::Ceiling { .. }
            | Self::Mismatch
            | Self::Consumed
            | Self::QueueFull
            | Self::Spec(_) => false,
        }
    }
}

/// Bounds of all jobs.
#[derive(Debug, Clone, Copy)]
pub struct JobLimits {
    /// Every job ends by then.
    pub deadline: Duration,
    /// Jobs that may wait.
    pub queued: usize,
    /// What may be spent upstream in a day.
    pub spend: Option<MicroUsd>,
}

/// For how long a full queue is taken for full without being looked at.
const FULL_FOR: Duration = Duration::from_millis(500);

/// The jobs of an installation.
pub struct Jobs {
    store: Arc<dyn Store>,
    vault: Arc<Vault>,
    limits: JobLimits,
    /// When a job last found no place.
    full_at: Mutex<Option<Instant>>,
}

/// The photo of a job.
#[derive(Debug)]
pub enum Subject {
    /// It came with the request: it goes with the job's end, or at once where there is no job.
    Sent(Box<Deposit>),
    /// It was kept ahead of use: the job takes it, and it goes with the job's end. Without a job it stays.
    Kept(UploadId),
    /// There is none, or it stays as it is.
    Untouched,
}

/// The terms of a job.
#[derive(Debug, Default)]
pub struct Terms {
    /// The most that it may cost; `None` where a price is not known.
    pub worst: Option<MicroUsd>,
    /// What makes the same request again find this job.
    pub once: Vec<Once>,
    /// How long until its deadline; the limits' own where it is not said.
    pub deadline: Option<Duration>,
}

/// A job that was accepted.
#[derive(Debug, Clone)]
pub struct Accepted {
    /// Which job.
    pub job: JobRef,
    /// When.
    pub at: Moment,
    /// Whether an earlier request made it.
    pub replayed: bool,
}

impl Jobs {
    /// The jobs that a store holds.
    pub fn new(store: Arc<dyn Store>, vault: Arc<Vault>, limits: JobLimits) -> Self {
        Self { store, vault, limits, full_at: Mutex::default() }
    }

    /// Makes a job, in one step with its seat and the upload that it takes, unless the same was asked for before. Without
    /// a new job a deposit is destroyed.
    ///
    /// # Errors
    /// When a limit is met or there is no place, the same key was used for something else, the upload was taken, or store
    /// or vault fail.
    pub async fn submit(
        &self,
        ticket: &Ticket,
        subject: Subject,
        spec: Spec,
        terms: Terms,
    ) -> Result<Accepted, JobsError> {
        let submitted = self.try_submit(ticket, &subject, spec, terms).await;
        let accepted = submitted.as_ref().is_ok_and(|accepted| !accepted.replayed);
        match subject {
            Subject::Sent(deposit) if !accepted => {
                // What cannot be destroyed now goes when its time is over.
                let _ = self.vault.purge_photo(deposit.owner(), &deposit.trace().upload).await;
            }
            Subject::Kept(upload) if accepted => {
                // Not before, since a refusal must not give an upload more time. It may be gone with its job already.
                let _ = self.vault.keep_photo(ticket.owner(), &upload, self.limits.deadline + GRACE).await;
            }
            Subject::Sent(_) | Subject::Kept(_) | Subject::Untouched => {}
        }
        submitted
    }

    /// Whether a job has found no place just now, so that another need not be brought here to find none.
    pub fn was_full(&self) -> bool {
        self.full_at().is_some_and(|at| at.elapsed() < FULL_FOR)
    }

    /// Test jobs wait apart: they make no queue full but their own.
    fn note_full(&self, lane: Mode) -> JobsError {
        if lane == Mode::Live {
            *self.full_at() = Some(Instant::now());
        }
        JobsError::QueueFull
    }

    fn full_at(&self) -> MutexGuard<'_, Option<Instant>> {
        // Nothing panics while it is held.
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What an earlier request with the same key made.
    ///
    /// # Errors
    /// [`JobsError::Mismatch`] when it was another; otherwise when the store fails.
    pub async fn recall(&self, owner: &Owner, once: &[Once]) -> Result<Option<Accepted>, JobsError> {
        match self.known(once).await? {
            Some(known) => self.replay(owner, known).await.map(Some),
            None => Ok(None),
        }
    }

    /// What an earlier request with the same key was.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn known<I: TryFrom<String>>(&self, once: &[Once]) -> Result<Option<Known<I>>, JobsError> {
        for once in once {
            let kept = self.store.get(&once.name).await?;
            if let Some(known) = kept.and_then(|value| once.known(&value)) {
                return Ok(Some(known));
            }
        }
        Ok(None)
    }

    async fn replay(&self, owner: &Owner, known: Known) -> Result<Accepted, JobsError> {
        match known {
            Known::Same(figure) => {
                let job = JobRef { owner: owner.clone(), figure };
                Ok(Accepted { job, at: self.store.now().await?, replayed: true })
            }
            Known::Other => Err(JobsError::Mismatch),
        }
    }

    async fn try_submit(
        &self,
        ticket: &Ticket,
        subject: &Subject,
        spec: Spec,
        Terms { worst, once, deadline }: Terms,
    ) -> Result<Accepted, JobsError> {
        let deadline = deadline.unwrap_or(self.limits.deadline);
        let job = JobRef { owner: ticket.owner().clone(), figure: FigureId::random() };
        let person = spec.person.clone();
        let (photo, consumes) = match subject {
            Subject::Sent(deposit) => {
                self.vault.keep_photo(deposit.owner(), &deposit.trace().upload, deadline + GRACE).await?;
                (Some(deposit.trace().upload), None)
            }
            Subject::Kept(upload) => (Some(*upload), Some(StoreKey::unused(&job.owner, upload))),
            Subject::Untouched => (None, None),
        };
        let (name, retention) = (StoreKey::spec(&job.owner, &job.figure), spec.options.kept_for());
        let (listed, reserve) = (spec.work == Work::Figure, limits::reservation(spec.work, worst));
        self.vault.put(&name, spec.to_bytes()?, deadline + MADE_WAITS).await?;
        let new = NewJob {
            job: job.clone(),
            key: ticket.key(),
            photo,
            gates: ticket.gates().to_vec(),
            reserve,
            lane: ticket.mode(),
            places: self.limits.queued,
            deadline,
            retention,
            remembered: REMEMBERED_FOR,
            once,
            consumes,
            listed,
            person,
        };
        let otherwise = match self.submit_within_spend(new).await? {
            Submission::Accepted { at } => return Ok(Accepted { job, at, replayed: false }),
            Submission::Known(known) => self.replay(&job.owner, known).await,
            Submission::Consumed => Err(JobsError::Consumed),
            Submission::Bounded { gate, by } => Err(self.bounded(gate, by).await?),
            Submission::NoPlace => Err(self.note_full(ticket.mode())),
        };
        self.vault.destroy(&[name], 0).await.map_err(JobsError::from).and(otherwise)
    }

    async fn submit_within_spend(&self, new: NewJob) -> Result<Submission, JobsError> {
        let job = new.job.clone();
        self.set_spend_aside(&job, new.reserve.micro_usd).await?;
        let submission = self.store.submit(new).await?;
        if !matches!(submission, Submission::Accepted { .. }) {
            self.give_spend_back(&job).await?;
        }
        Ok(submission)
    }

    /// Reads a job of this account.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn find(&self, owner: &Owner, figure: &FigureId) -> Result<Option<Job>, JobsError> {
        Ok(self.store.job(&JobRef { owner: owner.clone(), figure: *figure }).await?)
    }

    /// What a job is to make. Gone once the job has ended.
    ///
    /// # Errors
    /// [`VaultError::Gone`] when the job has ended; otherwise when store or vault fail.
    pub async fn spec(&self, job: &JobRef) -> Result<Spec, JobsError> {
        let bytes = self.vault.open(&StoreKey::spec(&job.owner, &job.figure)).await?;
        Ok(Spec::from_bytes(&bytes)?)
    }

    /// Takes the next job of live or of test keys to work on.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim(&self, lane: Mode) -> Result<Option<Claim>, JobsError> {
        let claim = self.store.claim(lane, LEASE).await?;
        if claim.is_some() && lane == Mode::Live {
            // What is handed out leaves its place to another.
            *self.full_at() = None;
        }
        Ok(claim)
    }

    /// Takes a job whose deadline is over and that nobody works on or ends.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn claim_overdue(&self) -> Result<Option<Claim>, JobsError> {
        Ok(self.store.claim_overdue(LEASE).await?)
    }

    /// Asks for a job to stop.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn cancel(&self, job: &JobRef) -> Result<CancelOutcome, JobsError> {
        Ok(self.store.cancel(job, LEASE).await?)
    }
}
