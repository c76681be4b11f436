//! One contract for every store: each sentence is held against the store in memory and against a real Redis.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and tells why"
)]

mod bench;
mod ends;
mod leases;
mod looks;
#[path = "../private_redis/mod.rs"]
mod private_redis;
mod redis_only;
mod submissions;
mod values;
mod wakes;

/// Makes two tests of each sentence.
macro_rules! contract {
    ($($sentence:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $sentence() {
                super::$sentence(&crate::bench::Bench::memory()).await;
            })*
        }
        mod redis {
            $(#[tokio::test]
            async fn $sentence() {
                super::$sentence(&crate::bench::Bench::redis().await).await;
            })*
        }
    };
}
pub(crate) use contract;
