//! `retention_seconds=0`: a result goes with its first complete delivery.

use std::{
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use actix_web::{
    HttpRequest, HttpResponse,
    body::{BodySize, BoxBody, MessageBody},
    http::Method,
};
use bytes::Bytes;

use super::Api;
use crate::{domain::Options, flow::Flow, store::Job, tasks::Tasks};

/// What an answer delivers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Delivered {
    /// Everything that was made.
    All,
    /// One image.
    Image(u32),
}

/// Lets an answer erase what it delivers once it was sent whole, where the options say so.
pub(super) fn erased_after(
    api: &Api,
    req: &HttpRequest,
    (job, options): (&Job, &Options),
    what: Delivered,
    response: HttpResponse,
) -> HttpResponse {
    // The framework reads the body of an answer to HEAD to its end although none of it is sent.
    if !options.is_ephemeral() || req.method() == Method::HEAD {
        return response;
    }
    let (flow, tasks, job) = (api.flow.clone(), api.tasks.clone(), job.clone());
    response.map_body(|_, body| BoxBody::new(Erasing { body, end: Some(End { flow, tasks, job, what }) }))
}

/// A body whose end erases what was in it; one that is dropped before erases nothing.
struct Erasing {
    body: BoxBody,
    end: Option<End>,
}

struct End {
    flow: Arc<Flow>,
    tasks: Tasks,
    job: Job,
    what: Delivered,
}

impl End {
    fn begin(self) {
        let Self { flow, tasks, job, what } = self;
        drop(tasks.start(async move {
            let erased = match what {
                Delivered::All => flow.erase_result(&job).await,
                Delivered::Image(index) => flow.erase_image(&job, index).await,
            };
            if let Err(error) = erased {
                tracing::warn!(figure.id = %job.of.figure, %error, "a delivered result goes with its time, not at once");
            }
        }));
    }
}

impl MessageBody for Erasing {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        let polled = Pin::new(&mut self.body).poll_next(context);
        // The framework asks for more once what it was given is nearly all written.
        if let Some(end) = self.end.take_if(|_| matches!(polled, Poll::Ready(None))) {
            end.begin();
        }
        polled
    }
}
