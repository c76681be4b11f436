//! What a key is asked to be like, and why it cannot be.

use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::super::problem::Problem;
use crate::{
    auth::{DAYS_LONGEST, MintError},
    domain::{Code, Mode, OptionFault, PlanLimits, Scope, Scopes},
    flow::{KeyFault, KeyWish},
};

/// What a key is to be like. What is left out is as usual, but no more than the minting key has.
#[derive(ToSchema)]
#[schema(example = json!({"scopes": ["figures:write", "figures:read"], "days": 30, "limits": {"in_flight": 2}}))]
#[expect(dead_code, reason = "it describes a body; `read` reads it")]
pub(in crate::http) struct KeyRequest {
    /// What it may do; by default all but `keys:admin`.
    #[schema(nullable = false, min_items = 1, example = json!(["figures:write", "figures:read"]))]
    scopes: Option<Vec<String>>,
    /// For how many days it is valid; by default 90.
    #[schema(nullable = false, minimum = 1, maximum = 365, example = 30)]
    days: Option<u16>,
    /// `live` or `test`; by default as the minting key.
    #[schema(nullable = false, example = "test")]
    mode: Option<String>,
    /// What bounds it; by default as for every key.
    #[schema(nullable = false)]
    limits: Option<KeyLimits>,
}

/// Limits of a key; each may be left out.
#[derive(ToSchema)]
#[expect(dead_code, reason = "it describes a part of a body; `PlanLimits` reads it")]
pub(in crate::http) struct KeyLimits {
    /// Requests a minute.
    #[schema(nullable = false, minimum = 1, example = 60)]
    rpm: Option<u32>,
    /// Requests at once.
    #[schema(nullable = false, minimum = 1, example = 20)]
    burst: Option<u32>,
    /// Figures under way at once.
    #[schema(nullable = false, minimum = 1, example = 2)]
    in_flight: Option<u32>,
    /// Figures a day in UTC.
    #[schema(nullable = false, minimum = 0, example = 500)]
    figures_per_day: Option<u32>,
    /// Money a month in UTC, in millionths of a US dollar.
    #[schema(nullable = false, minimum = 0, example = 50_000_000)]
    micro_usd_per_month: Option<u64>,
}

/// Reads a wish; every fault is told at once.
pub(super) fn read(body: Map<String, Value>) -> Result<KeyWish, Problem> {
    let (mut wish, mut faults) = (KeyWish::default(), Vec::new());
    for (name, value) in body {
        let reason = match name.as_str() {
            "scopes" => taken(&mut wish.scopes, scopes(&value), "must be a list of different scopes"),
            "days" => taken(&mut wish.days, days(&value), "must be a whole number from 1 to 365"),
            "mode" => taken(&mut wish.mode, mode(&value), "must be live or test"),
            "limits" => taken(&mut wish.limits, serde_json::from_value::<PlanLimits>(value).ok(), LIMITS),
            _ => {
                faults.push(OptionFault::unknown(&name));
                None
            }
        };
        faults.extend(reason.map(|reason| OptionFault::invalid(&name, reason)));
    }
    if faults.is_empty() { Ok(wish) } else { Err(Problem::options(&faults)) }
}

const LIMITS: &str =
    "must be an object of rpm, burst, in_flight (each at least 1), figures_per_day and micro_usd_per_month";

fn taken<T>(place: &mut Option<T>, value: Option<T>, reason: &'static str) -> Option<&'static str> {
    *place = value;
    if place.is_some() { None } else { Some(reason) }
}

fn scopes(value: &Value) -> Option<Scopes> {
    let words = value.as_array()?.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?;
    Scopes::parse(&words.join(" ")).ok()
}

fn days(value: &Value) -> Option<u16> {
    value.as_u64().and_then(|days| u16::try_from(days).ok()).filter(|days| (1..=DAYS_LONGEST).contains(days))
}

fn mode(value: &Value) -> Option<Mode> {
    Mode::parse(value.as_str()?).ok()
}

pub(super) fn told(fault: KeyFault) -> Problem {
    match fault {
        KeyFault::Scopes => Problem::new(Code::MissingScope, "A key can give no scope that it has not itself.")
            .with_header(
                "WWW-Authenticate",
                format!(
                    "Bearer realm=\"figurine\", error=\"insufficient_scope\", scope=\"{}\"",
                    Scope::KeysAdmin.as_str()
                ),
            ),
        KeyFault::Limits(beyond) => {
            let fault =
                |name: &&str| OptionFault::invalid(&format!("limits/{name}"), "is more than this key has itself");
            Problem::options(&beyond.iter().map(fault).collect::<Vec<_>>())
        }
        KeyFault::Mode => {
            Problem::options(&[OptionFault::invalid("mode", "of a key minted by a test key must be test")])
        }
        KeyFault::TooMany => {
            Problem::new(Code::StateConflict, "The account has as many keys as are remembered; some have to end first.")
        }
        KeyFault::Unknown => Problem::not_found(),
        KeyFault::Mint(MintError::Days) => {
            Problem::options(&[OptionFault::invalid("days", "must be a whole number from 1 to 365")])
        }
        KeyFault::Store(error) => error.into(),
        fault @ (KeyFault::Mint(_) | KeyFault::Record(_)) => Problem::internal().caused_by(&fault),
    }
}
