//! The loop: claim → flow → end. And the sweeper, which completes what others could not.

use std::{num::NonZeroUsize, panic::AssertUnwindSafe, sync::Arc, time::Duration};

use futures_util::FutureExt;
use tokio::{
    sync::Semaphore,
    time::{Instant, timeout_at},
};

use tracing::Instrument;

use crate::{
    domain::{Code, Mode, Stage, State},
    flow::{Ending, Flow, FlowError, Made},
    jobs::{JobsError, LEASE, Spec},
    store::{Claim, LeaseLost, Topic, patiently},
    tasks::Tasks,
    telemetry::{self, Trace, within},
    vault::VaultError,
};

/// How often a worker looks for jobs without being woken.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// How often a job may be handed out before it is given up as one that kills its workers.
const MOST_CLAIMS: u32 = 3;

/// Time kept back from a job's deadline for ending it.
const TO_END: Duration = Duration::from_millis(500);

/// The workers of a node.
pub struct Workers {
    live: Lane,
    test: Lane,
}

/// Workers for the jobs of live keys or of test keys.
struct Lane {
    places: Arc<Semaphore>,
    at_once: u32,
}

/// Jobs of test keys at once: a flood of them keeps nothing from live keys.
const TESTS_AT_ONCE: u32 = 1;

impl Lane {
    fn start(flow: &Arc<Flow>, tasks: &Tasks, mode: Mode, at_once: u32) -> Self {
        let places = Arc::new(Semaphore::new(at_once as usize));
        drop(tasks.start(take_jobs(flow.clone(), tasks.clone(), mode, places.clone())));
        Self { places, at_once }
    }
}

impl Workers {
    /// Waits until none of this node's jobs is under way; of jobs in this process alone, until none waits either.
    pub async fn finished(&self, flow: &Flow) {
        loop {
            // With every place taken here, no worker holds one.
            let live = self.live.places.acquire_many(self.live.at_once).await;
            let test = self.test.places.acquire_many(self.test.at_once).await;
            // Jobs that others may take are left to them.
            let none_wait = flow.store.nature().is_shared() || flow.store.queued().await.unwrap_or_default() == 0;
            if live.is_err() || test.is_err() || none_wait {
                return;
            }
            drop((live, test));
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// Starts the workers and the sweeper of a node; both stop taking on work when the node stops.
pub fn start(flow: &Arc<Flow>, tasks: &Tasks, at_once: NonZeroUsize) -> Workers {
    let at_once = u32::try_from(at_once.get()).unwrap_or(u32::MAX).min(MOST_AT_ONCE);
    let lane = |mode, at_once| Lane::start(flow, tasks, mode, at_once);
    let workers = Workers { live: lane(Mode::Live, at_once), test: lane(Mode::Test, TESTS_AT_ONCE) };
    drop(tasks.start(sweep(flow.clone(), tasks.clone())));
    workers
}

/// More jobs at once than any node's memory holds.
const MOST_AT_ONCE: u32 = 10_000;

async fn take_jobs(flow: Arc<Flow>, tasks: Tasks, mode: Mode, places: Arc<Semaphore>) {
    let stopping = tasks.stopping();
    let shared = flow.store.nature().is_shared();
    while !(stopping.is_cancelled() || shared && tasks.is_draining()) {
        let wake = flow.store.listen(Topic::Jobs(mode));
        let place = tokio::select! {
            place = places.clone().acquire_owned() => place,
            () = stopping.cancelled() => return,
        };
        let Ok(place) = place else { return };
        match flow.jobs.claim(mode).await {
            Ok(Some(claim)) => {
                let flow = flow.clone();
                drop(tasks.start(async move {
                    let under_way = telemetry::UnderWay::job();
                    work(&flow, &claim).await;
                    drop((under_way, place));
                }));
                continue;
            }
            Ok(None) => drop(place),
            Err(error) => {
                tracing::warn!(%error, "no job could be claimed");
                drop(place);
            }
        }
        tokio::select! {
            () = wake.within(LOOK_AGAIN) => {}
            () = stopping.cancelled() => return,
        }
    }
}

async fn sweep(flow: Arc<Flow>, tasks: Tasks) {
    let stopping = tasks.stopping();
    let mut ticks = tokio::time::interval(LOOK_AGAIN);
    loop {
        tokio::select! {
            _ = ticks.tick() => {}
            () = stopping.cancelled() => return,
        }
        telemetry::upkeep();
        if let Err(error) = sweep_once(&flow).await {
            tracing::warn!(%error, "the sweeper could not complete its round");
        }
    }
}

/// One round of the sweeper: what is past its deadline and nobody works on or ends is ended; what has ended and was not purged
/// is purged; what is past its time is dropped.
///
/// # Errors
/// When store or vault fail; the next round goes on.
pub async fn sweep_once(flow: &Flow) -> Result<(), FlowError> {
    while let Some(claim) = flow.jobs.claim_overdue().await? {
        work(flow, &claim).await;
    }
    for job in flow.store.unpurged(TO_PURGE, SWEPT_AT_ONCE).await? {
        // One that fails must not keep the others.
        if let Err(error) = flow.complete_purge(&job).await {
            telemetry::purge_failed();
            tracing::warn!(figure.id = %job.figure, %error, "a photo could not be purged; the next round tries again");
        }
    }
    flow.jobs.settle_open_spend().await?;
    Ok(flow.store.sweep().await?)
}

/// How long whoever ended a job has for its purge before the sweeper does it.
const TO_PURGE: Duration = Duration::from_millis(500);

const SWEPT_AT_ONCE: usize = 100;

/// Does a job and ends it.
async fn work(flow: &Flow, claim: &Claim) {
    let started = Instant::now();
    let spec = match patiently(|| flow.jobs.spec(&claim.lease.job)).await {
        Ok(spec) => spec,
        Err(error) => return unreadable(flow, claim, error).await,
    };
    let mut made = Made::default();
    made.timings.queue = u64::try_from(claim.at.since(claim.job.created_at).as_millis()).ok();
    let trace = spec.part_of.unwrap_or_else(Trace::random);
    let span = tracing::info_span!("job", figure.id = %claim.lease.job.figure, trace.id = %trace.id());
    let making = within(trace, make(flow, (claim, started), &spec, &mut made)).instrument(span);
    let ending = match making.await {
        Ok(()) => Ending::Succeeded,
        Err(FlowError::LeaseLost) => return tracing::warn!(figure.id = %claim.lease.job.figure, "a lease was lost"),
        Err(FlowError::Vault(VaultError::Gone) | FlowError::Deadline) if resumed(flow, claim, &spec).await => return,
        // Whoever takes it when its lease is over makes it; as long as the store is away, nobody could end it either.
        Err(error) if error.problem(Stage::Finish).code == Code::StoreUnavailable => return unstored(claim, &error),
        Err(error) => Ending::Without(refusal(flow, claim, &error).await),
    };
    if let Err(error) = flow.end(claim, &spec, made, &ending).await {
        tracing::error!(figure.id = %claim.lease.job.figure, %error, "a job could not be ended; the sweeper goes on");
        if error.problem(Stage::Finish).code == Code::StoreLost {
            // What was lost does not come back, so nothing is gained by another try.
            give_up(flow, claim, Code::StoreLost).await;
        }
    }
    let elapsed_ms = u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX);
    tracing::debug!(figure.id = %claim.lease.job.figure, elapsed_ms, "job ended");
}

/// Whether a job whose photo is gone or whose deadline is over was about to end when its last worker was stopped, and is
/// ended now.
async fn resumed(flow: &Flow, claim: &Claim, spec: &Spec) -> bool {
    flow.resume(claim, spec).await.unwrap_or_else(|error| {
        tracing::warn!(figure.id = %claim.lease.job.figure, %error, "what the last worker had made cannot be used");
        false
    })
}

fn unstored(claim: &Claim, error: &FlowError) {
    tracing::warn!(figure.id = %claim.lease.job.figure, %error, "a job is left until the store answers again");
}

/// Ends a job whose specification cannot be read. A store that does not answer hands it out again.
async fn unreadable(flow: &Flow, claim: &Claim, error: JobsError) {
    tracing::error!(figure.id = %claim.lease.job.figure, %error, "a job cannot be read");
    let code = FlowError::from(error).problem(Stage::Queue).code;
    if code != Code::StoreUnavailable {
        give_up(flow, claim, code).await;
    }
}

async fn give_up(flow: &Flow, claim: &Claim, code: Code) {
    if let Err(error) = flow.give_up(claim, code).await {
        tracing::error!(figure.id = %claim.lease.job.figure, %error, "a job could not be ended; the sweeper goes on");
    }
}

/// Makes the figure within the deadline, for as long as the lease holds and nobody cancels; a panic is contained.
async fn make(flow: &Flow, (claim, since): (&Claim, Instant), spec: &Spec, made: &mut Made) -> Result<(), FlowError> {
    let deadline = since + claim.job.deadline_at.since(claim.at).saturating_sub(TO_END);
    let left = deadline.saturating_duration_since(Instant::now());
    if left.is_zero() {
        return Err(FlowError::Deadline);
    }
    if claim.lease.token > MOST_CLAIMS {
        return Err(FlowError::Poisoned);
    }
    let making = AssertUnwindSafe(flow.make_figure(&claim.lease, spec, made, deadline)).catch_unwind();
    tokio::select! {
        made = timeout_at(deadline, making) => match made {
            Ok(Ok(made)) => made,
            Ok(Err(_panic)) => Err(FlowError::Panicked),
            Err(_elapsed) => Err(FlowError::Deadline),
        },
        interruption = interrupted(flow, claim) => Err(interruption),
    }
}

/// Keeps the lease alive; returns when it is lost or the caller cancels.
async fn interrupted(flow: &Flow, claim: &Claim) -> FlowError {
    let job = &claim.lease.job;
    let mut renewed = Instant::now();
    loop {
        let wake = flow.store.listen(Topic::Job(job));
        match flow.store.job(job).await {
            Ok(Some(known)) if known.cancel_asked => return FlowError::Canceled,
            Ok(Some(_)) => {}
            Ok(None) => return FlowError::LeaseLost,
            Err(error) => tracing::warn!(%error, "a running job cannot be looked at"),
        }
        if renewed.elapsed() > LEASE / 3 {
            match flow.store.renew(&claim.lease, LEASE).await {
                Ok(Ok(())) => renewed = Instant::now(),
                Ok(Err(LeaseLost)) => return FlowError::LeaseLost,
                Err(error) => tracing::warn!(%error, "a lease cannot be renewed"),
            }
        }
        wake.within(LOOK_AGAIN).await;
    }
}

/// The problem of a job, with the stage that it had reached. The cause is logged here, once.
async fn refusal(flow: &Flow, claim: &Claim, error: &FlowError) -> crate::domain::JobProblem {
    let known = flow.store.job(&claim.lease.job).await.ok().flatten();
    let stage = match known.map_or(claim.job.state, |job| job.state) {
        State::Queued => Stage::Queue,
        State::Analyzing => Stage::Analyze,
        State::Enhancing => Stage::Enhance,
        State::Rendering => Stage::Render,
        State::Finishing | State::Succeeded | State::Failed | State::Blocked | State::Canceled => Stage::Finish,
    };
    let problem = error.problem(stage);
    tracing::info!(figure.id = %claim.lease.job.figure, code = %problem.code, ?stage, cause = %error, "no figure was made");
    problem
}
