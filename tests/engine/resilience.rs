//! Retries, fallbacks, breakers, deadlines, and leaving.

use crate::harness::*;
use figurine::engine::{Engine, EngineSettings, Failure, ImageAsk, Meter, Misconfiguration};
use figurine::simulator::{Act, Carry, Instead, SimulatorSettings, Step};
use figurine::telemetry::{metrics_text, start_metrics};
use serde_json::json;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

fn limited(seconds: f64) -> Instead {
    Instead::RateLimited { retry_delay_seconds: Some(seconds), retry_after_seconds: None }
}

#[tokio::test]
async fn a_model_that_is_gone_makes_room_for_the_next() {
    let bench = Bench::playing(vec![Step::new(Instead::Sample("model_not_found".to_owned())).to_model(BANANA)]).await;
    let answer = bench.image_of(&[BANANA, PRO]).await.unwrap();
    assert_eq!((answer.model.as_str(), answer.attempts), (PRO, 2));
}

#[tokio::test]
async fn an_overloaded_model_is_left_for_the_next() {
    let bench = Bench::playing(vec![Step::new(Instead::Overloaded).to_model(BANANA).times(9)]).await;
    let answer = bench.image_of(&[BANANA, PRO]).await.unwrap();
    assert_eq!(bench.models_called(), [BANANA, PRO]);
    assert_eq!(answer.model, PRO);
}

#[tokio::test]
async fn a_wait_that_would_leave_too_little_time_is_not_begun() {
    let bench = Bench::playing(once(limited(3.0))).await;
    let error = image(&bench.engine, &[PRO], in_seconds(5)).await.unwrap_err();
    assert!(matches!(error.failure(), Failure::RateLimited { .. }), "{error:?}");
}

#[tokio::test]
async fn after_its_delay_a_limited_model_is_asked_again() {
    let bench = Bench::playing(once(limited(0.02))).await;
    assert_eq!(bench.image().await.unwrap().attempts, 2);
}

#[tokio::test]
async fn a_limited_model_is_skipped_while_another_can_answer_and_its_breaker_stays_closed() {
    let steps = vec![Step::new(limited(3600.0)).to_model(BANANA).times(9)];
    let bench = Bench::playing(steps).await;
    for _ in 0..7 {
        assert_eq!(bench.image_of(&[BANANA, PRO]).await.unwrap().model, PRO);
    }
    let to_banana = bench.models_called().iter().filter(|model| *model == BANANA).count();
    assert_eq!(to_banana, 1, "a pause holds for later asks too");
    let error = bench.image_of(&[BANANA]).await.unwrap_err();
    assert!(matches!(error.failure(), Failure::RateLimited { retry_after: Some(_) }), "{error:?}");
    assert_eq!(error.attempts(), 0);
}

/// HTTP 503 that names a time in its details.
fn overloaded(seconds: f64) -> Instead {
    let info = json!({"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": format!("{seconds}s")});
    let body = json!({"error": {"code": 503, "message": "x", "status": "UNAVAILABLE", "details": [info]}});
    Instead::Status { http: 503, body: Some(body.to_string()), retry_after_seconds: None }
}

#[tokio::test]
async fn an_overloaded_model_that_names_a_time_is_left_alone_until_then_by_later_asks_too() {
    let header = Instead::Status { http: 503, body: None, retry_after_seconds: Some(3600) };
    for act in [overloaded(3600.0), header] {
        let bench = Bench::playing(vec![Step::new(act.clone()).to_model(BANANA).times(9)]).await;
        for _ in 0..4 {
            assert_eq!(bench.image_of(&[BANANA, PRO]).await.unwrap().model, PRO);
        }
        assert_eq!(bench.models_called(), [BANANA, PRO, PRO, PRO, PRO], "{act:?}");
        let error = bench.image_of(&[BANANA]).await.unwrap_err();
        assert!(matches!(error.failure(), Failure::Overloaded { retry_after: Some(_) }), "{error:?}");
        assert_eq!(error.attempts(), 0);
    }
}

#[tokio::test]
async fn an_overloaded_model_that_names_a_time_counts_as_ill() {
    let bench = Bench::playing(times(overloaded(0.01), 99)).await;
    for attempts in [3, 2] {
        assert_eq!(bench.image().await.unwrap_err().attempts(), attempts);
    }
    let error = bench.image().await.unwrap_err();
    assert!(matches!(error.failure(), Failure::BreakerOpen { .. }), "{error:?}");
    assert_eq!(bench.simulator.calls().len(), 5);
}

#[tokio::test]
async fn a_model_that_fails_twice_in_one_ask_makes_room_for_the_next() {
    let failures: [Act; 4] =
        [Instead::Internal.into(), Instead::BadGateway.into(), Instead::Reset.into(), Carry::HalfBody.into()];
    for act in failures {
        let bench = Bench::playing(vec![Step::new(act.clone()).to_model(BANANA).times(99)]).await;
        let answer = bench.image_of(&[BANANA, PRO]).await.unwrap();
        assert_eq!(bench.models_called(), [BANANA, BANANA, PRO], "{act:?}");
        assert_eq!((answer.model.as_str(), answer.attempts), (PRO, 3));
        // One that fails once is given another chance, and so is one that has nobody beside it.
        bench.simulator.forget_calls();
        bench.simulator.script(vec![Step::new(act.clone()).to_model(PRO).times(1)]);
        assert_eq!(bench.image_of(&[PRO, BANANA]).await.unwrap().model, PRO, "{act:?}");
        bench.simulator.script(vec![Step::new(act).to_model(LITE).times(2)]);
        assert_eq!(bench.text().await.unwrap().attempts, 3);
        assert_eq!(bench.models_called(), [PRO, PRO, LITE, LITE, LITE]);
    }
}

#[tokio::test]
async fn the_header_retry_after_is_kept_like_the_detail() {
    let act = Instead::RateLimited { retry_delay_seconds: None, retry_after_seconds: Some(3600) };
    let error = Bench::playing(once(act)).await.image().await.unwrap_err();
    assert_eq!((error.retry_after(), error.attempts()), (Some(Duration::from_secs(3600)), 1));
    let act = Instead::Status { http: 503, body: None, retry_after_seconds: Some(3600) };
    let error = Bench::playing(once(act)).await.image().await.unwrap_err();
    assert_eq!((error.retry_after(), error.attempts()), (Some(Duration::from_secs(3600)), 1));
}

#[tokio::test]
async fn failures_in_a_row_open_the_breaker_and_then_nothing_is_sent() {
    let bench = Bench::playing(times(Instead::Internal, 99)).await;
    while bench.image().await.unwrap_err().attempts() > 0 {}
    assert_eq!(bench.simulator.calls().len(), 5);
    let error = bench.image().await.unwrap_err();
    assert!(matches!(error.failure(), Failure::BreakerOpen { .. }), "{error:?}");
    assert!(bench.text().await.is_err(), "another model is asked");
    assert_eq!(bench.models_called().last().map(String::as_str), Some(LITE));
}

#[tokio::test]
async fn when_the_fault_ends_a_probe_closes_the_breaker() {
    let change = |settings: &mut EngineSettings| settings.breaker_pause = Duration::ZERO;
    let bench = Bench::with(change, SimulatorSettings::default()).await;
    bench.simulator.script(times(Instead::Internal, 6));
    for _ in 0..2 {
        assert!(bench.image().await.is_err());
    }
    assert!(bench.image().await.is_ok());
}

/// What the metrics say of a model's breaker.
fn told_of_the_breaker(engine: &str, model: &str) -> Option<String> {
    let line = format!("figurine_engine_breaker_open{{engine=\"{engine}\",model=\"{model}\"}} ");
    metrics_text().lines().find_map(|told| told.strip_prefix(&line).map(str::to_owned))
}

#[tokio::test]
async fn the_gauge_of_a_breaker_is_1_from_its_opening_to_a_good_probe_whatever_scenarios_do() {
    start_metrics();
    let change = |settings: &mut EngineSettings| {
        settings.breaker_pause = Duration::ZERO;
        settings.name = "of-this-test";
    };
    let bench = Bench::with(change, SimulatorSettings::default()).await;
    let told = || told_of_the_breaker("of-this-test", LITE);
    assert_eq!(told(), None);
    bench.simulator.script(times(Instead::Internal, 7));
    assert!(bench.text().await.is_err());
    assert_eq!(told().as_deref(), Some("0"), "three failures are too few");
    assert!(bench.text().await.is_err());
    assert_eq!(told().as_deref(), Some("1"));
    // A scenario has breakers of its own: what happens there says nothing of the model.
    let playing = Bench { engine: bench.engine.playing("succeeded").unwrap(), simulator: bench.simulator };
    let _ = playing.text().await;
    assert_eq!(told().as_deref(), Some("1"));
    assert!(
        bench.engine.text(&[LITE.to_owned()], analysis(&photo64()), in_seconds(60), &Meter::default()).await.is_ok()
    );
    assert_eq!(told().as_deref(), Some("0"), "a good probe");
}

#[tokio::test]
async fn retries_stay_a_tenth_of_the_asks_once_the_reserve_is_used() {
    let change = |settings: &mut EngineSettings| settings.breaker_failures = u32::MAX;
    let bench = Bench::with(change, SimulatorSettings::default()).await;
    bench.simulator.script(times(Instead::Internal, 999));
    for _ in 0..40 {
        assert!(bench.text().await.is_err());
    }
    let retries = bench.simulator.calls().len() - 40;
    assert!((10..=14).contains(&retries), "{retries} retries for 40 asks");
}

#[tokio::test]
async fn the_deadline_ends_an_ask_that_is_never_answered() {
    let bench = Bench::playing(times(Carry::NeverAnswers, 9)).await;
    let deadline = tokio::time::Instant::now() + Duration::from_millis(150);
    let error = image(&bench.engine, &[PRO], deadline).await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::DeadlineExceeded, 1));
    bench.simulator.wait_for_ends(1).await;
    assert!(bench.simulator.calls()[0].client_left);
}

#[tokio::test]
async fn one_attempts_own_limit_leaves_time_for_one_more() {
    let change = |settings: &mut EngineSettings| settings.image_timeout = Duration::from_millis(150);
    let bench = Bench::with(change, SimulatorSettings::default()).await;
    bench.simulator.script(times(Carry::NeverAnswers, 9));
    let begun = tokio::time::Instant::now();
    let error = bench.image().await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::Timeout, 2));
    assert!(begun.elapsed() >= Duration::from_millis(3 * 150), "the second has twice as long: {:?}", begun.elapsed());
}

/// How many seconds a server is told at each of the two requests that it is asked after a 504.
async fn told_after_a_timeout(deadline: tokio::time::Instant) -> Vec<u64> {
    let (listener, engine) = own_server().await;
    let serve = async {
        let mut told = Vec::new();
        for _ in 0..2 {
            let (mut connection, _) = listener.accept().await.unwrap();
            let head = head_of(&mut connection).await;
            let timeout = head.split("\r\nx-server-timeout: ").nth(1).unwrap();
            told.push(timeout.split("\r\n").next().unwrap().parse().unwrap());
            let expired = b"HTTP/1.1 504 Gateway Timeout\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
            answer(connection, expired).await;
        }
        told
    };
    let (told, answer) = tokio::join!(serve, image(&engine, &[PRO], deadline));
    assert_eq!(*answer.unwrap_err().failure(), Failure::Timeout);
    told
}

#[tokio::test]
async fn after_a_timeout_the_server_is_told_that_it_has_longer_and_never_beyond_the_deadline() {
    assert_eq!(told_after_a_timeout(in_seconds(900)).await, [120, 240]);
    assert_eq!(told_after_a_timeout(in_seconds(200)).await, [120, 200]);
}

#[tokio::test]
async fn a_byte_at_a_time_does_not_outlast_the_deadline() {
    let bench = Bench::playing(once(Carry::SlowBody { bytes: 1, ms: 5 })).await;
    let deadline = tokio::time::Instant::now() + Duration::from_millis(300);
    let error = image(&bench.engine, &[PRO], deadline).await.unwrap_err();
    assert_eq!(*error.failure(), Failure::DeadlineExceeded);
    bench.simulator.wait_for_ends(1).await;
    assert!(bench.simulator.calls()[0].client_left);
}

#[tokio::test]
async fn a_deadline_that_has_passed_sends_nothing() {
    let bench = Bench::new().await;
    let error = image(&bench.engine, &[PRO], tokio::time::Instant::now()).await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::DeadlineExceeded, 0));
    assert!(bench.simulator.calls().is_empty());
}

#[tokio::test]
async fn an_ask_that_is_dropped_closes_its_connection() {
    let bench = Bench::new().await;
    bench.simulator.hold();
    tokio::select! {
        _ = bench.image() => panic!("it was held"),
        () = bench.simulator.wait_for_calls(1) => {}
    }
    bench.simulator.wait_for_ends(1).await;
    let call = &bench.simulator.calls()[0];
    assert!(call.client_left && call.status == 0);
    bench.simulator.release();
    assert!(bench.image().await.is_ok());
}

#[tokio::test]
async fn a_list_without_a_usable_model_is_a_misconfiguration() {
    let bench = Bench::new().await;
    for models in [&[][..], &["../secrets"]] {
        let error = bench.image_of(models).await.unwrap_err();
        assert_eq!(*error.failure(), Failure::Misconfigured(Misconfiguration::Models));
    }
    assert!(bench.simulator.calls().is_empty());
}

#[tokio::test]
async fn a_model_that_cannot_draw_what_is_asked_is_not_asked() {
    let bench = Bench::new().await;
    let photo = photo64();
    let ask = || ImageAsk { prompt: "p", photo: &photo, aspect_ratio: "1:1", image_size: "4K", seed: None };
    let lite = "gemini-3.1-flash-lite-image".to_owned();
    let error =
        bench.engine.image(std::slice::from_ref(&lite), ask(), in_seconds(9), &Meter::default()).await.unwrap_err();
    assert_eq!((error.failure(), error.attempts()), (&Failure::Unsupported, 0));
    let models = [lite, "gemini-3.1-flash-image".to_owned()];
    let answer = bench.engine.image(&models, ask(), in_seconds(60), &Meter::default()).await.unwrap();
    assert_eq!((answer.model, answer.attempts), (models[1].clone(), 1));
}

/// A server that says nothing by itself, and an engine that asks it.
#[tokio::test]
async fn a_used_up_budget_of_retries_keeps_nobody_from_another_model() {
    let busy = Instead::RateLimited { retry_delay_seconds: None, retry_after_seconds: None };
    let bench = Bench::playing(vec![Step::new(busy).to_model(BANANA).times(99)]).await;
    for ask in 0..30 {
        let answer = bench.image_of(&[BANANA, PRO]).await;
        assert_eq!(answer.map(|answer| answer.model).as_deref(), Ok(PRO), "ask {ask}");
    }
}

#[tokio::test]
async fn of_two_models_that_are_waited_for_the_first_to_come_back_counts() {
    let change = |settings: &mut EngineSettings| {
        settings.breaker_failures = 1;
        settings.breaker_pause = Duration::from_millis(200);
    };
    let bench = Bench::with(change, SimulatorSettings::default()).await;
    let steps = [Step::new(limited(3600.0)).to_model(BANANA).times(9), Step::new(Instead::Internal).to_model(PRO)];
    bench.simulator.script(steps.into());
    let answer = bench.image_of(&[BANANA, PRO]).await.unwrap();
    assert_eq!((answer.model.as_str(), answer.attempts), (PRO, 3));
    assert_eq!(bench.models_called(), [BANANA, PRO, PRO]);
}

#[tokio::test]
async fn an_error_is_told_by_its_status_though_its_body_never_comes() {
    let (listener, engine) = own_server().await;
    let serve = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        head_of(&mut connection).await;
        connection.write_all(b"HTTP/1.1 401 Unauthorized\r\ncontent-length: 1000\r\n\r\n").await.unwrap();
        std::future::pending::<()>().await;
    };
    let asked = image(&engine, &[PRO], in_seconds(30));
    let error = tokio::select! { answer = asked => answer.unwrap_err(), () = serve => unreachable!() };
    assert_eq!(*error.failure(), Failure::Misconfigured(Misconfiguration::Key));
    assert_eq!(error.usage().unknown_calls, 0);
}

/// What was paid for stays known when the one who asked has left.
#[tokio::test]
async fn an_ask_that_is_given_up_tells_what_it_had_used() {
    let (listener, engine) = own_server().await;
    let serve = async {
        let (mut connection, _) = listener.accept().await.unwrap();
        head_of(&mut connection).await;
        let words = r#"{"candidates":[{"content":{"parts":[{"text":"x"}]},"finishReason":"STOP"}],"usageMetadata":
            {"promptTokenCount":1000,"candidatesTokenCount":100,"totalTokenCount":1100}}"#;
        let whole = format!("HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {}\r\n\r\n{words}", words.len());
        answer(connection, whole.as_bytes()).await;
        head_of(&mut listener.accept().await.unwrap().0).await;
    };
    let (meter, photo) = (Meter::default(), photo64());
    let ask = ImageAsk { prompt: "p", photo: &photo, aspect_ratio: "1:1", image_size: "1K", seed: None };
    let models = [PRO.to_owned()];
    let asked = engine.image(&models, ask, in_seconds(30), &meter);
    tokio::select! { answer = asked => panic!("{answer:?}"), () = serve => {} };
    let used = meter.read();
    assert_eq!((used.input_tokens, used.micro_usd, used.unknown_calls), (1_000, 1_000 * 2 + 100 * 12, 1));
}

async fn own_server() -> (TcpListener, Engine) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let engine = Engine::new(settings(&format!("http://{}", listener.local_addr().unwrap()))).unwrap();
    (listener, engine)
}

/// Answers and closes. What of the request was not read would make the close a reset.
async fn answer(mut connection: TcpStream, whole: &[u8]) {
    connection.write_all(whole).await.unwrap();
    while connection.read(&mut [0; 4096]).await.unwrap_or_default() > 0 {}
}

async fn head_of(connection: &mut TcpStream) -> String {
    let mut head = Vec::new();
    while !head.windows(4).any(|end| end == b"\r\n\r\n") {
        assert!(connection.read_buf(&mut head).await.unwrap() > 0, "no whole head");
    }
    let end = head.windows(4).position(|end| end == b"\r\n\r\n").unwrap();
    String::from_utf8(head[..end].to_vec()).unwrap().to_ascii_lowercase()
}

/// What a server sees first of a request for an image.
async fn head_of_a_request(deadline: tokio::time::Instant) -> String {
    let (listener, engine) = own_server().await;
    let read = async { head_of(&mut listener.accept().await.unwrap().0).await };
    tokio::select! {
        head = read => head,
        answer = image(&engine, &[PRO], deadline) => panic!("nobody answered: {answer:?}"),
    }
}

#[tokio::test]
async fn the_key_is_in_one_header_alone_and_the_server_is_told_how_long_it_has() {
    for (seconds, told) in [(2, 10), (30, 30)] {
        let head = head_of_a_request(in_seconds(seconds)).await;
        assert!(head.starts_with("post /v1beta/models/gemini-3-pro-image:generatecontent http/1.1\r\n"), "{head}");
        assert_eq!(head.matches("a-key").count(), 1, "{head}");
        assert!(head.contains("\r\nx-goog-api-key: a-key"), "{head}");
        let timeout = head.split("\r\nx-server-timeout: ").nth(1).unwrap();
        assert_eq!(timeout.split("\r\n").next().unwrap().parse(), Ok(told), "{head}");
        assert!(head.contains("\r\ncontent-length: ") && !head.contains("transfer-encoding"), "{head}");
        assert!(!head.contains("authorization") && !head.contains("accept-encoding"), "{head}");
    }
}

#[tokio::test]
async fn answers_without_sense_open_the_breaker() {
    let bench = Bench::playing(times(Instead::Html200, 99)).await;
    for _ in 0..5 {
        assert_eq!(*bench.image().await.unwrap_err().failure(), Failure::Garbled);
    }
    let error = bench.image().await.unwrap_err();
    assert!(matches!(error.failure(), Failure::BreakerOpen { .. }), "{error:?}");
    assert_eq!(bench.simulator.calls().len(), 5);
}

#[tokio::test]
async fn connections_are_used_again() {
    let bench = Bench::new().await;
    for _ in 0..5 {
        bench.text().await.unwrap();
    }
    let calls = bench.simulator.calls();
    assert!(calls.iter().all(|call| call.client_port == calls[0].client_port), "{calls:?}");
}

#[tokio::test]
async fn a_wrong_key_is_told_by_the_simulator_as_by_google() {
    for (key, expected) in [("invalid", Misconfiguration::Key)] {
        let bench = Bench::with(|settings| settings.key = key.into(), SimulatorSettings::default()).await;
        let error = bench.image().await.unwrap_err();
        assert_eq!(*error.failure(), Failure::Misconfigured(expected));
    }
}
