//! How this Redis keeps what it is given.

use super::Link;
use crate::store::{Result, StoreNature};

/// What its settings say, where they may be read; else what can be known without.
pub(super) async fn read(link: &Link) -> StoreNature {
    StoreNature { kind: "redis", persistence: persistence(link).await }
}

async fn persistence(link: &Link) -> &'static str {
    let setting = async |name: &str| {
        let mut command = redis::cmd("CONFIG");
        command.arg("GET").arg(name);
        link.ask::<Vec<String>>(command).await.ok().and_then(|pair| pair.into_iter().nth(1))
    };
    match (setting("appendonly").await.as_deref(), setting("save").await.as_deref()) {
        (Some("yes"), _) => "aof",
        (Some(_), Some("")) => "none",
        (Some(_), Some(_)) => "rdb",
        (None, _) | (_, None) => without_settings(link).await,
    }
}

async fn without_settings(link: &Link) -> &'static str {
    let mut command = redis::cmd("INFO");
    command.arg("persistence");
    let told: String = link.ask(command).await.unwrap_or_default();
    if told.contains("aof_enabled:1") { "aof" } else { "unknown" }
}

pub(super) async fn version(link: &Link) -> Result<String> {
    let mut command = redis::cmd("INFO");
    command.arg("server");
    let told: String = link.ask(command).await?;
    let version = told.lines().find_map(|line| line.strip_prefix("redis_version:"));
    Ok(version.unwrap_or_default().to_owned())
}
