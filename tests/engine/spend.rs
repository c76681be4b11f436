//! What calls cost upstream where the engine has not told.

use crate::harness::*;
use figurine::engine::{EngineSettings, Failure, Usage};
use figurine::simulator::{Act, Carry, Instead, SimulatorSettings, Spoil};
use std::time::Duration;

/// An engine that gives up early and takes little.
async fn impatient(act: Act) -> Bench {
    let change = |settings: &mut EngineSettings| {
        settings.image_timeout = Duration::from_millis(400);
        settings.image_cap_bytes = 1 << 20;
    };
    let fixed_image = Some(figure().into());
    let bench = Bench::with(change, SimulatorSettings { fixed_image, ..SimulatorSettings::default() }).await;
    bench.simulator.script(once(act));
    bench
}

#[tokio::test]
async fn what_was_cut_off_before_an_answer_came_may_be_billed() {
    for act in [Carry::HalfBody.into(), Carry::NeverAnswers.into(), Instead::Reset.into()] as [Act; 3] {
        let answer = impatient(act.clone()).await.image().await.unwrap();
        assert_eq!((answer.attempts, answer.usage.unknown_calls, answer.used.unknown_calls), (2, 1, 0), "{act:?}");
        assert_eq!(answer.usage.micro_usd, answer.used.micro_usd, "{act:?}");
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_read_may_be_billed() {
    let to = "http://127.0.0.1:1/elsewhere".to_owned();
    for act in [
        Instead::BadJson.into(),
        Instead::Html200.into(),
        Instead::DeepJson.into(),
        Instead::GzipBomb.into(),
        Instead::Redirect { to }.into(),
        Spoil::HugeImage { bytes: 4 << 20 }.into(),
    ] as [Act; 6]
    {
        let error = impatient(act.clone()).await.image().await.unwrap_err();
        assert_eq!(error.usage(), Usage { unknown_calls: 1, ..Usage::default() }, "{act:?}");
    }
    let error = impatient(Spoil::BadBase64.into()).await.image().await.unwrap_err();
    assert_eq!(error.usage().unknown_calls, 0, "it has told what it took: {error:?}");
}

#[tokio::test]
async fn errors_are_billed_by_nobody() {
    let limited = Instead::RateLimited { retry_delay_seconds: Some(0.01), retry_after_seconds: None };
    for act in [Instead::Internal, Instead::BadGateway, Instead::Overloaded, Instead::DeadlineExpired, limited] {
        let answer = impatient(act.clone().into()).await.image().await.unwrap();
        assert_eq!((answer.attempts, answer.usage), (2, answer.used), "{act:?}");
        assert_eq!(answer.usage.unknown_calls, 0, "{act:?}");
    }
}

#[tokio::test]
async fn a_connection_that_never_stood_is_billed_by_nobody() {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let engine = figurine::engine::Engine::new(settings(&format!("http://{nobody}"))).unwrap();
    let error = image(&engine, &[PRO], in_seconds(10)).await.unwrap_err();
    assert_eq!((error.failure(), error.usage()), (&Failure::ConnectFailed, Usage::default()));
}

#[tokio::test]
async fn what_a_model_without_a_known_price_bills_is_unknown() {
    let answer = Bench::drawing().await.text_of(&["gemini-flash-latest"]).await.unwrap();
    assert_eq!((answer.usage.micro_usd, answer.usage.unknown_calls), (0, 1));
    assert!(answer.usage.input_tokens > 0, "{:?}", answer.usage);
}
