//! The rest of a request's body: what nobody has read when the answer is ready.
//!
//! It is held until the answer is sent. The framework then closes in order: the answer first, then for a while it passes
//! over what still comes, up to a bound, so that a client that sends on gets to see the answer. Let go earlier, a chunked
//! body would be read to its end, however long.

use std::{
    cell::RefCell,
    pin::Pin,
    rc::Rc,
    task::{Context, Poll},
};

use actix_web::{
    HttpMessage,
    body::{BodySize, BoxBody, MessageBody},
    dev::{Payload, ServiceRequest, ServiceResponse},
    error::PayloadError,
    http::ConnectionType,
};
use bytes::Bytes;
use futures_util::{Stream, StreamExt};

use super::wire::Closing;

/// A request's body, shared between its reader and who answers.
#[derive(Clone)]
pub(super) struct Rest(Rc<RefCell<Body>>);

struct Body {
    payload: Payload,
    ended: bool,
    closing: Option<Closing>,
}

impl Rest {
    /// Puts itself between a request's body and its reader; `None` for a request without body.
    pub(super) fn of(req: &mut ServiceRequest) -> Option<Self> {
        let payload = req.take_payload();
        if matches!(payload, Payload::None) {
            return None;
        }
        let closing = req.conn_data::<Closing>().cloned();
        let rest = Self(Rc::new(RefCell::new(Body { payload, ended: false, closing })));
        req.set_payload(Payload::Stream { payload: Box::pin(rest.clone()) });
        Some(rest)
    }

    /// Gives what is unread to the answer, which then is the connection's last.
    pub(super) fn held_by(self, response: ServiceResponse<BoxBody>) -> ServiceResponse<BoxBody> {
        if self.0.borrow().ended {
            return response;
        }
        if let Some(closing) = &self.0.borrow().closing {
            closing.begin();
        }
        response.map_body(|head, body| {
            head.set_connection_type(ConnectionType::Close);
            BoxBody::new(Last { body, _rest: self })
        })
    }
}

impl Stream for Rest {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.borrow_mut();
        let polled = body.payload.poll_next_unpin(context);
        body.ended |= matches!(polled, Poll::Ready(None));
        polled
    }
}

/// The body of a connection's last answer.
struct Last {
    body: BoxBody,
    _rest: Rest,
}

impl MessageBody for Last {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(context)
    }
}
