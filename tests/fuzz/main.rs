//! Hostile bytes for everything that reads them: photos, forms, JSON, headers and keys.
//!
//! `cargo test --test fuzz -- --seconds 600 --seed 7 [--only photos]`; without arguments a short run, always the same.
//! What fails is written to `target/tmp/fuzz` and told with its seed.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test's helpers fail as the test does"
)]

#[expect(dead_code, reason = "it is made for the tests of the API")]
#[path = "../api/app.rs"]
mod app;
#[expect(dead_code, reason = "it is made for the tests of intake")]
#[path = "../../src/intake/tests/draw.rs"]
mod draw;
mod mutate;
mod photos;
mod requests;
#[path = "../runner/mod.rs"]
mod runner;

use std::{
    path::Path,
    sync::Mutex,
    time::{Duration, Instant},
};

use clap::Parser;
use mutate::Random;
use runner::Runner;

/// Where code of ours panicked; a decoder's own panic is contained, but none of ours may happen at all.
static PANICS: Mutex<Vec<String>> = Mutex::new(Vec::new());

#[derive(Parser)]
struct Args {
    /// How long each target runs; else each has a fixed number of inputs.
    #[arg(long)]
    seconds: Option<u64>,
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// One target alone.
    #[arg(long)]
    only: Option<String>,
    #[command(flatten)]
    runner: Runner,
}

/// When a target is done.
pub(crate) struct Course {
    until: Option<Instant>,
    most: u64,
    done: u64,
    pub(crate) random: Random,
}

impl Course {
    fn new(args: &Args, most: u64) -> Self {
        let until = args.seconds.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        Self { until, most, done: 0, random: Random::new(args.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15)) }
    }

    pub(crate) fn goes_on(&mut self) -> bool {
        self.done += 1;
        match self.until {
            Some(until) => Instant::now() < until,
            None => self.done <= self.most,
        }
    }
}

/// Keeps what failed and ends the run.
#[track_caller]
pub(crate) fn fail(target: &str, input: &[u8], why: &str) -> ! {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("fuzz");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder
        .join(format!("{target}-{:08x}", input.iter().fold(7_u32, |sum, byte| sum.rotate_left(5) ^ u32::from(*byte))));
    std::fs::write(&file, input).unwrap();
    panic!("{target}: {why}; the input is in {}", file.display());
}

/// Panics in code of ours since the last look.
pub(crate) fn panicked() -> Option<String> {
    PANICS.lock().unwrap().pop()
}

fn main() {
    let args = Args::parse();
    if args.runner.list {
        return;
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        if place.starts_with("src/") {
            PANICS.lock().unwrap().push(place);
        } else if place.starts_with("tests/") {
            println!("{panic}");
        }
    }));
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let wanted = |target: &str| args.only.as_deref().is_none_or(|only| only == target);
    if wanted("photos") {
        runtime.block_on(photos::run(&mut Course::new(&args, 400)));
    }
    if wanted("keys") {
        requests::keys(&mut Course::new(&args, 2000));
    }
    if wanted("requests") {
        runtime.block_on(requests::run(&mut Course::new(&args, 300)));
    }
}
