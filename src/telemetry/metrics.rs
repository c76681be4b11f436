//! Metrics: a closed list of names. No label takes a key, an account, a person, a path or an id.

use std::{sync::OnceLock, time::Duration};

use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};

/// The kind of a metric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// It only grows.
    Counter,
    /// It goes up and down.
    Gauge,
    /// Times in buckets, in seconds.
    Histogram,
}

/// A metric that is told.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it means.
    pub help: &'static str,
}

macro_rules! metrics {
    ($($constant:ident = $name:literal, $kind:ident, [$($label:literal),*], $help:literal;)*) => {
        $(const $constant: &str = $name;)*

        /// Every metric.
        pub const METRICS: &[Metric] = &[$(Metric {
            name: $name, kind: Kind::$kind, labels: &[$($label),*], help: $help,
        },)*];
    };
}

metrics! {
    REQUESTS = "figurine_http_requests_total", Counter, ["route", "method", "status"], "Requests, by the pattern of their route; status 0 where the client left before its answer.";
    REQUEST_SECONDS = "figurine_http_request_seconds", Histogram, ["route"], "From the head of a request to the head of its answer, waiting included.";
    BYTES_IN = "figurine_http_received_bytes_total", Counter, [], "Bytes of bodies received.";
    BYTES_OUT = "figurine_http_sent_bytes_total", Counter, [], "Bytes of bodies sent, of those whose length was known beforehand.";
    CONNECTIONS = "figurine_http_connections", Gauge, [], "Connections that are open.";
    QUEUE = "figurine_queue_length", Gauge, [], "Jobs that wait in the store, as of the last scrape.";
    RUNNING = "figurine_jobs_running", Gauge, [], "Jobs that this node works on.";
    JOBS = "figurine_jobs_ended_total", Counter, ["work", "state", "code"], "Jobs that this node has ended.";
    STAGE_SECONDS = "figurine_stage_seconds", Histogram, ["stage"], "Time of each stage of a job.";
    ENGINE_CALLS = "figurine_engine_calls_total", Counter, ["engine", "model", "outcome"], "Calls to the engine: `gemini`, or `offline`, which serves test keys everywhere.";
    ENGINE_SECONDS = "figurine_engine_call_seconds", Histogram, ["engine", "model"], "Time of each call to the engine.";
    BREAKER = "figurine_engine_breaker_open", Gauge, ["engine", "model"], "1 while a model is not asked since it failed in a row. Scenarios of test keys do not move it.";
    MODELS = "figurine_engine_model_served", Gauge, ["model"], "1 where the engine has a model in use, 0 where it is unknown or retired; absent until the engine has said.";
    STORE_ERRORS = "figurine_store_errors_total", Counter, ["kind"], "What the store did not do: no answer in time, or a refusal.";
    PURGES = "figurine_purges_total", Counter, ["outcome"], "Photos destroyed and looked for, and attempts that failed and are repeated.";
    PURGE_SECONDS = "figurine_purge_lag_seconds", Histogram, [], "From the end of a job to its photo's being found gone.";
    DECODE_BYTES = "figurine_decode_memory_bytes", Gauge, [], "Memory that photos being decoded may take, of the budget.";
    INTAKES = "figurine_photos_read_total", Counter, ["outcome"], "Photos that were read, and those that were refused.";
    ENTRIES_LOST = "figurine_usage_entries_lost_total", Counter, [], "Requests that are missing from the sums, since the store did not answer.";
}

static HANDLE: OnceLock<Option<PrometheusHandle>> = OnceLock::new();

/// Bounds of the buckets of times, in seconds.
const SECONDS: [f64; 14] = [0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 120.0];

/// Starts counting, once for the process. Where somebody who embeds Figurine counts already, it counts there.
pub fn start() {
    HANDLE.get_or_init(|| {
        let handle = PrometheusBuilder::new().set_buckets(&SECONDS).ok()?.install_recorder().ok()?;
        for Metric { name, kind, help, .. } in METRICS {
            match kind {
                Kind::Counter => describe_counter!(*name, *help),
                Kind::Gauge => describe_gauge!(*name, *help),
                Kind::Histogram => describe_histogram!(*name, Unit::Seconds, *help),
            }
        }
        // What has not happened yet is told as 0 where no label would have to be made up.
        for Metric { name, kind, .. } in METRICS.iter().filter(|metric| metric.labels.is_empty()) {
            match kind {
                Kind::Counter => counter!(*name).absolute(0),
                Kind::Gauge => gauge!(*name).set(0.0),
                Kind::Histogram => drop(histogram!(*name)),
            }
        }
        Some(handle)
    });
}

fn handle() -> Option<&'static PrometheusHandle> {
    HANDLE.get().and_then(Option::as_ref)
}

/// Everything counted so far, in Prometheus' text format.
pub fn text() -> String {
    handle().map(PrometheusHandle::render).unwrap_or_default()
}

/// Puts what was measured since into its buckets, so that it does not pile up where nobody asks.
pub fn upkeep() {
    if let Some(handle) = handle() {
        handle.run_upkeep();
    }
}

/// What is counted of a request.
#[derive(Debug)]
pub struct Answered<'a> {
    /// The route's pattern.
    pub route: &'a str,
    /// The method.
    pub method: &'a str,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// Bytes received.
    pub bytes_in: u64,
    /// Bytes sent.
    pub bytes_out: u64,
    /// How long it took.
    pub duration: Duration,
}

/// Counts a request.
pub fn answered(request: &Answered<'_>) {
    let method = match request.method {
        known @ ("GET" | "HEAD" | "POST" | "PUT" | "DELETE" | "OPTIONS") => known,
        _ => "other",
    };
    let (route, status) = (request.route.to_owned(), request.status.unwrap_or_default().to_string());
    counter!(REQUESTS, "route" => route.clone(), "method" => method.to_owned(), "status" => status).increment(1);
    if request.status.is_some() {
        histogram!(REQUEST_SECONDS, "route" => route).record(request.duration);
    }
    counter!(BYTES_IN).increment(request.bytes_in);
    counter!(BYTES_OUT).increment(request.bytes_out);
}

/// Counts an entry that is missing from the sums.
pub fn entry_lost() {
    counter!(ENTRIES_LOST).increment(1);
}

/// Something that is under way until this is dropped.
#[derive(Debug)]
#[must_use]
pub struct UnderWay(&'static str);

impl UnderWay {
    fn begin(name: &'static str) -> Self {
        gauge!(name).increment(1.0);
        Self(name)
    }

    /// A connection.
    pub fn connection() -> Self {
        Self::begin(CONNECTIONS)
    }

    /// A job that this node works on.
    pub fn job() -> Self {
        Self::begin(RUNNING)
    }
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        gauge!(self.0).decrement(1.0);
    }
}

/// Tells how many jobs wait.
#[expect(clippy::cast_precision_loss, reason = "a queue has fewer than 2^52 places")]
pub fn queue(length: usize) {
    gauge!(QUEUE).set(length as f64);
}

/// Counts a job that ended.
pub fn job_ended(work: &'static str, state: &'static str, code: &'static str) {
    counter!(JOBS, "work" => work, "state" => state, "code" => code).increment(1);
}

/// Counts the time of a job's stage.
pub fn stage(name: &'static str, millis: Option<u64>) {
    if let Some(millis) = millis {
        histogram!(STAGE_SECONDS, "stage" => name).record(Duration::from_millis(millis));
    }
}

/// Counts a call to the engine.
pub fn engine_call((engine, model): (&'static str, &str), outcome: &'static str, took: Duration) {
    counter!(ENGINE_CALLS, "engine" => engine, "model" => model.to_owned(), "outcome" => outcome).increment(1);
    histogram!(ENGINE_SECONDS, "engine" => engine, "model" => model.to_owned()).record(took);
}

/// Tells whether a model is left alone.
pub fn breaker(engine: &'static str, model: &str, open: bool) {
    gauge!(BREAKER, "engine" => engine, "model" => model.to_owned()).set(f64::from(u8::from(open)));
}

/// Tells whether the engine has a model in use.
pub fn model(model: &str, served: bool) {
    gauge!(MODELS, "model" => model.to_owned()).set(f64::from(u8::from(served)));
}

/// Counts something that the store did not do.
pub fn store_error(kind: &'static str) {
    counter!(STORE_ERRORS, "kind" => kind).increment(1);
}

/// Counts a photo that was found gone, so long after its job's end.
pub fn purged(lag: Duration) {
    counter!(PURGES, "outcome" => "done").increment(1);
    histogram!(PURGE_SECONDS).record(lag);
}

/// Counts an attempt to destroy a photo that failed.
pub fn purge_failed() {
    counter!(PURGES, "outcome" => "failed").increment(1);
}

/// Tells how much memory decoders may take now.
#[expect(clippy::cast_precision_loss, reason = "memory has fewer than 2^52 bytes")]
pub fn decode_memory(bytes: u64) {
    gauge!(DECODE_BYTES).set(bytes as f64);
}

/// Counts a photo that was read or refused.
pub fn photo_read(outcome: &'static str) {
    counter!(INTAKES, "outcome" => outcome).increment(1);
}
