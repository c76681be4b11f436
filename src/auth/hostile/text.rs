//! Texts that are no key at all.

use serde_json::json;

use super::super::tests::good_claims;
use super::{Case, changed, good_token, with_claims};

/// The text of a good token, damaged as text.
pub(super) fn shapes() -> Vec<Case> {
    let texts = [parts(), wrappings(), cuts()].concat();
    texts.into_iter().enumerate().map(|(i, text)| (format!("shape {i}"), text)).collect()
}

/// Parts missing, empty, added or in another order.
fn parts() -> Vec<String> {
    let good = good_token();
    let parts: Vec<&str> = good.split('.').collect();
    let (h, p, s) = (parts[0], parts[1], parts[2]);
    let mut texts = ["", ".", "..", "..."].map(str::to_owned).to_vec();
    texts.extend([
        h.into(),
        format!("{h}.{p}"),
        format!("{h}.{p}."),
        format!("{h}..{s}"),
        format!(".{p}.{s}"),
        format!("{good}."),
        format!(".{good}"),
        format!("{good}.{s}"),
        format!("{good}...."),
        format!("{h}.{p}.{s}.{h}.{p}"),
        format!("{h}..{p}.{s}"),
        format!("{p}.{h}.{s}"),
    ]);
    texts
}

/// Characters that do not belong, around and within.
fn wrappings() -> Vec<String> {
    let good = good_token();
    let (head, s) = good.rsplit_once('.').unwrap();
    let (h, p) = head.split_once('.').unwrap();
    vec![
        format!(" {good}"),
        format!("{good} "),
        format!("{good}\n"),
        format!("{h}.\n{p}.{s}"),
        format!("{good}="),
        format!("{good}=="),
        format!("{h}=.{p}.{s}"),
        format!("{h}.{p}=.{s}"),
        format!("{good}\u{0}"),
        format!("Bearer {good}"),
        format!("\"{good}\""),
        format!("{h}.{p}.ё{s}"),
        format!("{good}\u{200b}"),
        good.replace('.', "%2E"),
        good.replace('.', "\u{ff0e}"),
        good.to_uppercase(),
        good.to_lowercase(),
        good.chars().rev().collect(),
    ]
}

/// Signatures cut and lengthened, and texts too long.
fn cuts() -> Vec<String> {
    let good = good_token();
    let (head, s) = good.rsplit_once('.').unwrap();
    let big = changed(&good_claims(), "sub", json!("x".repeat(20_000)));
    vec![
        format!("{head}.{}", &s[..85]),
        format!("{head}.{}", &s[..43]),
        format!("{head}.{}", &s[..4]),
        format!("{head}.{s}AAAA"),
        format!("{head}.{s}{s}"),
        format!("{head}.{}", "A".repeat(86)),
        format!("{head}.A"),
        format!("{head}.!!!!"),
        format!("{head}.{}", "A".repeat(4096)),
        with_claims(&big),
        "A".repeat(4097),
        ".".repeat(4096),
    ]
}

/// Every other last character of every part: most differ in unused bits alone or nearly so.
pub(super) fn stray_bits() -> Vec<Case> {
    let good = good_token();
    let mut cases = Vec::new();
    for (at, _) in good.match_indices('.').chain([(good.len(), "")]) {
        for other in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".chars() {
            let text = format!("{}{other}{}", &good[..at - 1], &good[at..]);
            if text != good {
                cases.push((format!("character {} = {other}", at - 1), text));
            }
        }
    }
    cases
}
