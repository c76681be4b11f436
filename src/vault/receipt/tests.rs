use serde_json::{Value, json};
use time::macros::datetime;

use super::*;
use crate::auth::{AuthError, Expected, KeySet, MintRequest, check, jws, mint};
use crate::domain::{AccountId, FigureId, ReceiptId};

pub(crate) const PHOTO: &[u8] = b"a photo, byte by byte";
pub(crate) const SENT: &[u8] = b"the JPEG that was sent";
const NOW: u64 = 1_800_000_000;

pub(crate) fn receipt(salt: &Salt) -> Receipt {
    let grade = Grade::Measured;
    Receipt {
        iss: "figurine".into(),
        iat: NOW,
        jti: ReceiptId::generate(NOW),
        figure: Some(FigureId::generate(NOW)),
        upload: None,
        account: OpaqueAccount::parse("Zm9vYmFyYmF6cXV4").unwrap(),
        commitments: Commitments { received: commit(salt, PHOTO), sent: Some(commit(salt, SENT)) },
        stored_at: datetime!(2027-01-15 08:00:00.25 UTC),
        purged_at: datetime!(2027-01-15 08:00:10.5 UTC),
        reason: Reason::Succeeded,
        actions: [What::DataKeyDestroyed, What::Unlinked].map(|what| Action { what, grade }).to_vec(),
        verified_absent: Some(VerifiedAbsent {
            by: VerifiedBy::ReadBack,
            store: StoreKind::Redis,
            persistence: Persistence::None,
            grade,
        }),
        recipients: vec![Recipient {
            endpoint: "generativelanguage.googleapis.com".into(),
            region: "global".into(),
            store: Some(false),
            retention: "as the recipient's terms say".into(),
            grade: Grade::Declared,
        }],
        not_covered: vec![NotCovered("freed memory of the process".into())],
        operator: "Acme".into(),
        privacy_contact: "privacy@acme.example".into(),
        results: Vec::new(),
    }
}

pub(crate) struct Signed {
    pub(crate) keys: KeySet,
    pub(crate) salt: Salt,
    pub(crate) text: String,
}

pub(crate) fn signed() -> Signed {
    let (keys, salt) = (KeySet::generate().unwrap(), Salt::generate().unwrap());
    let text = sign(&keys, &receipt(&salt)).unwrap();
    Signed { keys, salt, text }
}

#[test]
fn a_receipt_comes_back_as_it_was_signed() {
    let (keys, salt) = (KeySet::generate().unwrap(), Salt::generate().unwrap());
    let receipt = receipt(&salt);
    let text = sign(&keys, &receipt).unwrap();
    assert_eq!(verify(&text, &keys.jwks()), Ok(receipt));
}

#[test]
fn the_words_of_a_receipt_are_the_published_ones() {
    let Signed { text, .. } = signed();
    let payload = jws::decode(text.split('.').nth(1).unwrap()).unwrap();
    let claims: Value = serde_json::from_slice(&payload).unwrap();
    assert_eq!(claims["actions"][0], json!({"what": "data-key destroyed", "grade": "measured"}));
    assert_eq!(
        claims["verified_absent"],
        json!({"by": "read-back", "store": "redis", "persistence": "none", "grade": "measured"})
    );
    assert_eq!(claims["stored_at"], "2027-01-15T08:00:00.25Z");
    assert_eq!(claims["reason"], "succeeded");
    assert!(claims.get("results").is_none() && claims.get("upload").is_none());
}

#[test]
fn one_changed_character_of_a_receipt_is_refused() {
    let Signed { keys, text, .. } = signed();
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        assert!(verify(std::str::from_utf8(&bytes).unwrap(), &keys.jwks()).is_err(), "{at}");
    }
}

#[test]
fn the_unused_bits_of_the_last_character_are_not_free() {
    let Signed { keys, text, .. } = signed();
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let accepted =
        alphabet.chars().filter(|c| verify(&format!("{}{c}", &text[..text.len() - 1]), &keys.jwks()).is_ok()).count();
    assert_eq!(accepted, 1);
}

#[test]
fn the_photo_and_the_jpeg_are_told_apart_and_others_refused() {
    let salt = Salt::generate().unwrap();
    let receipt = receipt(&salt);
    assert_eq!(check_photo(&receipt, &salt, PHOTO), Ok(PhotoMatch::Received));
    assert_eq!(check_photo(&receipt, &salt, SENT), Ok(PhotoMatch::Sent));
    for at in 0..PHOTO.len() {
        let mut photo = PHOTO.to_vec();
        photo[at] ^= 1;
        assert_eq!(check_photo(&receipt, &salt, &photo), Err(ReceiptError::PhotoDiffers));
    }
    for photo in [&PHOTO[1..], &[PHOTO, b"\0"].concat(), &[]] {
        assert_eq!(check_photo(&receipt, &salt, photo), Err(ReceiptError::PhotoDiffers));
    }
}

#[test]
fn one_changed_character_of_a_salt_is_refused() {
    let salt = Salt::generate().unwrap();
    let receipt = receipt(&salt);
    let text = salt.expose();
    for at in 0..text.len() {
        let mut bytes = text.as_bytes().to_vec();
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let other = Salt::parse(std::str::from_utf8(&bytes).unwrap());
        assert!(other.and_then(|salt| check_photo(&receipt, &salt, PHOTO)).is_err(), "{at}");
    }
}

#[test]
fn a_salt_is_32_bytes_of_canonical_base64url_and_never_shown() {
    let salt = Salt::generate().unwrap();
    let text = salt.expose();
    assert_eq!(Salt::parse(&text).unwrap().expose(), text);
    assert_eq!(format!("{salt:?}"), "Salt(hidden)");
    let zeros = "A".repeat(43);
    assert!(Salt::parse(&zeros).is_ok());
    let stray = format!("{}B", "A".repeat(42));
    for bad in ["", "A", &"A".repeat(42), &"A".repeat(44), &format!("{zeros}="), &stray, "+/"] {
        assert_eq!(Salt::parse(bad).unwrap_err(), ReceiptError::Salt, "{bad}");
    }
}

#[test]
fn a_commitment_is_hmac_sha256_whether_whole_or_in_pieces() {
    let salt = Salt::parse(&"A".repeat(43)).unwrap();
    // HMAC-SHA256 of nothing under a key of zeros.
    assert_eq!(commit(&salt, b""), "thNnmggU2ex3L5XXeMNfxf8Wl8STcVZTxscSFEKSxa0");
    let mut pieces = Commitment::new(&salt);
    PHOTO.chunks(3).for_each(|piece| pieces.update(piece));
    assert_eq!(pieces.finish(), commit(&salt, PHOTO));
}

#[test]
fn an_api_key_is_no_receipt_and_a_receipt_no_api_key() {
    let Signed { keys, text, .. } = signed();
    let names = Expected { issuer: "figurine".into(), audience: "figurine-api".into() };
    assert_eq!(check(&keys, &names, NOW, &text), Err(AuthError::Header));
    let request = MintRequest::new(AccountId::parse("acme").unwrap(), &names);
    let key = mint(&keys, &request, NOW).unwrap();
    let key = secrecy::ExposeSecret::expose_secret(&key.text);
    let refused = verify(key, &keys.jwks()).unwrap_err();
    assert_eq!(refused, ReceiptError::Jws(jws::JwsError::Header));
}

#[test]
fn another_installations_keys_do_not_verify() {
    let Signed { text, .. } = signed();
    let other = KeySet::generate().unwrap();
    let refused = verify(&text, &other.jwks()).unwrap_err();
    assert_eq!(refused, ReceiptError::Jws(jws::JwsError::UnknownKey));
}

#[test]
fn a_receipt_that_makes_no_sense_is_neither_signed_nor_believed() {
    let keys = KeySet::generate().unwrap();
    let good = receipt(&Salt::generate().unwrap());
    let change = |change: &dyn Fn(&mut Receipt)| {
        let mut receipt = good.clone();
        change(&mut receipt);
        receipt
    };
    for bad in [
        change(&|r| r.figure = None),
        change(&|r| r.purged_at = r.stored_at - time::Duration::SECOND),
        change(&|r| r.actions.clear()),
        change(&|r| r.commitments.received = "AAAA".into()),
        change(&|r| r.commitments.sent = Some("AAAA".into())),
        change(&|r| r.commitments.sent = None),
    ] {
        assert_eq!(sign(&keys, &bad), Err(ReceiptError::Claims));
        let text = jws::seal(&keys, seal::RECEIPT, &serde_json::to_vec(&bad).unwrap()).unwrap();
        assert_eq!(verify(&text, &keys.jwks()), Err(ReceiptError::Claims));
    }
    let endless = Receipt { operator: "x".repeat(70_000), ..good };
    assert_eq!(sign(&keys, &endless), Err(ReceiptError::Signing));
}
