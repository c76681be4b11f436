//! What the caller wants to get: by `Accept` (RFC 9110) and `Prefer` (RFC 7240).

use std::time::Duration;

use actix_web::{
    HttpRequest,
    http::header::{ACCEPT, Accept, Header, QualityItem},
    mime::Mime,
};

use super::problem::Problem;
use crate::domain::{Code, Format};

/// The body that is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Answer {
    /// The figure object.
    Json,
    /// The image's bytes in any format.
    AnyImage,
    /// The image's bytes in one format.
    Image(Format),
}

impl Answer {
    /// Reads `Accept`: JSON wherever it fits, bytes where images alone do.
    pub(super) fn wanted(req: &HttpRequest) -> Result<Self, Problem> {
        let ranges = ranges(req)?;
        if ranges.is_empty() || ranges.iter().any(|range| fits(range, "application", "json")) {
            return Ok(Self::Json);
        }
        let image = ranges.iter().find_map(|range| match (range.type_().as_str(), range.subtype().as_str()) {
            ("image", "*") => Some(Self::AnyImage),
            ("image", "png") => Some(Self::Image(Format::Png)),
            ("image", "jpeg" | "jpg") => Some(Self::Image(Format::Jpeg)),
            ("image", "webp") => Some(Self::Image(Format::Webp)),
            _ => None,
        });
        image.ok_or_else(not_acceptable)
    }

    /// Reads `Accept` where JSON alone is there.
    pub(super) fn json_alone(req: &HttpRequest) -> Result<Self, Problem> {
        let wanted = Self::wanted(req)?;
        if wanted == Self::Json {
            Ok(wanted)
        } else {
            Err(Problem::new(Code::NotAcceptable, "There is: application/json."))
        }
    }

    /// The format to make: what was given, unless a type alone is acceptable.
    pub(super) fn format(self, given: Option<Format>) -> Result<Option<Format>, Problem> {
        match (self, given) {
            (Self::Image(format), None) => Ok(Some(format)),
            (Self::Image(format), Some(given)) if given != format => Err(Problem::new(
                Code::NotAcceptable,
                "The option format and the header Accept ask for different types.",
            )),
            (_, given) => Ok(given),
        }
    }
}

/// Refuses when an image of this type is not acceptable.
pub(super) fn accepts_image(req: &HttpRequest, media_type: &str) -> Result<(), Problem> {
    let ranges = ranges(req)?;
    let subtype = media_type.strip_prefix("image/").unwrap_or(media_type);
    let fits_image = |range: &Mime| fits(range, "image", subtype) || (subtype == "jpeg" && fits(range, "image", "jpg"));
    if ranges.is_empty() || ranges.iter().any(fits_image) {
        return Ok(());
    }
    Err(Problem::new(Code::NotAcceptable, format!("This image is there as {media_type} alone.")))
}

/// Refuses when server-sent events are not acceptable.
pub(super) fn accepts_events(req: &HttpRequest) -> Result<(), Problem> {
    let ranges = ranges(req)?;
    if ranges.is_empty() || ranges.iter().any(|range| fits(range, "text", "event-stream")) {
        return Ok(());
    }
    Err(Problem::new(Code::NotAcceptable, "There is: text/event-stream."))
}

fn not_acceptable() -> Problem {
    Problem::new(Code::NotAcceptable, "There are: application/json, image/png, image/jpeg, image/webp.")
}

/// The acceptable media ranges, best first; empty stands for all.
fn ranges(req: &HttpRequest) -> Result<Vec<Mime>, Problem> {
    if !req.headers().contains_key(ACCEPT) {
        return Ok(Vec::new());
    }
    let accept =
        Accept::parse(req).map_err(|_| Problem::new(Code::MalformedRequest, "The header Accept cannot be read."))?;
    let mut items: Vec<QualityItem<Mime>> = accept.0;
    items.retain(|item| item.quality > actix_web::http::header::Quality::ZERO);
    items.sort_by_key(|item| std::cmp::Reverse(item.quality));
    if items.is_empty() { Err(not_acceptable()) } else { Ok(items.into_iter().map(|item| item.item).collect()) }
}

fn fits(range: &Mime, main: &str, sub: &str) -> bool {
    let (type_, subtype) = (range.type_(), range.subtype());
    (type_ == "*" || type_ == main) && (subtype == "*" || subtype == sub)
}

/// How long the caller wants to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Patience {
    /// The longest wait.
    pub(super) wait: Duration,
    /// What was applied, for the header `Preference-Applied`.
    pub(super) applied: Option<&'static str>,
}

impl Patience {
    /// Reads `Prefer`; what it does not know it passes over.
    pub(super) fn of(req: &HttpRequest, longest: Duration) -> Result<Self, Problem> {
        let mut patience = Self { wait: longest, applied: None };
        for value in req.headers().get_all("Prefer") {
            let text = value.to_str().map_err(|_| unreadable())?;
            for preference in text.split(',').map(|part| part.split(';').next().unwrap_or_default().trim()) {
                let (name, value) = preference.split_once('=').map_or((preference, None), |(n, v)| (n.trim(), Some(v)));
                match (name.to_ascii_lowercase().as_str(), value) {
                    ("respond-async", None) => {
                        return Ok(Self { wait: Duration::ZERO, applied: Some("respond-async") });
                    }
                    ("wait", Some(seconds)) => {
                        let seconds = seconds.trim().trim_matches('"').parse().map_err(|_| unreadable())?;
                        patience = Self { wait: longest.min(Duration::from_secs(seconds)), applied: Some("wait") };
                    }
                    _ => {}
                }
            }
        }
        Ok(patience)
    }

    /// Whether an answer at once is wanted, to be followed by a look later.
    pub(super) fn is_for_later(self) -> bool {
        self.applied == Some("respond-async")
    }

    /// Reads `Prefer` for something that exists: there is nothing to accept for later, so `respond-async` says nothing,
    /// and a client that repeats its headers behind a redirect still waits.
    pub(super) fn of_reader(req: &HttpRequest, longest: Duration) -> Result<Self, Problem> {
        let patience = Self::of(req, longest)?;
        Ok(if patience.is_for_later() { Self { wait: longest, applied: None } } else { patience })
    }
}

fn unreadable() -> Problem {
    Problem::new(Code::MalformedRequest, "The header Prefer cannot be read: wait=SECONDS or respond-async.")
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn wanted(accept: &str) -> Result<Answer, Code> {
        let req = TestRequest::default().insert_header((ACCEPT, accept)).to_http_request();
        Answer::wanted(&req).map_err(|problem| problem.code())
    }

    #[test]
    fn json_comes_wherever_it_fits_and_bytes_where_images_alone_do() {
        assert_eq!(Answer::wanted(&TestRequest::default().to_http_request()).ok(), Some(Answer::Json));
        assert_eq!(wanted("*/*"), Ok(Answer::Json));
        assert_eq!(wanted("image/png, application/json;q=0.1"), Ok(Answer::Json));
        assert_eq!(wanted("image/png"), Ok(Answer::Image(Format::Png)));
        assert_eq!(wanted("image/*"), Ok(Answer::AnyImage));
        assert_eq!(wanted("image/webp;q=0.2, image/jpeg"), Ok(Answer::Image(Format::Jpeg)));
        assert_eq!(wanted("text/html"), Err(Code::NotAcceptable));
        assert_eq!(wanted("application/json;q=0"), Err(Code::NotAcceptable));
    }

    #[test]
    fn the_longest_wait_is_the_servers() {
        let longest = Duration::from_secs(25);
        let patience = |prefer: &str| {
            let req = TestRequest::default().insert_header(("Prefer", prefer)).to_http_request();
            Patience::of(&req, longest).map(|patience| (patience.wait.as_secs(), patience.applied)).ok()
        };
        assert_eq!(patience("wait=10"), Some((10, Some("wait"))));
        assert_eq!(patience("wait=1000, foo=bar"), Some((25, Some("wait"))));
        assert_eq!(patience("respond-async, wait=10"), Some((0, Some("respond-async"))));
        assert_eq!(patience("handling=lenient"), Some((25, None)));
        assert_eq!(patience("wait=soon"), None);
    }
}
