use super::*;

fn vars(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn faults(pairs: &[(&str, &str)]) -> Vec<String> {
    Settings::from_vars(vars(pairs)).expect_err("must be refused").0
}

#[test]
fn nothing_configured_is_embedded_on_loopback() {
    let settings = Settings::from_vars(vars(&[])).unwrap();
    assert_eq!(settings.listen.to_string(), "127.0.0.1:8080");
    assert!(matches!(settings.engine, EngineChoice::Offline));
    assert_eq!(settings.upload_ttl, Duration::from_secs(600));
    assert_eq!(settings.max_upload_bytes, 26_214_400);
}

#[test]
fn every_fault_is_told_at_once_and_by_name() {
    let faults = faults(&[
        ("FIGURINE_LISTEN", "nowhere"),
        ("FIGURINE_RESULT_TTL_SECONDS", "0"),
        ("FIGURINE_SEAL_KEYS", "short:AAAA"),
        ("FIGURINE_LISTNE", "127.0.0.1:1"),
        ("GEMINI_API_KEY", "k"),
    ]);
    for name in [
        "FIGURINE_LISTEN:",
        "FIGURINE_RESULT_TTL_SECONDS:",
        "FIGURINE_SEAL_KEYS:",
        "FIGURINE_LISTNE:",
        "FIGURINE_GEMINI_TIER:",
    ] {
        assert!(faults.iter().any(|fault| fault.starts_with(name)), "{name} in {faults:?}");
    }
    assert_eq!(faults.len(), 5, "{faults:?}");
}

#[test]
fn an_address_off_loopback_is_refused_until_it_is_meant() {
    let open = faults(&[("FIGURINE_LISTEN", "0.0.0.0:8080")]);
    assert_eq!(open.len(), 5, "{open:?}");
    let meant = [
        ("FIGURINE_LISTEN", "0.0.0.0:8080"),
        ("FIGURINE_ALLOW_EMBEDDED", "1"),
        ("FIGURINE_ENGINE", "offline"),
        ("FIGURINE_OPERATOR", "Example"),
        ("FIGURINE_PRIVACY_CONTACT", "privacy@example.com"),
        ("FIGURINE_REGION", "eu"),
    ];
    assert!(Settings::from_vars(vars(&meant)).is_ok());
}

#[test]
fn a_store_that_outlives_the_process_wants_its_keys() {
    let found = faults(&[("FIGURINE_STORE_URL", "redis://localhost"), ("FIGURINE_LISTEN", "0.0.0.0:1")]);
    for name in ["FIGURINE_SIGNING_KEYS", "FIGURINE_SEAL_KEYS", "FIGURINE_INDEX_KEYS"] {
        assert!(found.iter().any(|fault| fault.starts_with(&format!("{name}: is required"))), "{name} in {found:?}");
    }
    assert!(!found.iter().any(|fault| fault.contains("FIGURINE_ALLOW_EMBEDDED")), "{found:?}");
}

#[test]
fn a_store_is_in_memory_or_redis_and_its_password_is_not_shown() {
    let given = |url: &str| {
        let dir = tempfile::tempdir().unwrap();
        let pem = dir.path().join("key.pem");
        std::fs::write(&pem, "").unwrap();
        let pem = pem.to_str().unwrap();
        let named = "a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
        let keys = [("FIGURINE_SIGNING_KEYS", pem), ("FIGURINE_SEAL_KEYS", named)];
        let all = [keys.as_slice(), &[("FIGURINE_INDEX_KEYS", named), ("FIGURINE_STORE_URL", url)]].concat();
        Settings::from_vars(vars(&all))
    };
    for url in [
        "redis://u:sesame@localhost:6379/1",
        "rediss://localhost",
        "redis+unix:///run/redis.sock",
        "redis://u:sesame@a:6379,b:6379,redis://u:sesame@c:6379",
    ] {
        let settings = given(url).unwrap();
        assert!(matches!(settings.store, StoreChoice::Redis(_)) && !format!("{settings:?}").contains("sesame"));
    }
    for url in [
        "http://localhost",
        "redis://",
        "redis://sesame@a,,b",
        "redis+unix:///a,/b",
        "redis://sesame@a,",
        "memory://x",
        "redis",
    ] {
        let faults = given(url).expect_err(url).0;
        assert!(faults[0].starts_with("FIGURINE_STORE_URL:") && !faults[0].contains("sesame"), "{faults:?}");
    }
    assert!(faults(&[("FIGURINE_KEY_STORE_URL", "redis://localhost")])[0].starts_with("FIGURINE_INDEX_KEYS"));
}

#[test]
fn receipts_are_signed_with_the_signing_keys_unless_others_are_given() {
    let dir = tempfile::tempdir().unwrap();
    let file = |name: &str| {
        let path = dir.path().join(name);
        std::fs::write(&path, "").unwrap();
        path
    };
    let (one, two) = (file("one.pem"), file("two.pem"));
    let signing = ("FIGURINE_SIGNING_KEYS", one.to_str().unwrap());
    let settings = Settings::from_vars(vars(&[signing])).unwrap();
    assert_eq!((settings.signing_keys, settings.receipt_keys), (vec![one.clone()], vec![one.clone()]));
    let receipts = ("FIGURINE_RECEIPT_KEYS", two.to_str().unwrap());
    let settings = Settings::from_vars(vars(&[signing, receipts])).unwrap();
    assert_eq!((settings.signing_keys, settings.receipt_keys), (vec![one], vec![two]));
}

#[test]
fn gemini_wants_a_key_and_a_paid_tier() {
    assert!(faults(&[("FIGURINE_ENGINE", "gemini")])[0].contains("GEMINI_API_KEY"));
    assert!(faults(&[("GEMINI_API_KEY", "k"), ("FIGURINE_GEMINI_TIER", "unpaid")])[0].contains("paid"));
    let settings = Settings::from_vars(vars(&[("GEMINI_API_KEY", "k"), ("FIGURINE_GEMINI_TIER", "paid")])).unwrap();
    assert!(matches!(settings.engine, EngineChoice::Gemini { .. }));
}

#[test]
fn a_secret_may_lie_in_a_file_but_not_in_two_places() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("key");
    std::fs::write(&path, "from-a-file\n").unwrap();
    let path = path.to_str().unwrap();
    let paid = ("FIGURINE_GEMINI_TIER", "paid");
    assert!(Settings::from_vars(vars(&[("GEMINI_API_KEY_FILE", path), paid])).is_ok());
    assert!(faults(&[("GEMINI_API_KEY_FILE", path), ("GEMINI_API_KEY", "k"), paid])[0].contains("twice"));
    assert!(faults(&[("GEMINI_API_KEY_FILE", "/nowhere"), paid])[0].contains("cannot be read"));
}

#[test]
fn no_key_is_shown_by_debug() {
    let key = "a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    let settings = Settings::from_vars(vars(&[
        ("FIGURINE_SEAL_KEYS", key),
        ("GEMINI_API_KEY", "very-secret"),
        ("FIGURINE_GEMINI_TIER", "paid"),
    ]))
    .unwrap();
    let shown = format!("{settings:?}");
    assert!(!shown.contains("very-secret") && !shown.contains("0, 1, 2, 3"), "{shown}");
}

#[test]
fn the_example_file_names_every_setting_with_its_default() {
    let example = include_str!("../../.env.example");
    let lines: Vec<_> = example.lines().filter_map(|line| line.strip_prefix("# ")?.split_once('=')).collect();
    for setting in SETTINGS {
        assert!(lines.contains(&(setting.name, setting.default)), "{} in .env.example", setting.name);
    }
    for (name, _) in lines.iter().filter(|(name, _)| name.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')) {
        assert!(SETTINGS.iter().any(|setting| setting.name == *name), "{name} is no setting");
    }
}
