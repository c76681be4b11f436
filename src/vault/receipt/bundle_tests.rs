use super::super::tests::{Signed, signed};
use super::*;

#[test]
fn a_bundle_comes_back_and_hides_its_salt() {
    let Signed { keys, salt, text } = signed();
    let bundle = Bundle { receipt: text, salt, jwks: keys.jwks() };
    let json = bundle.to_json().unwrap();
    let back = Bundle::parse(&json).unwrap();
    assert_eq!(back.receipt, bundle.receipt);
    assert_eq!(back.salt.expose(), bundle.salt.expose());
    assert!(!format!("{bundle:?}").contains(bundle.salt.expose().as_str()));
    for bad in ["", "[]", "{}", &json.replace("jwks", "keys"), &json.replacen('{', "{\"a\":1,", 1)] {
        assert!(Bundle::parse(bad).is_err(), "{bad}");
    }
}
