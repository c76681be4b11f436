//! `/v1/keys`: the keys of the caller's account.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::LOCATION,
    web::{Data, Path, Payload},
};
use secrecy::ExposeSecret as _;
use serde::Serialize;
use utoipa::ToSchema;

use super::{
    Api,
    body::small_json,
    caller::Authenticated,
    list::{Cut, ListObject, Page},
    me,
    problem::Problem,
};
use crate::{
    domain::{KeyId, Mode, Moment, Scope},
    flow::{KeyFault, ShownKey},
};

mod wish;

pub(super) use wish::KeyRequest;

/// What is known of an API key.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Key)]
pub(super) struct Told {
    /// Always `key`.
    #[schema(example = "key")]
    object: &'static str,
    /// The key's id.
    #[schema(example = "key_019ab2c3d4e57f60a1b2c3d4e5f60718")]
    id: String,
    /// `active`, `revoked` or `expired`.
    #[schema(example = "active")]
    status: &'static str,
    /// `live` or `test`.
    #[schema(value_type = String, example = "live")]
    mode: Mode,
    /// What the key may do.
    #[schema(example = json!(["figures:write", "figures:read"]))]
    scopes: Vec<&'static str>,
    /// The limits that hold.
    limits: me::Limits,
    /// When the key was minted.
    #[schema(value_type = String, format = DateTime)]
    issued_at: Moment,
    /// Until when the key is valid.
    #[schema(value_type = String, format = DateTime)]
    expires_at: Moment,
    /// When the key was revoked; null for one that was not.
    #[schema(value_type = Option<String>, format = DateTime)]
    revoked_at: Option<Moment>,
    /// The id of the key with which it was minted; null for one that the operator has minted.
    #[schema(example = "key_019ab2c3d4e57f60a1b2c3d4e5f60717")]
    minted_by: Option<String>,
    /// The key itself, in the answer to its minting alone: it is kept nowhere and never shown again.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false, example = "eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiJhY21lIn0.c2lnbmF0dXJl")]
    key: Option<String>,
}

impl From<ShownKey> for Told {
    fn from(shown: ShownKey) -> Self {
        let record = shown.record;
        let status = match shown.revoked_at {
            Some(_) => "revoked",
            None if record.expires_at <= Moment::now() => "expired",
            None => "active",
        };
        Self {
            object: "key",
            id: shown.id.to_string(),
            status,
            mode: record.mode,
            scopes: record.scopes.iter().map(Scope::as_str).collect(),
            limits: record.limits.into(),
            issued_at: record.issued_at,
            expires_at: record.expires_at,
            revoked_at: shown.revoked_at,
            minted_by: record.minted_by.map(String::from),
            key: None,
        }
    }
}

/// A page of the account's keys.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct KeyList {
    /// Always `list`.
    #[schema(value_type = String, example = "list")]
    object: ListObject,
    /// The keys, newest first.
    data: Vec<Told>,
    /// Whether there are more.
    has_more: bool,
    /// What the next page is asked for with, as `cursor`. Null on the last page.
    next_cursor: Option<String>,
}

/// Mint a key
///
/// A key for the account of the key that asks, which can give away no scope and no limit that it has not itself; a test
/// key mints test keys alone. The answer is the only place where the new key ever stands: it is kept nowhere.
#[utoipa::path(
    post, path = "/v1/keys", operation_id = "mintKey", tag = "Keys",
    request_body(content = KeyRequest, description = "What the key is to be like"),
    responses((status = 201, description = "The key, shown once", body = Told))
)]
pub(super) async fn mint(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    payload: Payload,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::KeysAdmin)).await?;
    let wish = wish::read(small_json(&req, payload, api.body).await?)?;
    let (minted, shown) = api.flow.mint_key((&api.keys, &api.expected), &ticket, &wish).await?;
    let location = format!("{}/v1/keys/{}", api.public_url, shown.id);
    let key = Told { key: Some(minted.text.expose_secret().to_owned()), ..shown.into() };
    Ok(HttpResponse::Created()
        .insert_header((LOCATION, location))
        .insert_header(("Cache-Control", "no-store"))
        .json(key))
}

/// List keys
///
/// The keys of the account that were minted here or have been used, newest first, until 30 days after their end. The
/// keys themselves are kept nowhere.
#[utoipa::path(
    get, path = "/v1/keys", operation_id = "listKeys", tag = "Keys",
    params(super::openapi::ListQuery),
    responses((status = 200, description = "A page of keys", body = KeyList))
)]
pub(super) async fn list(api: Data<Api>, caller: Authenticated, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::KeysAdmin)).await?;
    let page: Page<KeyId> = Page::asked(req.query_string(), |text| KeyId::parse(text).ok())?;
    let keys = api.flow.known_keys(&ticket, page.before, page.to_ask_for()).await?;
    let Cut { shown, has_more, next_cursor } = page.cut(keys, |key| key.id);
    let data = shown.into_iter().map(Told::from).collect();
    let list = KeyList { object: ListObject::List, data, has_more, next_cursor };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(list))
}

/// Read a key's record
///
/// What is known of a key of the account.
#[utoipa::path(
    get, path = "/v1/keys/{id}", operation_id = "readKey", tag = "Keys",
    params(("id" = String, Path, description = "The key's id", example = "key_019ab2c3d4e57f60a1b2c3d4e5f60718")),
    responses((status = 200, description = "The key's record", body = Told))
)]
pub(super) async fn read(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::KeysAdmin)).await?;
    let key = Told::from(api.flow.known_key(&ticket, &parsed(&id)?).await?);
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(key))
}

/// Revoke a key
///
/// From now on the key is refused on every node; streams of events and waits that it has open end. Figures under way are
/// finished. Revoking twice is no error, and nothing makes a revoked key valid again.
#[utoipa::path(
    delete, path = "/v1/keys/{id}", operation_id = "revokeKey", tag = "Keys",
    params(("id" = String, Path, description = "The key's id", example = "key_019ab2c3d4e57f60a1b2c3d4e5f60718")),
    responses((status = 204, description = "It is revoked"))
)]
pub(super) async fn revoke(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
    id: Path<String>,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::KeysAdmin)).await?;
    let (flow, id) = (api.flow.clone(), parsed(&id)?);
    api.finish(async move { flow.revoke_key(&ticket, &id).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}

/// Revoke this key
///
/// Revokes the key that asks, whatever it may do: for whoever finds a key that has leaked, its finder included.
#[utoipa::path(
    post, path = "/v1/keys/self/revoke", operation_id = "revokeOwnKey", tag = "Keys",
    responses((status = 204, description = "It is revoked"))
)]
pub(super) async fn revoke_own(
    api: Data<Api>,
    caller: Authenticated,
    req: HttpRequest,
) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, None).await?;
    let flow = api.flow.clone();
    api.finish(async move { flow.revoke_own_key(&ticket).await }).await??;
    Ok(HttpResponse::NoContent().finish())
}

fn parsed(id: &str) -> Result<KeyId, Problem> {
    KeyId::parse(id).map_err(|_| Problem::not_found())
}

impl From<KeyFault> for Problem {
    fn from(fault: KeyFault) -> Self {
        wish::told(fault)
    }
}
