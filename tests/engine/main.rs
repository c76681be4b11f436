//! The engine against the simulator, over the wire.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up should stop loudly")]

mod answers;
mod faults;
#[path = "../flood/mod.rs"]
mod flood;
mod flooded;
mod happy;
mod harness;
mod outcomes;
mod pages;
mod protocol;
mod resilience;
mod schemas;
mod spend;
