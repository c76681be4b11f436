//! What a scenario does to a call: another answer, a spoiled one, or a broken connection.

use super::answer::{Answer, Piece};
use super::calls::Open;
use super::paint::{Figure, as_it_is};
use super::refusal::Refusal;
use super::samples;
use super::scenario::Act;
use super::server::Wire;
use actix_web::http::{StatusCode, header};
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::stream;
use serde_json::json;
use std::future::{Future, pending};
use std::io;
use std::time::Duration;
use zeroize::Zeroizing;

const HTML: &str = "<html><head><title>502 Bad Gateway</title></head><body></body></html>";
const GZIP_BOMB: &[u8] = include_bytes!("bomb.gz");
const PNG_BOMB: &[u8] = include_bytes!("bomb.png");
const SVG: &[u8] = br#"<svg xmlns="http://www.w3.org/2000/svg"><script>1</script></svg>"#;

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    Events,
}

/// What is to be delivered.
pub(super) enum Performed {
    Answered(Answer),
    Refused(Refusal),
    /// A whole HTTP answer, as it stands.
    Raw(Raw),
    /// Nothing, and the connection is cut.
    Cut,
}

/// A whole HTTP answer.
pub(super) struct Raw {
    http: u16,
    content_type: &'static str,
    headers: Vec<(header::HeaderName, String)>,
    body: Bytes,
}

impl Raw {
    fn new(http: u16, content_type: &'static str, body: impl Into<Bytes>) -> Performed {
        Performed::Raw(Self { http, content_type, headers: Vec::new(), body: body.into() })
    }
}

/// Does the act instead of, or to, the usual answer.
pub(super) async fn perform(act: Option<&Act>, usual: impl Future<Output = Result<Answer, Refusal>>) -> Performed {
    if let Some(instead) = act.and_then(instead) {
        return instead;
    }
    match act {
        Some(Act::NeverAnswers) => pending::<()>().await,
        Some(Act::Latency { ms }) => tokio::time::sleep(Duration::from_millis(*ms)).await,
        _ => {}
    }
    match usual.await {
        Ok(answer) => Performed::Answered(spoil(answer, act)),
        Err(refusal) => Performed::Refused(refusal),
    }
}

/// Acts that need no usual answer.
fn instead(act: &Act) -> Option<Performed> {
    Some(match act {
        Act::RateLimited { retry_delay_seconds, retry_after_seconds } => {
            rate_limited(*retry_delay_seconds, *retry_after_seconds)
        }
        Act::QuotaZero => sample("quota_zero"),
        Act::Internal => sample("internal"),
        Act::Overloaded => sample("overloaded"),
        Act::DeadlineExpired => sample("deadline_504"),
        Act::BadGateway => Raw::new(502, "text/html", HTML),
        Act::Status { http, body, retry_after_seconds } => status(*http, body.as_deref(), *retry_after_seconds),
        Act::Reset => Performed::Cut,
        Act::BadJson => Raw::new(200, "application/json", r#"{"candidates":[{"content":{"#),
        Act::Html200 => Raw::new(200, "text/html", HTML),
        Act::DeepJson => Raw::new(200, "application/json", "[".repeat(100_000)),
        Act::Redirect { to } => with_header(Raw::new(302, "text/html", ""), header::LOCATION, to.clone()),
        Act::GzipBomb => {
            with_header(Raw::new(200, "application/json", GZIP_BOMB), header::CONTENT_ENCODING, "gzip".to_owned())
        }
        Act::Sample(name) => sample(name),
        _ => return None,
    })
}

fn sample(name: &str) -> Performed {
    match samples::find(name) {
        Some(found) => Raw::new(found.http, "application/json", found.body.to_string()),
        None => Performed::Refused(Refusal::new(501, "UNIMPLEMENTED", format!("no sample is called {name}"))),
    }
}

fn rate_limited(delay: Option<f64>, header_seconds: Option<u64>) -> Performed {
    let message = "You exceeded your current quota, please check your plan and billing details.";
    let mut refusal = Refusal::new(429, "RESOURCE_EXHAUSTED", message);
    if let Some(seconds) = delay {
        refusal = refusal.with(json!({
            "@type": "type.googleapis.com/google.rpc.RetryInfo",
            "retryDelay": format!("{seconds}s"),
        }));
    }
    after(Raw::new(429, "application/json", refusal.body().to_string()), header_seconds)
}

fn status(http: u16, body: Option<&str>, retry_after_seconds: Option<u64>) -> Performed {
    let envelope = json!({"error": {"code": http, "message": "By script.", "status": "UNKNOWN"}});
    let body = body.map_or_else(|| envelope.to_string(), str::to_owned);
    after(Raw::new(http, "application/json", body), retry_after_seconds)
}

fn after(performed: Performed, seconds: Option<u64>) -> Performed {
    match seconds {
        Some(seconds) => with_header(performed, header::RETRY_AFTER, seconds.to_string()),
        None => performed,
    }
}

fn with_header(performed: Performed, name: header::HeaderName, value: String) -> Performed {
    match performed {
        Performed::Raw(mut raw) => {
            raw.headers.push((name, value));
            Performed::Raw(raw)
        }
        other => other,
    }
}

/// Acts that change the usual answer.
fn spoil(mut answer: Answer, act: Option<&Act>) -> Answer {
    match act {
        Some(Act::TextOnly) => {
            let text = "I'm just a language model and can't help with that.".to_owned();
            answer.pieces = vec![Piece::Words { text, thought: false }];
        }
        Some(Act::BadJsonText) => {
            let text = "Certainly! {\"subject\": person".to_owned();
            answer.pieces = vec![Piece::Words { text, thought: false }];
        }
        Some(Act::NoImage) => ended(&mut answer, "NO_IMAGE"),
        Some(Act::BlockedOutput { reason }) => ended(&mut answer, reason),
        Some(Act::EmptyStop) => answer.pieces.clear(),
        Some(Act::MaxTokens) => {
            ended(&mut answer, "MAX_TOKENS");
            let text = "{\"subjects\":[{\"hair\":\"re".to_owned();
            answer.pieces = vec![Piece::Words { text, thought: false }];
        }
        Some(Act::BlockedInput { reason }) => answer.block_reason = Some(reason.clone()),
        Some(Act::InterimImages) => drafts(&mut answer, true),
        Some(Act::SeveralImages) => drafts(&mut answer, false),
        Some(Act::OnlyThoughtImage) => mark(&mut answer),
        Some(Act::HugeImage { bytes }) => replace(&mut answer, as_it_is(&vec![0; *bytes])),
        Some(Act::BombImage) => replace(&mut answer, as_it_is(PNG_BOMB)),
        Some(Act::SvgImage) => replace(&mut answer, as_it_is(SVG)),
        Some(Act::WrongType) => retype(&mut answer, "image/webp"),
        Some(Act::BadBase64) => {
            replace(&mut answer, Figure { mime_type: "image/png", base64: "***not*base64***".to_owned() })
        }
        _ => {}
    }
    answer
}

fn ended(answer: &mut Answer, reason: &str) {
    answer.pieces.clear();
    reason.clone_into(&mut answer.finish_reason);
    answer.finish_message = Some("Unable to show the generated image.");
    answer.tokens.images_out = 0;
    answer.tokens.words_out = answer.tokens.thoughts;
}

fn drafts(answer: &mut Answer, thought: bool) {
    let gray = image::RgbImage::from_pixel(16, 16, image::Rgb([128, 128, 128]));
    let mut png = io::Cursor::new(Vec::new());
    // Writing 16 by 16 pixels to memory cannot fail.
    let _ = gray.write_to(&mut png, image::ImageFormat::Png);
    let draft = as_it_is(png.get_ref());
    for _ in 0..2 {
        let figure = draft.clone();
        answer.pieces.insert(0, Piece::Image { figure, thought });
    }
    answer.tokens.images_out *= 3;
}

fn mark(answer: &mut Answer) {
    for piece in &mut answer.pieces {
        if let Piece::Image { thought, .. } = piece {
            *thought = true;
        }
    }
}

fn replace(answer: &mut Answer, with: Figure) {
    for piece in &mut answer.pieces {
        if let Piece::Image { figure, .. } = piece {
            figure.clone_from(&with);
        }
    }
}

fn retype(answer: &mut Answer, to: &'static str) {
    for piece in &mut answer.pieces {
        if let Piece::Image { figure, .. } = piece {
            figure.mime_type = to;
        }
    }
}

/// Sends what was performed, and writes the call's end down.
pub(super) async fn deliver(
    performed: Performed,
    act: Option<&Act>,
    delivery: Delivery,
    open: Open,
    wire: Option<&Wire>,
) -> HttpResponse {
    match performed {
        Performed::Refused(refusal) => {
            let body = refusal.body().to_string();
            open.answered(refusal.http, body.len());
            refusal.response()
        }
        Performed::Raw(raw) => {
            open.answered(raw.http, raw.body.len());
            let mut response = builder(raw.http);
            response.content_type(raw.content_type);
            for header in raw.headers {
                response.insert_header(header);
            }
            response.body(raw.body)
        }
        Performed::Cut => {
            open.answered(0, 0);
            if let Some(wire) = wire {
                wire.cut();
            }
            pending().await
        }
        Performed::Answered(answer) => answered(answer, act, delivery, open),
    }
}

fn builder(http: u16) -> HttpResponseBuilder {
    HttpResponse::build(StatusCode::from_u16(http).unwrap_or(StatusCode::OK))
}

fn answered(answer: Answer, act: Option<&Act>, delivery: Delivery, open: Open) -> HttpResponse {
    let json = answer.into_json();
    let (body, content_type) = match delivery {
        Delivery::Whole => (json, "application/json; charset=UTF-8"),
        Delivery::Events => (event(&json), "text/event-stream"),
    };
    let body = Bytes::from_owner(Owned(body));
    let mut response = HttpResponse::Ok();
    response.content_type(content_type);
    let length = body.len() as u64;
    match act {
        Some(Act::HalfBody) => {
            open.answered(200, body.len() / 2);
            let half = body.slice(..body.len() / 2);
            let broken = Err(io::Error::from(io::ErrorKind::ConnectionReset));
            response.no_chunking(length);
            response.streaming(stream::iter([Ok(half), broken]))
        }
        Some(Act::SlowBody { bytes, ms }) => {
            response.no_chunking(length);
            let pace = (*bytes, Duration::from_millis(*ms));
            response.streaming(Box::pin(slowly(body, pace, open)))
        }
        _ => {
            open.answered(200, body.len());
            response.body(body)
        }
    }
}

fn event(json: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut event = Zeroizing::new(Vec::with_capacity(json.len() + 10));
    event.extend_from_slice(b"data: ");
    event.extend_from_slice(json);
    event.extend_from_slice(b"\r\n\r\n");
    event
}

fn slowly(
    body: Bytes,
    (bytes, pause): (usize, Duration),
    open: Open,
) -> impl futures_util::Stream<Item = io::Result<Bytes>> {
    let total = body.len();
    stream::unfold((body, Some(open)), move |(mut left, mut open)| async move {
        if left.is_empty() {
            if let Some(open) = open.take() {
                open.answered(200, total);
            }
            return None;
        }
        tokio::time::sleep(pause).await;
        let piece = left.split_to(bytes.max(1).min(left.len()));
        Some((Ok(piece), (left, open)))
    })
}

struct Owned(Zeroizing<Vec<u8>>);

impl AsRef<[u8]> for Owned {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}
