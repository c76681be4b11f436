//! `If-None-Match` (RFC 9110, section 13.1.2).

use actix_web::{HttpRequest, http::header::IF_NONE_MATCH};

/// Whether the caller says that it has what this strong entity tag stands for.
pub(super) fn is_known(req: &HttpRequest, etag: &str) -> bool {
    let mut values = req.headers().get_all(IF_NONE_MATCH).filter_map(|value| value.to_str().ok());
    values.any(|value| value.trim() == "*" || value.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag))
}
