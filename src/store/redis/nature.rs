//! How this Redis keeps what it is given.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::Link;
use crate::store::{Result, StoreNature};

/// How long an answer counts, so that the end of each figure costs no question of its own.
const TRUSTED_FOR: Duration = Duration::from_secs(1);

/// What it was found to be, and when it was asked.
#[derive(Default)]
pub(super) struct Told(Mutex<Option<(StoreNature, Instant)>>);

impl Told {
    pub(super) async fn nature(&self, link: &Link) -> StoreNature {
        let told = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((nature, _)) = told.filter(|(_, asked)| asked.elapsed() < TRUSTED_FOR) {
            return nature;
        }
        let asked = Instant::now();
        let nature = read(link).await;
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((nature, asked));
        nature
    }
}

/// What its settings say, where they may be read; else what can be known without. Of several servers, what keeps most.
pub(super) async fn read(link: &Link) -> StoreNature {
    StoreNature { kind: "redis", persistence: persistence(link).await }
}

async fn persistence(link: &Link) -> &'static str {
    let setting = async |name: &str| {
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg(name);
        let pairs = link.ask_each_that_may::<Vec<String>>(command).await.unwrap_or_default();
        pairs.into_iter().map(|pair| pair.into_iter().nth(1)).collect::<Option<Vec<_>>>().filter(|it| !it.is_empty())
    };
    match (setting("appendonly").await, setting("save").await) {
        (Some(appended), _) if appended.iter().any(|it| it == "yes") => "aof",
        (Some(_), Some(saved)) if saved.iter().all(String::is_empty) => "none",
        (Some(_), Some(_)) => "rdb",
        (None, _) | (_, None) => without_settings(link).await,
    }
}

async fn without_settings(link: &Link) -> &'static str {
    let told = info(link, "persistence").await.unwrap_or_default();
    if told.iter().any(|told| told.contains("aof_enabled:1")) { "aof" } else { "unknown" }
}

async fn info(link: &Link, section: &str) -> Result<Vec<String>> {
    let mut command = redis::cmd("INFO");
    command.arg(section);
    link.ask_each(command).await
}

/// How servers make room when they are full, where they would drop what still counts.
pub(super) async fn evicting(link: &Link) -> Result<Option<String>> {
    let policy = |told: &String| {
        let policy = told.lines().find_map(|line| line.strip_prefix("maxmemory_policy:"));
        policy.filter(|policy| *policy != "noeviction").map(str::to_owned)
    };
    Ok(info(link, "memory").await?.iter().find_map(policy))
}

pub(super) async fn versions(link: &Link) -> Result<Vec<String>> {
    let version =
        |told: String| told.lines().find_map(|line| line.strip_prefix("redis_version:")).unwrap_or_default().to_owned();
    Ok(info(link, "server").await?.into_iter().map(version).collect())
}
