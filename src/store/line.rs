//! Lines of a log: short texts that are kept in the order of time.

use std::{fmt, time::Duration};

use super::StoreKey;
use crate::domain::{FigureId, UploadId};

/// A line for a log. It begins with the digits of a version 7 UUID, so that the order of lines as text is their age.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// The line.
    pub text: String,
    /// How long it is kept. It goes with the first line that is written after that, or with the log's own time, which is
    /// as long from the last line on.
    pub kept: Duration,
    /// How many lines the log has at most; the oldest go.
    pub most: u32,
}

/// What a line of [`StoreKey::held`] and [`StoreKey::person`] stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HeldId {
    /// A figure, an analysis or a prompt, and all that was kept for it.
    Figure(FigureId),
    /// A photo that was kept ahead of use.
    Upload(UploadId),
}

/// Something that is held for an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// What.
    pub id: HeldId,
    /// The keyed hash under which the request that made it is remembered.
    pub once: Option<String>,
    /// The keyed hash of the person that it is for.
    pub person: Option<String>,
}

/// How long it is known that something is held: longer than anything of it.
pub const HELD_KEPT: Duration = Duration::from_secs(32 * 24 * 3_600);

/// More than any account can have made in that time.
const MOST_HELD: u32 = 50_000_000;

impl Held {
    /// What is held, the name under which the request that made it is remembered, and for whom it is.
    pub fn new(id: HeldId, once: Option<&StoreKey>, person: Option<&str>) -> Self {
        let once = once.and_then(|name| name.as_str().rsplit(':').next()).map(str::to_owned);
        Self { id, once, person: person.map(str::to_owned) }
    }

    /// Its line.
    pub fn line(&self) -> Line {
        Line { text: self.to_string(), kept: HELD_KEPT, most: MOST_HELD }
    }

    /// Reads a line.
    pub fn parse(line: &str) -> Option<Self> {
        let mut parts = line.split(' ');
        let (digits, kind, once, person) = (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let given = |word: &str| Some(word).filter(|word| *word != "-").map(str::to_owned);
        let id = match kind {
            "fig" => HeldId::Figure(FigureId::parse(&format!("fig_{digits}")).ok()?),
            "upl" => HeldId::Upload(UploadId::parse(&format!("upl_{digits}")).ok()?),
            _ => return None,
        };
        Some(Self { id, once: given(once), person: given(person) })
    }
}

impl fmt::Display for HeldId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Figure(id) => id.fmt(f),
            Self::Upload(id) => id.fmt(f),
        }
    }
}

impl fmt::Display for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = self.id.to_string();
        let (kind, digits) = id.split_once('_').unwrap_or_default();
        let [once, person] = [&self.once, &self.person].map(|word| word.as_deref().unwrap_or("-"));
        write!(f, "{digits} {kind} {once} {person}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_as_it_was_written() {
        for id in [HeldId::Figure(FigureId::random()), HeldId::Upload(UploadId::random())] {
            for once in [None, Some("abc".to_owned())] {
                let held = Held { id, person: once.clone(), once };
                assert_eq!(Held::parse(&held.to_string()), Some(held));
            }
        }
        for line in [
            "",
            "x fig - -",
            "0123 fig - -",
            "019ab2c3d4e57f60a1b2c3d4e5f60718 key - -",
            "019ab2c3d4e57f60a1b2c3d4e5f60718 fig -",
        ] {
            assert_eq!(Held::parse(line), None, "{line}");
        }
    }
}
