//! The engine against the simulator, over the wire.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up should stop loudly")]

mod faults;
mod happy;
mod harness;
mod outcomes;
mod protocol;
mod resilience;
mod schemas;
