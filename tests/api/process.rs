//! The program itself, as its operator starts and stops it.

use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use figurine::simulator::{Simulator, SimulatorSettings};
use reqwest::{Client, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::app::{jpeg, json_of, png, problem_of};

/// How long a test waits for what a process says or for its end.
const PATIENCE: Duration = Duration::from_secs(20);

fn command(folder: &TempDir, args: &[&str], vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_figurine"));
    command.args(args).current_dir(folder.path()).env_clear().env("NO_COLOR", "1").envs(vars.iter().copied());
    command
}

fn run(folder: &TempDir, args: &[&str], vars: &[(&str, &str)]) -> Output {
    command(folder, args, vars).output().unwrap()
}

/// A process that serves; it ends with its test.
struct Running {
    child: Child,
    lines: Receiver<String>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail for a process that has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn start(folder: &TempDir, args: &[&str], vars: &[(&str, &str)]) -> Self {
        let mut child = command(folder, args, vars).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (teller, lines) = channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                // Read on when nobody listens any more: a full pipe would stop the process.
                let _ = teller.send(line);
            }
        });
        Self { child, lines }
    }

    /// The next line that holds these words.
    fn line_with(&self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        loop {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("no line with {words:?}"));
            if line.contains(words) {
                return line;
            }
        }
    }

    fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    fn terminate(&self) {
        kill_process(self.pid(), Signal::TERM).unwrap();
    }

    /// Waits for its end, which also ends its standard error.
    fn exit(mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while self.lines.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
        assert!(Instant::now() < until, "the process does not end");
        self.child.wait().unwrap()
    }
}

/// The address in a line.
fn url_in(line: &str) -> String {
    let from = line.find("http://127.0.0.1:").unwrap_or_else(|| panic!("no address: {line}"));
    let rest = &line[from..];
    let end = rest[7..].find(|c: char| !c.is_ascii_digit() && c != '.' && c != ':').map_or(rest.len(), |at| at + 7);
    rest[..end].to_owned()
}

const LISTEN: (&str, &str) = ("FIGURINE_LISTEN", "127.0.0.1:0");

fn serve(folder: &TempDir, vars: &[(&str, &str)]) -> (Running, String) {
    let running = Running::start(folder, &["serve"], &[&[LISTEN], vars].concat());
    let url = url_in(&running.line_with("listens on"));
    (running, url)
}

fn client() -> Client {
    Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

fn post(base: &str, key: &str) -> RequestBuilder {
    client().post(format!("{base}/v1/figures")).bearer_auth(key).body(jpeg(320, 240))
}

fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

/// A signing key in a file, and API keys of it: a live one and one for tests.
fn keys(folder: &TempDir) -> [String; 2] {
    assert!(run(folder, &["keys", "generate", "--out", "signing.pem"], &[]).status.success());
    let mint = |more: &[&str]| {
        let args = [&["keys", "mint", "--account", "acme"], more].concat();
        let minted = run(folder, &args, &[("FIGURINE_SIGNING_KEYS", "signing.pem")]);
        assert!(minted.status.success(), "{minted:?}");
        String::from_utf8(minted.stdout).unwrap().trim().to_owned()
    };
    [mint(&[]), mint(&["--test"])]
}

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

/// An engine of this process behind a server of its own, as Gemini would be.
fn behind_gemini(folder: &TempDir, base_url: &str) -> (Running, String, [String; 2]) {
    let keys = keys(folder);
    let vars = [
        ("FIGURINE_SIGNING_KEYS", "signing.pem"),
        ("GEMINI_API_KEY", "not-a-real-key"),
        ("FIGURINE_GEMINI_TIER", "paid"),
        ("FIGURINE_GEMINI_BASE_URL", base_url),
    ];
    let (running, url) = serve(folder, &vars);
    (running, url, keys)
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
        while client().get(format!("{url}/readyz")).send().await.unwrap().status() == 200 {}
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
    let ended = run(&folder, &["serve"], &vars);
    assert!(!ended.status.success());
    let told = String::from_utf8(ended.stderr).unwrap();
    let names = ["FIGURINE_LISTEN", "FIGURINE_MAX_PIXELS", "FIGURINE_STLYE", "FIGURINE_GEMINI_TIER", "nowhere.pem"];
    assert!(names.iter().all(|name| told.contains(name)), "{told}");
    assert!(!told.contains("secret-of-mine") && ended.stdout.is_empty(), "{told}");
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
    let kinds: Vec<_> = asked.as_array().unwrap().iter().map(|call| call["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["analysis", "prompt", "image"]);
    assert_eq!(client().delete(&calls).send().await.unwrap().status(), 204);
    let figure = json_of(post(&url, &test).send().await.unwrap(), 201).await;
    assert_eq!((&figure["engine"]["name"], &figure["provenance"]["ai_generated"]), (&"offline".into(), &false.into()));
    assert_eq!(json_of(client().get(&calls).send().await.unwrap(), 200).await, serde_json::json!([]));
}
