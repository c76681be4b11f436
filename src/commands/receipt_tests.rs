use clap::Parser;
use tempfile::TempDir;

use super::*;
use crate::auth::KeySet;
use crate::vault::receipt::{
    Erased, ErasureReceipt, sign_erasure,
    tests::{PHOTO, SENT, Signed, receipt, signed},
};

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: ReceiptCommand,
}

/// A folder with a bundle, the bare receipt, its keys and its photo.
struct Desk {
    folder: TempDir,
    bundle: Bundle,
}

impl Desk {
    fn new() -> Self {
        let Signed { keys, salt, text } = signed();
        let bundle = Bundle { receipt: text, salt, jwks: keys.jwks() };
        let desk = Self { folder: tempfile::tempdir().unwrap(), bundle };
        desk.put("bundle.json", desk.bundle.to_json().unwrap().as_bytes());
        desk.put("receipt.jws", format!("{}\n", desk.bundle.receipt).as_bytes());
        desk.put("jwks.json", desk.bundle.jwks.to_string().as_bytes());
        desk.put("photo.jpg", PHOTO);
        desk.put("sent.jpg", SENT);
        desk
    }

    fn put(&self, name: &str, bytes: &[u8]) {
        std::fs::write(self.folder.path().join(name), bytes).unwrap();
    }

    /// Runs `receipt verify`; words with a dot in them are files of the folder.
    fn verify(&self, words: &[&str]) -> Result<String, CommandError> {
        self.verify_with(words, |url| Err(format!("unexpected fetch of {url}").into()))
    }

    fn verify_with(&self, words: &[&str], fetch: impl FnOnce(&str) -> Fetched) -> Result<String, CommandError> {
        let word = |word: &&str| {
            let is_file = word.contains('.') && !word.contains(':');
            let path = self.folder.path().join(word);
            if is_file { path.to_str().unwrap().to_owned() } else { (*word).to_owned() }
        };
        let mut line = vec!["receipt".to_owned(), "verify".to_owned()];
        line.extend(words.iter().map(word));
        let command = Line::try_parse_from(line).unwrap().command;
        let mut out = Vec::new();
        run(&command, fetch, &mut out)?;
        Ok(String::from_utf8(out).unwrap())
    }
}

#[test]
fn a_bundle_alone_verifies_and_says_that_the_key_is_not_pinned() {
    let said = Desk::new().verify(&["bundle.json", "--photo", "photo.jpg"]).unwrap();
    assert!(said.contains("signature: good (key not pinned"), "{said}");
    assert!(said.contains("is the file that was received"), "{said}");
    assert!(said.contains("data-key destroyed") && said.contains("not_covered"), "{said}");
}

#[test]
fn a_bundle_with_given_keys_is_pinned() {
    let desk = Desk::new();
    let said = desk.verify(&["bundle.json", "--jwks", "jwks.json", "--photo", "sent.jpg"]).unwrap();
    assert!(said.contains("key pinned by --jwks") && !said.contains("not pinned"), "{said}");
    assert!(said.contains("is the JPEG that was sent out"), "{said}");
}

#[test]
fn a_bare_receipt_needs_keys_and_for_a_photo_its_salt() {
    let desk = Desk::new();
    assert!(matches!(desk.verify(&["receipt.jws"]), Err(CommandError::NoKeys)));
    let keyed = ["receipt.jws", "--jwks", "jwks.json"];
    assert!(desk.verify(&keyed).unwrap().contains("photo: not checked"));
    let photo = [&keyed[..], &["--photo", "photo.jpg"]].concat();
    assert!(matches!(desk.verify(&photo), Err(CommandError::NoSalt)));
    let salt = desk.bundle.salt.expose();
    let salt = format!("--salt={}", salt.as_str());
    desk.verify(&[&photo[..], &[&salt]].concat()).unwrap();
}

#[test]
fn keys_are_fetched_over_https_or_from_this_machine_only() {
    let desk = Desk::new();
    let jwks = || Ok(desk.bundle.jwks.to_string());
    for url in [
        "https://figurine.example/.well-known/jwks.json",
        "http://127.0.0.1:8080/.well-known/jwks.json",
        "http://localhost:8080/jwks",
        "http://[::1]:8080/jwks",
        "http://[::1]/jwks",
        "http://127.0.0.1",
    ] {
        let mut asked = None;
        let fetch = |url: &str| {
            asked = Some(url.to_owned());
            jwks()
        };
        desk.verify_with(&["receipt.jws", "--jwks", url], fetch).unwrap();
        assert_eq!(asked.as_deref(), Some(url));
    }
    for url in [
        "http://figurine.example/jwks",
        "http://localhost.evil.example/jwks",
        "http://127.0.0.1@evil.example/jwks",
        "http://127.0.0.1:80@evil.example/jwks",
        "http://127.0.0.1\\@evil.example/jwks",
        "http://127.0.0.1.evil.example/jwks",
        "http://localhost:8080:x/jwks",
        "http://0.0.0.0/jwks",
        "http:///jwks",
        "https://",
        "file:///etc/passwd",
        "ftp://127.0.0.1/jwks",
    ] {
        let refused = desk.verify_with(&["receipt.jws", "--jwks", url], |_| jwks());
        assert!(matches!(refused, Err(CommandError::Address)), "{url}: {refused:?}");
    }
}

#[test]
fn a_failed_or_strange_fetch_is_refused() {
    let desk = Desk::new();
    let words = ["receipt.jws", "--jwks", "https://figurine.example/jwks"];
    let fetches: [Fetched; 4] = [
        Err("no route".into()),
        Ok("<html>".into()),
        Ok("{\"keys\":[]}".into()),
        Ok(KeySet::generate().unwrap().jwks().to_string()),
    ];
    for fetched in fetches {
        assert!(desk.verify_with(&words, |_| fetched).is_err());
    }
}

#[test]
fn foreign_keys_refuse_even_a_bundle_that_brings_its_own() {
    let desk = Desk::new();
    desk.put("other.json", KeySet::generate().unwrap().jwks().to_string().as_bytes());
    let refused = desk.verify(&["bundle.json", "--jwks", "other.json"]);
    assert!(matches!(refused, Err(CommandError::Refused(_))), "{refused:?}");
}

#[test]
fn one_changed_byte_of_the_photo_is_refused() {
    let desk = Desk::new();
    for at in 0..PHOTO.len() {
        let mut photo = PHOTO.to_vec();
        photo[at] ^= 1;
        desk.put("photo.jpg", &photo);
        let refused = desk.verify(&["bundle.json", "--photo", "photo.jpg"]);
        let differs = matches!(refused, Err(CommandError::Refused(ReceiptError::PhotoDiffers)));
        assert!(differs, "byte {at}: {refused:?}");
    }
}

#[test]
fn one_changed_character_of_salt_or_receipt_in_a_bundle_is_refused() {
    let desk = Desk::new();
    let text = desk.bundle.to_json().unwrap();
    let salt = desk.bundle.salt.expose();
    for part in [salt.as_str(), &desk.bundle.receipt] {
        let start = text.find(part).unwrap();
        for at in start..start + part.len() {
            for other in [b'A', b'B', b'g', b'_'] {
                let mut bytes = text.as_bytes().to_vec();
                if bytes[at] == other {
                    continue;
                }
                bytes[at] = other;
                desk.put("changed.json", &bytes);
                let refused = desk.verify(&["changed.json", "--photo", "photo.jpg"]);
                assert!(refused.is_err(), "character {at} = {other}");
            }
        }
    }
}

#[test]
fn a_wrong_salt_on_the_command_line_is_not_healed_by_the_bundle() {
    let desk = Desk::new();
    let salt = format!("--salt={}", "A".repeat(43));
    assert!(desk.verify(&["bundle.json", "--photo", "photo.jpg", &salt]).is_err());
}

#[test]
fn files_that_are_missing_endless_or_no_text_are_told_by_name() {
    let desk = Desk::new();
    desk.put("long.jws", &vec![b'A'; 1024 * 1024 + 1]);
    desk.put("binary.jws", &[0xff; 8]);
    for (name, jwks) in [
        ("missing.jws", "jwks.json"),
        ("long.jws", "jwks.json"),
        ("binary.jws", "jwks.json"),
        ("receipt.jws", "missing.json"),
    ] {
        let said = desk.verify(&[name, "--jwks", jwks]).unwrap_err().to_string();
        assert!(said.contains(name) || said.contains(jwks), "{said}");
    }
}

#[test]
fn the_receipt_of_an_erasure_verifies_and_speaks_of_no_photo() {
    let (desk, keys) = (Desk::new(), KeySet::generate().unwrap());
    let of = receipt(&desk.bundle.salt);
    let erasure = ErasureReceipt {
        iss: of.iss,
        iat: of.iat,
        jti: of.jti,
        account: of.account,
        person: None,
        asked_at: of.stored_at,
        erased_at: of.purged_at,
        erased: Erased { figures: 3, ..Erased::default() },
        actions: of.actions,
        verified_absent: of.verified_absent.unwrap(),
        kept: Vec::new(),
        recipients: of.recipients,
        not_covered: of.not_covered,
        operator: of.operator,
        privacy_contact: of.privacy_contact,
    };
    desk.put("erasure.jws", sign_erasure(&keys, &erasure).unwrap().as_bytes());
    desk.put("keys.json", keys.jwks().to_string().as_bytes());
    let words = ["erasure.jws", "--jwks", "keys.json"];
    let said = desk.verify(&words).unwrap();
    assert!(said.contains("signature: good (key pinned") && said.contains("\"figures\": 3"), "{said}");
    let salt = format!("--salt={}", desk.bundle.salt.expose().as_str());
    let photo = [&words[..], &["--photo", "photo.jpg", &salt]].concat();
    assert!(matches!(desk.verify(&photo), Err(CommandError::Refused(_))));
    assert!(desk.verify(&["erasure.jws", "--jwks", "jwks.json"]).is_err(), "another's keys");
}
