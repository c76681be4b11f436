use serde::{Deserialize, Deserializer, Serialize, de};

use super::Invalid;
use super::strict::{Object, present};

/// What a plan allows, as the key carries it (claim `lim`): each member may be absent.
///
/// Requests a minute, burst and jobs in flight are at least 1; a day's figures and a month's
/// money may be 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct PlanLimits {
    #[serde(skip_serializing_if = "Option::is_none")]
    rpm: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    burst: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    in_flight: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    figures_per_day: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    micro_usd_per_month: Option<u64>,
}

/// Limits with every member known: a server's defaults, a server's maximum, or what holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limits {
    /// Requests a minute.
    pub rpm: u32,
    /// Requests that may come at once.
    pub burst: u32,
    /// Jobs that may run or wait at one time.
    pub in_flight: u32,
    /// Figures a day (UTC).
    pub figures_per_day: u32,
    /// Money a month (UTC), in micro-USD.
    pub micro_usd_per_month: u64,
}

impl From<Limits> for PlanLimits {
    fn from(limits: Limits) -> Self {
        Self {
            rpm: Some(limits.rpm),
            burst: Some(limits.burst),
            in_flight: Some(limits.in_flight),
            figures_per_day: Some(limits.figures_per_day),
            micro_usd_per_month: Some(limits.micro_usd_per_month),
        }
    }
}

impl Limits {
    /// The smaller of both in each member.
    #[must_use]
    pub fn and_no_more(&self, most: &Self) -> Self {
        PlanLimits::from(*self).effective(self, most)
    }

    /// The larger of both in each member.
    #[must_use]
    pub fn or_more(&self, other: &Self) -> Self {
        Self {
            rpm: self.rpm.max(other.rpm),
            burst: self.burst.max(other.burst),
            in_flight: self.in_flight.max(other.in_flight),
            figures_per_day: self.figures_per_day.max(other.figures_per_day),
            micro_usd_per_month: self.micro_usd_per_month.max(other.micro_usd_per_month),
        }
    }
}

/// The members as they come, before they are checked.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Raw {
    #[serde(deserialize_with = "present")]
    rpm: Option<u32>,
    #[serde(deserialize_with = "present")]
    burst: Option<u32>,
    #[serde(deserialize_with = "present")]
    in_flight: Option<u32>,
    #[serde(deserialize_with = "present")]
    figures_per_day: Option<u32>,
    #[serde(deserialize_with = "present")]
    micro_usd_per_month: Option<u64>,
}

impl PlanLimits {
    /// Checks the members: requests a minute, burst, jobs in flight, figures a day, micro-USD a
    /// month.
    ///
    /// # Errors
    /// [`Invalid`] when one of the first three is 0.
    pub fn parse(
        rpm: Option<u32>,
        burst: Option<u32>,
        in_flight: Option<u32>,
        figures_per_day: Option<u32>,
        micro_usd_per_month: Option<u64>,
    ) -> Result<Self, Invalid> {
        if [rpm, burst, in_flight].contains(&Some(0)) {
            return Err(Invalid("plan limit"));
        }
        Ok(Self { rpm, burst, in_flight, figures_per_day, micro_usd_per_month })
    }

    /// Whether the key says nothing about limits.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The members that are more than allowed, by name.
    pub fn beyond(&self, most: &Limits) -> Vec<&'static str> {
        let beyond = [
            ("rpm", self.rpm.is_some_and(|own| own > most.rpm)),
            ("burst", self.burst.is_some_and(|own| own > most.burst)),
            ("in_flight", self.in_flight.is_some_and(|own| own > most.in_flight)),
            ("figures_per_day", self.figures_per_day.is_some_and(|own| own > most.figures_per_day)),
            ("micro_usd_per_month", self.micro_usd_per_month.is_some_and(|own| own > most.micro_usd_per_month)),
        ];
        beyond.into_iter().filter(|(_, beyond)| *beyond).map(|(name, _)| name).collect()
    }

    /// What is said here, and the others' where a member is missing.
    #[must_use]
    pub fn or(&self, others: &Limits) -> Limits {
        Limits {
            rpm: self.rpm.unwrap_or(others.rpm),
            burst: self.burst.unwrap_or(others.burst),
            in_flight: self.in_flight.unwrap_or(others.in_flight),
            figures_per_day: self.figures_per_day.unwrap_or(others.figures_per_day),
            micro_usd_per_month: self.micro_usd_per_month.unwrap_or(others.micro_usd_per_month),
        }
    }

    /// The limits that hold: a missing member has the default, and the maximum caps every one.
    #[must_use]
    pub fn effective(&self, defaults: &Limits, maximum: &Limits) -> Limits {
        let Limits { rpm, burst, in_flight, figures_per_day, micro_usd_per_month } = self.or(defaults);
        Limits {
            rpm: rpm.min(maximum.rpm),
            burst: burst.min(maximum.burst),
            in_flight: in_flight.min(maximum.in_flight),
            figures_per_day: figures_per_day.min(maximum.figures_per_day),
            micro_usd_per_month: micro_usd_per_month.min(maximum.micro_usd_per_month),
        }
    }
}

impl<'de> Deserialize<'de> for PlanLimits {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Object(raw) = Object::<Raw>::deserialize(deserializer)?;
        let Raw { rpm, burst, in_flight, figures_per_day, micro_usd_per_month } = raw;
        Self::parse(rpm, burst, in_flight, figures_per_day, micro_usd_per_month).map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEFAULTS: Limits =
        Limits { rpm: 60, burst: 20, in_flight: 8, figures_per_day: 500, micro_usd_per_month: 50_000_000 };
    const MAXIMUM: Limits = Limits { rpm: 100, figures_per_day: 100, ..DEFAULTS };

    #[test]
    fn the_default_fills_and_the_maximum_caps_even_the_default() {
        let plan: PlanLimits = serde_json::from_str(r#"{"rpm":1000,"burst":2}"#).unwrap();
        let effective = plan.effective(&DEFAULTS, &MAXIMUM);
        assert_eq!(effective, Limits { rpm: 100, burst: 2, figures_per_day: 100, ..DEFAULTS });
    }

    #[test]
    fn odd_limits_are_refused() {
        for bad in [
            r#"{"rpm":0}"#,
            r#"{"rpm":-1}"#,
            r#"{"rpm":1.0}"#,
            r#"{"rpm":"1"}"#,
            r#"{"rpm":null}"#,
            r#"{"rpm":1,"rpm":2}"#,
            r#"{"rpm":4294967296}"#,
            r#"{"rps":1}"#,
            "[60,20,8,500,1]",
            "null",
        ] {
            assert!(serde_json::from_str::<PlanLimits>(bad).is_err(), "{bad}");
        }
    }
}
