//! Every kind of record that the stores can hold.

use std::time::Duration;

use serde::Serialize;
use utoipa::ToSchema;

use super::{CONFIGURED, Grade};
use crate::{
    config::Settings,
    flow::RECEIPT_KEPT,
    jobs::MADE_WAITS,
    ledger::{DAYS_KEPT, HOURS_KEPT, USERS_KEPT, audit},
    vault::{ACCOUNT_KNOWN_FOR, FIRST_KEY_KNOWN_FOR},
};

/// A kind of record.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub(super) struct RecordKind {
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
pub(super) fn records(settings: &Settings) -> Vec<RecordKind> {
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
