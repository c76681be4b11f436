//! W3C Trace Context: which trace a request belongs to. Ids alone; what callers put into `tracestate` or `baggage` is
//! neither read nor sent on.

use std::fmt;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A place in a trace, as `traceparent` names it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Trace {
    id: u128,
    span: u64,
    sampled: bool,
}

/// A text that is no `traceparent`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent")]
pub struct NoTrace;

impl Trace {
    /// A trace of its own.
    pub fn random() -> Self {
        Self { id: Uuid::now_v7().as_u128(), span: span_id(), sampled: false }
    }

    /// Reads a `traceparent`. Of versions to come it reads what this one knows.
    ///
    /// # Errors
    /// [`NoTrace`] for anything that the specification calls invalid.
    pub fn parse(text: &str) -> Result<Self, NoTrace> {
        let mut parts = text.splitn(5, '-');
        let mut hex = |length: usize| {
            let part = parts.next().filter(|part| part.len() == length)?;
            let lower = part.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            lower.then(|| u128::from_str_radix(part, 16).ok()).flatten()
        };
        let (Some(version), Some(id), Some(span), Some(flags)) = (hex(2), hex(32), hex(16), hex(2)) else {
            return Err(NoTrace);
        };
        let ends = version != 0 || parts.next().is_none();
        match u64::try_from(span) {
            Ok(span) if version != 0xff && ends && id != 0 && span != 0 => {
                Ok(Self { id, span, sampled: flags & 1 == 1 })
            }
            Ok(_) | Err(_) => Err(NoTrace),
        }
    }

    /// The next place in the same trace.
    #[must_use]
    pub fn next(self) -> Self {
        Self { span: span_id(), ..self }
    }

    /// The id of the whole trace, as it stands in logs.
    pub fn id(&self) -> impl fmt::Display + use<> {
        format!("{:032x}", self.id)
    }
}

/// The random half of an id; its variant's bits keep it from being nought.
fn span_id() -> u64 {
    Uuid::now_v7().as_u64_pair().1
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.id, self.span, u8::from(self.sampled))
    }
}

impl TryFrom<String> for Trace {
    type Error = NoTrace;

    fn try_from(text: String) -> Result<Self, NoTrace> {
        Self::parse(&text)
    }
}

impl From<Trace> for String {
    fn from(trace: Trace) -> Self {
        trace.to_string()
    }
}

tokio::task_local! {
    static CURRENT: Trace;
}

/// Does work as a part of a trace.
pub async fn within<F: Future>(trace: Trace, work: F) -> F::Output {
    CURRENT.scope(trace, work).await
}

/// The trace that the running task's work is a part of.
pub fn current() -> Option<Trace> {
    CURRENT.try_with(|trace| *trace).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIVEN: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    #[test]
    fn a_trace_goes_on_with_a_place_of_its_own() {
        let given = Trace::parse(GIVEN).unwrap();
        assert_eq!(given.to_string(), GIVEN);
        let next = given.next();
        assert_eq!(next.id().to_string(), given.id().to_string());
        assert_ne!(next.span, given.span);
        assert_eq!(Trace::parse(&next.to_string()), Ok(next));
        assert_ne!(Trace::random().id, Trace::random().id);
    }

    #[test]
    fn what_the_specification_calls_invalid_is_none() {
        let later = format!("{}-more", GIVEN.replacen("00", "cc", 1));
        assert_eq!(Trace::parse(&later), Trace::parse(GIVEN));
        for bad in [
            "",
            "00",
            &GIVEN[..54],
            &format!("{GIVEN}-more"),
            &format!("{GIVEN} "),
            &GIVEN.to_uppercase(),
            &GIVEN.replacen("00", "ff", 1),
            &GIVEN.replace("4bf92f3577b34da6a3ce929d0e0e4736", &"0".repeat(32)),
            &GIVEN.replace("00f067aa0ba902b7", &"0".repeat(16)),
            &GIVEN.replace("4bf9", "+bf9"),
            &GIVEN.replace('-', "_"),
        ] {
            assert_eq!(Trace::parse(bad), Err(NoTrace), "{bad}");
        }
    }
}
