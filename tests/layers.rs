//! Who may import whom: from the top down, never up, never sideways but for the named exceptions.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

/// The ranks, top first.
const RANKS: [&[&str]; 6] = [
    &["main", "commands", "server"],
    &["http", "worker"],
    &["flow"],
    &["admission", "intake", "vault", "jobs", "studio", "ledger"],
    &["auth", "store", "engine"],
    &["domain", "config", "telemetry", "tasks"],
];

/// Imports within one rank that are meant.
const EXCEPTIONS: [(&str, &str); 9] = [
    ("vault", "intake"),
    ("studio", "intake"),
    ("jobs", "vault"),
    ("jobs", "admission"),
    ("main", "commands"),
    ("commands", "server"),
    ("http", "worker"),
    ("config", "domain"),
    ("telemetry", "config"),
];

/// Who may start the simulator, which stands apart.
const STARTS_SIMULATOR: [&str; 2] = ["server", "commands"];

#[test]
fn no_module_imports_from_above_or_beside() {
    let mut breaches = Vec::new();
    for (module, file, line, imported) in imports() {
        let allowed = match (module.as_str(), imported.as_str()) {
            (own, other) if own == other => true,
            ("lib", _) => true,
            ("simulator", other) => other == "engine" && line.contains("engine::wire"),
            (own, "simulator") => STARTS_SIMULATOR.contains(&own),
            (own, other) => rank(own) < rank(other) || EXCEPTIONS.contains(&(own, other)),
        };
        if !allowed {
            breaches.push(format!("{}: {module} imports {imported}: {}", file.display(), line.trim()));
        }
    }
    assert!(breaches.is_empty(), "{}", breaches.join("\n"));
}

#[test]
fn only_the_edge_knows_http_statuses_and_only_config_reads_the_environment() {
    for (file, text) in sources() {
        let module = module_of(&file);
        let server_side = ["http", "engine", "simulator", "commands"].contains(&module.as_str());
        assert!(server_side || !text.contains("StatusCode"), "{}", file.display());
        assert!(module == "config" || !text.contains("env::var"), "{}", file.display());
        assert!(module != "studio" || !text.contains("crate::store"), "{}", file.display());
    }
}

/// Every import of a module of this crate: by whom, in which file and line, of what.
fn imports() -> Vec<(String, PathBuf, String, String)> {
    let mut found = Vec::new();
    for (file, text) in sources() {
        let module = module_of(&file);
        for statement in statements(&text) {
            for imported in named(&statement) {
                found.push((module.clone(), file.clone(), statement.clone(), imported));
            }
        }
    }
    assert!(found.len() > 100, "the search finds imports");
    found
}

/// The parts of a source that name modules of this crate, each as one line.
fn statements(text: &str) -> Vec<String> {
    let code: String = text.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join(" ");
    code.match_indices("crate::")
        .filter(|(at, _)| !code[..*at].ends_with('$'))
        .map(|(at, _)| code[at..].split(';').next().unwrap().to_owned())
        .collect()
}

/// The modules that a statement such as `crate::{a::B, c}` names.
fn named(statement: &str) -> Vec<String> {
    let rest = statement.strip_prefix("crate::").unwrap();
    let first = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let Some(group) = rest.strip_prefix('{') else { return vec![first(rest)] };
    let (mut depth, mut names, mut start) = (0_u32, Vec::new(), true);
    for (at, c) in group.char_indices() {
        match c {
            '{' => depth += 1,
            '}' if depth == 0 => break,
            '}' => depth -= 1,
            ',' if depth == 0 => start = true,
            c if start && !c.is_whitespace() => {
                names.push(first(&group[at..]));
                start = false;
            }
            _ => {}
        }
    }
    names
}

fn rank(module: &str) -> usize {
    RANKS.iter().position(|rank| rank.contains(&module)).unwrap_or_else(|| panic!("{module} has no rank"))
}

fn module_of(file: &Path) -> String {
    let inside = file.strip_prefix(root()).unwrap();
    inside.components().next().unwrap().as_os_str().to_str().unwrap().trim_end_matches(".rs").to_owned()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// Every source outside of tests.
fn sources() -> BTreeMap<PathBuf, String> {
    let (mut folders, mut sources) = (vec![root()], BTreeMap::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if path.is_dir() && name != "tests" {
                folders.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") && !name.contains("tests") {
                let text = fs::read_to_string(&path).unwrap();
                // What follows the tests' own module is theirs.
                let code = text.split("#[cfg(test)]\nmod tests {").next().unwrap().to_owned();
                sources.insert(path, code);
            }
        }
    }
    sources
}
