//! From errors to problems: the only table from errors to codes.

use std::time::Duration;

use super::Problem;
use crate::{
    admission::AdmissionError,
    auth::AuthError,
    domain::{Code, JobProblem, Moment, OptionFault, Stage, UploadId},
    flow::{AcceptError, FlowError, UploadError},
    intake::IntakeError,
    jobs::JobsError,
    store::{Bound, StoreError},
    vault::VaultError,
};

impl From<JobProblem> for Problem {
    fn from(problem: JobProblem) -> Self {
        let mut told = Self::new(problem.code, problem.detail).at_stage(problem.stage);
        told.0.category = problem.category;
        told.0.after = problem.retry_after.map(Duration::from_secs);
        told
    }
}

impl From<AuthError> for Problem {
    fn from(error: AuthError) -> Self {
        let (code, challenge) = if error.is_missing() {
            (Code::MissingKey, "Bearer realm=\"figurine\"".to_owned())
        } else {
            (Code::InvalidKey, "Bearer realm=\"figurine\", error=\"invalid_token\"".to_owned())
        };
        Self::new(code, error.to_string()).with_header("WWW-Authenticate", challenge)
    }
}

impl From<AdmissionError> for Problem {
    fn from(error: AdmissionError) -> Self {
        match error {
            AdmissionError::Revoked => Self::new(Code::RevokedKey, "This API key was revoked.")
                .with_header("WWW-Authenticate", "Bearer realm=\"figurine\", error=\"invalid_token\""),
            AdmissionError::MissingScope(scope) => {
                Self::new(Code::MissingScope, format!("This needs a key with the scope {}.", scope.as_str()))
                    .with_header(
                        "WWW-Authenticate",
                        format!(
                            "Bearer realm=\"figurine\", error=\"insufficient_scope\", scope=\"{}\"",
                            scope.as_str()
                        ),
                    )
            }
            AdmissionError::TooFast { policy, after } => {
                Self::new(Code::RateLimited, "Requests come faster than this key or its account may send them.")
                    .violating(policy)
                    .after(after)
            }
            AdmissionError::Store(error) => error.into(),
        }
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable => {
                Self::new(Code::StoreUnavailable, "Nothing was done. Try again shortly.").caused_by(&error)
            }
            StoreError::Lost => Self::new(
                Code::StoreLost,
                "The store has lost its data or was never founded. Nothing was charged. Try again shortly.",
            )
            .caused_by(&error),
        }
    }
}

impl From<VaultError> for Problem {
    fn from(error: VaultError) -> Self {
        match error {
            VaultError::Store(error) => error.into(),
            VaultError::Gone => {
                Self::new(Code::StoreLost, "The store has lost this figure. This was not charged.").caused_by(&error)
            }
            VaultError::Seal(_) | VaultError::StillThere => internal(&error),
        }
    }
}

impl From<JobsError> for Problem {
    fn from(error: JobsError) -> Self {
        match error {
            JobsError::Bounded { policy, by, at } => bounded(policy, by, at),
            JobsError::Ceiling { at } => Self::new(
                Code::SpendCeiling,
                "What this installation may spend today is used up. Tomorrow, in UTC, it goes on.",
            )
            .after(at.to_next_day()),
            JobsError::Mismatch => Self::new(
                Code::IdempotencyMismatch,
                "This Idempotency-Key was used for another request. Use a new key for a new meaning.",
            ),
            JobsError::Consumed => Self::new(Code::UploadConsumed, "The upload has already made its figure."),
            JobsError::QueueFull => Self::new(Code::Overloaded, "The queue is full. Nothing was spent."),
            JobsError::Store(error) => error.into(),
            JobsError::Vault(error) => error.into(),
            JobsError::Spec(_) => internal(&error),
        }
        .at_stage(Stage::Queue)
    }
}

fn bounded(policy: &'static str, by: Bound, at: Moment) -> Problem {
    let problem = match by {
        Bound::InFlight => {
            Problem::new(Code::TooManyInFlight, "All figures that may be under way at once are. Wait for one to end.")
        }
        Bound::Figures => {
            Problem::new(Code::QuotaExhausted, "The figures of this day are used up. Tomorrow, in UTC, there are more.")
                .after(at.to_next_day())
        }
        Bound::Money => Problem::new(
            Code::BudgetExhausted,
            "It may cost more than is left of this month's money. Next month, in UTC, there is more.",
        )
        .after(at.to_next_month()),
    };
    problem.violating(policy)
}

impl From<FlowError> for Problem {
    fn from(error: FlowError) -> Self {
        match error {
            FlowError::Store(error) => error.into(),
            FlowError::Vault(error) => error.into(),
            FlowError::Jobs(error) => error.into(),
            FlowError::Studio(_)
            | FlowError::LeaseLost
            | FlowError::Canceled
            | FlowError::Deadline
            | FlowError::UploadGone
            | FlowError::Panicked
            | FlowError::Poisoned
            | FlowError::Record
            | FlowError::Scenario(_)
            | FlowError::Receipt(_) => internal(&error),
        }
    }
}

impl From<AcceptError> for Problem {
    fn from(error: AcceptError) -> Self {
        match error {
            AcceptError::TooDear(Some(worst)) => Self::new(
                Code::CostLimit,
                format!("It may cost up to {} micro-USD, more than max_cost_micro_usd allows.", worst.0),
            ),
            AcceptError::TooDear(None) => {
                Self::new(Code::CostLimit, "A model that may be asked has no known price, so no limit can be kept.")
            }
            AcceptError::Undrawable => {
                let reason = "is drawn by no model in use in this size; GET /v1/models tells what each draws";
                Self::options(&[OptionFault::invalid("aspect_ratio", reason)])
            }
            AcceptError::Intake(error) => Self::from(error).at_stage(Stage::Intake),
            AcceptError::TooManyUploads(most) => Self::new(
                Code::TooManyInFlight,
                format!("This key keeps {most} uploads that no figure has taken. Use or delete one first."),
            ),
            AcceptError::Upload(error) => error.into(),
            AcceptError::Vault(error) => error.into(),
            AcceptError::Jobs(error) => error.into(),
        }
    }
}

impl From<UploadError> for Problem {
    fn from(error: UploadError) -> Self {
        let receipt = |id: &UploadId| format!("Its deletion receipt is at /v1/uploads/{id}/receipt.");
        match error {
            UploadError::Unknown => Self::not_found(),
            UploadError::Taken(figure) => {
                let told = Self::new(Code::UploadConsumed, "A figure has taken the upload; its photo goes with it.");
                figure.iter().fold(told, Self::of_figure)
            }
            UploadError::Expired(id) => {
                Self::new(Code::UploadExpired, format!("The upload's time is over. {}", receipt(&id)))
            }
            UploadError::Deleted(id) => {
                Self::new(Code::UploadDeleted, format!("The upload was deleted on request. {}", receipt(&id)))
            }
            UploadError::Flow(error) => error.into(),
        }
    }
}

impl From<IntakeError> for Problem {
    fn from(error: IntakeError) -> Self {
        let code = match &error {
            IntakeError::Empty => Code::ImageMissing,
            IntakeError::NotAnImage { .. } => Code::NotAnImage,
            IntakeError::Unsupported { .. } => Code::UnsupportedImageType,
            IntakeError::TooLarge { .. } => Code::BodyTooLarge,
            IntakeError::TooManyPixels { .. }
            | IntakeError::TooManyFrames { .. }
            | IntakeError::TooMuchMemory { .. } => Code::PhotoTooManyPixels,
            IntakeError::Damaged { .. } | IntakeError::Truncated { .. } => Code::PhotoDamaged,
            IntakeError::TooSlow => Code::PhotoUnusable,
            IntakeError::Busy => Code::Overloaded,
        };
        Self::new(code, error.to_string())
    }
}

fn internal(error: &(dyn std::error::Error + 'static)) -> Problem {
    Problem::internal().caused_by(error)
}
