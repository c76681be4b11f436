//! `GET /v1/privacy`: what is recorded, why, for how long and who else gets it. Made at start from the settings that hold
//! and from the names that the store uses; a test holds it against a store that was used.

use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::Api;
use crate::{
    config::{EngineChoice, Settings, StoreChoice},
    domain::Mode,
    flow::{Flow, RECEIPT_KEPT},
    jobs::MADE_WAITS,
    ledger::{DAYS_KEPT, HOURS_KEPT, USERS_KEPT, audit},
    vault::{ACCOUNT_KNOWN_FOR, FIRST_KEY_KNOWN_FOR},
};

/// How far a claim is backed: `measured` (this server sees it when it happens), `configured` (it follows from this
/// server's code and settings) or `declared` (the operator or a third party says so).
type Grade = &'static str;

/// What is recorded, and what becomes of it.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct PrivacyStatement {
    /// Always `privacy_statement`.
    #[schema(value_type = String, example = "privacy_statement")]
    object: &'static str,
    /// The server's version that this is true of.
    #[schema(value_type = String)]
    version: &'static str,
    /// Who runs this installation.
    operator: OperatorNamed,
    /// Who answers for what under data protection law.
    roles: Vec<Responsible>,
    /// Every kind of record that the stores can hold.
    records: Vec<RecordKind>,
    /// The members of the line that is logged for each request; logs hold nothing else of one.
    logged_fields: Vec<String>,
    /// Where records lie.
    stores: Vec<StoreNamed>,
    /// Who else gets something.
    third_parties: Vec<ThirdParty>,
    /// What is promised, and how it is known.
    claims: Vec<Promise>,
    /// How people use their rights.
    rights: Vec<RightNamed>,
    /// What none of this speaks of.
    not_covered: Vec<String>,
}

/// Who runs the installation.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct OperatorNamed {
    /// The operator; null where the installation is for trying out.
    #[schema(example = "Acme GmbH")]
    name: Option<String>,
    /// Where people turn to.
    #[schema(example = "privacy@acme.example")]
    contact: Option<String>,
    /// Where the installation runs.
    #[schema(example = "eu-central")]
    region: Option<String>,
    /// How it is known.
    #[schema(value_type = String, example = "declared")]
    grade: Grade,
}

/// A role.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct Responsible {
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

/// A kind of record.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct RecordKind {
    /// The kind, as it stands in the names of the store.
    #[schema(value_type = String, example = "photo")]
    kind: &'static str,
    /// What it holds.
    #[schema(value_type = String, example = "the photo without its metadata")]
    holds: &'static str,
    /// What it is for.
    #[schema(value_type = String, example = "to make the figure")]
    purpose: &'static str,
    /// The longest that it is kept, in seconds, whatever fails; null for what has no end.
    #[schema(example = 600)]
    kept_seconds: Option<u64>,
    /// When it goes before that.
    #[schema(value_type = String, example = "at the end of its figure")]
    until: &'static str,
    /// Whether it is encrypted under a key of its own.
    #[schema(example = true)]
    sealed: bool,
    /// Whether an erasure of the account takes it.
    #[schema(example = true)]
    erased: bool,
    /// Whether an opt-out of analytics stops it.
    #[schema(example = false)]
    opt_out: bool,
    /// How it is known.
    #[schema(value_type = String, example = "configured")]
    grade: Grade,
}

/// A store.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct StoreNamed {
    /// `records` or `data_keys`.
    #[schema(value_type = String, example = "records")]
    holds: &'static str,
    /// `memory` or `redis`.
    #[schema(value_type = String, example = "redis")]
    kind: &'static str,
    /// Whether it writes to disk: `none`, or how.
    #[schema(value_type = String, example = "none")]
    persistence: &'static str,
    /// How it is known: the store was asked when the server started.
    #[schema(value_type = String, example = "measured")]
    grade: Grade,
}

/// Somebody else who gets something.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct ThirdParty {
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
struct Promise {
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

/// A right.
#[derive(Debug, Clone, Serialize, ToSchema)]
struct RightNamed {
    /// The right.
    #[schema(value_type = String, example = "erasure")]
    right: &'static str,
    /// How it is used.
    #[schema(value_type = String, example = "DELETE /v1/me/data")]
    how: &'static str,
}

/// Read what is recorded
///
/// What is recorded, why, for how long, where, who else gets it, and how people use their rights: made from the settings
/// that hold. Every claim says how far it is backed.
#[utoipa::path(
    get, path = "/v1/privacy", operation_id = "readPrivacy", tag = "Privacy", security(()),
    responses((status = 200, description = "What is recorded", body = PrivacyStatement))
)]
pub(super) async fn read(api: Data<Api>) -> HttpResponse {
    HttpResponse::Ok().insert_header(("Cache-Control", "public, max-age=60")).json(&api.privacy)
}

impl PrivacyStatement {
    /// The statement of a node.
    pub fn of(settings: &Settings, flow: &Flow) -> Self {
        let strings = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        let [blobs, data_keys] = flow.vault.natures();
        let stores = [("records", blobs), ("data_keys", data_keys)].map(|(holds, nature)| StoreNamed {
            holds,
            kind: nature.kind,
            persistence: nature.persistence,
            grade: MEASURED,
        });
        Self {
            object: "privacy_statement",
            version: super::SERVER_VERSION,
            operator: OperatorNamed {
                name: settings.operator.name.clone(),
                contact: settings.operator.privacy_contact.clone(),
                region: settings.operator.region.clone(),
                grade: DECLARED,
            },
            roles: ROLES.into(),
            records: records(settings),
            logged_fields: strings(&LOGGED),
            stores: stores.into(),
            third_parties: third_parties(flow),
            claims: claims(settings),
            rights: RIGHTS.into(),
            not_covered: strings(&NOT_COVERED),
        }
    }
}

const MEASURED: Grade = "measured";
const CONFIGURED: Grade = "configured";
const DECLARED: Grade = "declared";

const ROLES: [Responsible; 2] = [
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

/// The members of the line of a request.
pub(super) const LOGGED: [&str; 17] = [
    "timestamp",
    "level",
    "target",
    "message",
    "request.id",
    "trace.id",
    "route",
    "method",
    "status",
    "code",
    "account",
    "key.id",
    "client",
    "device",
    "request.bytes",
    "response.bytes",
    "duration_ms",
];

const RIGHTS: [RightNamed; 5] = [
    RightNamed {
        right: "access and portability",
        how: "GET /v1/me/data, for one person with the header Figurine-End-User",
    },
    RightNamed { right: "erasure", how: "DELETE /v1/me/data, for one person with the header Figurine-End-User" },
    RightNamed { right: "objection to analytics", how: "PUT /v1/me/preferences, likewise; Sec-GPC: 1 for one request" },
    RightNamed {
        right: "proof of deletion",
        how: "GET /v1/figures/{id}/receipt, with keys from /.well-known/jwks.json",
    },
    RightNamed { right: "everything else", how: "write to the operator's contact" },
];

const NOT_COVERED: [&str; 6] = [
    "copies that the sender keeps, and what lies between the sender and this server, its operator's proxies included",
    "what a third party keeps under its own terms",
    "memory of the process that was freed but not yet overwritten, where a library freed it",
    "how long the operator keeps the logs that this server writes",
    "copies of a store that its operator makes; the data keys belong in a store without any",
    "a photo that was uploaded ahead of use is not tied to a person before a figure for that person takes it",
];

fn third_parties(flow: &Flow) -> Vec<ThirdParty> {
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

fn claims(settings: &Settings) -> Vec<Promise> {
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

/// What is known of a kind: name, what it holds, what for, when it goes, and whether it is sealed, goes with an erasure,
/// is stopped by an opt-out.
type Known = (&'static str, &'static str, &'static str, &'static str, [bool; 3]);

const AT_THE_END: &str = "at the end of its figure, or at once when it is refused or deleted";
const WITH_ITS_TIME: &str = "with its time, or with an erasure";

/// How long a revocation is kept: as long as the longest key's life, and a day more.
const REVOKED_KEPT: Duration = Duration::from_secs(366 * 24 * 3_600);

const DAY: Duration = Duration::from_secs(24 * 3_600);

/// The kinds that bound keys, accounts and the installation, with the longest time.
#[rustfmt::skip]
fn of_limits(upload: Duration, job: Duration) -> [(Known, Option<Duration>); 8] {
    [
        (("gate", "ids of figures that take a seat of a key or an account; counts of its requests, figures and money", "limits", "with its time", [false, false, false]), Some(32 * DAY)),
        (("keys", "ids, scopes, limits and times of an account's keys", "to show and to revoke them", "30 days after the key's end", [false, false, false]), Some(REVOKED_KEPT + 30 * DAY)),
        (("places", "how many photos a key keeps ahead of use", "limits", WITH_ITS_TIME, [false, true, false]), Some(upload)),
        (("turns", "accounts with figures that wait, under keyed hashes", "to let them take turns", AT_THE_END, [false, true, false]), Some(job)),
        (("wait", "ids of an account's figures that wait", "to let accounts take turns", AT_THE_END, [false, true, false]), Some(job)),
        (("day", "the sum spent upstream in a day; of nobody", "limits", "with its time", [false, false, false]), Some(3 * DAY)),
        (("open", "what figures under way may cost upstream, by their ids", "limits", AT_THE_END, [false, false, false]), Some(3 * DAY)),
        (("since", "since when figures under way may cost something, by their ids", "limits", AT_THE_END, [false, false, false]), Some(3 * DAY)),
    ]
}

/// Every kind, with the longest time.
#[rustfmt::skip]
fn records(settings: &Settings) -> Vec<RecordKind> {
    let grace = Duration::from_secs(60);
    let (upload, result, deadline) = (settings.upload_ttl, settings.result_ttl, settings.job_deadline);
    let photo = upload.max(deadline + grace);
    let job = deadline + result + DAY + grace;
    let (made, held) = (deadline + MADE_WAITS, 2 * crate::store::HELD_KEPT);
    let key = photo.max(made + result + grace).max(upload + DAY);
    let known: [(Known, Option<Duration>); 28] = [
        (("photo", "the photo, upright and without its metadata", "to make the figure", AT_THE_END, [true, true, false]), Some(photo)),
        (("dek", "the data key of one sealed record, itself sealed", "to open that record", "with its record", [true, true, false]), Some(key)),
        (("spec", "options, wishes, the integrator's pairs, what was found in the photo", "to make the figure", AT_THE_END, [true, true, false]), Some(made)),
        (("record", "the figure object: analysis, prompt, options, cost", "to be read by its account", WITH_ITS_TIME, [true, true, false]), Some(made.max(result + grace))),
        (("image", "a finished image", "to be fetched by its account", WITH_ITS_TIME, [true, true, false]), Some(made.max(result + grace))),
        (("upload", "what was found in a photo that is kept ahead of use", "to tell what became of it", WITH_ITS_TIME, [true, true, false]), Some(upload + DAY)),
        (("unused", "that no figure has taken an upload", "that it is taken once", "when a figure takes it", [false, true, false]), Some(upload)),
        (("shown", "that a third party was shown an upload", "to be told in its receipt", WITH_ITS_TIME, [false, true, false]), Some(upload + DAY)),
        (("job", "state, times and code of a figure", "to carry it and to tell of it", WITH_ITS_TIME, [false, true, false]), Some(job)),
        (("events", "when a figure reached which state", "to be followed by its account", WITH_ITS_TIME, [false, true, false]), Some(job)),
        (("jobs", "ids of figures under way", "to hand them out", AT_THE_END, [false, true, false]), Some(job)),
        (("given", "which figure a node was given to make", "that a node that asks again is given the same", "within seconds", [false, false, false]), Some(Duration::from_secs(10))),
        (("due", "ids of figures under way", "to end them in time", AT_THE_END, [false, true, false]), Some(job)),
        (("unpurged", "ids of figures whose photo was not found gone yet", "to see to it", "within seconds", [false, true, false]), Some(job)),
        (("figs", "ids of an account's figures", "to list them", WITH_ITS_TIME, [false, true, false]), Some(job)),
        (("idem", "a keyed hash of an Idempotency-Key and of what was sent", "that nothing is done twice", WITH_ITS_TIME, [false, true, false]), Some(DAY)),
        (("receipt", "a signed deletion receipt", "proof", WITH_ITS_TIME, [false, true, false]), Some(RECEIPT_KEPT)),
        (("held", "ids of what is held for an account", "access and erasure", WITH_ITS_TIME, [false, true, false]), Some(held)),
        (("who", "ids of what is held for a person, under a keyed hash", "access and erasure", WITH_ITS_TIME, [false, true, false]), Some(held)),
        (("use", "counts of an API key by hour and day: requests, bytes, figures, tokens, money", "billing and limits", "with its time", [false, false, false]), Some(HOURS_KEPT.max(DAYS_KEPT))),
        (("seen", "sums of an API key by hour and day: latencies, styles and options chosen, device and client family", "to run the service and to tell its account", WITH_ITS_TIME, [false, true, true]), Some(HOURS_KEPT.max(DAYS_KEPT))),
        (("users", "ids of an account's keys that were used", "billing, access and erasure", "with its time", [false, false, false]), Some(2 * USERS_KEPT)),
        (("pref", "what was decided about analytics", "to heed it", "when it is decided anew", [false, false, false]), None),
        (("audit", "administrative acts and ids of keys", "security", "with its time", [false, false, false]), Some(2 * audit::ACTS_KEPT)),
        (("revoked", "the id of a revoked key", "security", "with its time", [false, false, false]), Some(REVOKED_KEPT)),
        (("home", "which pseudonym an account has, under keyed hashes of it", "to find an account's records when index keys change", "with its time", [false, false, false]), Some(ACCOUNT_KNOWN_FOR)),
        (("first-index-key", "a fingerprint of an index key; of nobody", "to find accounts' records when index keys change", "with its time", [false, false, false]), Some(FIRST_KEY_KNOWN_FOR)),
        (("founding", "a mark that tells this store from an empty one; of nobody", "security", "never", [false, false, false]), None),
    ];
    let record = |((kind, holds, purpose, until, [sealed, erased, opt_out]), kept): (Known, Option<Duration>)| RecordKind {
        kind, holds, purpose, kept_seconds: kept.map(|kept| kept.as_secs()), until, sealed, erased, opt_out, grade: CONFIGURED,
    };
    known.into_iter().chain(of_limits(upload, job)).map(record).collect()
}
