//! Intake beside sharp and Pillow: the same files, one interleaved run, and the ratios.
//!
//! `cargo bench --bench peers [-- ROUNDS]`; npm and pip fetch the peers, and one that cannot be had is told as not run.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a bench prints, and fails as a test does")]

#[path = "../photos/mod.rs"]
mod photos;

use std::{
    io::{BufRead, BufReader, Write},
    num::NonZeroUsize,
    path::{Path, PathBuf},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    time::Instant,
};

use bytes::Bytes;
use figurine::{domain::KeyId, intake::Intake};
use rustix::time::{ClockId, clock_gettime};
use tokio::runtime::{Builder, Runtime};
use zeroizing_alloc::ZeroAlloc;

/// As the server has it.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<std::alloc::System> = ZeroAlloc(std::alloc::System);

fn main() {
    let args: Vec<String> = std::env::args().skip(1).filter(|arg| arg != "--bench").collect();
    match args.first().map(String::as_str) {
        Some("--worker") => worker(),
        _ if !photos::measures() => {}
        Some(rounds) => compare(rounds.parse().unwrap()),
        None => compare(9),
    }
}

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

fn worker() {
    let (runtime, intake) = (runtime(), Intake::new(photos::LIMITS, NonZeroUsize::new(2).unwrap()));
    for line in std::io::stdin().lines() {
        let file = Bytes::from(std::fs::read(line.unwrap()).unwrap());
        let (cpu, wall) = (cpu_ms(), Instant::now());
        let photo = runtime.block_on(intake.take_in(KeyId::random(), file)).unwrap();
        let (cpu, wall) = (cpu_ms() - cpu, wall.elapsed().as_secs_f64() * 1e3);
        println!("{cpu} {wall} {}", photo.jpeg().len());
    }
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds")]
fn cpu_ms() -> f64 {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// A process that takes photos in, one by one.
struct Peer {
    name: &'static str,
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
    cpu: Vec<f64>,
    wall: Vec<f64>,
}

/// What a photo took, by the median.
struct Took {
    name: &'static str,
    cpu_ms: f64,
    wall_ms: f64,
    /// Peak memory of the process.
    mib: f64,
}

impl Peer {
    fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { name, child, to, from, cpu: Vec::new(), wall: Vec::new() }
    }

    /// Numbers do not come from who cannot read the photo.
    fn take_in(&mut self, file: &Path, counts: bool) {
        writeln!(self.to, "{}", file.display()).unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let numbers: Vec<f64> = line.split_whitespace().map_while(|number| number.parse().ok()).collect();
        if let ([cpu, wall, _], true) = (&numbers[..], counts) {
            self.cpu.push(*cpu);
            self.wall.push(*wall);
        }
    }

    /// Ends it.
    fn end(mut self) -> Option<Took> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB").and_then(|number| number.parse::<f64>().ok()));
        drop(self.to);
        self.child.wait().unwrap();
        let (cpu_ms, wall_ms) = (median(self.cpu)?, median(self.wall)?);
        Some(Took { name: self.name, cpu_ms, wall_ms, mib: peak.unwrap_or_default() / 1024.0 })
    }
}

fn median(mut numbers: Vec<f64>) -> Option<f64> {
    numbers.sort_by(f64::total_cmp);
    numbers.get(numbers.len() / 2).copied()
}

fn compare(rounds: usize) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    std::fs::create_dir_all(&folder).unwrap();
    let (sharp, pillow) = (sharp(&folder), pillow(&folder));
    println!("CPU ms, wall ms and peak MiB of each, then ours as a part of theirs: CPU and wall");
    for (name, file) in files(&folder, pillow.as_deref()) {
        let mut peers = start(sharp.as_deref(), pillow.as_deref());
        for round in 0..=rounds {
            peers.rotate_left(1);
            for peer in &mut peers {
                peer.take_in(&file, round > 0);
            }
        }
        print(name, peers);
    }
}

/// Photos drawn here, and those that only Pillow can write.
fn files(folder: &Path, pillow: Option<&Path>) -> Vec<(&'static str, PathBuf)> {
    let mut files = Vec::new();
    for (name, bytes) in photos::all() {
        let file = folder.join(name.replace(' ', "-"));
        std::fs::write(&file, bytes).unwrap();
        files.push((name, file));
    }
    let source = files[0].1.clone();
    for (name, file) in [("WebP lossy 12 MP", "lossy.webp"), ("HEIC 12 MP", "photo.heic")] {
        let file = folder.join(file);
        let written = |python| done(Command::new(python).arg(here().join("pillow.py")).args([&source, &file]));
        if file.exists() || pillow.is_some_and(written) {
            files.push((name, file));
        } else {
            println!("not run: {name} cannot be written by Pillow here");
        }
    }
    files
}

fn start(sharp: Option<&Path>, pillow: Option<&Path>) -> Vec<Peer> {
    let mut ours = Command::new(std::env::current_exe().unwrap());
    let mut peers = vec![Peer::start(NAMES[0], ours.arg("--worker"))];
    if let Some(modules) = sharp {
        let node = || {
            let mut node = Command::new("node");
            node.arg(here().join("sharp.js")).env("NODE_PATH", modules);
            node
        };
        let cores = std::thread::available_parallelism().unwrap();
        peers.push(Peer::start(NAMES[1], node().arg("1")));
        peers.push(Peer::start(NAMES[2], &mut node()));
        peers.push(Peer::start(NAMES[3], node().arg(cores.to_string())));
    }
    if let Some(python) = pillow {
        peers.push(Peer::start(NAMES[4], Command::new(python).arg(here().join("pillow.py"))));
    }
    peers
}

/// Of all who take part, in their order.
const NAMES: [&str; 5] = ["figurine", "sharp, 1 thread", "sharp", "sharp, all cores", "Pillow"];

fn here() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers")
}

fn print(name: &str, mut peers: Vec<Peer>) {
    peers.sort_by_key(|peer| NAMES.iter().position(|name| *name == peer.name));
    println!("{name}");
    let took: Vec<Took> = peers.into_iter().filter_map(Peer::end).collect();
    for Took { name, cpu_ms, wall_ms, mib } in &took {
        let (cpu, wall) = (took[0].cpu_ms / cpu_ms, took[0].wall_ms / wall_ms);
        println!("  {name:<17} {cpu_ms:>6.0} {wall_ms:>6.0} {mib:>5.0}   {cpu:.2} {wall:.2}");
    }
}

/// The folder of modules with sharp in it.
fn sharp(folder: &Path) -> Option<PathBuf> {
    let modules = folder.join("node_modules");
    let there = modules.join("sharp").exists()
        || done(Command::new("npm").args(["install", "--silent", "--no-save", "--prefix"]).arg(folder).arg("sharp"));
    if !there {
        println!("not run: sharp cannot be had from npm");
    }
    there.then_some(modules)
}

/// A Python that has Pillow.
fn pillow(folder: &Path) -> Option<PathBuf> {
    let (venv, python) = (folder.join("venv"), folder.join("venv/bin/python"));
    let there = done(Command::new(&python).args(["-c", "import PIL, pillow_heif"]))
        || (done(Command::new("python3").args(["-m", "venv"]).arg(venv))
            && done(Command::new(&python).args(["-m", "pip", "install", "--quiet", "pillow", "pillow-heif"])));
    if !there {
        println!("not run: Pillow cannot be had from pip");
    }
    there.then_some(python)
}

fn done(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
