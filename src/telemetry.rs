//! Logs and metrics. Spans list their fields; nothing of a photo, a prompt, a key, an address or a query is among them.

mod metrics;
mod trace;

use std::io;

pub use metrics::{
    Answered, Kind, METRICS, Metric, UnderWay, answered, breaker, decode_memory, engine_call, entry_lost, job_ended,
    model, photo_read, purge_failed, purged, queue, stage, start as start_metrics, store_error, text as metrics_text,
    upkeep,
};
pub use trace::{NoTrace, Trace, current, within};
use tracing_subscriber::{EnvFilter, filter::ParseError, fmt};

use crate::config::LogFormat;

/// From here on a panic is logged by its place alone: its message may quote what was worked on.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, "a panic was contained");
    }));
}

/// Starts logging to standard error; does nothing where logging was started before.
///
/// # Errors
/// When the filter cannot be read.
pub fn start(filter: &str, format: LogFormat) -> Result<(), ParseError> {
    let filter = EnvFilter::try_new(filter)?;
    let lines = fmt().with_env_filter(filter).with_writer(io::stderr).with_target(true);
    // A second start is refused by the library and means that somebody embeds Figurine and has its own logs.
    let _ = match format {
        LogFormat::Json => lines.json().flatten_event(true).try_init(),
        LogFormat::Pretty => lines.compact().try_init(),
    };
    Ok(())
}
