//! The connections, and the deadline and the error of everything that goes over them.

use std::time::Duration;

use redis::{
    Client, Cmd, FromRedisValue, IntoConnectionInfo, Pipeline, RedisError, RedisResult, Script, ScriptInvocation,
    TlsCertificates,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use secrecy::ExposeSecret;
use tokio::time::{Instant, sleep, timeout};

use super::{ConnectError, RedisAddress};
use crate::{
    domain::Moment,
    store::{Result, StoreError},
    tasks::Tasks,
};

/// Everything is answered by then, or counts as not answered.
const DEADLINE: Duration = Duration::from_secs(2);

/// For how long something is asked again when its connection breaks: a server that restarts at once is not noticed.
/// Every command and script may be done twice.
const ASKED_AGAIN: Duration = Duration::from_secs(1);

/// The pause before that.
const PAUSE: Duration = Duration::from_millis(20);

/// The longest pause between two attempts to connect again.
const RETRY_AT_LEAST_EVERY: Duration = Duration::from_millis(500);

/// Two connections that reconnect by themselves: large values have one of their own, so that nothing small waits behind
/// them.
pub(super) struct Link {
    commands: ConnectionManager,
    blobs: ConnectionManager,
    tasks: Tasks,
}

/// What connects to an address.
pub(super) fn client(address: &RedisAddress) -> std::result::Result<Client, ConnectError> {
    let info = address.url.expose_secret().into_connection_info().map_err(|_| ConnectError::Settings)?;
    let client = match &address.ca {
        None => Client::open(info),
        Some(ca) => Client::build_with_tls(info, TlsCertificates { client_tls: None, root_cert: Some(ca.clone()) }),
    };
    client.map_err(|_| ConnectError::Settings)
}

/// A script with the part that all share before it.
pub(super) fn script(body: &str) -> Script {
    Script::new(&[include_str!("lua/common.lua"), body].concat())
}

impl Link {
    pub(super) async fn open(client: &Client, tasks: &Tasks) -> std::result::Result<Self, ConnectError> {
        let config = || {
            ConnectionManagerConfig::new()
                .set_response_timeout(Some(DEADLINE))
                .set_connection_timeout(Some(DEADLINE))
                .set_min_delay(Duration::from_millis(50))
                .set_max_delay(RETRY_AT_LEAST_EVERY)
                .set_number_of_retries(2)
                .set_pipeline_buffer_size(1_024)
        };
        let open = || client.get_connection_manager_with_config(config());
        let unreachable = |error: RedisError| ConnectError::Unreachable(error.to_string());
        let commands = open().await.map_err(unreachable)?;
        let blobs = open().await.map_err(unreachable)?;
        Ok(Self { commands, blobs, tasks: tasks.clone() })
    }

    /// A command with a small answer.
    pub(super) async fn ask<T: FromRedisValue + Send + 'static>(&self, command: Cmd) -> Result<T> {
        self.within(self.commands.clone(), Ask::One(command)).await
    }

    /// Commands that go together, with small answers.
    pub(super) async fn ask_all<T: FromRedisValue + Send + 'static>(&self, commands: Pipeline) -> Result<T> {
        self.within(self.commands.clone(), Ask::Several(commands)).await
    }

    /// Commands that go together, with large values.
    pub(super) async fn carry<T: FromRedisValue + Send + 'static>(&self, commands: Pipeline) -> Result<T> {
        self.within(self.blobs.clone(), Ask::Several(commands)).await
    }

    /// A script, which is sent whole where the server does not know it.
    pub(super) async fn run<T: FromRedisValue + Send + 'static>(&self, call: ScriptInvocation<'static>) -> Result<T> {
        self.within(self.commands.clone(), Ask::Script(call)).await
    }

    /// The server's clock.
    pub(super) async fn time(&self) -> Result<Moment> {
        let (seconds, micros): (i64, i64) = self.ask(redis::cmd("TIME")).await?;
        Ok(Moment::from_unix_millis(seconds.saturating_mul(1_000).saturating_add(micros / 1_000)))
    }

    /// Work on a connection belongs to the node and not to the handler that asks: a connection made anew lives on the
    /// runtime that it was made on, which must not be a handler's.
    async fn within<T: FromRedisValue + Send + 'static>(&self, over: ConnectionManager, ask: Ask) -> Result<T> {
        let answered = self.tasks.start(timeout(DEADLINE, ask.answer(over))).await;
        match answered {
            Ok(Ok(Ok(value))) => Ok(value),
            Ok(Ok(Err(error))) => {
                // An error's text may quote what was sent; its kind does not.
                tracing::warn!(kind = ?error.kind(), code = error.code(), "the store refused or did not answer");
                Err(StoreError::Unavailable)
            }
            Ok(Err(_elapsed)) => Err(StoreError::Unavailable),
            Err(_ended) => Err(StoreError::Unavailable),
        }
    }
}

/// What is asked of a server.
enum Ask {
    One(Cmd),
    Several(Pipeline),
    Script(ScriptInvocation<'static>),
}

impl Ask {
    /// Asks, and for a while again when the connection breaks.
    async fn answer<T: FromRedisValue>(self, mut over: ConnectionManager) -> RedisResult<T> {
        let until = Instant::now() + ASKED_AGAIN;
        loop {
            let answer = match &self {
                Self::One(command) => command.query_async(&mut over).await,
                Self::Several(commands) => commands.query_async(&mut over).await,
                Self::Script(call) => call.invoke_async(&mut over).await,
            };
            if !answer.as_ref().is_err_and(RedisError::is_connection_dropped) || Instant::now() >= until {
                return answer;
            }
            sleep(PAUSE).await;
        }
    }
}

/// An answer that makes no sense.
pub(super) fn garbled() -> StoreError {
    tracing::error!("the store's answer makes no sense");
    StoreError::Unavailable
}

/// A time as Redis wants it: whole milliseconds, at least one.
pub(super) fn millis(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX).clamp(1, MOST_MILLIS)
}

/// A hundred years: beyond that Redis overflows.
const MOST_MILLIS: u64 = 100 * 366 * 24 * 3_600 * 1_000;
