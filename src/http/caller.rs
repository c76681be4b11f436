//! Who asks: pure, without a wait, so that no byte of a body is read before it.

use std::future::{Ready, ready};

use actix_web::{FromRequest, HttpRequest, dev::Payload, web::Data};

use super::{Api, problem::Problem, record::Draft};
use crate::{
    admission::Ticket,
    auth::{self, Caller},
    domain::{Moment, Scope},
};

/// A caller whose key was checked; not yet admitted.
pub(super) struct Authenticated(Caller);

impl FromRequest for Authenticated {
    type Error = Problem;
    type Future = Ready<Result<Self, Problem>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        ready(check(req).map(Self))
    }
}

fn check(req: &HttpRequest) -> Result<Caller, Problem> {
    let api = req.app_data::<Data<Api>>().ok_or_else(Problem::not_found)?;
    auth::refuse_key_in_query(req.query_string())?;
    let headers = req.headers().iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let text = auth::credential(headers)?;
    let now = u64::try_from(Moment::now().unix_seconds()).unwrap_or_default();
    Ok(auth::check(&api.keys, &api.expected, now, text)?)
}

impl Api {
    /// Admits a caller for something that needs a scope, and notes who it is for the ledger.
    pub(super) async fn admit(
        &self,
        req: &HttpRequest,
        caller: Authenticated,
        scope: Option<Scope>,
    ) -> Result<Ticket, Problem> {
        let owner = self.flow.vault.owner_of(caller.0.account()).await?;
        if let Some(draft) = Draft::of(req) {
            draft.who(owner.clone(), caller.0.key_id());
        }
        let admitted = self.admission.admit(caller.0, owner, scope).await;
        let quotas = match &admitted {
            Ok(ticket) => ticket.quotas(),
            Err(refused) => refused.quotas.clone(),
        };
        if let Some(draft) = Draft::of(req) {
            draft.left(quotas);
        }
        admitted.map_err(|refused| refused.error.into())
    }
}
