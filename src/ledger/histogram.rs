//! Times in buckets that can be added up, as in `DDSketch` (Masson, Rim and Lee, VLDB 2019): the bounds grow by a fixed
//! factor, so every quantile that is read back is within [`ERROR`] of one that was measured, whoever counted it.

/// How far a quantile that is read back is from the measured one, relative to it.
pub const ERROR: f64 = 0.02;

/// Beyond this, an hour, times are counted as it, in milliseconds.
const LONGEST: u64 = 3_600_000;

fn growth() -> f64 {
    ((1.0 + ERROR) / (1.0 - ERROR)).ln()
}

/// The bucket of a time in milliseconds. What took less than one has bucket 0 with those that took one.
pub(super) fn bucket(millis: u64) -> u16 {
    let millis = u32::try_from(millis.clamp(1, LONGEST)).unwrap_or(u32::MAX);
    let bucket = (f64::from(millis).ln() / growth()).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it lies between 0 and 378")]
    let bucket = bucket as u16;
    bucket
}

/// The time that stands for a bucket, in milliseconds.
fn middle(bucket: u16) -> f64 {
    let upper = (f64::from(bucket) * growth()).exp();
    upper * (1.0 - ERROR)
}

/// The time within which this share of what was counted lies, in milliseconds; `None` when nothing was.
pub(super) fn quantile(counts: &[(u16, u64)], share: f64) -> Option<f64> {
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let mut counts = counts.to_vec();
    counts.sort_unstable();
    #[expect(clippy::cast_precision_loss, reason = "a rank among fewer than 2^52")]
    let wanted = (share * total as f64).ceil().max(1.0);
    let mut seen = 0;
    let found = counts.iter().find(|(_, count)| {
        seen += count;
        #[expect(clippy::cast_precision_loss, reason = "a rank among fewer than 2^52")]
        let reached = seen as f64 >= wanted;
        reached
    });
    found.map(|(bucket, _)| (middle(*bucket) * 10.0).round() / 10.0)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    fn counted(times: &[u64]) -> Vec<(u16, u64)> {
        let mut counts = BTreeMap::new();
        for time in times {
            *counts.entry(bucket(*time)).or_insert(0) += 1;
        }
        counts.into_iter().collect()
    }

    #[expect(clippy::cast_precision_loss, clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "small")]
    fn exact(times: &[u64], share: f64) -> f64 {
        let mut times = times.to_vec();
        times.sort_unstable();
        times[(share * times.len() as f64).ceil().max(1.0) as usize - 1] as f64
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 256, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_quantile_is_within_the_stated_error(times in prop::collection::vec(1_u64..=LONGEST, 1..300)) {
            for share in [0.5, 0.95, 0.99] {
                let (told, exact) = (quantile(&counted(&times), share).unwrap(), exact(&times, share));
                // What is told is rounded to a tenth of a millisecond.
                prop_assert!((told - exact).abs() <= ERROR * exact + 0.06, "{share}: {told} for {exact}");
            }
        }

        #[test]
        fn what_two_counted_is_what_one_would_have(
            one in prop::collection::vec(1_u64..100_000, 1..50), other in prop::collection::vec(1_u64..100_000, 1..50),
        ) {
            let both = [counted(&one), counted(&other)].concat();
            let all = counted(&[one, other].concat());
            for share in [0.5, 0.95, 0.99] {
                prop_assert_eq!(quantile(&both, share), quantile(&all, share));
            }
        }
    }

    #[test]
    fn the_ends_of_the_scale_are_counted_too() {
        assert_eq!((bucket(0), bucket(1), bucket(u64::MAX)), (0, 0, bucket(LONGEST)));
        assert!(bucket(LONGEST) < 400, "{}", bucket(LONGEST));
        assert_eq!(quantile(&[], 0.5), None);
    }
}
