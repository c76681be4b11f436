//! The connections, and the deadline and the error of everything that goes over them.

use std::time::Duration;

use futures_util::future::try_join_all;
use redis::{Cmd, FromRedisValue, Pipeline, RedisError, RedisResult, Script, ScriptInvocation, Value};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep, timeout_at},
};

use super::{
    ConnectError,
    breaker::Line,
    reach::{Client, Connection},
    shard::FOUNDING,
};
use crate::{
    domain::Moment,
    store::{Result, StoreError},
    tasks::Tasks,
};

/// Everything is answered by then, or counts as not answered.
pub(super) const DEADLINE: Duration = Duration::from_secs(2);

/// For how long something is asked again when its connection breaks: a server that restarts at once is not noticed.
/// Every command and script may be done twice.
const ASKED_AGAIN: Duration = Duration::from_secs(1);

/// The pause before that.
const PAUSE: Duration = Duration::from_millis(20);

/// What takes more bytes is large.
const LARGE: usize = 64 * 1024;

/// Large values on their way at once. They go one after the other anyhow, and each is held twice more meanwhile.
const LARGE_AT_ONCE: usize = 2;

/// Two connections that reconnect by themselves: large values have one of their own, so that nothing small waits behind
/// them.
pub(super) struct Link {
    commands: Line,
    blobs: Line,
    large: Semaphore,
    tasks: Tasks,
}

/// A script with the part that all share before it.
pub(super) fn script(body: &str) -> Script {
    Script::new(&[include_str!("lua/common.lua"), body].concat())
}

impl Link {
    pub(super) async fn open(client: &Client, tasks: &Tasks) -> std::result::Result<Self, ConnectError> {
        let unreachable = |error: RedisError| ConnectError::Unreachable(error.to_string());
        let commands = client.connect().await.map_err(unreachable)?;
        let blobs = client.connect().await.map_err(unreachable)?;
        let (commands, blobs) = (Line::new(commands), Line::new(blobs));
        Ok(Self { commands, blobs, large: Semaphore::new(LARGE_AT_ONCE), tasks: tasks.clone() })
    }

    /// A command with a small answer.
    pub(super) async fn ask<T: FromRedisValue + Send + 'static>(&self, command: Cmd) -> Result<T> {
        self.within(&self.commands, Ask::One(command)).await
    }

    /// Commands that go together, with small answers. Their keys lie in one slot.
    pub(super) async fn ask_all<T: FromRedisValue + Send + 'static>(&self, commands: Pipeline) -> Result<T> {
        self.within(&self.commands, Ask::Several(commands)).await
    }

    /// Commands of several slots: those of one part lie in one. They go together where one server has all slots. A
    /// missing consumer group is an answer like others.
    pub(super) async fn ask_parts(&self, parts: Vec<Pipeline>) -> Result<Vec<Vec<Value>>> {
        let answers = match &self.commands.connection {
            Connection::Cluster(_) => try_join_all(parts.into_iter().map(|part| self.ask_part(part))).await?,
            Connection::One(_) => {
                let (mut whole, mut answers) = (Pipeline::new(), Vec::with_capacity(parts.len()));
                parts.iter().flat_map(Pipeline::cmd_iter).for_each(|command| {
                    whole.add_command(command.clone());
                });
                let mut all = self.ask_part(whole).await?.into_iter();
                answers.extend(parts.iter().map(|part| all.by_ref().take(part.len()).collect()));
                answers
            }
        };
        Ok(answers)
    }

    async fn ask_part(&self, mut part: Pipeline) -> Result<Vec<Value>> {
        part.ignore_errors();
        let answers: Vec<Value> = self.ask_all(part).await?;
        for answer in &answers {
            if let Value::ServerError(error) = answer
                && error.code() != "NOGROUP"
            {
                tracing::warn!(code = error.code(), "the store refused");
                return Err(StoreError::Unavailable);
            }
        }
        Ok(answers)
    }

    /// What each server answers to a command without keys.
    pub(super) async fn ask_each<T: FromRedisValue + Send + 'static>(&self, command: Cmd) -> Result<Vec<T>> {
        self.within(&self.commands, Ask::Each(command)).await
    }

    /// The same for what a user need not have the right to ask, so that a refusal is nothing to tell.
    pub(super) async fn ask_each_that_may<T: FromRedisValue + Send + 'static>(&self, command: Cmd) -> Result<Vec<T>> {
        self.within(&self.commands, Ask::EachThatMay(command)).await
    }

    /// Commands that go together, with large answers. Their keys lie in one slot.
    pub(super) async fn fetch<T: FromRedisValue + Send + 'static>(&self, commands: Pipeline) -> Result<T> {
        self.within(&self.blobs, Ask::Several(commands)).await
    }

    /// Commands that go together and take so many bytes. They are written when it is their turn.
    pub(super) async fn carry<T: FromRedisValue + Send + 'static>(
        &self,
        bytes: usize,
        commands: impl FnOnce() -> Pipeline,
    ) -> Result<T> {
        let until = Instant::now() + DEADLINE;
        let turn = async { if bytes > LARGE { self.large.acquire().await.ok() } else { None } };
        let Ok(_turn) = timeout_at(until, turn).await else { return Err(StoreError::Unavailable) };
        self.within_until(&self.blobs, Ask::Several(commands()), until).await
    }

    /// A script, which is sent whole where the server does not know it.
    pub(super) async fn run<T: FromRedisValue + Send + 'static>(&self, call: ScriptInvocation<'static>) -> Result<T> {
        self.within(&self.commands, Ask::Script(call)).await
    }

    /// The clock of the server; in a cluster, of that with the founding mark, so that it is always the same one's.
    pub(super) async fn time(&self) -> Result<Moment> {
        let mut commands = redis::pipe();
        commands.cmd("GET").arg(FOUNDING).ignore().cmd("TIME");
        let ((seconds, micros),): ((i64, i64),) = self.ask_all(commands).await?;
        Ok(Moment::from_unix_millis(seconds.saturating_mul(1_000).saturating_add(micros / 1_000)))
    }

    /// Work on a connection belongs to the node and not to the handler that asks: a connection made anew lives on the
    /// runtime that it was made on, which must not be a handler's.
    async fn within<T: FromRedisValue + Send + 'static>(&self, line: &Line, ask: Ask) -> Result<T> {
        self.within_until(line, ask, Instant::now() + DEADLINE).await
    }

    async fn within_until<T: FromRedisValue + Send + 'static>(
        &self,
        line: &Line,
        ask: Ask,
        until: Instant,
    ) -> Result<T> {
        if line.is_away() {
            return Err(StoreError::Unavailable);
        }
        let may_refuse = matches!(ask, Ask::EachThatMay(_));
        let answered = self.tasks.start(timeout_at(until, ask.answer(line.connection.clone()))).await;
        match answered {
            Ok(Ok(Ok(value))) => return Ok(value),
            Ok(Ok(Err(error))) if may_refuse && !error.is_io_error() => {
                tracing::debug!(kind = ?error.kind(), "the store does not tell");
            }
            Ok(Ok(Err(error))) => {
                // An error's text may quote what was sent; its kind does not.
                tracing::warn!(kind = ?error.kind(), code = error.code(), "the store refused or did not answer");
                crate::telemetry::store_error("refused");
                if error.is_io_error() {
                    line.lost(&self.tasks);
                }
            }
            Ok(Err(_elapsed)) => {
                crate::telemetry::store_error("timeout");
                line.lost(&self.tasks);
            }
            Err(_ended) => {}
        }
        Err(StoreError::Unavailable)
    }
}

/// What is asked of a server.
enum Ask {
    One(Cmd),
    Several(Pipeline),
    Each(Cmd),
    EachThatMay(Cmd),
    Script(ScriptInvocation<'static>),
}

impl Ask {
    /// Asks, and for a while again when the connection breaks.
    async fn answer<T: FromRedisValue>(self, mut over: Connection) -> RedisResult<T> {
        let until = Instant::now() + ASKED_AGAIN;
        loop {
            let answer = match &self {
                Self::One(command) => command.query_async(&mut over).await,
                Self::Several(commands) => commands.query_async(&mut over).await,
                Self::Each(command) | Self::EachThatMay(command) => {
                    let answers = over.each(command.clone()).await;
                    answers.and_then(|answers| Ok(redis::from_redis_value(Value::Array(answers))?))
                }
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
