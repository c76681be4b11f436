//! Points in time.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use time::{OffsetDateTime, format_description::well_known::Rfc3339};

/// A point in time in UTC, to the millisecond. Written as RFC 3339.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(i64);

impl Moment {
    /// Now, by this machine's clock.
    pub fn now() -> Self {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        Self(i64::try_from(since.as_millis()).unwrap_or(i64::MAX))
    }

    /// From milliseconds since 1970-01-01T00:00:00Z.
    pub fn from_unix_millis(millis: i64) -> Self {
        Self(millis)
    }

    /// From seconds since 1970-01-01T00:00:00Z.
    pub fn from_unix_seconds(seconds: u64) -> Self {
        Self(i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000))
    }

    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub fn unix_millis(self) -> i64 {
        self.0
    }

    /// Whole seconds since 1970-01-01T00:00:00Z.
    pub fn unix_seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// This moment and a time more.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        Self(self.0.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)))
    }

    /// How long after `earlier` this is; zero when it is not after.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Which day it is in UTC, counted from 1970-01-01.
    pub fn day(self) -> i64 {
        self.0.div_euclid(DAY_MILLIS)
    }

    /// Which month it is in UTC, counted from January of the year 0.
    pub fn month(self) -> i64 {
        self.utc().map_or(0, |at| i64::from(at.year()) * 12 + i64::from(u8::from(at.month())) - 1)
    }

    /// How long until the next day begins in UTC.
    pub fn to_next_day(self) -> Duration {
        Self((self.day() + 1).saturating_mul(DAY_MILLIS)).since(self)
    }

    /// How long until the next month begins in UTC.
    pub fn to_next_month(self) -> Duration {
        let Some(at) = self.utc() else { return Duration::ZERO };
        let left = u64::from(at.month().length(at.year()) - at.day());
        self.to_next_day() + Duration::from_secs(left * 86_400)
    }

    /// How long this month is in UTC.
    pub fn month_length(self) -> Duration {
        let days = self.utc().map_or(30, |at| at.month().length(at.year()));
        Duration::from_secs(u64::from(days) * 86_400)
    }

    fn utc(self) -> Option<OffsetDateTime> {
        OffsetDateTime::from_unix_timestamp_nanos(i128::from(self.0) * 1_000_000).ok()
    }

    /// RFC 3339 with milliseconds, in UTC.
    pub fn rfc3339(self) -> String {
        self.utc().and_then(|at| at.format(&Rfc3339).ok()).unwrap_or_else(|| "9999-12-31T23:59:59Z".to_owned())
    }
}

const DAY_MILLIS: i64 = 86_400_000;

impl Serialize for Moment {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.rfc3339())
    }
}

impl<'de> Deserialize<'de> for Moment {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let at = OffsetDateTime::parse(&text, &Rfc3339).map_err(serde::de::Error::custom)?;
        let millis = at.unix_timestamp_nanos().div_euclid(1_000_000);
        Ok(Self(i64::try_from(millis).map_err(serde::de::Error::custom)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_months_end_when_the_next_begin_in_utc() {
        let moment = |text: &str| serde_json::from_str::<Moment>(&format!("\"{text}\"")).unwrap();
        let leap = moment("2028-02-28T23:59:59.5Z");
        assert_eq!((leap.to_next_day().as_millis(), leap.to_next_month().as_millis()), (500, 86_400_500));
        assert_eq!((leap.month_length().as_secs() / 86_400, leap.day()), (29, moment("2028-02-28T00:00:00Z").day()));
        let (last, first) = (moment("2026-12-31T23:59:59.999Z"), moment("2027-01-01T00:00:00Z"));
        assert_eq!((first.month() - last.month(), first.day() - last.day()), (1, 1));
        assert_eq!((last.to_next_month().as_millis(), first.to_next_month().as_secs()), (1, 31 * 86_400));
    }

    #[test]
    fn a_moment_is_written_and_read_as_rfc_3339() {
        let moment = Moment::from_unix_millis(1_795_465_987_123);
        let text = serde_json::to_string(&moment).unwrap();
        assert_eq!(text, "\"2026-11-23T20:33:07.123Z\"");
        assert_eq!(serde_json::from_str::<Moment>(&text).unwrap(), moment);
    }
}
