//! Every row of the contract's section 6, and what attackers and bad networks add.

use crate::harness::*;
use figurine::engine::{Failure, Misconfiguration};
use figurine::simulator::{Carry, Instead, Spoil};
use std::time::Duration;

async fn failure_of(name: &str) -> (Failure, u32) {
    let bench = Bench::playing(times(Instead::Sample(name.to_owned()), 9)).await;
    let error = bench.image().await.unwrap_err();
    assert_eq!(error.attempts() as usize, bench.simulator.calls().len(), "{name}");
    (error.failure().clone(), error.attempts())
}

#[tokio::test]
async fn every_captured_error_is_classified_and_asked_again_only_where_that_helps() {
    let misconfigured = Failure::Misconfigured;
    for (name, failure, attempts) in [
        ("bad_api_key", misconfigured(Misconfiguration::Key), 1),
        ("unknown_field", Failure::BadRequest, 1),
        ("bad_enum", Failure::BadRequest, 1),
        ("bad_image", Failure::BadRequest, 1),
        ("deadline_too_short", Failure::BadRequest, 1),
        ("missing_thought_signature", Failure::BadRequest, 1),
        ("token_type", misconfigured(Misconfiguration::Key), 1),
        ("prepay_depleted", misconfigured(Misconfiguration::Billing), 1),
        ("no_key", misconfigured(Misconfiguration::Permission), 1),
        ("leaked_key", misconfigured(Misconfiguration::Permission), 1),
        ("model_not_found", Failure::ModelGone, 1),
        ("quota_zero", Failure::QuotaZero, 1),
        ("internal", Failure::Internal, 3),
        ("overloaded", Failure::Overloaded { retry_after: None }, 3),
        ("deadline_as_503", Failure::Overloaded { retry_after: None }, 3),
        ("deadline_504", Failure::Timeout, 2),
    ] {
        assert_eq!(failure_of(name).await, (failure, attempts), "{name}");
    }
}

#[tokio::test]
async fn a_quota_that_returns_after_the_deadline_ends_the_ask_at_once() {
    let bench = Bench::playing(once(Instead::Sample("quota".to_owned()))).await;
    let error = image(&bench.engine, &[PRO], in_seconds(30)).await.unwrap_err();
    let retry_after = Some(Duration::from_secs(45));
    assert_eq!(*error.failure(), Failure::RateLimited { retry_after });
    assert_eq!((error.attempts(), error.retry_after()), (1, retry_after));
    assert!(error.retryable());
}

#[tokio::test]
async fn statuses_without_a_sample_are_classified_too() {
    for (http, failure, attempts) in [
        (408, Failure::Timeout, 2),
        (413, Failure::BadRequest, 1),
        (502, Failure::Unavailable, 3),
        (204, Failure::Garbled, 1),
        (307, Failure::Garbled, 1),
    ] {
        let act = Instead::Status { http, body: None, retry_after_seconds: None };
        let bench = Bench::playing(times(act, 9)).await;
        let error = bench.image().await.unwrap_err();
        assert_eq!((error.failure(), error.attempts()), (&failure, attempts), "{http}");
    }
}

#[tokio::test]
async fn billing_that_is_off_is_told_by_its_status_word() {
    let body = r#"[{"error":{"code":400,"status":"FAILED_PRECONDITION","message":"x"}}]"#.to_owned();
    let act = Instead::Status { http: 400, body: Some(body), retry_after_seconds: None };
    let error = Bench::playing(once(act)).await.image().await.unwrap_err();
    assert_eq!(*error.failure(), Failure::Misconfigured(Misconfiguration::Billing));
}

#[tokio::test]
async fn a_page_of_html_from_a_gateway_is_asked_again() {
    let bench = Bench::playing(once(Instead::BadGateway)).await;
    assert_eq!(bench.image().await.unwrap().attempts, 2);
}

#[tokio::test]
async fn a_reset_or_half_an_answer_is_asked_again() {
    for act in [Instead::Reset] {
        let bench = Bench::playing(once(act)).await;
        assert_eq!(bench.image().await.unwrap().attempts, 2);
    }
    let bench = Bench::playing(once(Carry::HalfBody)).await;
    assert_eq!(bench.image().await.unwrap().attempts, 2);
    let bench = Bench::playing(times(Instead::Reset, 9)).await;
    assert_eq!(*bench.image().await.unwrap_err().failure(), Failure::Interrupted);
}

#[tokio::test]
async fn an_answer_that_makes_no_sense_is_paid_for_and_not_asked_again() {
    let to = "http://127.0.0.1:1/elsewhere".to_owned();
    for act in [Instead::BadJson, Instead::Html200, Instead::DeepJson, Instead::GzipBomb, Instead::Redirect { to }] {
        let shown = format!("{act:?}");
        let bench = Bench::playing(once(act)).await;
        let error = bench.image().await.unwrap_err();
        assert_eq!((error.failure(), error.attempts()), (&Failure::Garbled, 1), "{shown}");
    }
}

#[tokio::test]
async fn bad_base64_is_garbled_and_still_paid_for() {
    let bench = Bench::playing(once(Spoil::BadBase64)).await;
    let error = bench.image().await.unwrap_err();
    assert_eq!(*error.failure(), Failure::Garbled);
    assert!(error.upstream_micro_usd() > 134_000, "{error:?}");
}

#[tokio::test]
async fn bytes_past_the_cap_are_not_read() {
    let change = |settings: &mut figurine::engine::EngineSettings| {
        settings.image_cap_bytes = 1 << 20;
        settings.text_cap_bytes = 100;
    };
    let bench = Bench::with(change, figurine::simulator::SimulatorSettings::default()).await;
    bench.simulator.script(once(Spoil::HugeImage { bytes: 4 << 20 }));
    let error = bench.image().await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::TooLarge, 1));
    assert_eq!(*bench.text().await.unwrap_err().failure(), Failure::TooLarge);
}

#[tokio::test]
async fn what_is_called_an_image_is_handed_on_undecoded_with_its_declared_type() {
    for (act, start) in [
        (Spoil::BombImage, &b"\x89PNG"[..]),
        (Spoil::SvgImage, b"<svg"),
        (Spoil::HtmlImage, b"<!DOCTYPE html>"),
        (Spoil::WrongType, b"\x89PNG"),
    ] {
        let answer = Bench::playing(once(act)).await.image().await.unwrap();
        assert!(answer.bytes.starts_with(start));
        assert!(answer.declared_type.starts_with("image/"));
    }
}

#[tokio::test]
async fn a_dead_address_is_a_failed_connection() {
    let address = {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        listener.local_addr().unwrap()
    };
    let engine = figurine::engine::Engine::new(settings(&format!("http://{address}"))).unwrap();
    let error = image(&engine, &[PRO], in_seconds(10)).await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::ConnectFailed, 3));
}

#[tokio::test]
async fn nothing_of_upstreams_words_the_address_or_the_key_is_in_an_error() {
    for name in ["bad_api_key", "quota_zero", "image_other", "model_not_found"] {
        let bench = Bench::playing(times(Instead::Sample(name.to_owned()), 9)).await;
        let error = bench.image().await.unwrap_err();
        let shown = format!("{error} {error:?} {:?}", std::error::Error::source(&error));
        for secret in ["a-key", "127.0.0.1", "http", "quota,", "Unable", "valid API", "PVC"] {
            assert!(!shown.contains(secret), "{secret} in {shown}");
        }
    }
}
