//! Who answers for what, who else gets something, and what is promised.

use serde::Serialize;
use utoipa::ToSchema;

use super::{CONFIGURED, DECLARED, Grade, MEASURED};
use crate::{
    config::{EngineChoice, Settings, StoreChoice},
    domain::Mode,
    flow::Flow,
};

/// Somebody else who gets something.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct ThirdParty {
    /// Host name of the endpoint.
    #[schema(example = "generativelanguage.googleapis.com")]
    endpoint: String,
    /// What it gets.
    #[schema(value_type = String, example = "the photo without its metadata, analysis, prompt")]
    gets: &'static str,
    /// Whether it is asked not to keep it.
    #[schema(example = false)]
    store: Option<bool>,
    /// Its terms.
    #[schema(example = "paid tier of the Gemini API: not used for training")]
    terms: String,
    /// How it is known.
    #[schema(value_type = String, example = "declared")]
    grade: Grade,
}

/// A promise.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Promise {
    /// What is promised.
    #[schema(value_type = String, example = "The photo's data key is destroyed at the end of its figure.")]
    claim: &'static str,
    /// How far it is backed: `measured`, `configured` or `declared`.
    #[schema(value_type = String, example = "measured")]
    grade: Grade,
    /// How it can be checked.
    #[schema(value_type = String, example = "the signed receipt of each figure")]
    check: &'static str,
}

/// A role.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct Responsible {
    /// `processor` or `controller`.
    #[schema(value_type = String, example = "processor")]
    role: &'static str,
    /// Who has it.
    #[schema(value_type = String, example = "the operator")]
    who: &'static str,
    /// For what.
    #[schema(value_type = String, example = "photos, figures and what is made on the way")]
    of: &'static str,
    /// How it is known.
    #[schema(value_type = String, example = "declared")]
    grade: Grade,
}

pub(super) const ROLES: [Responsible; 2] = [
    Responsible {
        role: "processor",
        who: "the operator of this installation, for the integrator whose key sends the photo",
        of: "photos, figures, and what is made of them on the way",
        grade: DECLARED,
    },
    Responsible {
        role: "controller",
        who: "the operator of this installation",
        of: "usage counts, limits, the audit trail and logs, which are needed to run and bill the service",
        grade: DECLARED,
    },
];

pub(super) fn third_parties(flow: &Flow) -> Vec<ThirdParty> {
    let recipients = flow.recipients(Mode::Live).into_iter();
    recipients
        .map(|recipient| ThirdParty {
            endpoint: recipient.endpoint,
            gets: "the photo without its metadata, what was seen in it, the prompt, and the caller's wishes",
            store: recipient.store,
            terms: recipient.retention,
            grade: DECLARED,
        })
        .collect()
}

pub(super) fn claims(settings: &Settings) -> Vec<Promise> {
    let claim = |claim, grade, check| Promise { claim, grade, check };
    let mut all = vec![
        claim(
            "At every end of a figure its photo's data key is destroyed, the ciphertext removed, and both looked for.",
            MEASURED,
            "the signed receipt of each figure",
        ),
        claim(
            "Photos, analyses, prompts and images are kept encrypted, each under a key of its own.",
            CONFIGURED,
            "the source",
        ),
        claim(
            "Metadata of a photo, such as EXIF and GPS, is removed before anything is kept.",
            CONFIGURED,
            "the source; photo.metadata_removed of each figure",
        ),
        claim(
            "Usage records cannot hold a photo, a prompt, an analysis, an address or a full user agent.",
            CONFIGURED,
            "the source; GET /v1/usage",
        ),
        claim("Accounts and people stand in the store under keyed hashes.", CONFIGURED, "the source"),
    ];
    all.push(match settings.engine {
        EngineChoice::Offline => claim("No third party gets a photo.", CONFIGURED, "engine.name of each figure"),
        EngineChoice::Gemini { .. } => claim(
            "The engine is asked not to store what it gets, and is used on its paid tier.",
            DECLARED,
            "the third party's terms",
        ),
    });
    all.push(match settings.store {
        StoreChoice::Memory => claim("Everything is gone when the process ends.", CONFIGURED, "stores"),
        StoreChoice::Redis(_) => {
            claim("Everything but opt-outs has an end, at the latest by kept_seconds.", CONFIGURED, "records")
        }
    });
    all
}
