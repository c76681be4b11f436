//! The program in processes of its own, and what a test needs to start, stop and ask them.

use std::{
    cell::RefCell,
    io::{BufRead, BufReader},
    process::{Child, Command, ExitStatus, Output, Stdio},
    sync::mpsc::{Receiver, channel},
    time::{Duration, Instant},
};

use reqwest::{Client, RequestBuilder};
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::app::jpeg;

/// How long a test waits for what a process says or for its end.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

pub(crate) fn command(folder: &TempDir, args: &[&str], vars: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_figurine"));
    command.args(args).current_dir(folder.path()).env_clear().env("NO_COLOR", "1").envs(vars.iter().copied());
    command
}

pub(crate) fn run(folder: &TempDir, args: &[&str], vars: &[(&str, &str)]) -> Output {
    command(folder, args, vars).output().unwrap()
}

/// A process that serves; it ends with its test.
pub(crate) struct Running {
    pub(crate) child: Child,
    lines: Receiver<String>,
    /// Lines that were passed over.
    passed: RefCell<Vec<String>>,
}

impl Drop for Running {
    fn drop(&mut self) {
        // Both fail for a process that has ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    pub(crate) fn start(folder: &TempDir, args: &[&str], vars: &[(&str, &str)]) -> Self {
        Self::start_command(command(folder, args, vars))
    }

    pub(crate) fn start_command(mut command: Command) -> Self {
        let mut child = command.stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (teller, lines) = channel();
        std::thread::spawn(move || {
            for line in said.lines().map_while(Result::ok) {
                // Read on when nobody listens any more: a full pipe would stop the process.
                let _ = teller.send(line);
            }
        });
        Self { child, lines, passed: RefCell::default() }
    }

    /// The first line that holds these words and was not given yet.
    pub(crate) fn line_with(&self, words: &str) -> String {
        let until = Instant::now() + PATIENCE;
        let mut passed = self.passed.borrow_mut();
        if let Some(at) = passed.iter().position(|line| line.contains(words)) {
            return passed.remove(at);
        }
        loop {
            let line = self.lines.recv_timeout(until.saturating_duration_since(Instant::now()));
            let line = line.unwrap_or_else(|_| panic!("no line with {words:?} in {passed:#?}"));
            if line.contains(words) {
                return line;
            }
            passed.push(line);
        }
    }

    /// Every line so far, but those that were given one by one.
    pub(crate) fn said(&self) -> Vec<String> {
        let mut passed = self.passed.borrow_mut();
        passed.extend(self.lines.try_iter());
        passed.clone()
    }

    pub(crate) fn pid(&self) -> Pid {
        Pid::from_child(&self.child)
    }

    pub(crate) fn tell(&self, signal: Signal) {
        kill_process(self.pid(), signal).unwrap();
    }

    pub(crate) fn terminate(&self) {
        self.tell(Signal::TERM);
    }

    /// Waits for its end, which also ends its standard error.
    pub(crate) fn exit(mut self) -> ExitStatus {
        let until = Instant::now() + PATIENCE;
        while self.lines.recv_timeout(until.saturating_duration_since(Instant::now())).is_ok() {}
        assert!(Instant::now() < until, "the process does not end");
        self.child.wait().unwrap()
    }
}

/// The address in a line.
pub(crate) fn url_in(line: &str) -> String {
    let at = line.find("://127.0.0.1:").unwrap_or_else(|| panic!("no address: {line}"));
    let scheme = if line[..at].ends_with("https") { "https" } else { "http" };
    let address: String = line[at + 3..].chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect();
    format!("{scheme}://{}", address.trim_end_matches('.'))
}

pub(crate) const LISTEN: [(&str, &str); 2] =
    [("FIGURINE_LISTEN", "127.0.0.1:0"), ("FIGURINE_MANAGEMENT_LISTEN", "127.0.0.1:0")];

pub(crate) fn serve(folder: &TempDir, vars: &[(&str, &str)]) -> (Running, String) {
    let running = Running::start(folder, &["serve"], &[&LISTEN, vars].concat());
    let url = url_in(&running.line_with("listens on"));
    (running, url)
}

pub(crate) fn client() -> Client {
    Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

pub(crate) fn post(base: &str, key: &str) -> RequestBuilder {
    client().post(format!("{base}/v1/figures")).bearer_auth(key).body(jpeg(320, 240))
}

pub(crate) fn write(folder: &TempDir, name: &str, bytes: impl AsRef<[u8]>) {
    std::fs::write(folder.path().join(name), bytes).unwrap();
}

/// A signing key in a file, and API keys of it: a live one and one for tests.
pub(crate) fn keys(folder: &TempDir) -> [String; 2] {
    assert!(run(folder, &["keys", "generate", "--out", "signing.pem"], &[]).status.success());
    let mint = |more: &[&str]| {
        // Most tests are not about how fast they ask.
        let args = [&["keys", "mint", "--account", "acme", "--rpm", "6000", "--burst", "1000"], more].concat();
        let minted = run(folder, &args, &[("FIGURINE_SIGNING_KEYS", "signing.pem")]);
        assert!(minted.status.success(), "{minted:?}");
        String::from_utf8(minted.stdout).unwrap().trim().to_owned()
    };
    [mint(&[]), mint(&["--test"])]
}

/// An engine of this process behind a server of its own, as Gemini would be.
pub(crate) fn behind_gemini(folder: &TempDir, base_url: &str) -> (Running, String, [String; 2]) {
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
