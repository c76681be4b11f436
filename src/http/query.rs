//! The query, strictly: UTF-8, every parameter once decoded, none passed over.

use super::problem::Problem;
use crate::domain::Code;

/// Longest query that is read, in bytes.
const LONGEST: usize = 4_096;

/// The pairs of a query (`application/x-www-form-urlencoded`, WHATWG URL).
///
/// # Errors
/// When it is too long or does not decode to UTF-8.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    if query.len() > LONGEST {
        return Err(Problem::new(Code::MalformedRequest, format!("The query may have at most {LONGEST} bytes.")));
    }
    let parts = query.split('&').filter(|part| !part.is_empty());
    let decoded = parts.map(|part| {
        let (name, value) = part.split_once('=').unwrap_or((part, ""));
        Some((decode(name)?, decode(value)?))
    });
    decoded
        .collect::<Option<_>>()
        .ok_or_else(|| Problem::new(Code::MalformedRequest, "The query has a percent-encoding that is not UTF-8."))
}

/// Keeps a value that could be read, or says what it must be.
///
/// # Errors
/// What it must be.
pub(super) fn take<T>(place: &mut Option<T>, value: Option<T>, wanted: &str) -> Result<(), String> {
    *place = value;
    if place.is_some() { Ok(()) } else { Err(format!("must be {wanted}")) }
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => hex(rest.next()?)? << 4 | hex(rest.next()?)?,
            other => other,
        });
    }
    String::from_utf8(bytes).ok()
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).and_then(|value| u8::try_from(value).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_query_is_decoded_or_refused_whole() {
        let good = pairs("style=pvc%2Dscale&&scale=1/7&x=a+b").unwrap();
        assert_eq!(good[0], ("style".to_owned(), "pvc-scale".to_owned()));
        assert_eq!(good[2].1, "a b");
        for bad in ["a=%", "a=%4", "a=%zz", "a=%ff", "%c3%28=1"] {
            assert_eq!(pairs(bad).map_err(|problem| problem.code()), Err(Code::MalformedRequest), "{bad}");
        }
        assert!(pairs(&"a".repeat(5_000)).is_err());
    }
}
