//! The edge: the only module that knows HTTP. This page is the route table.

mod audit;
mod body;
mod caller;
mod common;
mod cors;
mod discovery;
mod ephemeral;
mod etag;
mod events;
mod figures;
mod health;
mod images;
mod inline;
mod keys;
mod list;
mod me;
mod metrics;
mod negotiate;
pub mod openapi;
mod order;
mod privacy;
mod problem;
mod query;
mod quotas;
mod range;
mod record;
mod rest;
mod rights;
mod room;
mod scenario;
mod span;
mod studies;
mod timing;
mod uploads;
mod usage;
mod validate;
mod wire;

use std::sync::Arc;

use actix_web::{
    HttpResponse,
    http::{Method, header::ALLOW},
    web::{self, ServiceConfig},
};
pub use body::BodyLimits;
pub use cors::{cors, without_content};
pub use metrics::management_routes;
pub use privacy::PrivacyStatement;
pub use problem::ProblemBody;
pub use record::record;
pub use span::FigurineSpan;
pub use wire::{Unheard, Wire, unheard};

use self::{
    problem::Problem,
    room::{Full, Place, Room},
};
use crate::{
    admission::{Admission, AdmissionError, Policy, Ticket, Turns},
    auth::{Expected, KeySet},
    domain::Code,
    flow::Flow,
    ledger::Ledger,
    tasks::Tasks,
};

/// The version that every answer names.
pub(crate) const SERVER_VERSION: &str = env!("CARGO_PKG_VERSION");

/// Bodies that a node holds at once.
#[derive(Debug, Clone, Default)]
pub struct Receiving(Room);

/// What the handlers work with.
pub struct Api {
    /// Verifies API keys.
    pub keys: KeySet,
    /// What API keys must say of themselves.
    pub expected: Expected,
    /// Public keys of deletion receipts, as a JWK set.
    pub receipt_jwks: serde_json::Value,
    /// Caller → Ticket.
    pub admission: Admission,
    /// Everything behind.
    pub flow: Arc<Flow>,
    /// The end of the chain.
    pub ledger: Arc<Ledger>,
    /// What is recorded, for whoever asks.
    pub privacy: PrivacyStatement,
    /// Work that outlives its connection.
    pub tasks: Tasks,
    /// Base of absolute links.
    pub public_url: String,
    /// Whether this node speaks HTTPS itself.
    pub https: bool,
    /// Room for bodies that are being received and read.
    pub receiving: Receiving,
    /// Origins whose pages may call.
    pub cors_origins: Vec<String>,
    /// Bounds of bodies.
    pub body: BodyLimits,
    /// The longest synchronous wait.
    pub max_wait: std::time::Duration,
    /// For how long results are kept at most, in seconds.
    pub retention_seconds: u64,
    /// The streams of events that are open, by key.
    pub streams: Turns,
    /// How often a stream of events gives a sign of life and looks whether it may go on.
    pub heartbeat: std::time::Duration,
}

impl Api {
    fn refuse_when_draining(&self) -> Result<(), Problem> {
        if self.tasks.is_draining() {
            return Err(Problem::new(Code::Draining, "This node is stopping; another takes the request."));
        }
        Ok(())
    }

    /// Room for a body of so many bytes, where the photo in it would be read soon. What is refused here has cost next to
    /// nothing.
    fn make_room(&self, ticket: &Ticket, bytes: u64) -> Result<Place, Problem> {
        let crowded = self.flow.intake.is_crowded_for(ticket.key()) || self.flow.jobs.was_full();
        let room = if crowded { Err(Full::All) } else { self.receiving.0.take(ticket.owner(), bytes) };
        room.map_err(|full| match full {
            Full::Own => Problem::new(Code::TooManyInFlight, "The account sends as many bytes at once as it may.")
                .violating(Policy::InFlight.name(1)),
            Full::All => Problem::new(Code::Overloaded, "This node has more work than it can do soon."),
        })
    }

    /// Does what somebody waits for, until the key is revoked with which it was asked for.
    async fn while_valid<T>(
        &self,
        ticket: &Ticket,
        work: impl Future<Output = Result<T, Problem>>,
    ) -> Result<T, Problem> {
        tokio::select! {
            biased;
            done = work => done,
            () = self.admission.revoked(ticket) => Err(AdmissionError::Revoked.into()),
        }
    }

    /// Does work that goes on when the client leaves, which drops the handler that waits for it here.
    async fn finish<F>(&self, work: F) -> Result<F::Output, Problem>
    where
        F: Future<Output: Send + 'static> + Send + 'static,
    {
        self.tasks.start(work).await.map_err(|_panic| Problem::internal())
    }
}

/// A resource: its methods, and 204 or 405 with `Allow` for the others.
macro_rules! resource {
    ($path:expr, $allow:literal, $($method:ident => $handler:path),+ $(,)?) => {
        web::resource($path)
            $(.route(web::$method().to($handler)))+
            .route(web::method(Method::OPTIONS).to(|| options($allow)))
            .default_service(web::to(|| not_allowed($allow)))
    };
}

/// Every route.
pub fn routes(config: &mut ServiceConfig) {
    config
        .service(resource!("/v1/figures", "GET, HEAD, POST, OPTIONS",
            get => list::read, head => list::read, post => figures::create))
        .service(resource!("/v1/figures/validate", "POST, OPTIONS", post => validate::validate))
        .service(resource!("/v1/figures/{id}", "GET, HEAD, DELETE, OPTIONS",
            get => figures::read, head => figures::read, delete => figures::erase))
        .service(resource!("/v1/figures/{id}/images/{n}", "GET, HEAD, OPTIONS",
            get => images::read, head => images::read))
        .service(resource!("/v1/figures/{id}/events", "GET, HEAD, OPTIONS",
            get => events::stream, head => events::stream))
        .service(resource!("/v1/figures/{id}/receipt", "GET, HEAD, OPTIONS",
            get => figures::receipt, head => figures::receipt))
        .service(resource!("/v1/uploads", "POST, OPTIONS", post => uploads::create))
        .service(resource!("/v1/uploads/{id}", "GET, HEAD, DELETE, OPTIONS",
            get => uploads::read, head => uploads::read, delete => uploads::erase))
        .service(resource!("/v1/uploads/{id}/receipt", "GET, HEAD, OPTIONS",
            get => uploads::receipt, head => uploads::receipt))
        .service(resource!("/v1/analyses", "POST, OPTIONS", post => studies::analyze))
        .service(resource!("/v1/prompts", "POST, OPTIONS", post => studies::write))
        .configure(account_routes)
        .service(resource!("/v1/styles", "GET, HEAD, OPTIONS", get => discovery::styles, head => discovery::styles))
        .service(resource!("/v1/models", "GET, HEAD, OPTIONS", get => discovery::models, head => discovery::models))
        .service(
            resource!("/openapi.json", "GET, HEAD, OPTIONS", get => discovery::document, head => discovery::document),
        )
        .service(
            resource!("/.well-known/jwks.json", "GET, HEAD, OPTIONS", get => discovery::jwks, head => discovery::jwks),
        )
        .service(
            resource!("/problems/{code}", "GET, HEAD, OPTIONS", get => discovery::problem, head => discovery::problem),
        )
        .service(resource!("/healthz", "GET, HEAD, OPTIONS", get => health::alive, head => health::alive))
        .service(resource!("/readyz", "GET, HEAD, OPTIONS", get => health::ready, head => health::ready))
        .default_service(web::to(nothing_here));
}

/// What accounts are told of themselves, and people's rights.
fn account_routes(config: &mut ServiceConfig) {
    config
        .service(resource!("/v1/me", "GET, HEAD, OPTIONS", get => me::read, head => me::read))
        .service(resource!("/v1/me/data", "GET, HEAD, DELETE, OPTIONS",
            get => rights::read, head => rights::read, delete => rights::erase))
        .service(resource!("/v1/me/preferences", "GET, HEAD, PUT, OPTIONS",
            get => rights::preferred, head => rights::preferred, put => rights::prefer))
        .service(resource!("/v1/usage", "GET, HEAD, OPTIONS", get => usage::read, head => usage::read))
        .service(resource!("/v1/keys", "GET, HEAD, POST, OPTIONS",
            get => keys::list, head => keys::list, post => keys::mint))
        .service(resource!("/v1/keys/{id}", "GET, HEAD, DELETE, OPTIONS",
            get => keys::read, head => keys::read, delete => keys::revoke))
        .service(resource!("/v1/keys/self/revoke", "POST, OPTIONS", post => keys::revoke_own))
        .service(resource!("/v1/audit", "GET, HEAD, OPTIONS", get => audit::list, head => audit::list))
        .service(resource!("/v1/privacy", "GET, HEAD, OPTIONS", get => privacy::read, head => privacy::read));
}

#[expect(clippy::unused_async, reason = "handlers are async")]
async fn options(allow: &'static str) -> HttpResponse {
    HttpResponse::NoContent().insert_header((ALLOW, allow)).finish()
}

#[expect(clippy::unused_async, reason = "handlers are async")]
async fn not_allowed(allow: &'static str) -> Result<HttpResponse, Problem> {
    Err(Problem::new(Code::MethodNotAllowed, format!("Here are: {allow}.")).with_header("Allow", allow))
}

async fn nothing_here() -> Result<HttpResponse, Problem> {
    Err(Problem::not_found())
}
