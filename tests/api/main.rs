//! The API as its callers meet it: over HTTP, against a real node with the real simulator behind it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test's helpers fail as the test does"
)]

mod access;
mod app;
mod audit;
#[path = "../authority/mod.rs"]
mod authority;
mod bad_input;
mod bounds;
mod bytes;
mod clients;
mod cross_origin;
mod delivery;
mod described;
mod document;
mod endings;
mod engine_told;
mod entries;
mod ephemeral;
mod events;
mod fair;
mod faults;
#[path = "../flood/mod.rs"]
mod flood;
mod founding;
mod gemini;
mod https;
mod injection;
mod installation;
mod key_store;
mod keys;
mod lapses;
mod limits;
mod list;
mod marked;
mod metrics;
mod models;
mod names;
mod on_cluster;
mod once;
mod outcomes;
mod photos;
mod privacy;
#[path = "../private_redis/mod.rs"]
mod private_redis;
mod process;
mod program;
mod provenance;
mod range;
mod raw;
mod rights;
mod rotation;
mod routes;
mod scenarios;
mod settings;
mod sse;
mod statement;
mod studies;
mod studio;
mod styles;
mod three_ways;
mod tracing;
mod two_nodes;
mod uploads;
mod upstream_faults;
mod usage;
mod ways;
