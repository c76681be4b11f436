//! Figurine turns a photo into a collectible character figure, and proves that the photo is gone.
//!
//! # The way of a request
//!
//! `Caller → Ticket → Photo → Deposit → Job → Figure → Delivery`, and an `Entry` in the ledger at the end. Each is made
//! in one place from the one before, with private fields, so that no check between two can be left out. There is one
//! way through: every figure is a job, and a synchronous call is a job that somebody waits for.
//!
//! # Code map
//!
//! [`http`] is the edge; [`auth`] reads keys; [`admission`] asks the store whether the caller is served; [`intake`]
//! reads photos; [`vault`] seals and destroys them; [`jobs`] and [`worker`] carry them; [`flow`] is the product on one
//! page; [`studio`] knows how figures are made, [`engine`] how Gemini is asked; [`simulator`] answers in its place;
//! [`ledger`] writes the entry; [`store`] keeps what has to be kept; [`server`] puts it all together.
//!
//! # Invariants
//!
//! - Only [`http`] knows status codes; only [`store`] how things are kept; only [`engine`] and [`simulator`] know
//!   Gemini's JSON; only [`config`] reads the environment.
//! - No photo byte, prompt, analysis, token or address is logged, traced, counted or put into an error.
//! - Every value that comes from a photo has a lifetime at birth.
//! - [`studio`] never touches the store.
//! - Money and limits are integers.
//! - Nothing waits without a deadline; nothing is spawned unowned.
//!
//! Modules are declared in the order in which a request meets them.

pub mod commands;

pub mod server;

pub mod http;

pub mod auth;

pub mod admission;

pub mod intake;

pub mod vault;

pub mod jobs;

pub mod worker;

pub mod flow;

pub mod studio;

pub mod engine;

pub mod simulator;

pub mod ledger;

pub mod store;

pub mod domain;

pub mod config;

pub mod telemetry;

pub mod tasks;
