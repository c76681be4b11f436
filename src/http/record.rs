//! Around every request: its id, the panic net, the place of its problem, and its entry in the ledger, which is written
//! also when the client leaves before the answer.

use std::{cell::RefCell, panic::AssertUnwindSafe, rc::Rc, sync::Arc, time::Instant};

use actix_web::{
    Error, HttpMessage, HttpRequest, HttpResponse, ResponseError,
    body::{BodySize, BoxBody, MessageBody},
    dev::{ServiceRequest, ServiceResponse},
    http::{ConnectionType, Method},
    middleware::Next,
    web::Data,
};
use futures_util::FutureExt;

use super::{
    Api,
    common::{Common, trace_of},
    cors,
    problem::{Place, Problem},
    quotas,
    rest::Rest,
};
use crate::{
    admission::{Quota, Ticket},
    domain::{Code, KeyId, Owner},
    ledger::{Client, Entry, Ledger},
    tasks::Tasks,
};

/// The entry of a running request; handlers add what they learn.
#[derive(Clone)]
pub(super) struct Draft(Rc<RefCell<Open>>);

struct Open {
    entry: Option<Entry>,
    /// What is left of the caller's limits.
    left: Vec<Quota>,
    /// Whose limits have been used since that was known.
    used: Option<Ticket>,
    started: Instant,
    ledger: Arc<Ledger>,
    tasks: Tasks,
}

impl Draft {
    fn new(api: &Api, req: &ServiceRequest, common: Common) -> Self {
        let method: String = req.method().as_str().chars().take(16).collect();
        let mut entry = Entry::new(common.request, common.trace, ("unmatched", &method));
        let header = |name: &str| req.headers().get(name).and_then(|value| value.to_str().ok());
        entry.client = Client::of(header("User-Agent"));
        entry.opted_out = header("Sec-GPC") == Some("1");
        entry.persons = header("Figurine-End-User").map(|person| api.flow.person(person)).unwrap_or_default();
        let open = Open {
            entry: Some(entry),
            left: Vec::new(),
            used: None,
            started: Instant::now(),
            ledger: api.ledger.clone(),
            tasks: api.tasks.clone(),
        };
        Self(Rc::new(RefCell::new(open)))
    }

    /// The draft of a request; a request that did not pass the middleware has none.
    pub(super) fn of(req: &HttpRequest) -> Option<Self> {
        req.extensions().get::<Self>().cloned()
    }

    /// Notes who asks.
    pub(super) fn who(&self, owner: Owner, key: KeyId) {
        self.change(|entry| entry.who = Some((owner, key)));
    }

    /// Notes what is left of the caller's limits.
    pub(super) fn left(&self, quotas: Vec<Quota>) {
        self.0.borrow_mut().left = quotas;
    }

    /// Notes that limits are used since, so that what is left has to be asked for again.
    pub(super) fn used(&self, ticket: &Ticket) {
        self.0.borrow_mut().used = Some(ticket.clone());
    }

    /// What is left when the answer is given. Where it cannot be asked for, it is what was known at first.
    async fn left_now(&self, api: &Api) -> Vec<Quota> {
        let used = self.0.borrow_mut().used.take();
        if let Some(ticket) = used {
            match api.admission.left(&ticket).await {
                Ok(quotas) => self.left(quotas),
                Err(error) => tracing::debug!(%error, "what is left of a caller's limits is not known"),
            }
        }
        self.0.borrow().left.clone()
    }

    /// Notes that more bytes were received.
    pub(super) fn received(&self, bytes: usize) {
        self.change(|entry| entry.bytes_in += bytes as u64);
    }

    /// Notes that nothing may be collected of this request but what is needed.
    pub(super) fn opted_out(&self) {
        self.change(|entry| entry.opted_out = true);
    }

    /// Notes for whom the request is.
    pub(super) fn for_person(&self, names: Vec<String>) {
        self.change(|entry| entry.persons = names);
    }

    /// Notes what is answered. An answer to `HEAD` has a body that is not sent.
    fn answered(&self, answer: &HttpResponse<impl MessageBody>) {
        self.change(|entry| {
            entry.status = Some(answer.status().as_u16());
            entry.bytes_out = match answer.body().size() {
                BodySize::Sized(bytes) if entry.method != Method::HEAD.as_str() => bytes,
                BodySize::Sized(_) | BodySize::None | BodySize::Stream => 0,
            };
        });
    }

    fn change(&self, change: impl FnOnce(&mut Entry)) {
        if let Some(entry) = &mut self.0.borrow_mut().entry {
            change(entry);
        }
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        let Some(mut entry) = self.entry.take() else { return };
        entry.duration_ms = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        let ledger = self.ledger.clone();
        drop(self.tasks.start(async move { ledger.write(entry).await }));
    }
}

/// Notes that a request uses its caller's limits beyond what admission took.
pub(super) fn note_used(req: &HttpRequest, ticket: &Ticket) {
    if let Some(draft) = Draft::of(req) {
        draft.used(ticket);
    }
}

/// The middleware.
///
/// # Errors
/// What the service fails with, as a problem.
pub async fn record(
    api: Data<Api>,
    mut req: ServiceRequest,
    next: Next<impl MessageBody + 'static>,
) -> Result<ServiceResponse<BoxBody>, Error> {
    let common = Common::new(&api, trace_of(req.request()));
    let place = Place { base: api.public_url.clone(), instance: req.path().to_owned(), common };
    let draft = Draft::new(&api, &req, common);
    req.extensions_mut().insert(draft.clone());
    req.extensions_mut().insert(common.request);
    let rest = Rest::of(&mut req);
    let outcome = AssertUnwindSafe(next.call(req)).catch_unwind().await;
    let response = match outcome {
        Ok(Ok(response)) => response.map_into_boxed_body(),
        Ok(Err(error)) => return Err(told(problem_of(&error), place, &draft, None).into()),
        Err(_panic) => return Err(told(Problem::internal(), place, &draft, None).into()),
    };
    let mut response = noted(response, place, &draft);
    if let Some(rest) = rest {
        response = rest.held_by(response);
    }
    let left = draft.left_now(&api).await;
    if !left.is_empty() {
        quotas::tell(&left, response.headers_mut());
    }
    common.put(response.headers_mut());
    if api.tasks.is_draining() {
        // The client's next request goes to a node that stays.
        response.response_mut().head_mut().set_connection_type(ConnectionType::Close);
    }
    Ok(response)
}

/// Notes an answer for the ledger; an error becomes its problem.
fn noted(response: ServiceResponse<BoxBody>, place: Place, draft: &Draft) -> ServiceResponse<BoxBody> {
    let route = response.request().match_pattern();
    if let Some(problem) = response.response().error().map(problem_of) {
        let mut answer = told(problem, place, draft, route).error_response();
        cors::keep(response.headers(), answer.headers_mut());
        return response.into_response(answer);
    }
    draft.change(|entry| entry.route = route.unwrap_or_else(|| "unmatched".to_owned()));
    draft.answered(response.response());
    response
}

/// Logs the cause of a failure, once; notes the problem for the ledger; says where it is told.
fn told(problem: Problem, place: Place, draft: &Draft, route: Option<String>) -> Problem {
    let status = problem.status_code().as_u16();
    if matches!(problem.code(), Code::Internal | Code::EngineMisconfigured | Code::StoreLost) {
        tracing::error!(code = %problem.code(), cause = problem.cause(), request.id = %place.common.request, "a request failed");
    } else if status >= 500 {
        tracing::warn!(code = %problem.code(), cause = problem.cause(), request.id = %place.common.request, "a request failed");
    }
    draft.change(|entry| {
        entry.code = Some(problem.code());
        entry.route = route.unwrap_or_else(|| "unmatched".to_owned());
    });
    let problem = problem.placed(place);
    draft.answered(&problem.error_response());
    problem
}

/// The framework's own errors become problems by their status.
fn problem_of(error: &Error) -> Problem {
    if let Some(problem) = error.as_error::<Problem>() {
        return problem.clone();
    }
    match error.as_response_error().status_code().as_u16() {
        404 => Problem::not_found(),
        408 => Problem::new(Code::BodyTooSlow, "The request came too slowly."),
        413 => Problem::new(Code::BodyTooLarge, "The request is too large."),
        400..=499 => Problem::new(Code::MalformedRequest, "The request cannot be understood."),
        _ => Problem::internal(),
    }
}
