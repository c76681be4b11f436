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

impl Peer {
    fn start(name: &'static str, command: &mut Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (to, from) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { name, child, to, from, cpu: Vec::new(), wall: Vec::new() }
    }

    fn take_in(&mut self, file: &Path, counts: bool) {
        writeln!(self.to, "{}", file.display()).unwrap();
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        let numbers: Vec<f64> = line.split_whitespace().map(|number| number.parse().unwrap()).collect();
        if counts {
            self.cpu.push(numbers[0]);
            self.wall.push(numbers[1]);
        }
    }

    /// Ends it and gives its peak memory in MiB.
    fn end(mut self) -> (f64, f64, f64) {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).unwrap_or_default();
        let peak = status
            .lines()
            .find_map(|line| line.strip_prefix("VmHWM:"))
            .and_then(|rest| rest.trim().strip_suffix(" kB").and_then(|number| number.parse::<f64>().ok()));
        drop(self.to);
        self.child.wait().unwrap();
        (median(self.cpu), median(self.wall), peak.unwrap_or_default() / 1024.0)
    }
}

fn median(mut numbers: Vec<f64>) -> f64 {
    numbers.sort_by(f64::total_cmp);
    numbers[numbers.len() / 2]
}

fn compare(rounds: usize) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    std::fs::create_dir_all(&folder).unwrap();
    let (sharp, pillow) = (sharp(&folder), pillow(&folder));
    println!("{:<20} {:>18} {:>18} {:>18}", "CPU ms · wall · MiB", "figurine", "sharp", "Pillow");
    for (name, bytes) in photos::all() {
        let file = folder.join(name.replace(' ', "-"));
        std::fs::write(&file, bytes).unwrap();
        let here = Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/peers");
        let mut ours = Command::new(std::env::current_exe().unwrap());
        let mut peers = vec![Peer::start("figurine", ours.arg("--worker"))];
        if let Some(modules) = &sharp {
            let mut node = Command::new("node");
            peers.push(Peer::start("sharp", node.arg(here.join("sharp.js")).env("NODE_PATH", modules)));
        }
        if let Some(python) = &pillow {
            peers.push(Peer::start("Pillow", Command::new(python).arg(here.join("pillow.py"))));
        }
        for round in 0..=rounds {
            peers.rotate_left(1);
            for peer in &mut peers {
                peer.take_in(&file, round > 0);
            }
        }
        print(name, peers);
    }
    two_at_once(rounds);
}

fn print(name: &str, mut peers: Vec<Peer>) {
    peers.sort_by_key(|peer| ["figurine", "sharp", "Pillow"].iter().position(|name| *name == peer.name));
    let (mut numbers, mut ratios, mut own) = (Vec::new(), Vec::new(), None);
    for peer in peers {
        let name = peer.name;
        let (cpu, wall, peak) = peer.end();
        numbers.push(format!("{:>18}", format!("{cpu:.0} · {wall:.0} · {peak:.0}")));
        match own {
            None => own = Some((cpu, wall)),
            Some(own) => ratios.push(format!("{:.2} of {name}'s CPU, {:.2} of its wall", own.0 / cpu, own.1 / wall)),
        }
    }
    println!("{name:<20} {}  {}", numbers.join(" "), ratios.join("; "));
}

/// How much more two photos at once get done than one after the other.
fn two_at_once(rounds: usize) {
    let (runtime, intake) = (runtime(), Intake::new(photos::LIMITS, NonZeroUsize::new(2).unwrap()));
    let file = Bytes::from(photos::all().swap_remove(0).1);
    let keys = [KeyId::random(), KeyId::random()];
    let take_in = |key: usize| intake.take_in(keys[key], file.clone());
    let (mut apart, mut together) = (Vec::new(), Vec::new());
    for _ in 0..=rounds {
        let clock = Instant::now();
        runtime.block_on(async { (take_in(0).await.unwrap(), take_in(1).await.unwrap()) });
        apart.push(clock.elapsed().as_secs_f64());
        let clock = Instant::now();
        let (one, two) = runtime.block_on(async { tokio::join!(take_in(0), take_in(1)) });
        drop((one.unwrap(), two.unwrap()));
        together.push(clock.elapsed().as_secs_f64());
    }
    println!(
        "two 12-MP JPEGs at once on two threads: {:.2} times one after the other",
        median(apart) / median(together)
    );
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
    let there = done(Command::new(&python).args(["-c", "import PIL"]))
        || (done(Command::new("python3").args(["-m", "venv"]).arg(venv))
            && done(Command::new(&python).args(["-m", "pip", "install", "--quiet", "pillow"])));
    if !there {
        println!("not run: Pillow cannot be had from pip");
    }
    there.then_some(python)
}

fn done(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}
