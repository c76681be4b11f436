//! What a job costs over Redis beside the store in memory, and what it takes of Redis's memory.
//!
//! `cargo bench --bench store -- --jobs 200`: two processes of the program, one with the store in memory and one with two
//! Redis servers as the README lays them out, make figures in turns for one caller. An engine of this process answers at
//! once with a fixed image, and photos are small to read, so that little but the store differs.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "it fails by panicking and tells its result"
)]
#![expect(dead_code, reason = "the helpers are the API tests', which use them all")]

#[path = "../../tests/api/app.rs"]
mod app;
#[path = "../../tests/api/installation.rs"]
mod installation;
#[path = "../../tests/private_redis/mod.rs"]
mod private_redis;
#[path = "../../tests/api/program.rs"]
mod program;
#[path = "../../tests/runner/mod.rs"]
mod runner;
mod size;

use std::{
    io::Cursor,
    time::{Duration, Instant},
};

use clap::Parser;
use figurine::simulator::{Simulator, SimulatorSettings};
use image::{DynamicImage, ImageFormat, RgbImage};
use installation::Installation;
use private_redis::PrivateRedis;
use program::{Running, behind_gemini, client};
use reqwest::Client;
use runner::Runner;
use tokio::runtime::Runtime;

#[derive(Parser)]
struct Args {
    /// How many jobs of each store.
    #[arg(long, default_value_t = 3)]
    jobs: u32,
    #[command(flatten)]
    runner: Runner,
}

/// A node, and what its jobs have taken so far.
struct Side {
    name: &'static str,
    url: String,
    key: String,
    process: Running,
    took: Vec<Duration>,
}

fn main() {
    let args = Args::parse();
    if !args.runner.list {
        Runtime::new().unwrap().block_on(compare(args.jobs));
    }
}

async fn compare(jobs: u32) {
    let mut it = Installation::new(
        PrivateRedis::start_with(&["--appendonly", "yes", "--appendfsync", "everysec"]),
        Some(PrivateRedis::start()),
    )
    .await;
    let settings = SimulatorSettings { fixed_image: Some(noise(640).into()), ..SimulatorSettings::default() };
    it.engine = Simulator::start(settings).await.unwrap();
    it.found();
    let folder = tempfile::tempdir().unwrap();
    let (process, url, [key, _]) = behind_gemini(&folder, &it.engine.base_url);
    let memory = Side { name: "memory", url, key, process, took: Vec::new() };
    let node = it.node();
    let redis = Side { name: "redis", url: node.url, key: it.key.clone(), process: node.process, took: Vec::new() };
    let (mut sides, client, photo) = ([memory, redis], client(), app::jpeg(640, 480));
    for side in &mut sides {
        // What is made at the first use is not counted.
        side.job(&client, &photo).await;
        side.took.clear();
    }
    let before = [sides[0].cpu_ms(), sides[1].cpu_ms(), servers_cpu_ms(&it)];
    for _ in 0..jobs {
        for side in &mut sides {
            side.job(&client, &photo).await;
        }
    }
    let after = [sides[0].cpu_ms(), sides[1].cpu_ms(), servers_cpu_ms(&it)];
    let [in_memory, over_redis, servers] = [0, 1, 2].map(|at| (after[at] - before[at]) / f64::from(jobs));
    let [fast, slow] = sides.each_ref().map(Side::middle_ms);
    println!("{jobs} jobs of each store in turns, one caller, image of {} bytes:", noise(640).len());
    println!("memory: p50 {fast:.1} ms, node {in_memory:.1} CPU-ms a job");
    println!("redis:  p50 {slow:.1} ms, node {over_redis:.1} CPU-ms a job, servers {servers:.1} CPU-ms a job");
    println!("redis beside memory: p50 {:+.1} ms, node {:+.1} CPU-ms a job", slow - fast, over_redis - in_memory);
    size::tell(&it, &sides[1].url).await;
}

impl Side {
    /// Makes a figure.
    async fn job(&mut self, client: &Client, photo: &[u8]) {
        let clock = Instant::now();
        let answer = client.post(format!("{}/v1/figures", self.url)).bearer_auth(&self.key).body(photo.to_vec());
        let answer = answer.send().await.unwrap();
        let status = answer.status();
        let told = answer.text().await.unwrap();
        assert_eq!(status, 201, "{}: {told}", self.name);
        self.took.push(clock.elapsed());
    }

    /// CPU time of its process so far.
    fn cpu_ms(&self) -> f64 {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.process.child.id())).unwrap_or_default();
        // After the name in parentheses: utime and stime are the 12th and 13th, in hundredths of a second.
        let fields = stat.rsplit_once(") ").map(|(_, fields)| fields).unwrap_or_default();
        fields.split(' ').skip(11).take(2).filter_map(|ticks| ticks.parse::<f64>().ok()).sum::<f64>() * 10.0
    }

    fn middle_ms(&self) -> f64 {
        let mut took = self.took.clone();
        took.sort();
        took[took.len() / 2].as_secs_f64() * 1_000.0
    }
}

/// CPU time of both Redis servers so far.
fn servers_cpu_ms(it: &Installation) -> f64 {
    let of = |redis: &PrivateRedis| {
        let told: String = redis::cmd("INFO").arg("cpu").query(&mut redis.raw()).unwrap();
        let own = told.lines().filter(|line| line.starts_with("used_cpu_user:") || line.starts_with("used_cpu_sys:"));
        own.filter_map(|line| line.split(':').nth(1)?.trim().parse::<f64>().ok()).sum::<f64>() * 1_000.0
    };
    of(&it.redis) + it.key_redis.as_ref().map_or(0.0, of)
}

/// A PNG that does not compress.
fn noise(side: u32) -> Vec<u8> {
    let mut state = 1_u32;
    let mut pixels = RgbImage::new(side, side);
    for byte in pixels.iter_mut() {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        *byte = state.to_le_bytes()[1];
    }
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::from(pixels).write_to(&mut bytes, ImageFormat::Png).unwrap();
    bytes.into_inner()
}
