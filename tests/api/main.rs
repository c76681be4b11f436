//! The API as its callers meet it: over HTTP, against a real node with the real simulator behind it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, also in the functions that tests share"
)]

mod app;
mod endings;
mod names;
