//! The program itself, as its operator starts and stops it.

use std::{
    ffi::OsStr,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

use figurine::simulator::{Simulator, SimulatorSettings};
use serde_json::Value;
use tempfile::TempDir;

use crate::{
    app::{jpeg, json_of, png, problem_of},
    program::{Running, behind_gemini, client, post, run, serve, url_in, write},
};

#[test]
fn the_printed_curl_works_as_pasted() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "photo.jpg", jpeg(640, 480));
    let (running, _) = serve(&folder, &[]);
    let line = running.line_with("curl ");
    let has_curl = Command::new("curl").arg("--version").stdout(Stdio::null()).status().is_ok();
    if has_curl {
        let mut shell = Command::new("sh");
        shell.args([OsStr::new("-c"), OsStr::new(line.trim())]).current_dir(folder.path()).env("no_proxy", "*");
        let pasted = shell.output().unwrap();
        assert!(pasted.status.success(), "{pasted:?}");
        assert!(std::fs::read(folder.path().join("figure.png")).unwrap().starts_with(b"\x89PNG"));
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_server_leaves_no_core_file() {
    let folder = tempfile::tempdir().unwrap();
    let (running, _) = serve(&folder, &[]);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", running.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(line.split_whitespace().collect::<Vec<_>>()[4..6], ["0", "0"], "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_server_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let (running, url) = serve(&folder, &[]);
    // Its connection stays open and idle.
    let idle = client();
    json_of(idle.get(format!("{url}/healthz")).send().await.unwrap(), 200).await;
    let asked = Instant::now();
    running.terminate();
    assert_eq!(running.exit().code(), Some(0));
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
    assert!(idle.get(format!("{url}/healthz")).send().await.unwrap_err().is_connect());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_told_to_stop_finishes_what_it_accepted() {
    let folder = tempfile::tempdir().unwrap();
    let settings = SimulatorSettings { fixed_image: Some(png(64, 64).into()), ..SimulatorSettings::default() };
    let engine = Simulator::start(settings).await.unwrap();
    engine.hold();
    let (running, url, [key, _]) = behind_gemini(&folder, &engine.base_url);
    let stop = async {
        engine.wait_for_calls(1).await;
        running.terminate();
        running.line_with("stopping");
        let unready = loop {
            let answer = client().get(format!("{url}/readyz")).send().await.unwrap();
            if answer.status() != 200 {
                break answer;
            }
        };
        assert_eq!(unready.headers()["connection"], "close", "what comes next goes elsewhere");
        problem_of(post(&url, &key).send().await.unwrap(), 503, "draining").await;
        engine.release();
    };
    let (answer, ()) = tokio::join!(post(&url, &key).send(), stop);
    let figure = json_of(answer.unwrap(), 201).await;
    assert_eq!(figure["status"], "succeeded", "{figure:#}");
    assert!(!figure["upload"]["purged_at"].is_null());
    assert_eq!(running.exit().code(), Some(0));
    assert!(client().get(format!("{url}/healthz")).send().await.unwrap_err().is_connect());
}

#[test]
fn every_fault_of_the_settings_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let vars = [
        ("FIGURINE_LISTEN", "nonsense"),
        ("FIGURINE_MAX_PIXELS", "many"),
        ("FIGURINE_STLYE", "anime"),
        ("GEMINI_API_KEY", "secret-of-mine"),
        ("FIGURINE_SIGNING_KEYS", "nowhere.pem"),
    ];
    for command in ["serve", "check"] {
        let ended = run(&folder, &[command], &vars);
        assert!(!ended.status.success());
        let told = String::from_utf8(ended.stderr).unwrap();
        let names = ["FIGURINE_LISTEN", "FIGURINE_MAX_PIXELS", "FIGURINE_STLYE", "FIGURINE_GEMINI_TIER", "nowhere.pem"];
        assert!(names.iter().all(|name| told.contains(name)), "{told}");
        assert!(!told.contains("secret-of-mine") && ended.stdout.is_empty(), "{told}");
    }
}

fn verify(folder: &TempDir) -> Output {
    run(folder, &["receipt", "verify", "figure.png.receipt.json"], &[])
}

#[test]
fn the_demo_writes_a_figure_and_a_proof_that_holds() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "photo.jpg", jpeg(640, 480));
    let made = run(&folder, &["demo", "photo.jpg", "--style", "anime", "--out", "figure.png"], &[]);
    assert!(made.status.success(), "{made:?}");
    let said = String::from_utf8(made.stdout).unwrap();
    assert!(said.contains("render") && said.contains("photo gone at"), "{said}");
    assert!(std::fs::read(folder.path().join("figure.png")).unwrap().starts_with(b"\x89PNG"));
    let good = verify(&folder);
    assert!(good.status.success(), "{good:?}");
    assert!(String::from_utf8_lossy(&good.stdout).contains("key not pinned"), "{good:?}");
    let proof = folder.path().join("figure.png.receipt.json");
    let bundle: Value = serde_json::from_slice(&std::fs::read(&proof).unwrap()).unwrap();
    for part in 0..3 {
        std::fs::write(&proof, with_a_byte_changed(&bundle, part).to_string()).unwrap();
        let refused = verify(&folder);
        assert!(!refused.status.success() && refused.stderr.starts_with(b"figurine: REFUSED"), "{part}: {refused:?}");
    }
}

/// The proof with one byte changed in a part of its receipt.
fn with_a_byte_changed(bundle: &Value, part: usize) -> Value {
    let mut parts: Vec<_> = bundle["receipt"].as_str().unwrap().split('.').map(str::to_owned).collect();
    let middle = parts[part].len() / 2;
    let other = if parts[part].as_bytes()[middle] == b'A' { "B" } else { "A" };
    parts[part].replace_range(middle..=middle, other);
    let mut bundle = bundle.clone();
    bundle["receipt"] = parts.join(".").into();
    bundle
}

#[tokio::test(flavor = "multi_thread")]
async fn gemini_is_asked_for_live_keys_alone() {
    let folder = tempfile::tempdir().unwrap();
    write(&folder, "fixed.png", png(64, 64));
    let args = ["simulator", "--listen", "127.0.0.1:0", "--fixed-image", "fixed.png"];
    let engine = Running::start(&folder, &args, &[]);
    let engine_url = url_in(&engine.line_with("base_url"));
    let (_running, url, [live, test]) = behind_gemini(&folder, &engine_url);
    let calls = format!("{engine_url}/__calls");
    let figure = json_of(post(&url, &live).send().await.unwrap(), 201).await;
    assert_eq!((&figure["engine"]["name"], &figure["provenance"]["ai_generated"]), (&"gemini".into(), &true.into()));
    let asked = json_of(client().get(&calls).send().await.unwrap(), 200).await;
    let kinds = asked.as_array().unwrap().iter().map(|call| call["kind"].as_str().unwrap());
    // The node looks its models up by itself.
    let kinds: Vec<_> = kinds.filter(|kind| *kind != "models").collect();
    assert_eq!(kinds, ["analysis", "prompt", "image"]);
    assert_eq!(client().delete(&calls).send().await.unwrap().status(), 204);
    let figure = json_of(post(&url, &test).send().await.unwrap(), 201).await;
    assert_eq!((&figure["engine"]["name"], &figure["provenance"]["ai_generated"]), (&"offline".into(), &false.into()));
    assert_eq!(json_of(client().get(&calls).send().await.unwrap(), 200).await, serde_json::json!([]));
}
