//! The product on one page: photo in, figure out, photo gone.

mod accept;
mod end;
mod erase;
mod keys;
mod problem;
mod read;
mod reading;
mod receipt;
mod resume;
mod rights;
mod staged;
mod upload;

use std::{sync::Arc, time::Duration};

pub use accept::{AcceptError, Order, Received, Source, Twins};
use bytes::Bytes;
pub use end::{Ending, RECEIPT_KEPT};
pub use keys::{KeyFault, KeyWish, ShownKey};
pub use problem::FlowError;
pub use reading::Reading;
pub use rights::{Erasure, HeldEvent, HeldRecord, Subject};
use tokio::time::Instant;
pub use upload::UploadError;

use crate::{
    auth::KeySet,
    config::Operator,
    domain::{
        Analysis, Cost, EngineUsed, JobProblem, MicroUsd, Mode, Provenance, Scenario, SecretBytes, Stage, State,
        Timings, Work,
    },
    engine::Photo64,
    intake::Intake,
    jobs::{Jobs, Spec},
    store::{Lease, LeaseLost, Store, StoreKey, patiently},
    studio::{Analyzed, Brief, Finished, Studio, StudioError, TextModel},
    vault::{Vault, VaultError},
};

/// Everything that a figure passes through.
pub struct Flow {
    /// Where jobs and results lie.
    pub store: Arc<dyn Store>,
    /// Where photos, words and images lie sealed.
    pub vault: Arc<Vault>,
    /// Photos in.
    pub intake: Arc<Intake>,
    /// The jobs.
    pub jobs: Jobs,
    /// The studio for live keys.
    pub live: Studio,
    /// The studio for test keys: always offline.
    pub test: Studio,
    /// What receipts are signed with.
    pub receipt_keys: KeySet,
    /// What receipts name as their issuer.
    pub issuer: String,
    /// Who answers for this installation.
    pub operator: Operator,
    /// Idle limit of an upload.
    pub upload_ttl: Duration,
    /// The photos that are being read.
    pub reading: Reading,
    /// Turns for requests that are to be done once.
    pub twins: Twins,
}

/// A figure as far as it was made: what was reached before a failure counts, too.
#[derive(Default)]
pub struct Made {
    /// What was seen in the photo.
    pub analysis: Option<Analysis>,
    /// The prompt.
    pub prompt: Option<String>,
    /// What made the image.
    pub engine: Option<EngineUsed>,
    /// How the image came about.
    pub provenance: Option<Provenance>,
    /// The finished images.
    pub images: Vec<Finished>,
    /// Why there are not more of them.
    pub problems: Vec<JobProblem>,
    /// What was used upstream.
    pub cost: Cost,
    /// How long each step took.
    pub timings: Timings,
}

impl Made {
    /// Tells images that failed as problems where there are others; else the first failure is the figure's.
    fn without(&mut self, failures: Vec<FlowError>, stage: Stage, has_others: bool) -> Result<(), FlowError> {
        if !has_others {
            return Err(failures.into_iter().next().unwrap_or(FlowError::Record));
        }
        self.problems.extend(failures.iter().map(|failure| failure.problem(stage)));
        Ok(())
    }
}

impl Flow {
    /// The studio that serves a key.
    pub fn studio(&self, mode: Mode) -> &Studio {
        match mode {
            Mode::Live => &self.live,
            Mode::Test => &self.test,
        }
    }

    /// Looks whether the stores answer and are those that were founded.
    ///
    /// # Errors
    /// What is wrong with one of them.
    pub async fn check_stores(&self) -> Result<(), FlowError> {
        self.store.check().await?;
        Ok(self.vault.check_stores().await?)
    }

    /// Makes the figure of a job that this node holds, or as much of one as is asked for.
    ///
    /// # Errors
    /// Why there is no image. `made` then tells how far it came and what it cost.
    pub async fn make_figure(
        &self,
        lease: &Lease,
        spec: &Spec,
        made: &mut Made,
        deadline: Instant,
    ) -> Result<(), FlowError> {
        let playing = spec.scenario.filter(|_| spec.mode == Mode::Test);
        let playing = playing.map(|scenario| self.test.playing(scenario)).transpose()?;
        let studio = playing.as_ref().unwrap_or_else(|| self.studio(spec.mode));
        let photo = self.photo(lease, spec).await?;
        let analyzed = match (&spec.analysis, &photo) {
            (Some(analysis), _) => Analyzed { analysis: analysis.clone(), model: TextModel::default() },
            (None, Some(photo)) => {
                let clock = self.reach(lease, State::Analyzing).await?;
                let analyzed = studio.analyze(photo, &spec.options, &mut made.cost, deadline).await?;
                made.engine = Some(studio.text_engine(analyzed.model.clone()));
                made.timings.analyze = millis(clock);
                analyzed
            }
            (None, None) => return Err(FlowError::Record),
        };
        made.analysis = Some(analyzed.analysis.clone());
        if spec.work == Work::Analysis {
            return Ok(());
        }
        studio.permit(&spec.options, &analyzed.analysis)?;

        self.enhance(lease, (spec, studio), (&analyzed.analysis, deadline), made).await?;
        match photo.filter(|_| spec.work == Work::Figure) {
            Some(photo) => self.render(lease, (spec, studio), (photo, &analyzed.model, deadline), made).await,
            None => Ok(()),
        }
    }

    /// Writes the prompt. A figure is made with its style's template when the engine does not write one, and says so; where
    /// the prompt alone is asked for, that is its failure.
    async fn enhance(
        &self,
        lease: &Lease,
        (spec, studio): (&Spec, &Studio),
        (analysis, deadline): (&Analysis, Instant),
        made: &mut Made,
    ) -> Result<(), FlowError> {
        let clock = self.reach(lease, State::Enhancing).await?;
        let enhanced = studio.enhance(&spec.options, analysis, &mut made.cost, deadline).await?;
        made.timings.enhance = millis(clock);
        match enhanced.lapse.map(FlowError::from) {
            Some(lapse) if spec.work == Work::Prompt => return Err(lapse),
            Some(lapse) => made.problems.push(lapse.problem_of_template()),
            None => {}
        }
        made.prompt = Some(enhanced.prompt);
        if let Some(model) = enhanced.model {
            made.engine = Some(studio.text_engine(model));
        }
        Ok(())
    }

    async fn render(
        &self,
        lease: &Lease,
        (spec, studio): (&Spec, &Studio),
        (photo, text_model, deadline): (Photo64, &TextModel, Instant),
        made: &mut Made,
    ) -> Result<(), FlowError> {
        let clock = self.reach(lease, State::Rendering).await?;
        let prompt = made.prompt.take().unwrap_or_default();
        // What is told of a figure's engine is what made its images.
        made.engine = None;
        let brief = Brief { prompt: &prompt, options: &spec.options, text_model, index: 0 };
        let fewer = spec.mode == Mode::Test && spec.scenario == Some(Scenario::FewerImages);
        let spoiled = fewer.then(|| self.test.playing(Scenario::NoImageProduced)).transpose()?;
        let studio_of = |index| spoiled.as_ref().filter(|_| index > 0).unwrap_or(studio);
        let rendered = render_all(studio_of, &photo, brief, made, deadline).await?;
        drop(photo);
        made.timings.render = millis(clock);
        made.prompt = Some(prompt);

        let clock = self.reach(lease, State::Finishing).await?;
        let mut unusable = Vec::new();
        for (bytes, charged) in rendered {
            match studio.finish(bytes, spec.options.format).await {
                Ok(image) => made.images.push(image),
                Err(error @ StudioError::Image(_)) => {
                    let MicroUsd(all) = made.cost.charged_micro_usd;
                    made.cost.charged_micro_usd = MicroUsd(all.saturating_sub(charged.0));
                    unusable.push(FlowError::from(error));
                }
                Err(other) => return Err(other.into()),
            }
        }
        made.without(unusable, Stage::Finish, !made.images.is_empty())?;
        if let Some(provenance) = &mut made.provenance {
            let credentials = made.images.iter().map(|image| image.credentials).max().unwrap_or_default();
            credentials.as_str().clone_into(&mut provenance.c2pa);
        }
        made.timings.finish = millis(clock);
        Ok(())
    }

    /// The photo, opened and made ready for the engine; its plaintext is cleared at once.
    async fn photo(&self, lease: &Lease, spec: &Spec) -> Result<Option<Photo64>, FlowError> {
        let Some(trace) = &spec.trace else { return Ok(None) };
        let name = StoreKey::photo(&lease.job.owner, &trace.upload);
        let jpeg: SecretBytes = match patiently(|| self.vault.open(&name)).await {
            // Somebody else's to take: a figure has, or it was deleted, or its time is over.
            Err(VaultError::Gone) if spec.kept && spec.work != Work::Figure => return Err(FlowError::UploadGone),
            opened => opened?,
        };
        Ok(Some(Photo64::jpeg(&jpeg)))
    }

    async fn reach(&self, lease: &Lease, state: State) -> Result<Instant, FlowError> {
        match patiently(|| self.store.advance(lease, state)).await? {
            Ok(()) => Ok(Instant::now()),
            Err(LeaseLost) => Err(FlowError::LeaseLost),
        }
    }
}

/// Makes every image of a figure at once, each with what is charged for it. Those that fail beside others that do not are told as problems.
async fn render_all<'s>(
    studio_of: impl Fn(u32) -> &'s Studio,
    photo: &Photo64,
    brief: Brief<'_>,
    made: &mut Made,
    deadline: Instant,
) -> Result<Vec<(Bytes, MicroUsd)>, FlowError> {
    let mut costs = Costs { of_images: vec![Cost::default(); brief.options.n as usize], of_all: &mut made.cost };
    let renders = (0..).zip(&mut costs.of_images).map(|(index, cost)| (index, cost, studio_of(index)));
    let renders = renders.map(|(index, cost, studio)| async move {
        let rendered = studio.render(photo, brief.of_index(index), cost, deadline).await;
        (rendered, *cost)
    });
    let all_rendered = futures_util::future::join_all(renders).await;
    drop(costs);
    let (mut images, mut failures) = (Vec::new(), Vec::new());
    for (rendered, cost) in all_rendered {
        match rendered {
            Ok(rendered) => {
                images.push((rendered.bytes, cost.charged_micro_usd));
                let before = made.engine.as_ref().map_or(0, |engine| engine.attempts);
                made.engine = Some(EngineUsed { attempts: before + rendered.engine.attempts, ..rendered.engine });
                made.provenance = Some(rendered.provenance);
            }
            Err(error) => failures.push(FlowError::from(error)),
        }
    }
    made.without(failures, Stage::Render, !images.is_empty())?;
    Ok(images)
}

/// What the images of a figure cost, each by itself; added up at the end, and also when they are given up before.
struct Costs<'a> {
    of_images: Vec<Cost>,
    of_all: &'a mut Cost,
}

impl Drop for Costs<'_> {
    fn drop(&mut self) {
        *self.of_all = self.of_images.iter().fold(*self.of_all, |sum, cost| sum.plus(*cost));
    }
}

fn millis(since: Instant) -> Option<u64> {
    u64::try_from(since.elapsed().as_millis()).ok()
}
