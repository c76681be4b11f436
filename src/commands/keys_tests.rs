use std::os::unix::fs::PermissionsExt as _;

use clap::Parser;

use super::*;
use crate::auth::check;
use crate::domain::Scope;

const NOW: u64 = 1_800_000_000;

#[derive(Parser)]
struct Line {
    #[command(subcommand)]
    command: KeysCommand,
}

fn names() -> Expected {
    Expected { issuer: "figurine".into(), audience: "figurine-api".into() }
}

fn done(keys: Option<&KeySet>, words: &[&str]) -> Result<String, CommandError> {
    let command = Line::try_parse_from([&["keys"], words].concat()).unwrap().command;
    let mut out = Vec::new();
    run(&command, Context { keys, names: &names(), now: NOW, revoke: |_| Ok(()) }, &mut out)?;
    Ok(String::from_utf8(out).unwrap())
}

#[test]
fn a_generated_key_file_is_its_owners_alone_and_never_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("key.pem");
    let name = path.to_str().unwrap();
    let said = done(None, &["generate", "--out", name]).unwrap();
    let pem = std::fs::read_to_string(&path).unwrap();
    assert!(said.contains(KeySet::from_pem(&[&pem]).unwrap().signing_kid()));
    assert!(!said.contains("PRIVATE"));
    assert_eq!(path.metadata().unwrap().permissions().mode() & 0o777, 0o600);
    assert!(done(None, &["generate", "--out", name]).is_err());
    assert_eq!(std::fs::read_to_string(&path).unwrap(), pem);
}

#[test]
fn mint_prints_a_good_key_alone() {
    let keys = KeySet::generate().unwrap();
    let words = ["mint", "--account", "acme", "--days", "7", "--test", "--rpm", "5"];
    let said = done(Some(&keys), &words).unwrap();
    let caller = check(&keys, &names(), NOW, said.trim_end()).unwrap();
    assert_eq!(said.lines().count(), 1);
    assert_eq!((caller.mode(), caller.expires_at()), (Mode::Test, NOW + 7 * 86_400));
    assert_eq!(caller.scopes(), Scopes::of_an_integrator());
    assert_eq!(*caller.limits(), PlanLimits::parse(Some(5), None, None, None, None).unwrap());
    let admin = ["mint", "--account", "acme", "--scope", "keys:admin"];
    let said = done(Some(&keys), &admin).unwrap();
    let caller = check(&keys, &names(), NOW, said.trim_end()).unwrap();
    assert!(caller.may(Scope::KeysAdmin) && !caller.may(Scope::FiguresWrite));
}

#[test]
fn mint_refuses_what_no_key_may_have() {
    let keys = KeySet::generate().unwrap();
    let account = ["mint", "--account", "acme"];
    for more in [["--days", "0"], ["--days", "366"], ["--rpm", "0"]] {
        assert!(done(Some(&keys), &[&account[..], &more].concat()).is_err(), "{more:?}");
    }
    assert!(matches!(done(None, &account), Err(CommandError::NoSigningKey)));
    for words in [["--account", "a b"], ["--account", ""], ["--scope", "root"]] {
        assert!(Line::try_parse_from([&["keys", "mint"][..], &words].concat()).is_err());
    }
}

#[test]
fn inspect_says_what_the_key_says_and_fails_on_a_strange_signature() {
    let keys = KeySet::generate().unwrap();
    let key = done(Some(&keys), &["mint", "--account", "acme"]).unwrap();
    let key = key.trim_end();
    for (keys, state) in [(Some(&keys), "verified"), (None, "not_checked")] {
        let said = done(keys, &["inspect", key]).unwrap();
        let said: serde_json::Value = serde_json::from_str(&said).unwrap();
        assert_eq!((&said["signature"], &said["account"]), (&state.into(), &"acme".into()));
    }
    let other = KeySet::generate().unwrap();
    assert!(done(Some(&other), &["inspect", key]).is_err());
    assert!(done(None, &["inspect", "nonsense"]).is_err());
}
