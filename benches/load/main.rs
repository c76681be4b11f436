//! Whole servers under load: what a request costs, what overload and idle connections do, and restarts under load.
//!
//! `benches/load/run` measures the release server; every number is of that machine, so ratios count. Without arguments,
//! as tests run it, everything is short.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    reason = "it fails by panicking and tells its result"
)]
#![expect(dead_code, reason = "the private Redis is the tests', which use all of it")]

mod caller;
mod cost;
mod idle;
mod overload;
mod photo;
#[path = "../../tests/private_redis/mod.rs"]
mod private_redis;
mod process;
mod rolling;
#[path = "../../tests/runner/mod.rs"]
mod runner;
mod sample;
mod site;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, ValueEnum};
use runner::Runner;

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum What {
    /// Requests a second, latencies, CPU and memory, beside direct calls to the engine.
    Cost,
    /// Five times what can be done.
    Overload,
    /// Connections that do nothing.
    Idle,
    /// Restarts of two nodes, one after the other, under load.
    Rolling,
}

#[derive(Debug, Parser)]
#[command(args_override_self = true)]
struct Args {
    /// What to measure; everything without a word.
    what: Vec<What>,
    /// How long each cell is measured, in seconds.
    #[arg(long, default_value_t = 1)]
    seconds: u64,
    /// How many clients at once, for each cell of the cost.
    #[arg(long, value_delimiter = ',', default_value = "2")]
    clients: Vec<usize>,
    /// How many connections do nothing.
    #[arg(long, default_value_t = 200)]
    connections: usize,
    /// How many restarts.
    #[arg(long, default_value_t = 2)]
    restarts: usize,
    /// The program to measure; the one that was built with this without a word.
    #[arg(long)]
    server: Option<PathBuf>,
    #[command(flatten)]
    runner: Runner,
}

fn main() -> ExitCode {
    let args = Args::parse();
    if args.runner.list {
        return ExitCode::SUCCESS;
    }
    process::use_server(args.server);
    let chosen = |what| args.what.is_empty() || args.what.contains(&what);
    let length = Duration::from_secs(args.seconds);
    let failed = tokio::runtime::Runtime::new().unwrap().block_on(async {
        let mut failed = 0;
        if chosen(What::Cost) {
            cost::measure(&args.clients, length).await;
        }
        if chosen(What::Overload) {
            failed += overload::measure(length).await;
        }
        if chosen(What::Idle) {
            failed += idle::measure(args.connections).await;
        }
        if chosen(What::Rolling) {
            failed += rolling::measure(args.restarts).await;
        }
        failed
    });
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
