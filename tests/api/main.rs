//! The API as its callers meet it: over HTTP, against a real node with the real simulator behind it.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test's helpers fail as the test does")]

mod app;
mod bad_input;
mod bytes;
mod clients;
mod delivery;
mod described;
mod document;
mod endings;
mod ephemeral;
mod events;
mod list;
mod names;
mod once;
mod process;
mod range;
mod raw;
mod routes;
mod settings;
mod sse;
mod studies;
mod styles;
mod uploads;
mod ways;
