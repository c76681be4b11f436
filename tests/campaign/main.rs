//! Many jobs through random faults on two nodes that share a Redis, and a count of what went wrong.
//!
//! `cargo test --release --test campaign -- --jobs 1000 --seed 7 --pause 60`. Without arguments it is short.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "it fails by panicking and tells its result"
)]
#![expect(dead_code, reason = "the helpers are the API tests', which use them all")]

#[path = "../api/app.rs"]
mod app;
mod audit;
mod drive;
mod faults;
#[path = "../api/installation.rs"]
mod installation;
#[path = "../private_redis/mod.rs"]
mod private_redis;
#[path = "../api/program.rs"]
mod program;
#[path = "../runner/mod.rs"]
mod runner;

use std::process::ExitCode;

use clap::Parser;
use installation::Installation;
use private_redis::PrivateRedis;
use runner::Runner;
use tokio::runtime::Runtime;

#[derive(Parser)]
struct Args {
    /// How many jobs.
    #[arg(long, default_value_t = 60)]
    jobs: usize,
    /// What decides which fault comes when.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// For how long Redis pauses where that is the fault, in seconds.
    #[arg(long, default_value_t = 2)]
    pause: u64,
    #[command(flatten)]
    runner: Runner,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.runner.list {
        return ExitCode::SUCCESS;
    }
    let counts = Runtime::new().unwrap().block_on(campaign(&args));
    println!("{counts}");
    if counts.is_clean() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

async fn campaign(args: &Args) -> audit::Counts {
    let redis = PrivateRedis::start_with(&["--appendonly", "yes", "--appendfsync", "always"]);
    let mut it = Installation::new(redis, Some(PrivateRedis::start())).await;
    it.found();
    let fleet = drive::Fleet::new(&it);
    let mut nodes = [it.node(), it.node()];
    fleet.tell(&nodes);
    let done = drive::all(&fleet, args.jobs);
    let (jobs, ()) = tokio::join!(done, faults::inject(&fleet, &mut it, &mut nodes, (args.seed, args.pause)));
    audit::count(&it, &fleet, &jobs).await
}
