//! Ticket and received bytes → job.

use std::{
    collections::BTreeMap,
    hash::{DefaultHasher, Hash, Hasher},
    time::Duration,
};

use aws_lc_rs::digest;
use bytes::Bytes;
use tokio::{
    sync::{Mutex, MutexGuard},
    time::Instant,
};

use super::{Flow, UploadError, millis, upload::ONCE_KEPT};
use crate::{
    admission::Ticket,
    domain::{Analysis, MicroUsd, Options, Owner, PhotoReport, Scenario, UploadId, Validation, Work, hex},
    intake::{IntakeError, Photo},
    jobs::{Accepted, JobsError, Spec, Subject, Terms},
    ledger::preferences,
    store::{Once, StoreKey},
    studio::CheckedOptions,
    telemetry::Trace,
    vault::{Deposit, Original, PhotoTrace, VaultError, receipt::Salt},
};

/// What a photo is taken from.
#[derive(Debug)]
pub enum Source {
    /// A received file, whole.
    File(Bytes),
    /// A photo that was kept ahead of use.
    Upload(UploadId),
    /// No photo: what was seen in one before.
    Analysis(Box<Analysis>),
}

/// A photo and what is to be made of it.
#[derive(Debug)]
pub struct Received {
    /// The photo.
    pub source: Source,
    /// What is to be made of it.
    pub order: Order,
}

/// What is to be made.
#[derive(Debug, Clone)]
pub struct Order {
    /// What is asked for.
    pub work: Work,
    /// When it must have ended, where that is sooner than for others.
    pub deadline: Option<Duration>,
    /// The outcome that a test key asks for.
    pub scenario: Option<Scenario>,
    /// The options, checked.
    pub options: CheckedOptions,
    /// The options that were given, in canonical form.
    pub canonical: String,
    /// The caller's own key for this request, if it is to be done once.
    pub once: Option<String>,
    /// The integrator's pseudonym for a person.
    pub end_user: Option<String>,
    /// Whether the request asks that nothing be collected beyond what is needed.
    pub opted_out: bool,
    /// The caller's own pairs.
    pub metadata: BTreeMap<String, String>,
    /// The caller's own salt of the receipt.
    pub salt: Option<Salt>,
    /// The trace that the request belongs to.
    pub trace: Trace,
}

/// Why nothing was accepted. Nothing was spent and nothing is left.
#[derive(Debug, thiserror::Error)]
pub enum AcceptError {
    /// It may cost more than the caller allows.
    #[error("it may cost more than is allowed")]
    TooDear(Option<MicroUsd>),
    /// No model in use draws the ratio in the size.
    #[error("no model draws this ratio in this size")]
    Undrawable,
    /// The photo cannot be taken.
    #[error("the photo was refused")]
    Intake(#[from] IntakeError),
    /// The upload cannot be used.
    #[error("the upload cannot be used")]
    Upload(#[from] UploadError),
    /// The key keeps as many photos ahead of use as it may.
    #[error("the key keeps {0} uploads")]
    TooManyUploads(u32),
    /// The vault failed.
    #[error("the photo could not be kept")]
    Vault(#[from] VaultError),
    /// There was no room, or the store failed.
    #[error("the job was not accepted")]
    Jobs(#[from] JobsError),
}

/// What a job is made from.
struct Drawn {
    subject: Subject,
    photo: Option<PhotoReport>,
    trace: Option<PhotoTrace>,
    analysis: Option<Analysis>,
}

/// Turns for requests that are twins. There is a fixed number, so others may wait for one another, too.
#[derive(Debug)]
pub struct Twins(Vec<Mutex<()>>);

impl Default for Twins {
    fn default() -> Self {
        Self(std::iter::repeat_with(Mutex::default).take(1_024).collect())
    }
}

impl Twins {
    async fn turn(&self, name: &str) -> MutexGuard<'_, ()> {
        let mut hasher = DefaultHasher::new();
        name.hash(&mut hasher);
        let at = usize::try_from(hasher.finish() % self.0.len() as u64).unwrap_or_default();
        self.0[at].lock().await
    }
}

impl Flow {
    /// Takes a photo in, keeps it sealed and makes a job of it; or finds the job that the same request made before. Must
    /// run to its end once begun: it is never left to a handler, which may be dropped at any await.
    ///
    /// # Errors
    /// When the photo cannot be taken, it may cost too much, there is no room, or vault or store fail.
    pub async fn accept(&self, ticket: &Ticket, received: Received) -> Result<Accepted, AcceptError> {
        let clock = Instant::now();
        let Received { source, order } = received;
        let once = self.once(ticket.owner(), &order, &source);
        let _turn = self.turn(&once).await;
        if let Some(earlier) = self.jobs.recall(ticket.owner(), &once).await? {
            return Ok(earlier);
        }
        let worst = self.check_cost(ticket, &order, &source)?;
        let kept = matches!(source, Source::Upload(_));
        let Drawn { subject, photo, trace, analysis } = self.draw(ticket, source, &order).await?;
        let taken = if let Subject::Kept(upload) = subject { Some(upload) } else { None };
        let persons = order.end_user.as_deref().map(|end_user| self.person(end_user)).unwrap_or_default();
        let opted_out = order.opted_out || self.opted_out(ticket.owner(), &persons).await?;
        let spec = Spec {
            key: ticket.key(),
            mode: ticket.mode(),
            work: order.work,
            scenario: order.scenario,
            options: self.for_photo(ticket, order.options, photo.as_ref()),
            metadata: order.metadata,
            person: persons.into_iter().next(),
            opted_out,
            photo,
            analysis,
            intake_ms: millis(clock).unwrap_or_default(),
            kept,
            trace,
            part_of: Some(order.trace),
        };
        let person = spec.person.clone();
        let terms = Terms { worst, once, deadline: order.deadline };
        let accepted = self.jobs.submit(ticket, subject, spec, terms).await?;
        if let Some(upload) = taken.filter(|_| !accepted.replayed) {
            self.note_taken(&accepted.job, &upload, person.as_deref()).await;
        }
        Ok(accepted)
    }

    async fn opted_out(&self, owner: &Owner, persons: &[String]) -> Result<bool, JobsError> {
        Ok(preferences::opted_out(self.store.as_ref(), owner, persons).await?)
    }

    /// What a job is made from. An upload is taken by a figure alone; analyses and prompts look at it.
    async fn draw(&self, ticket: &Ticket, source: Source, order: &Order) -> Result<Drawn, AcceptError> {
        let (subject, photo, trace) = match source {
            Source::File(bytes) => {
                // The file as it came is not needed any more, so it does not wait with the job.
                let deposit = self.deposit(ticket, bytes, order.salt.clone()).await?;
                let (photo, trace) = (deposit.report().clone(), deposit.trace().clone());
                (Subject::Sent(Box::new(deposit)), photo, trace)
            }
            Source::Upload(id) => {
                let kept = self.usable(ticket.owner(), &id).await?;
                let taken = order.work == Work::Figure;
                if !taken {
                    self.note_read(ticket, &id).await?;
                }
                (if taken { Subject::Kept(id) } else { Subject::Untouched }, kept.photo, kept.trace)
            }
            Source::Analysis(analysis) => {
                let (subject, analysis) = (Subject::Untouched, Some(*analysis));
                return Ok(Drawn { subject, photo: None, trace: None, analysis });
            }
        };
        Ok(Drawn { subject, photo: Some(photo), trace: Some(trace), analysis: None })
    }

    /// Takes a photo in and keeps it sealed for an upload's time.
    pub(super) async fn deposit(
        &self,
        ticket: &Ticket,
        bytes: Bytes,
        salt: Option<Salt>,
    ) -> Result<Deposit, AcceptError> {
        let photo = self.read_photo(ticket, bytes.clone()).await?;
        let original = Original { bytes: &bytes, salt };
        Ok(self.vault.deposit(ticket.owner(), photo, original, self.upload_ttl).await?)
    }

    async fn read_photo(&self, ticket: &Ticket, bytes: Bytes) -> Result<Photo, AcceptError> {
        let _turn = self.reading.begin(ticket)?;
        Ok(self.intake.take_in(ticket.key(), bytes).await?)
    }

    /// Twins come in one after the other and the later ones find what the first made, before their photo is looked at, so
    /// that they cost next to nothing. On other nodes it is decided when what is made is written.
    pub(super) async fn turn(&self, once: &[Once]) -> Option<MutexGuard<'_, ()>> {
        match once.first() {
            Some(once) => Some(self.twins.turn(once.name.as_str()).await),
            None => None,
        }
    }

    /// Does all that acceptance does before anything is kept, and keeps nothing.
    ///
    /// # Errors
    /// When the photo cannot be taken, or it may cost too much.
    pub async fn validate(&self, ticket: &Ticket, received: Received) -> Result<Validation, AcceptError> {
        self.check_cost(ticket, &received.order, &received.source)?;
        let photo = match received.source {
            Source::File(bytes) => self.read_photo(ticket, bytes).await?.into_parts().1,
            Source::Upload(id) => self.usable(ticket.owner(), &id).await?.photo,
            Source::Analysis(_) => return Err(UploadError::Unknown.into()),
        };
        let options = self.for_photo(ticket, received.order.options, Some(&photo));
        let worst_case_micro_usd = self.studio(ticket.mode()).worst_case(received.order.work, &options, false);
        Ok(Validation { object: "validation", photo, options, worst_case_micro_usd })
    }

    fn for_photo(&self, ticket: &Ticket, options: CheckedOptions, photo: Option<&PhotoReport>) -> Options {
        let (studio, size) = (self.studio(ticket.mode()), options.options().size);
        options.for_photo(photo, |ratio| studio.all_draw(ratio, size))
    }

    /// What it may cost; `None` where a price is not known.
    fn check_cost(&self, ticket: &Ticket, order: &Order, source: &Source) -> Result<Option<MicroUsd>, AcceptError> {
        let (options, studio) = (order.options.options(), self.studio(ticket.mode()));
        if order.work == Work::Figure && studio.none_draws(options.aspect_ratio, options.size) {
            return Err(AcceptError::Undrawable);
        }
        let analyzed = matches!(source, Source::Analysis(_));
        let worst = studio.worst_case(order.work, options, analyzed);
        let within = |most: u64| worst.is_some_and(|worst| worst <= MicroUsd(most));
        if options.max_cost_micro_usd.is_none_or(within) { Ok(worst) } else { Err(AcceptError::TooDear(worst)) }
    }

    /// What a request is remembered by, if it is to be done once. The fingerprint is of what was sent, not of how, and not
    /// of defaults.
    pub(super) fn once(&self, owner: &Owner, order: &Order, source: &Source) -> Vec<Once> {
        let Some(key) = &order.once else { return Vec::new() };
        let source = match source {
            Source::File(bytes) => hex(digest::digest(&digest::SHA256, bytes).as_ref()),
            Source::Upload(id) => id.to_string(),
            // It is among the options.
            Source::Analysis(_) => String::new(),
        };
        let meaning = format!("{} 1\n{source}\n{}", order.work.as_str(), order.canonical);
        let names = self.vault.keyed_hashes("once", format!("{}\n{key}", owner.as_str()).as_bytes());
        let fingerprints = self.vault.keyed_hashes("meaning", meaning.as_bytes());
        let once = names.iter().zip(fingerprints).map(|(name, fingerprint)| Once {
            name: StoreKey::once(owner, name),
            fingerprint,
            kept: ONCE_KEPT,
        });
        once.collect()
    }
}
