//! Sums, read back.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Ledger, Span, histogram::quantile};
use crate::{
    domain::{KeyId, Moment, Owner},
    store::{Result, StoreError, StoreKey},
};

/// How many sums are read at once.
const AT_ONCE: usize = 16;

/// What the rows of a report stand for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// A day each.
    Day,
    /// An hour each.
    Hour,
    /// A style each.
    Style,
    /// A status each.
    Status,
}

impl By {
    /// Every way, with its name.
    pub const ALL: [(Self, &str); 4] =
        [(Self::Day, "day"), (Self::Hour, "hour"), (Self::Style, "style"), (Self::Status, "status")];

    /// What it is read from.
    pub fn span(self) -> Span {
        match self {
            Self::Hour => Span::Hour,
            Self::Day | Self::Style | Self::Status => Span::Day,
        }
    }
}

/// Sums of a stretch of time, a style or a status. A member that the row says nothing of is left out.
#[derive(Debug, Clone, Default, PartialEq, Serialize, ToSchema)]
pub struct UsageRow {
    /// When the hour or day begins, in UTC.
    #[schema(value_type = String, format = DateTime, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub start: Option<Moment>,
    /// The style.
    #[schema(example = "pvc-scale", nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub style: Option<String>,
    /// The status that was answered.
    #[schema(example = 201, nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Counts by name: `requests`, of them `answers`, `refusals` (4xx), `failures` (5xx) and `abandoned` (the client left
    /// before its answer); `bytes_in`, `bytes_out` (of answers whose length was known beforehand); jobs ended as
    /// `figures`, `analyses`, `prompts`, `failed`, `blocked`, `canceled`; `images`; `input_tokens`, `output_tokens`;
    /// `charged_micro_usd`, `upstream_micro_usd` for what was paid to make it, refusals included, and
    /// `unknown_upstream_calls` that may have been paid for besides.
    #[schema(example = json!({"requests": 12, "answers": 11, "refusals": 1, "figures": 7, "images": 9}))]
    pub counts: BTreeMap<String, u64>,
    /// From the head of a request to the head of its answer, waiting included; null where nothing was counted.
    pub latency_ms: Option<LatencyMs>,
    /// Figures made, by style.
    #[schema(example = json!({"pvc-scale": 5, "anime": 2}))]
    pub styles: BTreeMap<String, u64>,
    /// Figures made, by each option's value.
    #[schema(example = json!({"size": {"1K": 6, "2K": 1}}))]
    pub options: BTreeMap<String, BTreeMap<String, u64>>,
    /// Requests, by the kind of device they came from.
    #[schema(example = json!({"program": 12}))]
    pub devices: BTreeMap<String, u64>,
    /// Requests, by the family and major version of the program that sent them.
    #[schema(example = json!({"curl 8": 12}))]
    pub clients: BTreeMap<String, u64>,
}

/// Latencies, in milliseconds, each within 2 % of one that was measured.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, ToSchema)]
pub struct LatencyMs {
    /// Half of all took no longer.
    #[schema(example = 840.5)]
    pub p50: f64,
    /// 95 of 100 took no longer.
    #[schema(example = 9120.0)]
    pub p95: f64,
    /// 99 of 100 took no longer.
    #[schema(example = 12040.0)]
    pub p99: f64,
}

/// What an API key did.
#[derive(Debug, Clone, PartialEq)]
pub struct Report {
    /// The sums of all of it.
    pub total: UsageRow,
    /// What was asked for; rows without anything in them are left out.
    pub rows: Vec<UsageRow>,
}

/// Sums by their names.
type Sums = BTreeMap<String, u64>;

impl Ledger {
    /// What an API key did from one moment to another: the hours or days that lie in between, and those that the ends lie
    /// in.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn report(&self, owner: &Owner, key: &KeyId, (from, to): (Moment, Moment), by: By) -> Result<Report> {
        let span = by.span();
        let first = span.start(from).unix_seconds();
        let many = usize::try_from((to.unix_seconds() - first).max(0) / span.seconds() + 1).unwrap_or_default();
        let starts = (0..).map(|at| first + at * span.seconds()).take(many);
        let starts = starts.map(|seconds| Moment::from_unix_millis(seconds * 1_000)).filter(|start| *start < to);
        let read = stream::iter(starts).map(move |start| async move {
            let mut sums = Sums::new();
            for name in span.names(owner, key, start) {
                sums.extend(self.store.sums(&name).await?);
            }
            Ok::<_, StoreError>((start, sums))
        });
        let stretches: Vec<(Moment, Sums)> = read.buffered(AT_ONCE).try_collect().await?;
        let mut all = Sums::new();
        for (name, sum) in stretches.iter().flat_map(|(_, sums)| sums) {
            *all.entry(name.clone()).or_default() += sum;
        }
        let rows = match by {
            By::Day | By::Hour => {
                let used = stretches.into_iter().filter(|(_, sums)| !sums.is_empty());
                used.map(|(start, sums)| UsageRow { start: Some(start), ..row(&sums) }).collect()
            }
            By::Style => by_style(&all),
            By::Status => by_status(&all),
        };
        Ok(Report { total: row(&all), rows })
    }

    /// The counts of a key in the running hour.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn this_hour(&self, owner: &Owner, key: &KeyId) -> Result<BTreeMap<String, u64>> {
        let [usage, _] = Span::Hour.names(owner, key, Span::Hour.start(self.store.now().await?));
        Ok(row(&self.store.sums(&usage).await?.into_iter().collect()).counts)
    }

    /// The keys of an account that were used.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn users(&self, owner: &Owner) -> Result<Vec<KeyId>> {
        let lines = self.store.noted(&StoreKey::users(owner), None, super::MOST_USERS as usize).await?;
        Ok(lines.iter().filter_map(|line| KeyId::parse(&format!("{}{line}", KeyId::PREFIX)).ok()).collect())
    }

    /// Erases what was collected about an account beyond what billing and limits need; says how many sums there were.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn erase_analytics(&self, owner: &Owner) -> Result<u64> {
        let now = self.store.now().await?;
        let mut erased = 0;
        for key in self.users(owner).await? {
            for (span, kept) in [(Span::Hour, super::HOURS_KEPT), (Span::Day, super::DAYS_KEPT)] {
                let many = i64::try_from(kept.as_secs()).unwrap_or(i64::MAX) / span.seconds() + 1;
                let newest = span.start(now).unix_seconds();
                let starts = (-1..=many).map(|ago| Moment::from_unix_millis((newest - ago * span.seconds()) * 1_000));
                let names: Vec<_> = starts.map(|start| span.names(owner, &key, start)[1].clone()).collect();
                erased += self.store.delete(&names).await?;
            }
        }
        Ok(erased)
    }
}

fn row(sums: &Sums) -> UsageRow {
    let mut row = UsageRow::default();
    let mut times = Vec::new();
    for (name, sum) in sums {
        match name.split_once(':') {
            None => drop(row.counts.insert(name.clone(), *sum)),
            Some(("ms", bucket)) => times.extend(bucket.parse().ok().map(|bucket| (bucket, *sum))),
            Some(("style", style)) => drop(row.styles.insert(style.to_owned(), *sum)),
            Some(("device", device)) => drop(row.devices.insert(device.to_owned(), *sum)),
            Some(("client", client)) => drop(row.clients.insert(client.to_owned(), *sum)),
            Some(("option", option)) => {
                let (option, value) = option.split_once('=').unwrap_or((option, ""));
                row.options.entry(option.to_owned()).or_default().insert(value.to_owned(), *sum);
            }
            Some(_) => {}
        }
    }
    let at = |share| quantile(&times, share);
    row.latency_ms = at(0.5).zip(at(0.95)).zip(at(0.99)).map(|((p50, p95), p99)| LatencyMs { p50, p95, p99 });
    row
}

fn by_style(sums: &Sums) -> Vec<UsageRow> {
    let styles = sums.iter().filter_map(|(name, figures)| Some((name.strip_prefix("style:")?, *figures)));
    styles
        .map(|(style, figures)| {
            let of = |kind: &str| sums.get(&format!("{kind}:{style}")).copied().unwrap_or_default();
            let counts =
                [("figures", figures), ("images", of("style-images")), ("charged_micro_usd", of("style-charged"))];
            let counts = counts.map(|(name, sum)| (name.to_owned(), sum)).into();
            UsageRow { style: Some(style.to_owned()), counts, ..UsageRow::default() }
        })
        .collect()
}

fn by_status(sums: &Sums) -> Vec<UsageRow> {
    let statuses = sums.iter().filter_map(|(name, sum)| Some((name.strip_prefix("status:")?.parse().ok()?, *sum)));
    statuses
        .map(|(status, requests)| {
            let counts = [("requests".to_owned(), requests)].into();
            UsageRow { status: Some(status), counts, ..UsageRow::default() }
        })
        .collect()
}
