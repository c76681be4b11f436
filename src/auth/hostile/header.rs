//! Headers that a key must not have.

use serde_json::{Value, json};

use super::super::tests::{good_claims, good_header, keys};
use super::{Case, changed, forge, with_header};

/// Member and text that it must not have.
const VALUES: &[(&str, &[&str])] = &[
    (
        "alg",
        &[
            "none",
            "None",
            "NONE",
            "nOnE",
            "HS256",
            "HS512",
            "ES256",
            "RS256",
            "PS256",
            "Ed25519",
            "EDDSA",
            "eddsa",
            "EdDSA ",
            "EdDSA\u{0}",
        ],
    ),
    (
        "typ",
        &[
            "JWT",
            "jwt",
            "at+jwt",
            "figurine-receipt+jwt",
            "Figurine-Key+JWT",
            "application/figurine-key+jwt",
            "figurine-key+jwt ",
            "figurine-key",
        ],
    ),
    (
        "kid",
        &[
            "../../../dev/null",
            "/etc/passwd",
            "' OR 1=1 --",
            "*",
            "0",
            "https://evil.example/jwks.json",
            "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k",
        ],
    ),
];

/// Member that no header may have, and its JSON.
const MEMBERS: &[(&str, &str)] = &[
    ("crit", "[]"),
    ("crit", r#"["exp"]"#),
    ("crit", r#"["b64"]"#),
    ("b64", "false"),
    ("b64", "true"),
    ("zip", r#""DEF""#),
    ("jku", r#""https://evil.example/jwks.json""#),
    ("x5u", r#""https://evil.example/cert.pem""#),
    ("x5c", r#"["MIIB"]"#),
    ("x5t", r#""AAAA""#),
    ("x5t#S256", r#""AAAA""#),
    ("jwk", r#"{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}"#),
    ("cty", r#""JWT""#),
    ("enc", r#""A256GCM""#),
    ("nonce", r#""n""#),
    ("", "null"),
];

pub(super) fn cases() -> Vec<Case> {
    let kid = keys().signing_kid();
    let near = [format!("{kid}\u{0}"), format!("{kid} "), kid.to_lowercase(), kid[1..].into()];
    let near = near.into_iter().map(|value| ("kid", json!(value)));
    let texts = VALUES.iter().flat_map(|(name, values)| values.iter().map(|v| (*name, json!(v))));
    let members = MEMBERS.iter().map(|(name, json)| (*name, serde_json::from_str(json).unwrap()));
    let own_jwk = ("jwk", keys().jwks()["keys"][0].clone());
    near.chain(texts).chain(members).chain([own_jwk]).map(case).collect()
}

/// Headers that are no object.
pub(super) fn whole() -> Vec<Case> {
    let claims = good_claims().to_string();
    let array = json!(["alg", "typ", "kid"].map(|name| good_header()[name].clone()));
    [array, json!(null), json!("EdDSA"), json!([good_header()])]
        .map(|header| (format!("header {header}"), forge(&header.to_string(), &claims)))
        .to_vec()
}

fn case((name, value): (&str, Value)) -> Case {
    let token = with_header(&changed(&good_header(), name, value.clone()));
    (format!("header {name} = {value}"), token)
}
