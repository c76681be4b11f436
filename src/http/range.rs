//! `Range` (RFC 9110, section 14): one range of bytes. Whatever else is asked for is passed over, as the RFC allows, and
//! answered with the whole: several ranges, other units, ranges that are malformed or lie outside.

use std::ops::RangeInclusive;

use actix_web::{
    HttpRequest,
    http::{
        Method,
        header::{HeaderName, IF_RANGE, RANGE},
    },
};

/// The part of a representation that is wanted, by its first and last byte; `None` for the whole.
pub(super) fn wanted(req: &HttpRequest, etag: &str, length: usize) -> Option<RangeInclusive<usize>> {
    if req.method() != Method::GET {
        return None;
    }
    // A date is no strong validator of anything here, nor is a weak tag.
    if req.headers().contains_key(IF_RANGE) && only(req, &IF_RANGE) != Some(etag) {
        return None;
    }
    within(only(req, &RANGE)?, length)
}

fn only<'r>(req: &'r HttpRequest, name: &HeaderName) -> Option<&'r str> {
    let mut values = req.headers().get_all(name);
    let value = values.next()?.to_str().ok()?.trim();
    values.next().is_none().then_some(value)
}

fn within(range: &str, length: usize) -> Option<RangeInclusive<usize>> {
    let (unit, set) = range.split_once('=')?;
    let (first, last) = set.trim().split_once('-')?;
    if !unit.eq_ignore_ascii_case("bytes") || length == 0 {
        return None;
    }
    let end = length - 1;
    match (first, last) {
        ("", suffix) => position(suffix).filter(|bytes| *bytes > 0).map(|bytes| length.saturating_sub(bytes)..=end),
        (first, "") => position(first).filter(|first| *first <= end).map(|first| first..=end),
        (first, last) => {
            let (first, last) = (position(first)?, position(last)?);
            (first <= last && first <= end).then(|| first..=last.min(end))
        }
    }
}

/// A position, of any number of digits: one beyond all files stays beyond.
fn position(digits: &str) -> Option<usize> {
    let sound = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    sound.then(|| digits.parse().unwrap_or(usize::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_range_is_what_the_rfc_says_or_is_passed_over() {
        let wanted = |range: &str| within(range, 10).map(|range| (*range.start(), *range.end()));
        for (range, bytes) in [
            ("bytes=0-0", (0, 0)),
            ("bytes=2-5", (2, 5)),
            ("BYTES= 9- ".trim(), (9, 9)),
            ("bytes=9-99999999999999999999999", (9, 9)),
            ("bytes=-3", (7, 9)),
            ("bytes=-99", (0, 9)),
        ] {
            assert_eq!(wanted(range), Some(bytes), "{range}");
        }
        for range in [
            "",
            "bytes",
            "bytes=",
            "bytes=-",
            "bytes=-0",
            "bytes=10-",
            "bytes=10-12",
            "bytes=5-2",
            "bytes=0-1,3-4",
            "bytes=0-1,",
            "bytes=+1-2",
            "bytes=a-",
            "items=0-1",
            "bytes=99999999999999999999999-",
        ] {
            assert_eq!(wanted(range), None, "{range}");
        }
        assert_eq!(within("bytes=-1", 0), None);
    }
}
