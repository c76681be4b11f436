//! `Server-Timing`: how long each stage of a figure took, for whoever looks with the tools of a browser or a proxy.

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::domain::Timings;

/// Puts the stages that were reached in.
pub(super) fn put(timings: &Timings, headers: &mut HeaderMap) {
    let Timings { intake, queue, analyze, enhance, render, finish, total } = timings;
    let stages = [
        ("intake", intake),
        ("queue", queue),
        ("analyze", analyze),
        ("enhance", enhance),
        ("render", render),
        ("finish", finish),
        ("total", total),
    ];
    let told: Vec<_> = stages.iter().filter_map(|(name, ms)| ms.map(|ms| format!("{name};dur={ms}"))).collect();
    if let Ok(value) = HeaderValue::from_str(&told.join(", "))
        && !told.is_empty()
    {
        headers.insert(HeaderName::from_static("server-timing"), value);
    }
}
