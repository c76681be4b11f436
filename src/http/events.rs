//! `/v1/figures/{id}/events`: what happens to a figure, as it happens.

use std::{convert::Infallible, fmt::Write as _, future::ready, time::Duration};

use actix_web::{
    HttpRequest, HttpResponse,
    http::Method,
    web::{Data, Path},
};
use bytes::Bytes;
use futures_util::{StreamExt, stream};
use serde::Serialize;
use tokio::time::Instant;

use super::{
    Api,
    caller::Authenticated,
    figures::{find, gone},
    negotiate::accepts_events,
    problem::Problem,
};
use crate::{
    admission::{Ticket, Turn},
    domain::{Code, FigureId, JobProblem, Moment, Scope, State},
    store::{Event, Happening, Job, JobRef},
};

/// What every stream begins with: after how many milliseconds a client that lost it comes back.
const OPENING: &str = "retry: 2000\n\n";

/// A comment, which clients pass over and proxies take for life.
const SIGN_OF_LIFE: &str = ": still here\n\n";

/// How much longer than its job a stream may live: for the purge, which comes after the end.
const AFTER_THE_DEADLINE: Duration = Duration::from_secs(60);

/// What the data of an event says.
#[derive(Serialize)]
struct Told<'a> {
    figure: FigureId,
    status: State,
    at: Moment,
    problem: Option<&'a JobProblem>,
}

/// Follow a figure
///
/// Server-sent events, one for each stage that the figure reaches and, last, `purged`: the photo is gone. What has
/// happened comes at once, what happens comes when it does, and after `purged` the stream ends. `id` is the event's
/// number, from 1 without gaps; `event` is the status that was reached, or `purged`; `data` is a JSON object with
/// `figure`, `status`, `at` (RFC 3339) and `problem` (why there is no image, as in the figure object, or null).
///
/// A stream that was lost goes on where `Last-Event-ID` says; when nothing is left to tell the answer is 204, which
/// tells an event source to stop. Every 15 seconds there is a comment. The stream ends early when the key is revoked,
/// the store does not answer, the node stops, or a minute after the figure's deadline: come back with `Last-Event-ID`.
#[utoipa::path(
    get, path = "/v1/figures/{id}/events", operation_id = "followFigure", tag = "Figures",
    params(
        ("id" = String, Path, description = "The figure's id", example = "fig_019ab2c3d4e57f60a1b2c3d4e5f60718"),
        super::openapi::LastEventIdHeader,
    ),
    responses(
        (status = 200, description = "The events", body = inline(super::openapi::EventStream), content_type = "text/event-stream"),
        (status = 204, description = "Nothing is left to tell after `Last-Event-ID`"),
    )
)]
pub(super) async fn stream(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresRead)).await?;
    accepts_events(&req)?;
    let job = find(&api, ticket.owner(), &id).await?;
    let now = api.flow.store.now().await?;
    if job.deleted || job.expires_at.is_some_and(|at| at <= now) {
        return Err(gone(&api, &job).await);
    }
    let past = api.flow.store.events(&job.of, 0).await?;
    let mut course = Course::after(api, ticket, &job, told_before(&req, &past)?, (&past, now));
    if course.over {
        return Ok(HttpResponse::NoContent().insert_header(("Cache-Control", "no-store")).finish());
    }
    let mut answer = HttpResponse::Ok();
    answer.content_type("text/event-stream").insert_header(("Cache-Control", "no-store"));
    answer.insert_header(("X-Accel-Buffering", "no"));
    if req.method() == Method::HEAD {
        // The framework reads a body to its end although none of it is sent.
        return Ok(answer.streaming(stream::empty::<Result<Bytes, Infallible>>()));
    }
    course.turn = Some(turn(&course)?);
    let opening = stream::once(ready(Ok(Bytes::from_static(OPENING.as_bytes()))));
    Ok(answer.streaming(opening.chain(stream::unfold(course, Course::next))))
}

/// Leave for one more stream of the key.
fn turn(course: &Course) -> Result<Turn, Problem> {
    let most = course.ticket.streams();
    course.api.streams.begin(course.ticket.key(), most).ok_or_else(|| {
        Problem::new(
            Code::TooManyInFlight,
            format!("This key has {most} streams of events open here. Close one first."),
        )
    })
}

/// The number of the last event that the client has; 0 without one.
fn told_before(req: &HttpRequest, past: &[Event]) -> Result<u64, Problem> {
    let mut values = req.headers().get_all("Last-Event-ID");
    let Some(value) = values.next() else { return Ok(0) };
    let number = value.to_str().ok().and_then(|text| text.parse().ok().filter(|id: &u64| id.to_string() == text));
    let last = past.last().map_or(0, |event| event.id);
    number.filter(|id| *id <= last && values.next().is_none()).ok_or_else(|| {
        Problem::new(Code::MalformedRequest, "The header Last-Event-ID must be the id of an event of this figure.")
    })
}

/// A stream on its way. It owns all that it needs, so that dropping it, as happens when the client leaves, is its end.
struct Course {
    api: Data<Api>,
    ticket: Ticket,
    job: JobRef,
    /// The last event that was sent.
    after: u64,
    /// The state that the figure had reached then.
    status: State,
    over: bool,
    next_beat: Instant,
    limit: Instant,
    /// Held until the stream ends.
    turn: Option<Turn>,
}

impl Course {
    fn after(api: Data<Api>, ticket: Ticket, job: &Job, after: u64, (past, now): (&[Event], Moment)) -> Self {
        let (start, left) = (Instant::now(), job.deadline_at.max(now).plus(AFTER_THE_DEADLINE).since(now));
        let next_beat = start + api.heartbeat;
        let (of, limit) = (job.of.clone(), start + left);
        let mut course =
            Self { api, ticket, job: of, after, status: State::Queued, over: false, next_beat, limit, turn: None };
        past.iter().filter(|event| event.id <= after).for_each(|event| course.pass(event));
        course
    }

    fn pass(&mut self, event: &Event) {
        self.after = event.id;
        match event.what {
            Happening::Reached(state) => self.status = state,
            Happening::Purged => self.over = true,
        }
    }

    async fn next(mut self) -> Option<(Result<Bytes, Infallible>, Self)> {
        match self.more().await {
            Ok(text) => text.map(|text| (Ok(text.into()), self)),
            Err(problem) => {
                // The head is long sent: all that can be said is the end, and the client comes back to hear why.
                tracing::info!(code = %problem.code(), cause = problem.cause(), "a stream of events was ended early");
                None
            }
        }
    }

    /// What is to be sent next; `None` at the end.
    async fn more(&mut self) -> Result<Option<String>, Problem> {
        if self.over || Instant::now() >= self.limit {
            return Ok(None);
        }
        let until = self.next_beat.min(self.limit);
        let events = async { Ok(self.api.flow.jobs.events_after(&self.job, self.after, until).await?) };
        let events = self.api.while_valid(&self.ticket, events).await?;
        if !events.is_empty() {
            return self.told(&events).await.map(Some);
        }
        self.next_beat = Instant::now() + self.api.heartbeat;
        self.api.admission.admit_on(&self.ticket).await?;
        let known = self.api.flow.jobs.find(&self.job.owner, &self.job.figure).await?.is_some();
        let goes_on = known && !self.api.tasks.is_draining();
        Ok(goes_on.then(|| SIGN_OF_LIFE.to_owned()))
    }

    async fn told(&mut self, events: &[Event]) -> Result<String, Problem> {
        let mut text = String::new();
        for event in events {
            self.pass(event);
            let name = match event.what {
                Happening::Reached(state) => state.as_str(),
                Happening::Purged => "purged",
            };
            let problem = if self.status.is_terminal() { self.api.flow.read_problem(&self.job).await? } else { None };
            let told = Told { figure: self.job.figure, status: self.status, at: event.at, problem: problem.as_ref() };
            let data = serde_json::to_string(&told).map_err(|_| Problem::internal())?;
            // Writing to a string cannot fail.
            let _ = write!(text, "id: {}\nevent: {name}\ndata: {data}\n\n", event.id);
        }
        Ok(text)
    }
}
