//! How an answer travels: whole, as an event, in half, slowly, or not at all.

use super::acts::Performed;
use super::answer::Answer;
use super::calls::Open;
use super::scenario::{Act, Carry};
use super::server::Wire;
use actix_web::http::StatusCode;
use actix_web::{HttpResponse, HttpResponseBuilder};
use bytes::Bytes;
use futures_util::stream;
use std::future::pending;
use std::io;
use std::time::Duration;
use zeroize::Zeroizing;

/// How an answer travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivery {
    Whole,
    Events,
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
    let body = Bytes::from_owner(body);
    let mut response = HttpResponse::Ok();
    response.content_type(content_type);
    let length = body.len() as u64;
    match act {
        Some(Act::Carry(Carry::HalfBody)) => {
            open.answered(200, body.len() / 2);
            let half = body.slice(..body.len() / 2);
            let broken = Err(io::Error::from(io::ErrorKind::ConnectionReset));
            response.no_chunking(length);
            response.streaming(stream::iter([Ok(half), broken]))
        }
        Some(Act::Carry(Carry::SlowBody { bytes, ms })) => {
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
