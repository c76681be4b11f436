//! `/v1/me`: what a key says of itself.

use std::collections::BTreeMap;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, caller::Authenticated, problem::Problem};
use crate::domain::{self, Mode, Moment, Scope};

/// A key's own record.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Me {
    /// Always `key`.
    #[schema(example = "key")]
    object: &'static str,
    /// The key's id.
    #[schema(example = "key_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    id: String,
    /// The account that the key belongs to.
    #[schema(example = "acme")]
    account: String,
    /// The account's pseudonym, as it stands in receipts and logs.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    account_pseudonym: String,
    /// `live` or `test`.
    #[schema(value_type = String, example = "live")]
    mode: Mode,
    /// What the key may do.
    #[schema(example = json!(["figures:write", "figures:read"]))]
    scopes: Vec<&'static str>,
    /// The limits that hold.
    limits: Limits,
    /// When the key was minted.
    #[schema(value_type = String, format = DateTime)]
    issued_at: Moment,
    /// Until when the key is valid.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
    /// Counts of the running hour, in UTC; all of them are in `/v1/usage`.
    #[schema(example = json!({"requests": 3, "refused_or_failed": 1, "figures": 1, "bytes_in": 3_412_881, "bytes_out": 5_120}))]
    this_hour: BTreeMap<String, u64>,
}

/// The limits of a key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Limits)]
pub(super) struct Limits {
    /// Requests a minute.
    #[schema(example = 60)]
    rpm: u32,
    /// Requests at once.
    #[schema(example = 20)]
    burst: u32,
    /// Figures under way at once.
    #[schema(example = 8)]
    in_flight: u32,
    /// Figures a day in UTC.
    #[schema(example = 500)]
    figures_per_day: u32,
    /// Money a month in UTC, in millionths of a US dollar.
    #[schema(example = 50_000_000)]
    micro_usd_per_month: u64,
}

impl From<domain::Limits> for Limits {
    fn from(limits: domain::Limits) -> Self {
        let domain::Limits { rpm, burst, in_flight, figures_per_day, micro_usd_per_month } = limits;
        Self { rpm, burst, in_flight, figures_per_day, micro_usd_per_month }
    }
}

/// Read the key's own record
///
/// What the key says of itself, the limits that hold, and what it did in the running hour. Any valid key may ask.
#[utoipa::path(
    get, path = "/v1/me", operation_id = "readMe", tag = "Account",
    responses((status = 200, description = "The key's own record", body = Me))
)]
pub(super) async fn read(api: Data<Api>, caller: Authenticated, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, None).await?;
    let caller = ticket.caller();
    let me = Me {
        object: "key",
        id: caller.key_id().to_string(),
        account: caller.account().as_str().to_owned(),
        account_pseudonym: ticket.owner().as_str().to_owned(),
        mode: caller.mode(),
        scopes: caller.scopes().iter().map(Scope::as_str).collect(),
        limits: ticket.limits().into(),
        issued_at: Moment::from_unix_seconds(caller.issued_at()),
        expires_at: Moment::from_unix_seconds(caller.expires_at()),
        this_hour: this_hour(&api.ledger.this_hour(ticket.owner(), &caller.key_id()).await?),
    };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(me))
}

/// The counts that are told here, whether or not there was anything to count.
fn this_hour(counts: &BTreeMap<String, u64>) -> BTreeMap<String, u64> {
    let of = |name: &str| counts.get(name).copied().unwrap_or_default();
    let told = [
        ("requests", of("requests")),
        ("refused_or_failed", of("refusals") + of("failures") + of("abandoned")),
        ("figures", of("figures")),
        ("bytes_in", of("bytes_in")),
        ("bytes_out", of("bytes_out")),
    ];
    told.map(|(name, count)| (name.to_owned(), count)).into()
}
