//! The end of a job, whatever the end: results kept, photo destroyed, receipt signed, seat free.

use std::{borrow::Cow, convert::Infallible, time::Duration};

use bytes::Bytes;

use super::{Flow, FlowError, Made};
use crate::{
    domain::{Code, Figure, FigureLinks, JobProblem, MicroUsd, Minor, Moment, Stage, State, UploadTrace, Work},
    jobs::{JobsError, LEASE, Spec},
    ledger::{Outcome, of_job, of_unknown_job},
    store::{
        Claim, Finish, Job, JobRef, Lease, LeaseLost, NotFinished, Settlement, StoreError, StoreKey, Tally, patiently,
    },
    telemetry,
    vault::{VaultError, Witness},
};

/// How a job ended.
pub enum Ending {
    /// With its image.
    Succeeded,
    /// Without.
    Without(JobProblem),
}

impl Ending {
    fn state(&self) -> State {
        match self {
            Self::Succeeded => State::Succeeded,
            Self::Without(problem) if problem.category.is_some() => State::Blocked,
            Self::Without(problem) if problem.code == Code::CanceledByCaller => State::Canceled,
            Self::Without(_) => State::Failed,
        }
    }

    fn problem(&self) -> Option<&JobProblem> {
        match self {
            Self::Succeeded => None,
            Self::Without(problem) => Some(problem),
        }
    }
}

/// For how long a receipt is kept.
pub const RECEIPT_KEPT: Duration = Duration::from_secs(30 * 24 * 3_600);

impl Flow {
    /// Ends a job that this node holds. In this order, so that a crash at any point leaves nothing that opens: the
    /// photo's data key is destroyed; the job is finished in one step; the ciphertext is unlinked and looked for; the
    /// receipt is signed; the end is told.
    ///
    /// One whose caller asks for it to stop before the end is written ends as canceled. The lease is kept meanwhile, and
    /// a store that is away is waited for.
    ///
    /// # Errors
    /// When the lease is over, or store or vault fail; the sweeper then completes what is left.
    pub async fn end(&self, claim: &Claim, spec: &Spec, made: Made, ending: &Ending) -> Result<(), FlowError> {
        tokio::select! {
            ended = self.end_held(claim, spec, made, ending) => ended,
            never = self.hold(&claim.lease) => match never {},
        }
    }

    /// Keeps a lease alive. Whether it was lost is found out by what is done under it.
    async fn hold(&self, lease: &Lease) -> Infallible {
        loop {
            tokio::time::sleep(LEASE / 3).await;
            if let Err(error) = self.store.renew(lease, LEASE).await {
                tracing::warn!(%error, "the lease of a job that ends cannot be renewed");
            }
        }
    }

    async fn end_held(&self, claim: &Claim, spec: &Spec, made: Made, ending: &Ending) -> Result<(), FlowError> {
        let used = Made { cost: made.cost, timings: made.timings, ..Made::default() };
        let ended = match self.finish(claim, spec, made, ending).await? {
            Err(NotFinished::CancelAsked) => {
                let canceled = Ending::Without(FlowError::Canceled.problem(Stage::Finish));
                self.finish(claim, spec, used, &canceled).await?
            }
            ended => ended,
        };
        ended.map_err(|_| FlowError::LeaseLost)?;
        self.purge_of(&claim.lease.job, Some(spec)).await
    }

    /// Ends a job whose specification cannot be read: nothing more can be known of it.
    ///
    /// # Errors
    /// When the lease is over, or store or vault fail.
    pub async fn give_up(&self, claim: &Claim, code: Code) -> Result<(), FlowError> {
        let now = patiently(|| self.store.now()).await?;
        let finish = |state| Finish {
            state,
            code: Some(code),
            adopt: Vec::new(),
            release: true,
            settle: Settlement::default(),
            tallies: of_unknown_job(state, (&claim.lease.job.owner, &claim.job.key), now),
        };
        if patiently(|| self.store.finish(&claim.lease, finish(State::Failed))).await?.is_err() {
            let canceled = patiently(|| self.store.finish(&claim.lease, finish(State::Canceled))).await?;
            canceled.map_err(|_| FlowError::LeaseLost)?;
        }
        self.complete_purge(&claim.lease.job).await
    }

    async fn finish(
        &self,
        claim: &Claim,
        spec: &Spec,
        made: Made,
        ending: &Ending,
    ) -> Result<Result<(), NotFinished>, FlowError> {
        let lease = &claim.lease;
        let mut figure = self.outcome(claim, spec, &made, ending).await?;
        let settle = self.settlement(spec, &figure, lease.token);
        let tallies = tallies(claim, spec, &figure, made.images.len() as u64);
        let adopt = self.stage(claim, &mut figure, made).await?;
        if patiently(|| self.store.renew(lease, LEASE)).await? == Err(LeaseLost) {
            self.unstage_if_forgotten(&lease.job, &adopt, lease.token).await?;
            return Err(FlowError::LeaseLost);
        }
        if let Some(photo) = &claim.job.photo {
            patiently(|| self.vault.destroy_photo_key(&lease.job.owner, photo)).await?;
        }
        let problem = ending.problem();
        let finish = Finish {
            state: ending.state(),
            code: problem.map(|problem| problem.code),
            adopt: adopt.clone(),
            release: problem.is_some_and(|problem| problem.retryable && !problem.charged),
            settle,
            tallies,
        };
        let finished = patiently(|| self.store.finish(lease, finish.clone())).await?;
        match finished {
            Ok(()) => {
                tell(&figure, spec.work);
                self.adopted(&figure, &adopt, lease.token).await;
            }
            Err(NotFinished::CancelAsked) => self.discard(&adopt, lease.token).await?,
            Err(NotFinished::LeaseLost) => self.unstage_if_forgotten(&lease.job, &adopt, lease.token).await?,
        }
        Ok(finished)
    }

    /// Completes the purge of a job that has ended; safe to do again.
    ///
    /// # Errors
    /// When store or vault fail.
    pub async fn complete_purge(&self, of: &JobRef) -> Result<(), FlowError> {
        self.purge_of(of, None).await
    }

    /// Completes a purge; a specification that is known is not read again.
    async fn purge_of(&self, of: &JobRef, known: Option<&Spec>) -> Result<(), FlowError> {
        let Some(job) = self.store.job(of).await? else { return Ok(()) };
        if let Err(error) = self.jobs.settle_spend(&job).await {
            // Nothing keeps a photo; the sweeper settles.
            tracing::warn!(figure.id = %of.figure, %error, "what a figure cost upstream was not settled");
        }
        self.forget_staged(&job).await?;
        let Some(photo) = &job.photo else { return self.purged(of, self.store.now().await?).await };
        let witness = self.vault.purge_photo(&of.owner, photo).await?;
        let spec = match known {
            Some(spec) => Ok(Cow::Borrowed(spec)),
            None => self.jobs.spec(of).await.map(Cow::Owned),
        };
        match spec {
            Ok(spec) => {
                let receipt = Bytes::from(self.receipt_of(&job, &spec, &witness).await?);
                let of_figure = (spec.work == Work::Figure).then(|| StoreKey::receipt(&of.owner, &of.figure));
                let of_upload = spec.upload().map(|upload| StoreKey::upload_receipt(&of.owner, &upload));
                if let Some(upload) = spec.upload() {
                    self.note_held(&of.owner, &upload, None, spec.person.as_deref()).await?;
                }
                let names: Vec<_> = of_upload.into_iter().chain(of_figure).collect();
                for name in &names {
                    self.store.put(name, receipt.clone(), RECEIPT_KEPT).await?;
                }
                if self.store.job(of).await?.is_none() {
                    // It was erased meanwhile, and its receipt must not be what is left.
                    self.store.delete(&names).await?;
                    if let Some(upload) = spec.upload() {
                        self.strike_held(&of.owner, &upload, spec.person.as_deref()).await?;
                    }
                }
            }
            Err(JobsError::Store(error) | JobsError::Vault(VaultError::Store(error @ StoreError::Unavailable))) => {
                return Err(error.into());
            }
            // Nobody knows any more what the photo was committed to; the photo is gone all the same.
            Err(error) => tracing::warn!(figure.id = %of.figure, %error, "a photo went without a receipt"),
        }
        telemetry::purged(witness.purged_at.since(job.ended_at.unwrap_or(witness.purged_at)));
        self.purged(of, witness.purged_at).await
    }

    async fn receipt_of(&self, job: &Job, spec: &Spec, witness: &Witness) -> Result<String, FlowError> {
        let trace = spec.trace.as_ref().ok_or(FlowError::Record)?;
        let mut recipients = self.recipients(spec.mode);
        if spec.kept && recipients.is_empty() {
            recipients = self.shown_to(&job.of.owner, &trace.upload).await?;
        }
        let why = (witness, super::receipt::reason(job.state, job.code));
        let figure = (spec.work == Work::Figure).then_some(job.of.figure);
        self.receipt((&job.of.owner, figure, spec.upload()), trace, why, recipients)
    }

    async fn purged(&self, of: &JobRef, at: Moment) -> Result<(), FlowError> {
        self.vault.destroy(&[StoreKey::spec(&of.owner, &of.figure)], 0).await?;
        Ok(self.store.mark_purged(of, at).await?)
    }

    async fn outcome(&self, claim: &Claim, spec: &Spec, made: &Made, ending: &Ending) -> Result<Figure, FlowError> {
        let now = patiently(|| self.store.now()).await?;
        let mut figure = opened(&claim.lease.job, spec, claim.job.created_at);
        figure.status = ending.state();
        figure.completed_at = Some(now);
        figure.expires_at = Some(now.plus(spec.options.kept_for()));
        figure.analysis.clone_from(&made.analysis);
        figure.prompt.clone_from(&made.prompt);
        figure.engine.clone_from(&made.engine);
        figure.provenance.clone_from(&made.provenance);
        figure.cost = made.cost;
        figure.cost.charged_micro_usd = match ending {
            // Never more than was told before: interim images, which nobody asked for, are the operator's.
            Ending::Succeeded => {
                self.worst_case(spec).map_or(made.cost.charged_micro_usd, |most| most.min(made.cost.charged_micro_usd))
            }
            Ending::Without(_) => MicroUsd::ZERO,
        };
        if made.analysis.as_ref().is_some_and(|analysis| analysis.apparent_minor != Minor::None) {
            // The effective value: wishes are dropped where the subject might be a child.
            figure.options.prompt = None;
        }
        figure.timings_ms = made.timings;
        figure.timings_ms.intake = Some(spec.intake_ms);
        figure.timings_ms.total = u64::try_from(now.since(claim.job.created_at).as_millis()).ok();
        figure.problem = ending.problem().cloned();
        figure.problems.clone_from(&made.problems);
        Ok(figure)
    }
}

impl Flow {
    /// What a job may cost at most, which was set aside for it.
    fn worst_case(&self, spec: &Spec) -> Option<MicroUsd> {
        self.studio(spec.mode).worst_case(spec.work, &spec.options, spec.analysis.is_some())
    }

    /// What a job has really taken, by the figure object of its end, which was made under a fencing token.
    pub(super) fn settlement(&self, spec: &Spec, figure: &Figure, token: u32) -> Settlement {
        let told = figure.cost.upstream_micro_usd;
        // Nobody knows what a worker before this one has asked of the engine.
        let known = token <= 1 && figure.cost.unknown_upstream_calls == 0;
        let more_than_set_aside = self.worst_case(spec).is_some_and(|most| told > most);
        Settlement {
            delivered: figure.status == State::Succeeded,
            charged: figure.cost.charged_micro_usd,
            spent: (known || more_than_set_aside).then_some(told),
        }
    }
}

/// What is counted with the end that a figure object tells.
pub(super) fn tallies(claim: &Claim, spec: &Spec, figure: &Figure, images: u64) -> Vec<Tally> {
    let outcome = Outcome {
        work: spec.work,
        state: figure.status,
        images,
        cost: figure.cost,
        options: &spec.options,
        opted_out: spec.opted_out,
    };
    of_job(&outcome, (&claim.lease.job.owner, &claim.job.key), figure.completed_at.unwrap_or(claim.at))
}

/// Counts a job that ended for the metrics.
pub(super) fn tell(figure: &Figure, work: Work) {
    let code = figure.problem.as_ref().map_or("none", |problem| problem.code.as_str());
    telemetry::job_ended(work.as_str(), figure.status.as_str(), code);
    let times = figure.timings_ms;
    for (stage, millis) in [
        ("intake", times.intake),
        ("queue", times.queue),
        ("analyze", times.analyze),
        ("enhance", times.enhance),
        ("render", times.render),
        ("finish", times.finish),
        ("total", times.total),
    ] {
        telemetry::stage(stage, millis);
    }
}

/// The figure object of a job that has not ended.
pub(super) fn opened(job: &JobRef, spec: &Spec, created_at: Moment) -> Figure {
    Figure {
        id: job.figure,
        object: crate::domain::FigureObject::Figure,
        status: State::Queued,
        created_at,
        completed_at: None,
        expires_at: None,
        options: spec.options.clone(),
        photo: spec.photo.clone(),
        analysis: None,
        prompt: None,
        images: Vec::new(),
        inline_omitted: false,
        engine: None,
        provenance: None,
        cost: crate::domain::Cost::default(),
        timings_ms: crate::domain::Timings { intake: Some(spec.intake_ms), ..Default::default() },
        upload: UploadTrace {
            id: spec.upload(),
            stored_at: spec.trace.as_ref().map(|trace| trace.stored_at),
            purged_at: None,
            commitment_salt: spec.trace.as_ref().map(|trace| trace.salt.clone()),
            receipt: None,
        },
        problem: None,
        problems: Vec::new(),
        end_user: None,
        metadata: spec.metadata.clone(),
        links: FigureLinks::of(&job.figure),
    }
}
