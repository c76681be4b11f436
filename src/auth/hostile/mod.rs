//! Hostile keys: what an attacker, a foreign issuer or a broken client might send, most of them
//! well signed by our own key, because that is what hides a missing check.

mod claims;
mod header;
mod signature;
mod text;

use serde_json::{Map, Value, json};

use super::tests::{NOW, expected, good_claims, good_header, keys, refusal};
use super::{AuthError, KeySet, check, jws};

/// A name for the failure message, and the token.
type Case = (String, String);

pub(super) fn forge(header: &str, payload: &str) -> String {
    forge_bytes(header.as_bytes(), payload.as_bytes())
}

pub(super) fn forge_bytes(header: &[u8], payload: &[u8]) -> String {
    let message = format!("{}.{}", jws::encode(header), jws::encode(payload));
    let signature = keys().sign(message.as_bytes()).unwrap();
    format!("{message}.{signature}")
}

pub(super) fn good_token() -> String {
    forge(&good_header().to_string(), &good_claims().to_string())
}

pub(super) fn with_header(header: &Value) -> String {
    forge(&header.to_string(), &good_claims().to_string())
}

pub(super) fn with_claims(claims: &Value) -> String {
    forge(&good_header().to_string(), &claims.to_string())
}

pub(super) fn changed(object: &Value, name: &str, value: Value) -> Value {
    let mut object = object.clone();
    object[name] = value;
    object
}

fn without(object: &Value, name: &str) -> Value {
    let mut object = object.clone();
    object.as_object_mut().unwrap().remove(name);
    object
}

/// The object's text with one member written twice.
fn doubled(object: &Value, name: &str) -> String {
    let text = object.to_string();
    format!("{},\"{name}\":{}}}", &text[..text.len() - 1], object[name])
}

fn members(object: &Value) -> Vec<String> {
    object.as_object().map(Map::keys).into_iter().flatten().cloned().collect()
}

/// Each member missing, doubled, renamed, and of every type that it should not have.
fn mangled(object: &Value, forge_text: impl Fn(&str) -> String) -> Vec<Case> {
    let mut cases = Vec::new();
    for name in members(object) {
        let mut push = |what: &str, text: &str| {
            cases.push((format!("{name} {what}"), forge_text(text)));
        };
        let optional = ["mode", "lim"].contains(&name.as_str());
        if !optional {
            push("missing", &without(object, &name).to_string());
        }
        push("doubled", &doubled(object, &name));
        let mut renamed = without(object, &name);
        renamed[name.to_uppercase()] = object[&name].clone();
        push("in upper case", &renamed.to_string());
        let odd = [
            json!(null),
            json!(true),
            json!(-1),
            json!(1.5),
            json!(""),
            json!([]),
            json!([object[&name]]),
            json!({"a": object[&name]}),
        ];
        for value in odd {
            push(&format!("= {value}"), &changed(object, &name, value.clone()).to_string());
        }
    }
    cases
}

fn all() -> Vec<Case> {
    let header = good_header().to_string();
    let claims = good_claims().to_string();
    [
        mangled(&good_header(), |text| forge(text, &claims)),
        mangled(&good_claims(), |text| forge(&header, text)),
        header::cases(),
        header::whole(),
        claims::cases(),
        claims::whole_payloads(),
        text::shapes(),
        signature::signatures(),
        signature::confusions(),
    ]
    .concat()
}

#[test]
fn the_token_that_the_hostile_ones_are_made_from_is_good() {
    check(keys(), &expected(), NOW, &good_token()).unwrap();
}

#[test]
fn every_hostile_token_is_refused() {
    let cases = all();
    assert!(cases.len() >= 300, "only {} cases", cases.len());
    let accepted: Vec<_> = cases
        .iter()
        .filter(|(_, token)| check(keys(), &expected(), NOW, token).is_ok())
        .map(|(name, _)| name)
        .collect();
    assert!(accepted.is_empty(), "{} of {} accepted: {accepted:#?}", accepted.len(), cases.len());
}

#[test]
fn no_other_last_character_of_a_part_is_accepted() {
    for (name, token) in text::stray_bits() {
        assert!(check(keys(), &expected(), NOW, &token).is_err(), "{name}");
    }
}

#[test]
fn each_hostile_kind_is_refused_for_its_own_reason() {
    let set = |name, value| with_claims(&changed(&good_claims(), name, value));
    let foreign = KeySet::generate().unwrap();
    for (token, reason) in [
        ("A".repeat(4097), AuthError::TooLong),
        ("a.b".into(), AuthError::Malformed),
        (with_header(&changed(&good_header(), "alg", json!("HS256"))), AuthError::Header),
        (with_header(&changed(&good_header(), "crit", json!(["b64"]))), AuthError::Header),
        (with_header(&changed(&good_header(), "kid", json!(foreign.signing_kid()))), AuthError::UnknownKey),
        (signature::signatures().swap_remove(0).1, AuthError::BadSignature),
        (set("aud", json!(["figurine-api"])), AuthError::Claims),
        (set("iss", json!("x")), AuthError::WrongIssuer),
        (set("aud", json!("x")), AuthError::WrongAudience),
        (set("nbf", json!(NOW + 31)), AuthError::NotYetValid),
        (set("exp", json!(NOW - 30)), AuthError::Expired),
        (set("exp", json!(NOW + 400 * 86_400)), AuthError::Lifetime),
        (set("sub", json!("a b")), AuthError::Account),
        (set("jti", json!("x")), AuthError::KeyId),
        (set("scope", json!("x")), AuthError::Scope),
    ] {
        assert_eq!(refusal(&token), reason, "{}", reason.reason());
    }
}
