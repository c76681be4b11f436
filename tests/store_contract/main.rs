//! One contract for every store: each sentence is held against the store in memory and against a real Redis,
//! reached over a Unix socket, TCP and TLS, and against a Redis Cluster.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stderr,
    reason = "a test fails by panicking, and tells why"
)]

#[path = "../authority/mod.rs"]
mod authority;
mod bench;
mod cluster_only;
mod ends;
mod gates;
mod keys;
mod leases;
mod looks;
mod notes;
mod operations;
#[path = "../private_redis/mod.rs"]
mod private_redis;
mod reach;
mod redis_only;
mod sequences;
mod submissions;
mod turns;
mod values;
mod wakes;

/// Makes a test of each sentence for every store and every way to reach one.
macro_rules! contract {
    ($($sentence:ident)*) => {
        mod memory {
            $(#[tokio::test]
            async fn $sentence() {
                super::$sentence(&crate::bench::Bench::memory()).await;
            })*
        }
        mod redis_cluster {
            /// A cluster takes seconds to start, so that one has to do for all of them.
            #[tokio::test]
            async fn every_sentence_holds_on_a_cluster() {
                let cluster = crate::private_redis::cluster::PrivateCluster::start();
                $(eprintln!("{}", stringify!($sentence));
                Box::pin(super::$sentence(&crate::bench::Bench::on(&cluster).await)).await;)*
            }
        }
        crate::contract! { redis: $($sentence)* }
        crate::contract! { redis_over_tcp: $($sentence)* }
        crate::contract! { redis_over_tls: $($sentence)* }
    };
    ($way:ident: $($sentence:ident)*) => {
        mod $way {
            $(#[tokio::test]
            async fn $sentence() {
                super::$sentence(&crate::bench::Bench::$way().await).await;
            })*
        }
    };
}
pub(crate) use contract;
