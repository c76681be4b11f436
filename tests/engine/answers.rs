//! Every scenario of the simulator against Google's documents: what it answers fits them, or is spoilt on purpose.

use crate::harness::*;
use crate::protocol::{SAMPLES, asking, assert_error};
use crate::schemas::developer_faults;
use figurine::domain::Scenario;
use figurine::simulator::{Act, Carry, Instead, RunningSimulator, Simulator, SimulatorSettings, Spoil, Step};
use futures_util::future::join_all;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::time::Duration;

const MESSAGE: &str = "GenerateContentResponse";

/// Where a scenario stands.
#[derive(Debug, Clone, Copy)]
enum Side {
    /// HTTP 200 with an answer that fits.
    Fits,
    /// The same, but for a value at this place that no document has yet.
    FitsBut(&'static str),
    /// An error in the envelope.
    Error(u16),
    /// Nothing that Google's own servers would say: no JSON, no base64, or not all of it.
    Spoilt,
}

/// Every scenario and its side. One that is new fails the tests until it has a line here.
#[expect(clippy::too_many_lines, reason = "one line for each scenario")]
fn scenarios() -> Vec<(Act, Side)> {
    let reason = |reason: &str| reason.to_owned();
    let to = "http://127.0.0.1:1/elsewhere".to_owned();
    let status = Instead::Status { http: 418, body: None, retry_after_seconds: Some(1) };
    let limited = Instead::RateLimited { retry_delay_seconds: Some(1.5), retry_after_seconds: Some(2) };
    vec![
        (limited.into(), Side::Error(429)),
        (Instead::QuotaZero.into(), Side::Error(429)),
        (Instead::Internal.into(), Side::Error(500)),
        (Instead::BadGateway.into(), Side::Spoilt),
        (Instead::Overloaded.into(), Side::Error(503)),
        (Instead::DeadlineExpired.into(), Side::Error(504)),
        (status.into(), Side::Error(418)),
        (Instead::Reset.into(), Side::Spoilt),
        (Instead::BadJson.into(), Side::Spoilt),
        (Instead::Html200.into(), Side::Spoilt),
        (Instead::Redirect { to }.into(), Side::Spoilt),
        (Instead::GzipBomb.into(), Side::Spoilt),
        (Instead::DeepJson.into(), Side::Spoilt),
        (Instead::Sample(reason("image_ok")).into(), Side::Fits),
        (Spoil::BadJsonText.into(), Side::Fits),
        (Spoil::TextOnly.into(), Side::Fits),
        (Spoil::NoImage.into(), Side::Fits),
        (Spoil::EmptyStop.into(), Side::Fits),
        (Spoil::MaxTokens.into(), Side::Fits),
        (Spoil::BlockedInput { reason: reason("PROHIBITED_CONTENT") }.into(), Side::Fits),
        (Spoil::BlockedInput { reason: reason("NEVER_SEEN") }.into(), Side::FitsBut("/promptFeedback/blockReason")),
        (Spoil::BlockedOutput { reason: reason("IMAGE_SAFETY") }.into(), Side::Fits),
        (Spoil::BlockedOutput { reason: reason("NEVER_SEEN") }.into(), Side::FitsBut("/candidates/0/finishReason")),
        (Spoil::InterimImages.into(), Side::Fits),
        (Spoil::OnlyThoughtImage.into(), Side::Fits),
        (Spoil::SeveralImages.into(), Side::Fits),
        (Spoil::Says { text: reason("\u{201c}words\u{201d}\n\"}") }.into(), Side::Fits),
        (Spoil::HugeImage { bytes: 1 << 20 }.into(), Side::Fits),
        // What the bytes are is nothing that a schema speaks of.
        (Spoil::BombImage.into(), Side::Fits),
        (Spoil::SvgImage.into(), Side::Fits),
        (Spoil::HtmlImage.into(), Side::Fits),
        (Spoil::WrongType.into(), Side::Fits),
        (Spoil::BadBase64.into(), Side::Spoilt),
        (Carry::Latency { ms: 1 }.into(), Side::Fits),
        (Carry::NeverAnswers.into(), Side::Spoilt),
        (Carry::HalfBody.into(), Side::Spoilt),
        (Carry::SlowBody { bytes: 1 << 16, ms: 1 }.into(), Side::Fits),
    ]
}

/// The same of the captured answers.
fn captured() -> Vec<(Act, Side)> {
    let samples: Value = serde_json::from_str(SAMPLES).unwrap();
    let all = ["errors", "responses"].into_iter().flat_map(|list| samples[list].as_array().unwrap().clone());
    let side = |sample: Value| {
        let act = Instead::Sample(sample["name"].as_str().unwrap().to_owned());
        let http = u16::try_from(sample["http"].as_u64().unwrap()).unwrap();
        (act.into(), if http == 200 { Side::Fits } else { Side::Error(http) })
    };
    all.map(side).collect()
}

/// What came back: the status, and the body where all of it came.
struct Heard {
    http: u16,
    body: Option<String>,
}

impl Heard {
    async fn of(request: reqwest::RequestBuilder) -> Self {
        let Ok(answer) = request.send().await else { return Self { http: 0, body: None } };
        Self { http: answer.status().as_u16(), body: answer.text().await.ok() }
    }

    /// The messages of the body: one, or those of the events that it has come in.
    fn messages(&self) -> Option<Vec<Value>> {
        let body = self.body.as_deref()?;
        let events = body.starts_with("data: ");
        let texts: Vec<_> = if events { body.split_terminator("\r\n\r\n").collect() } else { vec![body] };
        texts.into_iter().map(|text| serde_json::from_str(text.strip_prefix("data: ").unwrap_or(text)).ok()).collect()
    }
}

/// What proto3 JSON takes for the same as a member that is missing.
fn without_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(without_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(without_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// What is wrong with an answer: by the documents, and by its base64.
fn wrongs(message: &Value) -> Vec<String> {
    let mut message = message.clone();
    without_nulls(&mut message);
    let mut wrongs = developer_faults(MESSAGE, &message);
    let candidates = message["candidates"].as_array().into_iter().flatten();
    let parts = candidates.flat_map(|candidate| candidate["content"]["parts"].as_array().into_iter().flatten());
    for data in parts.filter_map(|part| part["inlineData"]["data"].as_str()) {
        wrongs.extend(base64_simd::STANDARD.check(data.as_bytes()).err().map(|error| error.to_string()));
    }
    wrongs
}

/// An answer of that side, and of no other.
fn assert_side(name: &str, side: Side, heard: &Heard) {
    let messages = heard.messages();
    let fits = |message: &Value| assert_eq!(wrongs(message), Vec::<String>::new(), "{name}");
    match (side, messages) {
        (Side::Fits, Some(messages)) if heard.http == 200 => messages.iter().for_each(fits),
        (Side::FitsBut(place), Some(mut messages)) if heard.http == 200 => {
            let new: Vec<_> = messages.iter_mut().filter_map(|message| message.pointer_mut(place)).collect();
            assert!(!new.is_empty(), "{name} has nothing at {place}");
            for value in new {
                *value = Value::Null;
            }
            messages.iter().for_each(fits);
        }
        (Side::Error(http), Some(messages)) => {
            assert_eq!((heard.http, messages.len()), (http, 1), "{name}");
            assert_error(http, &messages[0]);
        }
        (Side::Spoilt, messages) => {
            let fits = messages.is_some_and(|messages| messages.iter().all(|message| wrongs(message).is_empty()));
            assert!(!fits || heard.http != 200, "{name} is named as spoilt and fits");
        }
        (Side::Fits | Side::FitsBut(_) | Side::Error(_), messages) => {
            assert!(matches!(side, Side::Spoilt), "{name} should be {side:?}: {} {messages:?}", heard.http);
        }
    }
}

/// What scenarios are played to: an image, JSON about a photo, and words; both versions, at once and as events.
fn asks(simulator: &RunningSimulator) -> Vec<(String, reqwest::RequestBuilder)> {
    let image = asking(&json!({"responseModalities": ["TEXT", "IMAGE"], "thinkingConfig": {"includeThoughts": true}}));
    let analysis = asking(&json!({"responseMimeType": "application/json", "responseJsonSchema": schema()}));
    let words = json!({"contents": [{"parts": [{"text": "Hello"}]}]});
    let mut asks = Vec::new();
    for (kind, model, body) in [("image", PRO, image), ("analysis", LITE, analysis), ("words", FLASH, words)] {
        for version in ["v1", "v1beta"] {
            for method in ["generateContent", "streamGenerateContent?alt=sse"] {
                let url = format!("{}/{version}/models/{model}:{method}", simulator.base_url);
                let asked = client_of_all().post(url).header("x-goog-api-key", "k").body(body.to_string());
                asks.push((format!("{kind} {version} {method}"), asked));
            }
        }
    }
    asks
}

/// A client that follows nothing and waits for no answer that does not come.
fn client_of_all() -> reqwest::Client {
    let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none());
    client.timeout(Duration::from_secs(20)).build().unwrap()
}

async fn fixed() -> RunningSimulator {
    let settings = SimulatorSettings { fixed_image: Some(figure().into()), ..SimulatorSettings::default() };
    Simulator::start(settings).await.unwrap()
}

#[tokio::test]
async fn every_scenario_fits_googles_documents_or_is_spoilt_on_purpose() {
    let simulator = fixed().await;
    for (ask, request) in asks(&simulator) {
        assert_side(&ask, Side::Fits, &Heard::of(request).await);
    }
    for (act, side) in scenarios().into_iter().chain(captured()) {
        let never = matches!(act, Act::Carry(Carry::NeverAnswers));
        for (ask, mut request) in asks(&simulator) {
            // An image is spoilt where one was asked for.
            if matches!(side, Side::Spoilt) && !ask.starts_with("image") {
                continue;
            }
            simulator.script(vec![Step::new(act.clone())]);
            if never {
                request = request.timeout(Duration::from_millis(200));
            }
            assert_side(&format!("{act:?} for {ask}"), side, &Heard::of(request).await);
        }
    }
}

#[tokio::test]
async fn every_outcome_that_a_test_key_may_ask_for_fits_or_is_spoilt_on_purpose() {
    let simulator = fixed().await;
    let plays = Scenario::ALL.iter().map(|scenario| scenario.as_str()).flat_map(|name| {
        let asked = asks(&simulator).into_iter().filter(|(ask, _)| ask.ends_with(" v1beta generateContent"));
        asked.map(move |(ask, request)| async move {
            let never = name == "deadline_exceeded";
            let request = if never { request.timeout(Duration::from_millis(200)) } else { request };
            let heard = Heard::of(request.header("figurine-scenario", name)).await;
            let side = match name {
                "deadline_exceeded" | "upstream_garbled" => Side::Spoilt,
                _ if heard.http == 200 => Side::Fits,
                _ => Side::Error(heard.http),
            };
            assert_side(&format!("{name} for {ask}"), side, &heard);
        })
    });
    join_all(plays).await;
}

/// The names of all scenarios of a kind, as the one who reads them lists them.
fn known<T: DeserializeOwned>() -> BTreeSet<String> {
    let refusal = serde_json::from_str::<T>("\"no such\"").err().unwrap().to_string();
    refusal.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn no_scenario_lacks_a_side() {
    // A word, or an object of one word.
    let named = |act: &Act| {
        let told = serde_json::to_value(act).unwrap();
        let word = told.as_object().map(|members| members.keys().next().unwrap().clone());
        word.unwrap_or_else(|| told.as_str().unwrap().to_owned())
    };
    let sided: BTreeSet<_> = scenarios().iter().map(|(act, _)| named(act)).collect();
    let known: BTreeSet<_> = [known::<Instead>(), known::<Spoil>(), known::<Carry>()].into_iter().flatten().collect();
    assert!(known.len() > 30, "{known:?}");
    assert_eq!(sided, known);
}
