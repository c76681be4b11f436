//! Jobs as Redis holds them: a hash of texts.

use std::collections::HashMap;

use crate::{
    domain::{Code, FigureId, KeyId, MicroUsd, Moment, Owner, State, UploadId},
    store::{Claim, Job, JobRef, Lease},
};

/// Reads a job from names and values that follow each other; `None` for what this version did not write.
pub(super) fn job(fields: &[String]) -> Option<Job> {
    let fields: HashMap<&str, &str> = fields.chunks_exact(2).map(|pair| (pair[0].as_str(), pair[1].as_str())).collect();
    let text = |name: &str| fields.get(name).copied();
    let moment = |name: &str| text(name).and_then(|millis| millis.parse().ok()).map(Moment::from_unix_millis);
    let optional = |name: &str| text(name).filter(|value| !value.is_empty());
    let photo = match optional("photo") {
        None => None,
        Some(photo) => Some(UploadId::parse(photo).ok()?),
    };
    let code = match optional("code") {
        None => None,
        Some(code) => Some(Code::parse(code)?),
    };
    Some(Job {
        of: JobRef { owner: owner(text("owner")?)?, figure: FigureId::parse(text("figure")?).ok()? },
        key: KeyId::parse(text("key")?).ok()?,
        photo,
        state: State::parse(text("state")?)?,
        code,
        created_at: moment("created")?,
        deadline_at: moment("deadline")?,
        ended_at: moment("ended"),
        expires_at: moment("expires"),
        spent: text("spent").and_then(|amount| amount.parse().ok()).map(MicroUsd),
        purged_at: moment("purged"),
        claims: text("claims")?.parse().ok()?,
        cancel_asked: fields.contains_key("cancel"),
        deleted: fields.contains_key("deleted"),
    })
}

/// Reads a job that was handed out.
pub(super) fn claim(fields: &[String]) -> Option<Claim> {
    let (at, fields) = fields.split_first()?;
    let job = job(fields)?;
    let at = Moment::from_unix_millis(at.parse().ok()?);
    Some(Claim { lease: Lease { job: job.of.clone(), token: job.claims }, job, at })
}

/// Reads an account's pseudonym.
pub(super) fn owner(text: &str) -> Option<Owner> {
    serde_json::from_value(serde_json::Value::String(text.to_owned())).ok()
}
