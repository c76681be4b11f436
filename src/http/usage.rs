//! `GET /v1/usage`: what the key did, by time, style or status.

use std::time::Duration;

use actix_web::{HttpRequest, HttpResponse, web::Data};
use serde::Serialize;
use time::{Date, OffsetDateTime, format_description::well_known::Rfc3339, macros::format_description};
use utoipa::ToSchema;

use super::{Api, caller::Authenticated, list::ListObject, problem::Problem, query};
use crate::{
    domain::{Moment, OptionFault, Scope},
    ledger::{By, DAYS_KEPT, HOURS_KEPT, LATENCY_ERROR, Span, UsageRow},
};

/// What is looked at where no beginning is given: a day of hours, or thirty days.
const USUAL_HOURS: Duration = Duration::from_secs(24 * 3_600);
const USUAL_DAYS: Duration = Duration::from_secs(30 * 24 * 3_600);

/// What a key did.
#[derive(Serialize, ToSchema)]
pub(super) struct UsageReport {
    /// Always `list`.
    #[schema(value_type = String, example = "list")]
    object: ListObject,
    /// The key.
    #[schema(example = "key_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    key: String,
    /// When the first hour or day begins, in UTC.
    #[schema(value_type = String, format = DateTime)]
    from: Moment,
    /// The end that was asked for; the last hour or day may reach beyond it.
    #[schema(value_type = String, format = DateTime)]
    to: Moment,
    /// What the rows stand for: `day`, `hour`, `style` or `status`.
    #[schema(example = "day")]
    by: &'static str,
    /// The sums of all of it.
    total: UsageRow,
    /// Rows with something in them, in order of time, or of style or status.
    data: Vec<UsageRow>,
    /// Whether there are more rows; never so far.
    #[schema(example = false)]
    has_more: bool,
    /// Where the next page begins.
    next_cursor: Option<String>,
    /// For how long the sums of these hours or days are kept, in seconds.
    #[schema(example = 34_560_000_u64)]
    kept_seconds: u64,
    /// How far a latency may be from one that was measured, relative to it.
    #[schema(example = 0.02)]
    latency_error: f64,
}

/// Read the key's usage
///
/// What the key that asks did, in hours or days of UTC: counts, latencies, what was chosen, and which programs asked.
/// Requests count in the hour of their answer, jobs in the hour of their end, and each exactly once. What an opt-out
/// stops (`latency_ms`, `styles`, `options`, `devices`, `clients`, and so rows by style) is of those who have not opted
/// out; options, devices and clients are summed by day alone.
#[utoipa::path(
    get, path = "/v1/usage", operation_id = "readUsage", tag = "Account",
    params(super::openapi::UsageQuery),
    responses((status = 200, description = "What the key did", body = UsageReport))
)]
pub(super) async fn read(api: Data<Api>, caller: Authenticated, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::UsageRead)).await?;
    let Asked { from, to, by, name } = asked(req.query_string(), api.flow.store.now().await?)?;
    let report = api.ledger.report(ticket.owner(), &ticket.key(), (from, to), by).await?;
    let span = by.span();
    let report = UsageReport {
        object: ListObject::List,
        key: ticket.key().to_string(),
        from: span.start(from),
        to,
        by: name,
        total: report.total,
        data: report.rows,
        has_more: false,
        next_cursor: None,
        kept_seconds: kept(span).as_secs(),
        latency_error: LATENCY_ERROR,
    };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(report))
}

fn kept(span: Span) -> Duration {
    match span {
        Span::Hour => HOURS_KEPT,
        Span::Day => DAYS_KEPT,
    }
}

/// What is asked for.
struct Asked {
    from: Moment,
    to: Moment,
    by: By,
    name: &'static str,
}

fn asked(text: &str, now: Moment) -> Result<Asked, Problem> {
    let (mut from, mut to, mut by, mut faults) = (None, None, None, Vec::new());
    for (name, value) in query::pairs(text)? {
        let fault = match name.as_str() {
            "from" if from.is_none() => {
                query::take(&mut from, moment(&value), "a time or a date, as RFC 3339 has them")
            }
            "to" if to.is_none() => query::take(&mut to, moment(&value), "a time or a date, as RFC 3339 has them"),
            "by" if by.is_none() => {
                let known = By::ALL.into_iter().find(|(_, known)| *known == value);
                query::take(&mut by, known, "day, hour, style or status")
            }
            "from" | "to" | "by" => Err("given twice".to_owned()),
            _ => {
                faults.push(OptionFault::unknown(&name));
                Ok(())
            }
        };
        faults.extend(fault.err().map(|reason| OptionFault::invalid(&name, reason)));
    }
    let (by, name) = by.unwrap_or(By::ALL[0]);
    let usual = if by == By::Hour { USUAL_HOURS } else { USUAL_DAYS };
    let to = to.unwrap_or(now);
    let from = from.unwrap_or_else(|| back(to, usual));
    if from > to {
        faults.push(OptionFault::invalid("from", "must not be after to"));
    } else if to.since(from) > kept(by.span()) {
        let days = kept(by.span()).as_secs() / 86_400;
        faults.push(OptionFault::invalid("from", format!("must be at most {days} days before to")));
    }
    if faults.is_empty() { Ok(Asked { from, to, by, name }) } else { Err(Problem::options(&faults)) }
}

fn back(moment: Moment, by: Duration) -> Moment {
    Moment::from_unix_millis(moment.unix_millis().saturating_sub(i64::try_from(by.as_millis()).unwrap_or(i64::MAX)))
}

/// A time, or a date's beginning in UTC; of this era of computers alone, so that no sum overflows.
fn moment(text: &str) -> Option<Moment> {
    let date = || Date::parse(text, format_description!("[year]-[month]-[day]")).ok();
    let at = OffsetDateTime::parse(text, &Rfc3339).ok().or_else(|| Some(date()?.midnight().assume_utc()))?;
    let millis = i64::try_from(at.unix_timestamp_nanos().div_euclid(1_000_000)).ok()?;
    (2000..=9000).contains(&at.year()).then_some(Moment::from_unix_millis(millis))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn now() -> Moment {
        Moment::from_unix_millis(1_795_465_987_123)
    }

    #[test]
    fn times_and_dates_are_taken_and_what_is_left_out_is_usual() {
        let told = |query: &str| asked(query, now()).map(|it| (it.from.rfc3339(), it.to.rfc3339(), it.name)).unwrap();
        assert_eq!(told("").0, "2026-10-24T20:33:07.123Z");
        assert_eq!(told("by=hour").0, "2026-11-22T20:33:07.123Z");
        let (from, to, by) = told("from=2026-11-01&to=2026-11-02T03:04:05%2B01:00&by=style");
        assert_eq!((from.as_str(), to.as_str(), by), ("2026-11-01T00:00:00Z", "2026-11-02T02:04:05Z", "style"));
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for query in [
            "from=yesterday",
            "to=1970-01-01",
            "by=week",
            "by=day&by=day",
            "until=2026-11-01",
            "from=2026-11-03&to=2026-11-02",
            "from=2020-01-01",
            "by=hour&from=2026-01-01",
            "from=-9999-01-01",
        ] {
            assert!(asked(query, now()).is_err(), "{query}");
        }
    }
}
