//! Signatures that do not belong to the text.

use aws_lc_rs::hmac;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use super::super::API_KEY;
use super::super::tests::{good_claims, good_header, keys};
use super::{Case, KeySet, changed, good_token, jws, with_claims};

/// Signatures that do not belong to the text, by every way we know.
pub(super) fn signatures() -> Vec<Case> {
    let good = good_token();
    let (message, signature) = good.rsplit_once('.').unwrap();
    let raw = jws::decode(signature).unwrap();
    let foreign = KeySet::generate().unwrap().sign(message.as_bytes()).unwrap();
    let text = |bytes: &[u8]| format!("{message}.{}", jws::encode(bytes));
    let mut zero_s = raw.clone();
    zero_s[32..].fill(0);
    let identity: Vec<u8> = [1].into_iter().chain([0; 63]).collect();
    let swapped: Vec<u8> = raw[32..].iter().chain(&raw[..32]).copied().collect();
    let other_message = with_claims(&changed(&good_claims(), "sub", json!("other")));
    let other_signature = other_message.rsplit_once('.').unwrap().1.to_owned();
    let x = jws::decode(keys().jwks()["keys"][0]["x"].as_str().unwrap()).unwrap();
    vec![
        ("S + L".into(), text(&plus_group_order(&raw))),
        ("S = 0".into(), text(&zero_s)),
        ("R = identity, S = 0".into(), text(&identity)),
        ("halves swapped".into(), text(&swapped)),
        ("empty bytes".into(), text(&[0])),
        ("65 bytes".into(), text(&[raw.as_slice(), &[0]].concat())),
        ("63 bytes".into(), text(&raw[..63])),
        ("public key as signature".into(), text(&x.repeat(2))),
        ("another key's".into(), format!("{message}.{foreign}")),
        ("another token's".into(), format!("{message}.{other_signature}")),
    ]
}

/// S plus the order of the group: the same signature to a verifier that does not reduce
/// (RFC 8032, section 8.4).
fn plus_group_order(signature: &[u8]) -> Vec<u8> {
    let mut order = [0_u8; 32];
    order[..16].copy_from_slice(&0x14de_f9de_a2f7_9cd6_5812_631a_5cf5_d3ed_u128.to_le_bytes());
    order[31] = 0x10;
    let mut out = signature.to_vec();
    let mut carry = 0;
    for (s, l) in out[32..].iter_mut().zip(order) {
        carry += u16::from(*s) + u16::from(l);
        *s = carry.to_le_bytes()[0];
        carry >>= 8;
    }
    out
}

/// Tokens of other algorithms, our public key taken as their secret.
pub(super) fn confusions() -> Vec<Case> {
    let jwks = keys().jwks();
    let x = jwks["keys"][0]["x"].as_str().unwrap().to_owned();
    let raw = jws::decode(&x).unwrap();
    let secrets = [raw.clone(), x.into_bytes(), jwks.to_string().into_bytes(), Vec::new()];
    let mut cases = Vec::new();
    for (index, secret) in secrets.iter().enumerate() {
        for alg in ["HS256", "EdDSA"] {
            let header = changed(&good_header(), "alg", json!(alg)).to_string();
            let parts = [header, good_claims().to_string()].map(|t| jws::encode(t.as_bytes()));
            let message = parts.join(".");
            let tag = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret), message.as_bytes());
            let token = format!("{message}.{}", jws::encode(tag.as_ref()));
            cases.push((format!("HMAC with secret {index} as {alg}"), token));
        }
    }
    let mut header = Header::new(Algorithm::HS256);
    header.kid = Some(keys().signing_kid().to_owned());
    header.typ = Some(API_KEY.typ.to_owned());
    let secret = EncodingKey::from_secret(&raw);
    let token = jsonwebtoken::encode(&header, &good_claims(), &secret).unwrap();
    cases.push(("jsonwebtoken's own HS256".into(), token));
    let none = changed(&good_header(), "alg", json!("none")).to_string();
    let unsigned = [none, good_claims().to_string()].map(|t| jws::encode(t.as_bytes())).join(".");
    cases.push(("alg none, unsigned".into(), format!("{unsigned}.")));
    cases.push(("alg none, signature A".into(), format!("{unsigned}.AA")));
    cases
}
