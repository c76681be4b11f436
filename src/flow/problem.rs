//! Why a figure was not made, and what its caller is told.

use crate::{
    domain::{Category, Code, JobProblem, Stage},
    engine::{self, EngineError, Failure, Side},
    jobs::JobsError,
    store::StoreError,
    studio::StudioError,
    vault::VaultError,
};

/// Why the flow stopped.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The studio made no figure.
    #[error("the studio made no figure")]
    Studio(#[from] StudioError),
    /// The vault failed.
    #[error("the vault failed")]
    Vault(#[from] VaultError),
    /// The store failed.
    #[error("the store failed")]
    Store(#[from] StoreError),
    /// The jobs failed.
    #[error("the jobs failed")]
    Jobs(#[from] JobsError),
    /// The job is somebody else's now.
    #[error("the lease was lost")]
    LeaseLost,
    /// The caller asked for it.
    #[error("canceled by the caller")]
    Canceled,
    /// The upload that was looked at without its being taken is gone.
    #[error("the upload is gone")]
    UploadGone,
    /// The deadline is over.
    #[error("the deadline is over")]
    Deadline,
    /// Something panicked.
    #[error("a worker panicked")]
    Panicked,
    /// The job has brought down its workers too often.
    #[error("the job was handed out too often")]
    Poisoned,
    /// The figure object cannot be written or read.
    #[error("the figure's record makes no sense")]
    Record,
    /// The engine cannot be asked for the scenario's outcome.
    #[error("the scenario cannot be played")]
    Scenario(#[from] engine::SetupError),
    /// The receipt cannot be written.
    #[error("the receipt cannot be written")]
    Receipt(#[from] crate::vault::receipt::ReceiptError),
}

impl FlowError {
    /// What the figure says of this end, reached in a stage.
    pub fn problem(&self, stage: Stage) -> JobProblem {
        let (code, category) = self.code(stage);
        let told = by_code(code, stage);
        let detail = if category == Some(Category::Minor) { NO_CHILDREN.to_owned() } else { told.detail };
        JobProblem { detail, category, retry_after: self.retry_after(), ..told }
    }

    /// After how many whole seconds the engine takes asks again, where it has said so.
    fn retry_after(&self) -> Option<u64> {
        let Self::Studio(StudioError::Engine(error)) = self else { return None };
        error.retry_after().map(|after| after.as_millis().div_ceil(1_000).try_into().unwrap_or(u64::MAX).max(1))
    }

    /// What a figure says that was made with its style's template because of this.
    pub(super) fn problem_of_template(&self) -> JobProblem {
        let detail = "The engine did not write the prompt, so it is the style's template.".to_owned();
        JobProblem { detail, ..self.problem(Stage::Enhance) }
    }

    fn code(&self, stage: Stage) -> (Code, Option<Category>) {
        let code = match self {
            Self::Studio(StudioError::Engine(error)) => return engine_code(error, stage),
            Self::Studio(StudioError::Child) => return (Code::BlockedPhoto, Some(Category::Minor)),
            Self::Studio(StudioError::Analysis | StudioError::Prompt | StudioError::Image(_)) => Code::UpstreamGarbled,
            Self::Store(error)
            | Self::Vault(VaultError::Store(error))
            | Self::Jobs(JobsError::Store(error) | JobsError::Vault(VaultError::Store(error))) => store_code(error),
            // It has its time beyond the job's end, so the store that held it or its data key has lost it.
            Self::Vault(VaultError::Gone) | Self::Jobs(JobsError::Vault(VaultError::Gone)) => Code::StoreLost,
            Self::Canceled => Code::CanceledByCaller,
            Self::UploadGone => Code::StateConflict,
            Self::Deadline => Code::DeadlineExceeded,
            Self::Studio(StudioError::Convert | StudioError::Style)
            | Self::Vault(VaultError::Seal(_) | VaultError::StillThere)
            | Self::Jobs(_)
            | Self::LeaseLost
            | Self::Panicked
            | Self::Poisoned
            | Self::Record
            | Self::Scenario(_)
            | Self::Receipt(_) => Code::Internal,
        };
        (code, None)
    }
}

fn store_code(error: &StoreError) -> Code {
    match error {
        StoreError::Unavailable => Code::StoreUnavailable,
        StoreError::Lost => Code::StoreLost,
    }
}

/// What is said of an end of which the code alone is known.
pub(super) fn by_code(code: Code, stage: Stage) -> JobProblem {
    let detail = detail(code).to_owned();
    JobProblem { code, detail, retryable: code.retryable(), charged: false, stage, category: None, retry_after: None }
}

/// The only table from the engine's failures to codes.
fn engine_code(error: &EngineError, stage: Stage) -> (Code, Option<Category>) {
    let code = match error.failure() {
        Failure::Refused { side, category, .. } => {
            let code = match (stage, side) {
                (Stage::Enhance, _) => Code::BlockedPrompt,
                (Stage::Analyze, _) | (_, Side::Input) => Code::BlockedPhoto,
                (_, Side::Output) => Code::BlockedFigure,
            };
            return (code, Some(told(*category)));
        }
        Failure::NoImage { .. } => Code::NoImageProduced,
        // An image that was cut off never came; a text that was cut off makes no sense.
        Failure::Truncated if stage == Stage::Render => Code::NoImageProduced,
        Failure::NoText | Failure::Truncated | Failure::Garbled | Failure::TooLarge => Code::UpstreamGarbled,
        Failure::AccountProblem
        | Failure::Misconfigured(_)
        | Failure::ModelGone
        | Failure::Unsupported
        | Failure::QuotaZero
        | Failure::BadRequest => Code::EngineMisconfigured,
        Failure::RateLimited { .. } => Code::UpstreamRateLimited,
        Failure::Overloaded { .. }
        | Failure::Internal
        | Failure::Unavailable
        | Failure::ConnectFailed
        | Failure::Interrupted
        | Failure::BreakerOpen { .. } => Code::UpstreamUnavailable,
        Failure::Timeout => Code::UpstreamTimeout,
        Failure::DeadlineExceeded => Code::DeadlineExceeded,
    };
    (code, None)
}

fn told(category: engine::Category) -> Category {
    match category {
        engine::Category::Safety => Category::Safety,
        engine::Category::Sexual => Category::Sexual,
        engine::Category::Hate => Category::Hate,
        engine::Category::Harassment => Category::Harassment,
        engine::Category::Dangerous => Category::Dangerous,
        engine::Category::Prohibited => Category::Prohibited,
        engine::Category::Recitation => Category::Recitation,
        engine::Category::Privacy => Category::Privacy,
        engine::Category::Blocklist => Category::Blocklist,
        engine::Category::Other => Category::Other,
    }
}

/// What is said where a child might be in the photo.
const NO_CHILDREN: &str = "The subject might be a child. Such figures are made in styles marked child_safe alone, or, where the installation says so, not at all.";

/// Words for a person. Never the engine's.
fn detail(code: Code) -> &'static str {
    const WORDS: [(Code, &str); 14] = [
        (Code::BlockedPhoto, "The engine refused the photo by its policy. Another photo may pass."),
        (Code::BlockedPrompt, "The engine refused the wishes by its policy. Other words may pass."),
        (Code::BlockedFigure, "The engine refused the finished image by its policy. Another style may pass."),
        (Code::NoImageProduced, "The engine answered without an image, as often as it was asked."),
        (Code::UpstreamGarbled, "The engine's answer could not be used."),
        (Code::EngineMisconfigured, "The engine refuses this installation. Its operator has to act."),
        (Code::UpstreamUnavailable, "The engine does not answer."),
        (Code::UpstreamRateLimited, "The engine limits this installation for the moment."),
        (Code::UpstreamTimeout, "The engine took too long."),
        (Code::DeadlineExceeded, "The figure was not ready by its deadline."),
        (Code::StateConflict, "The upload was taken or deleted while it was looked at."),
        (Code::StoreUnavailable, "The store does not answer."),
        (Code::StoreLost, "The store has lost its data."),
        (Code::CanceledByCaller, "The figure was canceled by its caller."),
    ];
    let found = WORDS.iter().find(|(known, _)| *known == code);
    found.map_or("Something failed on this side. It was logged.", |(_, words)| words)
}
