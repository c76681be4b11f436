//! `/v1/me/data` and `/v1/me/preferences`: people's rights, for the account or for one of its people.

use actix_web::{
    HttpRequest, HttpResponse,
    web::{Data, Payload},
};
use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

use super::{
    Api, body,
    caller::Authenticated,
    list::{Cut, ListObject, Page},
    order,
    problem::Problem,
    record::Draft,
};
use crate::{
    admission::Ticket,
    domain::{OptionFault, Scope},
    flow::{HeldRecord, Subject},
    ledger::{
        By, DAYS_KEPT, UsageRow,
        audit::Act,
        preferences::{self, Preferences},
    },
    vault::receipt::{Erased, Kept},
};

/// The longest pseudonym of a person, in characters, as everywhere.
const LONGEST_PERSON: usize = 255;

/// How many held records are read at once.
const AT_ONCE: usize = 8;

/// Everything that is held.
#[derive(Serialize, ToSchema)]
pub(super) struct DataExport {
    /// Always `list`.
    #[schema(value_type = String, example = "list")]
    object: ListObject,
    /// `account`, or `person` for the one that `Figurine-End-User` names.
    #[schema(example = "account")]
    subject: &'static str,
    /// The account's pseudonym, under which everything is kept.
    #[schema(example = "9f86d081884c7d659a2feaa0c55ad015")]
    account_pseudonym: String,
    /// What was decided about collection.
    preferences: Preferences,
    /// The account's keys that were used, and what they did, as far as it is kept; for the account's first page alone.
    usage: Vec<KeyUsage>,
    /// What is held, newest first.
    data: Vec<HeldRecord>,
    /// Whether there are more.
    has_more: bool,
    /// What the next page is asked for with, as `cursor`. Null on the last page.
    next_cursor: Option<String>,
}

/// What a key did.
#[derive(Serialize, ToSchema)]
struct KeyUsage {
    /// The key.
    #[schema(example = "key_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    key: String,
    /// All its sums.
    total: UsageRow,
}

/// What an erasure came to.
#[derive(Serialize, ToSchema)]
pub(super) struct ErasureReport {
    /// Always `erasure`.
    #[schema(example = "erasure")]
    object: &'static str,
    /// `account`, or `person` for the one that `Figurine-End-User` names.
    #[schema(example = "account")]
    subject: &'static str,
    /// Whether everything is gone. If not, ask again: the next call goes on.
    #[schema(example = true)]
    complete: bool,
    /// How much was erased by this call.
    erased: Erased,
    /// What stays, and why.
    kept: Vec<Kept>,
    /// The signed receipt, a JWS (EdDSA, `typ: figurine-erasure+jwt`), which is kept nowhere; null until complete.
    receipt: Option<String>,
}

/// What is to be collected from now on.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PreferencesRequest {
    /// Whether more may be collected than billing and limits need.
    #[schema(example = false)]
    analytics: bool,
}

/// Read everything that is held
///
/// Every figure, analysis, prompt, upload and receipt of the account, with its events, page by page; images are at their
/// links. With `Figurine-End-User`, what is held for that person. Sealed photos are given to nobody: it is said that they
/// are there. Records of the account's keys are at `/v1/keys`, its trail of administrative acts is at `/v1/audit`.
#[utoipa::path(
    get, path = "/v1/me/data", operation_id = "readData", tag = "Privacy",
    params(super::openapi::ListQuery, super::openapi::EndUserHeader),
    responses((status = 200, description = "A page of what is held", body = DataExport))
)]
pub(super) async fn read(api: Data<Api>, caller: Authenticated, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::PrivacyManage)).await?;
    let subject = subject(&api, &ticket, &req)?;
    let page: Page<String> = Page::asked(req.query_string(), line)?;
    let first = page.before.is_none();
    let held = api.flow.held(&subject, page.before.as_deref(), page.to_ask_for()).await?;
    let Cut { shown: mut held, has_more, next_cursor } = page.cut(held, |(line, _)| line.clone());
    // An upload that a person's figure has taken is written down twice: first for nobody.
    held.dedup_by_key(|(_, held)| held.id);
    let mut data = Vec::with_capacity(held.len());
    for some in held.chunks(AT_ONCE) {
        let read = some.iter().map(|(_, held)| api.flow.held_record(ticket.owner(), held));
        data.extend(futures_util::future::try_join_all(read).await?.into_iter().flatten());
    }
    let usage = if first && subject.persons.is_empty() { usage(&api, &ticket).await? } else { Vec::new() };
    let export = DataExport {
        object: ListObject::List,
        subject: kind(&subject),
        account_pseudonym: ticket.owner().as_str().to_owned(),
        preferences: preferences::read(api.flow.store.as_ref(), ticket.owner(), &subject.persons).await?,
        usage,
        data,
        has_more,
        next_cursor,
    };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(export))
}

async fn usage(api: &Api, ticket: &Ticket) -> Result<Vec<KeyUsage>, Problem> {
    let to = api.flow.store.now().await?;
    let kept = i64::try_from(DAYS_KEPT.as_millis()).unwrap_or(i64::MAX);
    let from = crate::domain::Moment::from_unix_millis(to.unix_millis() - kept);
    let mut usage = Vec::new();
    for key in api.ledger.users(ticket.owner()).await? {
        let report = api.ledger.report(ticket.owner(), &key, (from, to), By::Day).await?;
        usage.push(KeyUsage { key: key.to_string(), total: report.total });
    }
    Ok(usage)
}

/// Erase everything that is held
///
/// Stops what is under way and erases every figure, analysis, prompt, upload and receipt of the account, with its events
/// and the memory of its requests, and what was collected beyond billing and limits; with `Figurine-End-User`, what is
/// held for that person. The answer carries a signed receipt, which is kept nowhere. What is asked for while it runs is a
/// later request. Repeating it is no error.
#[utoipa::path(
    delete, path = "/v1/me/data", operation_id = "eraseData", tag = "Privacy",
    params(super::openapi::EndUserHeader),
    responses(
        (status = 200, description = "Everything is gone", body = ErasureReport),
        (status = 202, description = "Not everything is gone yet; ask again", body = ErasureReport),
    )
)]
pub(super) async fn erase(api: Data<Api>, caller: Authenticated, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::PrivacyManage)).await?;
    let subject = subject(&api, &ticket, &req)?;
    if let Some(draft) = Draft::of(&req) {
        // What erases must not begin to collect anew.
        draft.opted_out();
    }
    let act = if subject.persons.is_empty() { Act::AccountErased } else { Act::PersonErased };
    api.ledger.record(ticket.owner(), act, ticket.key(), None).await?;
    let (flow, ledger, of) = (api.flow.clone(), api.ledger.clone(), subject.clone());
    let limit = Instant::now() + api.max_wait;
    let done = api.finish(async move { flow.erase_all(&ledger, &of, limit).await }).await??;
    let report = ErasureReport {
        object: "erasure",
        subject: kind(&subject),
        complete: done.receipt.is_some(),
        erased: done.erased,
        kept: done.kept,
        receipt: done.receipt,
    };
    let mut answer = if report.complete { HttpResponse::Ok() } else { HttpResponse::Accepted() };
    if !report.complete {
        answer.insert_header(("Retry-After", "1"));
    }
    Ok(answer.insert_header(("Cache-Control", "no-store")).json(report))
}

/// Read preferences
///
/// What was decided about the account or, with `Figurine-End-User`, about that person. Nothing decided means that
/// analytics may be collected.
#[utoipa::path(
    get, path = "/v1/me/preferences", operation_id = "readPreferences", tag = "Privacy",
    params(super::openapi::EndUserHeader),
    responses((status = 200, description = "What was decided", body = Preferences))
)]
pub(super) async fn preferred(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::PrivacyManage)).await?;
    let subject = subject(&api, &ticket, &req)?;
    let preferences = preferences::read(api.flow.store.as_ref(), ticket.owner(), &subject.persons).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(preferences))
}

/// Decide preferences
///
/// `analytics: false` stops the collection of everything that billing and limits do not need, at once and on every node,
/// for the account or, with `Figurine-End-User`, for that person's requests. It holds without an end and outlives an
/// erasure. `Sec-GPC: 1` does the same for one request.
#[utoipa::path(
    put, path = "/v1/me/preferences", operation_id = "decidePreferences", tag = "Privacy",
    params(super::openapi::EndUserHeader),
    request_body(content = PreferencesRequest, description = "What may be collected."),
    responses((status = 200, description = "It is decided", body = Preferences))
)]
pub(super) async fn prefer(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::PrivacyManage)).await?;
    let subject = subject(&api, &ticket, &req)?;
    let wanted: PreferencesRequest = body::small_json(&req, payload, api.body).await?;
    let decided =
        preferences::write(api.flow.store.as_ref(), ticket.owner(), &subject.persons, wanted.analytics).await?;
    let act = if subject.persons.is_empty() { Act::PreferencesChanged } else { Act::PersonPreferencesChanged };
    api.ledger.record(ticket.owner(), act, ticket.key(), None).await?;
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(decided))
}

/// Whose rights are used.
fn subject(api: &Api, ticket: &Ticket, req: &HttpRequest) -> Result<Subject, Problem> {
    let owner = ticket.owner().clone();
    let Some(person) = order::only(req, "Figurine-End-User")? else {
        return Ok(Subject { owner, persons: Vec::new() });
    };
    if person.is_empty() || person.chars().count() > LONGEST_PERSON {
        let fault = OptionFault::invalid("end_user", format!("must have 1 to {LONGEST_PERSON} characters"));
        return Err(Problem::options(&[fault]));
    }
    Ok(Subject { owner, persons: api.flow.person(person) })
}

fn kind(subject: &Subject) -> &'static str {
    if subject.persons.is_empty() { "account" } else { "person" }
}

/// A line of the log, as a cursor has it.
fn line(text: &str) -> Option<String> {
    crate::store::Held::parse(text).map(|_| text.to_owned())
}
