//! The API as its callers meet it: over HTTP, against a real node with the real simulator behind it.

mod app;
mod bytes;
mod document;
mod endings;
