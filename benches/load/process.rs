//! The program in a process of its own, and what the system says of that process.

use std::{
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::{OnceLock, mpsc::channel},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};

const PATIENCE: Duration = Duration::from_secs(60);

/// The program that is measured, where it is not the one that was built with this.
static SERVER: OnceLock<PathBuf> = OnceLock::new();

pub(crate) fn use_server(server: Option<PathBuf>) {
    if let Some(path) = server {
        SERVER.set(path.canonicalize().unwrap()).unwrap();
    }
}

pub(crate) fn command(folder: &Path, args: &[&str], vars: &[(&str, String)]) -> Command {
    let mut command = Command::new(SERVER.get().map_or(Path::new(env!("CARGO_BIN_EXE_figurine")), PathBuf::as_path));
    let vars = vars.iter().map(|(name, value)| (*name, value.as_str()));
    // The allocator as in the image.
    command.args(args).current_dir(folder).env_clear().env("NO_COLOR", "1").env("MALLOC_ARENA_MAX", "1").envs(vars);
    command
}

/// Runs a command to its end; gives what it printed.
pub(crate) fn run(folder: &Path, args: &[&str], vars: &[(&str, String)]) -> String {
    let Output { status, stdout, stderr } = command(folder, args, vars).output().unwrap();
    assert!(status.success(), "{args:?}: {}", String::from_utf8_lossy(&stderr));
    String::from_utf8(stdout).unwrap().trim().to_owned()
}

/// A server; it ends with this.
pub(crate) struct Process {
    child: Child,
    /// Where it listens.
    pub(crate) url: String,
    /// How long it took until it did.
    pub(crate) start: Duration,
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Process {
    /// Starts a server and waits for its address.
    pub(crate) fn start(folder: &Path, args: &[&str], vars: &[(&str, String)]) -> Self {
        let begun = Instant::now();
        let mut child = command(folder, args, vars).stderr(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
        let said = BufReader::new(child.stderr.take().unwrap());
        let (found, address) = channel();
        std::thread::spawn(move || {
            let mut lines = Vec::new();
            // Read on to the end: a full pipe would stop the process.
            for line in said.lines().map_while(Result::ok) {
                if let Some(at) = line.find("http://127.0.0.1:").filter(|_| line.contains("listens")) {
                    let end = line[at..].find(|c: char| ", \"".contains(c)).map_or(line.len(), |end| at + end);
                    let _ = found.send(Ok(line[at..end].to_owned()));
                }
                if lines.len() < 50 {
                    lines.push(line);
                }
            }
            let _ = found.send(Err(lines));
        });
        let url = address.recv_timeout(PATIENCE).expect("it says where it listens").expect("it starts");
        Self { child, url, start: begun.elapsed() }
    }

    /// Tells it to stop and waits for its end; whether it ended well.
    pub(crate) async fn stop(&mut self) -> bool {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.success();
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    }

    /// CPU time used so far, in milliseconds; the system counts in tens of them.
    pub(crate) fn cpu_ms(&self) -> f64 {
        let stat = std::fs::read_to_string(self.file("stat")).unwrap();
        // The name before the bracket may hold anything.
        let fields: Vec<&str> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
        let ticks: u64 = fields[11..13].iter().map(|field| field.parse::<u64>().unwrap()).sum();
        ticks as f64 * 10.0
    }

    /// A line of its status that is a size, in MiB.
    fn size(&self, name: &str) -> f64 {
        let status = std::fs::read_to_string(self.file("status")).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
    }

    /// Memory now, in MiB.
    pub(crate) fn memory(&self) -> f64 {
        self.size("VmRSS")
    }

    /// The most memory since [`Process::forget_peak`], in MiB.
    pub(crate) fn peak(&self) -> f64 {
        self.size("VmHWM")
    }

    /// Begins to look for the most memory anew, where the system lets us.
    pub(crate) fn forget_peak(&self) {
        let _ = std::fs::write(self.file("clear_refs"), "5");
    }

    fn file(&self, name: &str) -> String {
        format!("/proc/{}/{name}", self.child.id())
    }
}
