//! The API as its callers meet it: over HTTP, against a real node with the real simulator behind it.

mod app;
mod bad_input;
mod clients;
mod delivery;
mod endings;
mod process;
mod raw;
mod routes;
