//! Queries and headers of what reads figures, which the code reads without a type.

use utoipa::IntoParams;

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query; `list` reads it")]
pub(crate) struct ListQuery {
    /// How many at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<u32>,
    /// `next_cursor` of the page before.
    #[param(example = "ZmlnXzAxOWFiMmMzZDRlNTdmNjBhMWIyYzNkNGU1ZjYwNzE4")]
    cursor: Option<String>,
}

/// Where to go on.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes a header; `events` reads it")]
pub(crate) struct LastEventIdHeader {
    /// The `id` of the last event that the client has: the stream begins with the one after it.
    #[param(rename = "Last-Event-ID", pattern = "^(0|[1-9][0-9]*)$", example = "3")]
    last_event_id: Option<String>,
}

/// Which part of a file.
#[derive(IntoParams)]
#[into_params(parameter_in = Header)]
#[expect(dead_code, reason = "it describes headers; `range` reads them")]
pub(crate) struct RangeHeaders {
    /// One range of bytes: `bytes=0-99`, `bytes=100-` or `bytes=-100` (RFC 9110). Passed over with `HEAD`.
    #[param(rename = "Range", example = "bytes=0-1023")]
    range: Option<String>,
    /// Answers with the range only if the image still has this `ETag`, and else with the whole.
    #[param(rename = "If-Range", example = "\"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08\"")]
    if_range: Option<String>,
}

/// Which sums.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query; `usage` reads it")]
pub(crate) struct UsageQuery {
    /// The beginning: a time or a date (RFC 3339, UTC). Without, a day before the end by hour, else 30 days.
    #[param(example = "2026-11-01")]
    from: Option<String>,
    /// The end: a time or a date. Without, now. At most 35 days after the beginning by hour, else 400.
    #[param(example = "2026-11-24T00:00:00Z")]
    to: Option<String>,
    /// What the rows stand for: `day`, `hour`, `style` or `status`.
    #[param(pattern = "^(day|hour|style|status)$", default = "day")]
    by: Option<String>,
}
