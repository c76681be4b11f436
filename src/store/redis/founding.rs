//! The founding mark: tells one store from another, and an empty one from one that has lost everything. It is set by an
//! operator's order alone: whoever finds a store without it must not take the lack of a revocation for leave.

use std::sync::{Mutex, MutexGuard, PoisonError};

use uuid::Uuid;

use super::{ConnectError, Link, Shard, link::garbled, shard::FOUNDING};
use crate::{
    domain::Owner,
    store::{Result, StoreError},
};

/// Which layout of keys and scripts this is. Counts up when nodes of both kinds could not share a store.
const SCHEMA: u32 = 2;

/// The mark of the store that this node works with; `None` while it has none.
pub(super) struct Founding(Mutex<Option<String>>);

/// What stands where the marks do.
enum Seen {
    /// The same mark of ours, in every place.
    Whole(String),
    /// A mark of another layout.
    Foreign(String),
    /// Nothing, or not in every place.
    Missing,
}

impl Founding {
    /// Reads the mark of a store.
    ///
    /// # Errors
    /// When the store does not answer, or is of another layout.
    pub(super) async fn of(link: &Link) -> std::result::Result<Self, ConnectError> {
        match look(link).await.map_err(|error| ConnectError::Unreachable(error.to_string()))? {
            Seen::Whole(mark) => Ok(Self(Mutex::new(Some(mark)))),
            Seen::Foreign(mark) => Err(ConnectError::foreign(&mark)),
            Seen::Missing => {
                tell_operator();
                Ok(Self(Mutex::default()))
            }
        }
    }

    /// The mark, for scripts to compare.
    ///
    /// # Errors
    /// [`StoreError::Lost`] while there is none.
    pub(super) async fn mark(&self, link: &Link) -> Result<String> {
        let known = self.known().clone();
        match known {
            Some(mark) => Ok(mark),
            None => self.read_again(link).await,
        }
    }

    /// Compares a mark that was read together with what it vouches for.
    ///
    /// # Errors
    /// [`StoreError::Lost`] when it is gone.
    pub(super) async fn check(&self, link: &Link, seen: Option<&str>) -> Result<()> {
        let same = seen.is_some() && self.known().as_deref() == seen;
        if same { Ok(()) } else { self.read_again(link).await.map(drop) }
    }

    /// Reads the mark again, after it was missed: somebody may have founded the store anew.
    ///
    /// # Errors
    /// [`StoreError::Lost`] while there is none.
    pub(super) async fn read_again(&self, link: &Link) -> Result<String> {
        let seen = look(link).await?;
        let mut known = self.known();
        if let Seen::Whole(mark) = seen {
            if known.as_ref() != Some(&mark) {
                tracing::info!("the store has a founding mark, and is used");
            }
            return Ok(known.insert(mark).clone());
        }
        if known.take().is_some() {
            tell_operator();
        }
        Err(StoreError::Lost)
    }

    fn known(&self) -> MutexGuard<'_, Option<String>> {
        // Nothing panics while it is held.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Writes the mark where there is none, and a copy of it to every shard.
///
/// # Errors
/// When the store does not answer, or is of another layout.
pub(super) async fn found(link: &Link) -> std::result::Result<(), ConnectError> {
    let unreachable = |error: StoreError| ConnectError::Unreachable(error.to_string());
    let mut first = redis::pipe();
    first.cmd("SET").arg(FOUNDING).arg(layout() + &Uuid::now_v7().simple().to_string()).arg("NX").ignore();
    first.cmd("GET").arg(FOUNDING);
    let (mark,): (String,) = link.ask_all(first).await.map_err(unreachable)?;
    if !mark.starts_with(&layout()) {
        return Err(ConnectError::foreign(&mark));
    }
    let copy = |shard: Shard| {
        let mut copy = redis::pipe();
        copy.cmd("SET").arg(shard.founding()).arg(&mark);
        copy
    };
    link.ask_parts(Shard::all().map(copy).collect()).await.map(drop).map_err(unreachable)
}

impl ConnectError {
    fn foreign(mark: &str) -> Self {
        let found = mark.rsplit_once(' ').map_or(mark, |(layout, _)| layout).to_owned();
        Self::Foreign { found, own: layout().trim_end().to_owned() }
    }
}

fn layout() -> String {
    format!("{SCHEMA} {} ", Owner::SHARDS)
}

/// Reads the marks of the store and of every shard.
async fn look(link: &Link) -> Result<Seen> {
    let read = |name: String| {
        let mut read = redis::pipe();
        read.cmd("GET").arg(name);
        read
    };
    let names = std::iter::once(FOUNDING.to_owned()).chain(Shard::all().map(Shard::founding));
    let marks = link.ask_parts(names.map(read).collect()).await?.into_iter().flatten();
    let marks: Vec<Option<String>> =
        marks.map(redis::from_redis_value).collect::<std::result::Result<_, _>>().map_err(|_| garbled())?;
    Ok(match marks.split_first() {
        Some((Some(mark), _)) if !mark.starts_with(&layout()) => Seen::Foreign(mark.clone()),
        Some((first @ Some(mark), copies)) if copies.iter().all(|copy| copy == first) => Seen::Whole(mark.clone()),
        Some(_) | None => Seen::Missing,
    })
}

fn tell_operator() {
    tracing::error!(
        "the store has no founding mark: it is new, or it has lost its data and with it the revocations of API keys. \
         Work is refused until `figurine check --found` has set the mark"
    );
}
