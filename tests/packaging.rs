//! What is shipped around the code: the dependencies that are compiled in, and the containers' files.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

use std::{collections::BTreeMap, path::Path, process::Command};

use figurine::config::{SETTINGS, Settings, StoreChoice};
use yaml_rust2::{Yaml, YamlLoader};

const COMPOSE: &str = include_str!("../docker/compose.yaml");
const NGINX: &str = include_str!("../docker/nginx.conf");
const DOCKERFILE: &str = include_str!("../docker/Dockerfile");

/// The oldest version of a dependency that has no known fault that matters here; where it is compiled in at all.
const FLOORS: [(&str, [u64; 3]); 8] = [
    ("actix-http", [3, 20, 0]),
    ("actix-multipart", [0, 8, 5]),
    ("actix-server", [2, 10, 0]),
    ("jsonwebtoken", [11, 1, 0]),
    ("rustls", [0, 23, 45]),
    ("h2", [0, 4, 16]),
    ("tracing-subscriber", [0, 3, 20]),
    ("tokio-rustls", [0, 26, 0]),
];

/// What must be there, since a floor of what is not there says nothing.
const PRESENT: [&str; 6] =
    ["actix-http", "actix-multipart", "actix-server", "jsonwebtoken", "rustls", "tracing-subscriber"];

/// What must not be compiled in: RSA (RUSTSEC-2023-0071), a second TLS, C decoders of images.
const BANNED: [&str; 6] = ["rsa", "openssl", "openssl-sys", "native-tls", "libwebp-sys", "libheif-sys"];

/// Name and version of every package that is compiled into the program on this system.
fn compiled() -> Vec<(String, [u64; 3])> {
    let tree = Command::new(env!("CARGO"))
        .args(["tree", "--locked", "--offline", "--edges", "normal,build", "--prefix", "none", "--format", "{p}"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let lines = String::from_utf8(tree.stdout).unwrap();
    let packages = lines.lines().map(|line| {
        let (name, rest) = line.split_once(" v").unwrap_or_else(|| panic!("{line}"));
        let version = rest.split([' ', '-', '+']).next().unwrap();
        let mut numbers = version.split('.').map(|number| number.parse().unwrap());
        (name.to_owned(), [(); 3].map(|()| numbers.next().unwrap_or(0)))
    });
    packages.collect()
}

#[test]
fn no_dependency_with_known_faults_is_compiled_in() {
    let compiled = compiled();
    assert!(compiled.len() > 150, "{compiled:?}");
    for name in PRESENT {
        assert!(compiled.iter().any(|(known, _)| known == name), "{name} is not compiled in");
    }
    for (name, version) in &compiled {
        assert!(!BANNED.contains(&name.as_str()), "{name} is compiled in");
        if let Some((_, floor)) = FLOORS.iter().find(|(known, _)| known == name) {
            assert!(version >= floor, "{name} {version:?} is older than {floor:?}");
        }
    }
}

/// The environment of the nodes.
fn environment() -> BTreeMap<String, String> {
    let compose = YamlLoader::load_from_str(COMPOSE).expect("it is YAML");
    let Yaml::Hash(environment) = &compose[0]["x-node"]["environment"] else { panic!("no environment") };
    let text = |value: &Yaml| value.as_str().map_or_else(|| panic!("{value:?} is no text"), str::to_owned);
    environment.iter().map(|(name, value)| (text(name), text(value))).collect()
}

#[test]
fn the_nodes_of_the_compose_file_have_settings_that_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let named = "a:AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";
    for (name, text) in [("signing.pem", ""), ("seal_keys", named), ("index_keys", named), ("gemini_api_key", "k")] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let here = format!("{}/", folder.path().display());
    let environment = environment();
    for name in environment.keys() {
        let is_setting = |setting: &figurine::config::Setting| {
            name == setting.name || setting.secret && *name == format!("{}_FILE", setting.name)
        };
        assert!(SETTINGS.iter().any(is_setting), "{name} is no setting");
    }
    let vars = environment.into_iter().map(|(name, value)| (name, value.replace("/run/secrets/", &here)));
    let settings = Settings::from_vars(vars).unwrap();
    assert!(matches!((&settings.store, &settings.key_store), (StoreChoice::Redis(_), Some(StoreChoice::Redis(_)))));
    // Docker must not kill a node that still drains.
    let compose = YamlLoader::load_from_str(COMPOSE).unwrap();
    let grace =
        compose[0]["x-node"]["stop_grace_period"].as_str().unwrap().trim_end_matches('s').parse::<u64>().unwrap();
    assert!(grace >= settings.drain.as_secs() + settings.max_wait.as_secs(), "{grace} s");
}

#[test]
fn the_compose_file_keeps_stores_and_photos_where_they_belong() {
    let compose = YamlLoader::load_from_str(COMPOSE).unwrap();
    let services = &compose[0]["services"];
    let command = |name: &str| {
        let words = services[name]["command"].as_vec().unwrap().iter().map(|word| word.as_str().unwrap());
        words.collect::<Vec<_>>().join(" ")
    };
    assert!(command("redis").contains("--appendonly yes") && command("redis").contains("noeviction"));
    assert!(command("redis-keys").contains("--save  --appendonly no"), "{}", command("redis-keys"));
    assert!(services["redis-keys"]["volumes"].is_badvalue(), "data keys lie on no disk");
    for service in [&compose[0]["x-node"], &compose[0]["x-redis"], &services["proxy"]] {
        assert_eq!(service["read_only"].as_bool(), Some(true), "{service:?}");
        assert!(service["user"].as_str().is_some_and(|user| !user.starts_with('0')), "{service:?}");
    }
    for setting in
        ["proxy_request_buffering off;", "proxy_buffering off;", "proxy_max_temp_file_size 0;", "access_log off;"]
    {
        assert!(NGINX.contains(setting), "{setting}");
    }
    for service in ["node-1", "node-2"] {
        assert!(NGINX.contains(&format!("server {service}:8080")) && !services[service].is_badvalue(), "{service}");
    }
}

#[test]
fn the_image_is_built_of_what_is_there_and_runs_without_root() {
    let copied =
        DOCKERFILE.lines().filter_map(|line| line.strip_prefix("COPY ").filter(|rest| !rest.starts_with("--")));
    for name in copied.flat_map(|line| line.split(' ')).filter(|name| *name != "./") {
        assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join(name).exists(), "{name}");
    }
    let last = DOCKERFILE.rsplit("\nFROM ").next().unwrap();
    assert!(last.contains("\nUSER 65532") && last.contains(r#"["/usr/local/bin/figurine", "check", "--alive"]"#));
}
