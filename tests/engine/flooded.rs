//! An answer whose length nobody has declared is read up to its cap, and no further.

use crate::flood::{BYTES, Flood, UNDER_WAY};
use crate::harness::*;
use figurine::engine::{Engine, EngineSettings, Failure};

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_without_a_declared_length_is_left_at_its_cap() {
    let flood = Flood::start();
    let cap = 4 << 20;
    let settings = EngineSettings { image_cap_bytes: cap, ..settings(&flood.base_url()) };
    let engine = Engine::new(settings).unwrap();
    let error = image(&engine, &[PRO], in_seconds(20)).await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::TooLarge, 1));
    let sent = flood.sent();
    assert!((cap..cap + UNDER_WAY).contains(&sent), "{sent} of {BYTES} bytes were sent");
}
