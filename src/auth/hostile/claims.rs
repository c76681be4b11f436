//! Claims that a key must not have.

use serde_json::json;

use super::super::tests::{NOW, good_claims, good_header};
use super::{Case, changed, forge, forge_bytes, with_claims};

/// Claim and JSON that it must not have; the clock stands at 1800000000.
const VALUES: &[(&str, &str)] = &[
    ("iss", r#""figurine ""#),
    ("iss", r#""Figurine""#),
    ("iss", r#""evil""#),
    ("iss", r#"["figurine"]"#),
    ("aud", r#"["figurine-api"]"#),
    ("aud", r#"["figurine-api", "other"]"#),
    ("aud", r#""other""#),
    ("aud", r#""figurine-api\u0000""#),
    ("sub", r#""a b""#),
    ("sub", r#""../root""#),
    ("sub", r#""аcme""#),
    (
        "sub",
        r#""xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx""#,
    ),
    ("jti", r#""1""#),
    ("jti", r#""key_""#),
    ("jti", r#""fig_01890a5d39c27cc3a8e3c1b4f5a6d7e8""#),
    ("jti", r#""key_01890A5D39C27CC3A8E3C1B4F5A6D7E8""#),
    ("jti", r#""key_01890a5d39c24cc3a8e3c1b4f5a6d7e8""#),
    ("scope", r#""figures:write figures:delete""#),
    ("scope", r#""figures:write,figures:read""#),
    ("scope", r#""figures:read figures:read""#),
    ("scope", r#"" figures:read""#),
    ("scope", r#""*""#),
    ("mode", r#""LIVE""#),
    ("mode", r#""admin""#),
    ("mode", r#"{"live": null}"#),
    ("iat", r#""1800000000""#),
    ("iat", "1800000031"),
    ("iat", "18446744073709551615"),
    ("nbf", "1800000031"),
    ("nbf", "1800172800"),
    ("exp", "1799999970"),
    ("exp", "1799999969"),
    ("exp", "1799999940"),
    ("exp", "0"),
    ("exp", "1e300"),
    ("exp", "18446744073709551615"),
    ("exp", "1831536001"),
    ("lim", r#"{"rpm": 0}"#),
    ("lim", r#"{"rpm": "60"}"#),
    ("lim", r#"{"rpm": 1.0}"#),
    ("lim", r#"{"rpm": null}"#),
    ("lim", r#"{"rps": 60}"#),
    ("lim", "[60, 20, 8, 500, 1]"),
    ("lim", r#"{"burst": -1}"#),
    ("lim", r#"{"figures_per_day": 4294967296}"#),
    ("azp", r#""other""#),
    ("admin", "true"),
    ("cnf", r#"{"jkt": "x"}"#),
    ("__proto__", "{}"),
];

pub(super) fn cases() -> Vec<Case> {
    let case = |(name, json): &(&str, &str)| {
        let value = serde_json::from_str(json).unwrap();
        (format!("claim {name} = {json}"), with_claims(&changed(&good_claims(), name, value)))
    };
    VALUES.iter().map(case).collect()
}

pub(super) fn whole_payloads() -> Vec<Case> {
    let header = good_header().to_string();
    let claims = good_claims().to_string();
    let nested_double = claims.replace(r#""rpm":60"#, r#""rpm":60,"rpm":6000"#);
    assert_ne!(nested_double, claims);
    let float_exp = claims.replace(&format!("{}", NOW + 3600), &format!("{}.0", NOW + 3600));
    assert_ne!(float_exp, claims);
    let escaped = r#"{"iss":"figurine","\u0069ss":"figurine","#.to_owned() + &claims[1..];
    let members = ["iss", "aud", "sub", "jti", "iat", "nbf", "exp", "scope", "mode", "lim"];
    let array = json!(members.map(|name| good_claims()[name].clone())).to_string();
    let mut cases: Vec<Case> = [
        ("doubled limit", &nested_double),
        ("exp as a float", &float_exp),
        ("iss doubled by an escape", &escaped),
        ("claims as an array", &array),
        ("claims twice", &format!("{claims}{claims}")),
        ("claims and a tail", &format!("{claims}x")),
        ("claims and a NUL", &format!("{claims}\u{0}")),
        ("byte order mark", &format!("\u{feff}{claims}")),
        ("null", &"null".to_owned()),
        ("a string", &json!(claims).to_string()),
        ("deep nesting", &"[".repeat(1500)),
        ("cut JSON", &claims[..claims.len() - 1].to_owned()),
        ("a comment", &format!("/**/{claims}")),
    ]
    .into_iter()
    .map(|(name, payload)| (name.to_owned(), forge(&header, payload)))
    .collect();
    cases.push(("not UTF-8".into(), forge_bytes(header.as_bytes(), b"{\"iss\":\"\xff\"}")));
    cases
}
