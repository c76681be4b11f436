use std::sync::OnceLock;

use proptest::prelude::*;
use secrecy::ExposeSecret as _;
use serde_json::{Value, json};

use super::*;
use crate::domain::{AccountId, Mode, PlanLimits, Scope, Scopes};

/// Seconds since the Unix epoch, for every test.
pub(super) const NOW: u64 = 1_800_000_000;

pub(super) fn keys() -> &'static KeySet {
    static KEYS: OnceLock<KeySet> = OnceLock::new();
    KEYS.get_or_init(|| KeySet::generate().unwrap())
}

pub(super) fn expected() -> Expected {
    Expected { issuer: "figurine".into(), audience: "figurine-api".into() }
}

pub(super) fn good_header() -> Value {
    json!({"alg": "EdDSA", "typ": "figurine-key+jwt", "kid": keys().signing_kid()})
}

pub(super) fn good_claims() -> Value {
    json!({
        "iss": "figurine", "aud": "figurine-api", "sub": "acme",
        "jti": "key_01890a5d39c27cc3a8e3c1b4f5a6d7e8",
        "iat": NOW - 60, "nbf": NOW - 60, "exp": NOW + 3600,
        "scope": "figures:write figures:read", "mode": "live", "lim": {"rpm": 60, "burst": 20},
    })
}

pub(super) fn refusal(text: &str) -> AuthError {
    check(keys(), &expected(), NOW, text).unwrap_err()
}

fn request() -> MintRequest {
    MintRequest::new(AccountId::parse("acme").unwrap(), &expected())
}

fn minted(request: &MintRequest) -> String {
    mint(keys(), request, NOW).unwrap().text.expose_secret().to_owned()
}

fn sealed(claims: &Value) -> String {
    jws::seal(keys(), API_KEY, claims.to_string().as_bytes()).unwrap()
}

fn with(name: &str, value: Value) -> Value {
    let mut claims = good_claims();
    claims[name] = value;
    claims
}

#[test]
fn a_minted_key_is_accepted_and_says_what_was_asked() {
    let limits = PlanLimits::parse(Some(5), None, None, Some(0), None).unwrap();
    let scopes = Scopes::parse("usage:read").unwrap();
    let request = MintRequest { scopes, days: 365, mode: Mode::Test, limits, ..request() };
    let key = mint(keys(), &request, NOW).unwrap();
    let caller = check(keys(), &expected(), NOW, key.text.expose_secret()).unwrap();
    assert_eq!(caller.account().as_str(), "acme");
    assert_eq!(caller.key_id(), key.key_id);
    assert_eq!((caller.mode(), *caller.limits()), (Mode::Test, limits));
    assert!(caller.may(Scope::UsageRead) && !caller.may(Scope::FiguresWrite));
    assert_eq!((caller.issued_at(), caller.expires_at()), (NOW, NOW + 365 * 86_400));
    assert_eq!(key.expires_at, caller.expires_at());
}

#[test]
fn a_key_without_mode_and_limits_is_live_with_the_servers_limits() {
    let mut claims = good_claims();
    claims.as_object_mut().unwrap().retain(|name, _| name != "mode" && name != "lim");
    let caller = check(keys(), &expected(), NOW, &sealed(&claims)).unwrap();
    assert_eq!(caller.mode(), Mode::Live);
    assert!(caller.limits().is_empty());
}

#[test]
fn times_at_the_edge_are_accepted() {
    let year = 365 * 86_400;
    for claims in [
        with("iat", json!(NOW + 30)),
        with("nbf", json!(NOW + 30)),
        with("nbf", json!(0)),
        with("exp", json!(NOW - 29)),
        with("exp", json!(NOW - 60 + year)),
    ] {
        let result = check(keys(), &expected(), NOW, &sealed(&claims));
        assert!(result.is_ok(), "{claims}: {result:?}");
    }
}

#[test]
fn times_that_contradict_one_another_are_refused_whatever_the_clock() {
    let mut never = with("iat", json!(NOW));
    never["exp"] = json!(NOW);
    let mut late = with("nbf", json!(NOW + 20));
    late["exp"] = json!(NOW + 10);
    let backwards = with("exp", json!(NOW - 61));
    for claims in [never, late, backwards] {
        assert_eq!(refusal(&sealed(&claims)), AuthError::Lifetime, "{claims}");
    }
}

#[test]
fn every_key_of_a_rotated_set_is_accepted_and_the_first_signs() {
    let (old, new) = (generate_pem().unwrap(), generate_pem().unwrap());
    let before = KeySet::from_pem(&[old.as_str()]).unwrap();
    let after = KeySet::from_pem(&[new.as_str(), old.as_str()]).unwrap();
    let old_key = mint(&before, &request(), NOW).unwrap();
    let new_key = mint(&after, &request(), NOW).unwrap();
    for key in [&old_key, &new_key] {
        check(&after, &expected(), NOW, key.text.expose_secret()).unwrap();
    }
    let refused = check(&before, &expected(), NOW, new_key.text.expose_secret());
    assert_eq!(refused, Err(AuthError::UnknownKey));
}

#[test]
fn a_life_outside_a_year_is_not_minted() {
    for days in [0, 366, u16::MAX] {
        let refused = mint(keys(), &MintRequest { days, ..request() }, NOW);
        assert_eq!(refused.unwrap_err(), MintError::Days);
    }
}

#[test]
fn a_key_that_would_be_refused_is_not_minted() {
    let refused = mint(keys(), &MintRequest { issuer: "i".repeat(4096), ..request() }, NOW);
    assert_eq!(refused.unwrap_err(), MintError::Refused(AuthError::TooLong));
}

#[test]
fn inspection_tells_whether_the_signature_fits() {
    let key = minted(&request());
    let state = |keys| inspect(&key, keys).unwrap().signature;
    assert_eq!(state(None), SignatureState::NotChecked);
    assert_eq!(state(Some(keys())), SignatureState::Verified);
    assert_eq!(state(Some(&KeySet::generate().unwrap())), SignatureState::Refused);
    assert_eq!(inspect(&key, None).unwrap().account, "acme");
    assert!(inspect("a.b.c", None).is_err());
}

#[test]
fn a_minted_key_is_not_shown_by_debug() {
    let key = mint(keys(), &request(), NOW).unwrap();
    assert!(!format!("{key:?}").contains(&key.text.expose_secret()[..20]));
}

#[test]
fn flipping_the_lowest_bit_of_any_byte_is_refused() {
    let key = minted(&request());
    for at in 0..key.len() {
        let mut bytes = key.clone().into_bytes();
        bytes[at] ^= 1;
        let text = String::from_utf8(bytes).unwrap();
        assert!(check(keys(), &expected(), NOW, &text).is_err(), "byte {at}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..Default::default() })]

    #[test]
    fn any_byte_changed_is_refused(at in any::<prop::sample::Index>(), byte in 0_u8..128) {
        let key = minted(&request());
        let mut bytes = key.clone().into_bytes();
        let at = at.index(bytes.len());
        prop_assume!(bytes[at] != byte);
        bytes[at] = byte;
        let text = String::from_utf8(bytes).unwrap();
        prop_assert!(check(keys(), &expected(), NOW, &text).is_err());
    }

    #[test]
    fn no_text_is_accepted_and_none_panics(text in "\\PC{0,200}", tail in "[A-Za-z0-9_.-]{0,300}") {
        prop_assert!(check(keys(), &expected(), NOW, &text).is_err());
        prop_assert!(check(keys(), &expected(), NOW, &tail).is_err());
        let _ = credential([("authorization", text.as_bytes())]);
        let _ = refuse_key_in_query(&text);
    }
}
