//! `GET /v1/privacy`: what is recorded, why, for how long and who else gets it. Made at start from the settings that hold
//! and from the names that the store uses; a test holds it against a store that was used.

use actix_web::{HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use self::{
    claims::{Promise, ROLES, Responsible, ThirdParty, claims, third_parties},
    records::{RecordKind, records},
};
use super::Api;
use crate::{config::Settings, flow::Flow};

mod claims;
mod records;

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
    /// The members of the line that is logged for each request. Other lines tell of failures and of jobs: by ids of requests,
    /// traces and figures, codes, stages, models and times.
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
