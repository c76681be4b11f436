//! Queries and headers of what reads figures, which the code reads without a type.

use utoipa::IntoParams;

/// Which page of a list.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "it describes the query; `list` reads it")]
pub(crate) struct ListQuery {
    /// How many figures at most.
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
