//! What is counted, by closed names, and where it is added up: an hour's and a day's sums (UTC) of each API key. What
//! billing and limits need is apart from what is collected beyond that, which an opt-out stops.

use std::time::Duration;

use super::{Entry, histogram::bucket};
use crate::{
    domain::{Cost, KeyId, Moment, Options, Owner, State, Work},
    store::{StoreKey, Tally},
};

/// For how long the sums of an hour are kept.
pub const HOURS_KEPT: Duration = Duration::from_secs(35 * 24 * 3_600);

/// For how long the sums of a day are kept.
pub const DAYS_KEPT: Duration = Duration::from_secs(400 * 24 * 3_600);

/// A stretch of time that sums are kept of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// An hour.
    Hour,
    /// A day.
    Day,
}

impl Span {
    /// Its length in seconds.
    pub fn seconds(self) -> i64 {
        match self {
            Self::Hour => 3_600,
            Self::Day => 24 * 3_600,
        }
    }

    fn kept(self) -> Duration {
        match self {
            Self::Hour => HOURS_KEPT,
            Self::Day => DAYS_KEPT,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Hour => 'h',
            Self::Day => 'd',
        }
    }

    /// When the stretch begins that a moment lies in.
    pub fn start(self, at: Moment) -> Moment {
        Moment::from_unix_millis(at.unix_seconds().div_euclid(self.seconds()) * self.seconds() * 1_000)
    }

    /// Where its sums lie: those that are always kept, and those that an opt-out stops.
    pub fn names(self, owner: &Owner, key: &KeyId, start: Moment) -> [StoreKey; 2] {
        let letter = self.letter();
        [StoreKey::usage(owner, key, start, letter), StoreKey::analytics(owner, key, start, letter)]
    }
}

/// What a job came to.
#[derive(Debug)]
pub struct Outcome<'a> {
    /// What was asked for.
    pub work: Work,
    /// How it ended.
    pub state: State,
    /// How many images were made.
    pub images: u64,
    /// What was used and is charged.
    pub cost: Cost,
    /// What was chosen.
    pub options: &'a Options,
    /// Whether nothing beyond billing and limits may be collected.
    pub opted_out: bool,
}

/// Amounts with their names.
type Sums = Vec<(String, u64)>;

/// Adds up what is known of a request.
pub(super) fn of_request(entry: &Entry, who: (&Owner, &KeyId), now: Moment, opted_out: bool) -> Vec<Tally> {
    let mut counts: Sums = [("requests", 1), ("bytes_in", entry.bytes_in), ("bytes_out", entry.bytes_out)]
        .map(|(name, amount)| (name.to_owned(), amount))
        .into();
    counts.push(match entry.status {
        None => ("abandoned".to_owned(), 1),
        Some(400..=499) => ("refusals".to_owned(), 1),
        Some(500..) => ("failures".to_owned(), 1),
        Some(_) => ("answers".to_owned(), 1),
    });
    if let Some(status) = entry.status {
        counts.push((format!("status:{status}"), 1));
    }
    let latency: Sums = entry.status.map(|_| (format!("ms:{}", bucket(entry.duration_ms)), 1)).into_iter().collect();
    let client = entry.client;
    let mut seen = latency.clone();
    seen.extend([(format!("device:{}", client.device), 1), (format!("client:{}", client.name()), 1)]);
    tallies(who, now, &counts, (!opted_out).then_some([latency, seen]))
}

/// Adds up what a job came to.
pub fn of_job(outcome: &Outcome<'_>, who: (&Owner, &KeyId), now: Moment) -> Vec<Tally> {
    let Outcome { work, state, images, cost, options, opted_out } = outcome;
    let succeeded = *state == State::Succeeded;
    let made = match work {
        Work::Figure => "figures",
        Work::Analysis => "analyses",
        Work::Prompt => "prompts",
        Work::Upload => "uploads",
    };
    let charged = cost.charged_micro_usd.0;
    let counts = [
        (made, u64::from(succeeded)),
        ("images", *images),
        (ended(*state), u64::from(!succeeded)),
        ("input_tokens", cost.input_tokens),
        ("output_tokens", cost.output_tokens),
        ("charged_micro_usd", charged),
        ("upstream_micro_usd", cost.upstream_micro_usd.0),
        ("unknown_upstream_calls", u64::from(cost.unknown_upstream_calls)),
    ];
    let counts = counts.into_iter().filter(|(_, amount)| *amount > 0);
    let counts = counts.map(|(name, amount)| (name.to_owned(), amount)).collect();
    let mut seen = Sums::new();
    if succeeded && *work == Work::Figure {
        let style = word(&options.style);
        seen.extend([(format!("style:{style}"), 1), (format!("style-images:{style}"), *images)]);
        seen.push((format!("style-charged:{style}"), charged));
        seen.extend(chosen(options).map(|(name, value)| (format!("option:{name}={}", word(&value)), 1)));
    }
    tallies(who, now, &counts, (!opted_out).then_some([Sums::new(), seen]))
}

/// Adds up what is known of a job that nobody can read any more: that it has ended.
pub fn of_unknown_job(state: State, who: (&Owner, &KeyId), now: Moment) -> Vec<Tally> {
    tallies(who, now, &vec![(ended(state).to_owned(), 1)], None)
}

fn ended(state: State) -> &'static str {
    match state {
        State::Blocked => "blocked",
        State::Canceled => "canceled",
        State::Failed
        | State::Succeeded
        | State::Queued
        | State::Analyzing
        | State::Enhancing
        | State::Rendering
        | State::Finishing => "failed",
    }
}

/// The options whose values are counted: each is one of a list.
fn chosen(options: &Options) -> [(&'static str, String); 11] {
    [
        ("base", options.base.clone()),
        ("packaging", options.packaging.clone()),
        ("setting", options.setting.clone()),
        ("pose", options.pose.clone()),
        ("scale", options.scale.clone()),
        ("aspect_ratio", options.aspect_ratio.to_string()),
        ("size", options.size.as_str().to_owned()),
        ("n", options.n.to_string()),
        ("format", options.format.as_str().to_owned()),
        ("enhance", options.enhance.to_string()),
        ("delivery", options.delivery.as_str().to_owned()),
    ]
}

/// A value of a list; nothing that anybody could have written.
fn word(text: &str) -> &str {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-:/._".contains(&byte);
    if (1..=40).contains(&text.len()) && text.bytes().all(plain) { text } else { "other" }
}

/// The counts of an hour and a day, and what is collected beyond them of each.
fn tallies((owner, key): (&Owner, &KeyId), now: Moment, counts: &Sums, seen: Option<[Sums; 2]>) -> Vec<Tally> {
    let [of_hour, of_day] = seen.unwrap_or_default();
    let spans = [(Span::Hour, of_hour), (Span::Day, of_day)];
    let all = spans.into_iter().flat_map(|(span, seen)| {
        let [usage, analytics] = span.names(owner, key, span.start(now));
        [(usage, counts.clone(), span.kept()), (analytics, seen, span.kept())]
    });
    all.filter(|(_, sums, _)| !sums.is_empty()).map(|(name, sums, kept)| Tally { name, sums, kept }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_sentence_is_a_word() {
        assert_eq!((word("pvc-scale"), word("3:4"), word("1/7")), ("pvc-scale", "3:4", "1/7"));
        for text in ["", "anna miller", "anna@example.org", "a\nb", "ä", &"x".repeat(41)] {
            assert_eq!(word(text), "other", "{text}");
        }
    }

    #[test]
    fn hours_and_days_begin_where_utc_has_them_begin() {
        let at = Moment::from_unix_millis(1_795_465_987_123);
        assert_eq!(Span::Hour.start(at).rfc3339(), "2026-11-23T20:00:00Z");
        assert_eq!(Span::Day.start(at).rfc3339(), "2026-11-23T00:00:00Z");
    }
}
