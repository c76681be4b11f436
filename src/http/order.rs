//! What is to be made: options and headers, checked together.

use actix_web::{
    HttpRequest, HttpResponse,
    http::header::{HeaderName, HeaderValue},
    web::{Bytes, Payload},
};

use super::{
    Api,
    body::{self, Sent},
    common::trace_of,
    negotiate::{Answer, Patience},
    problem::Problem,
    record::Draft,
    room::Place,
    scenario,
};
use crate::{
    admission::Ticket,
    domain::{Code, GivenOptions, OptionFault, Scenario, Work},
    flow::{Order, Received, Source},
    studio::{CheckedOptions, parse_analysis},
    vault::receipt::Salt,
};

/// The longest `Idempotency-Key`, in characters.
const LONGEST_KEY: usize = 255;

/// Receives a photo and what is to be made of it.
///
/// # Errors
/// When the request cannot be read, or an option is wrong.
pub(super) async fn receive(
    (api, ticket): (&Api, &Ticket),
    req: &HttpRequest,
    payload: Payload,
    asked: (Answer, Work),
) -> Result<Received, Problem> {
    let scenario = scenario::asked(req, ticket)?;
    let room = api.make_room(ticket, body::longest(req, api.body))?;
    let mut given = body::of_query(req, asked.1)?;
    of_headers(req, &mut given)?;
    // A raw body brings no options, so what is wrong with them is told before it is read.
    let early = if body::is_raw(req) { Some(checked(api, req, asked, given.clone())?) } else { None };
    let mut sent = body::receive(req, payload, api.body, given).await?;
    let source = match source(&mut sent)? {
        Source::File(bytes) => Source::File(Bytes::from_owner(Held { bytes, _room: room })),
        other @ (Source::Upload(_) | Source::Analysis(_)) => other,
    };
    let misfit = match (&source, asked.1) {
        (Source::Upload(_), Work::Upload) => Some(("image", "must be the photo itself")),
        (Source::Upload(_), _) if sent.given.commitment_salt.is_some() => {
            Some(("commitment_salt", "was chosen when the photo was uploaded"))
        }
        (Source::Analysis(_), _) if sent.given.commitment_salt.is_some() => {
            Some(("commitment_salt", "is for a photo, and there is none"))
        }
        _ => None,
    };
    if let Some((name, reason)) = misfit {
        sent.given.fault(OptionFault::invalid(name, reason));
    }
    let mut order = early.map_or_else(|| checked(api, req, asked, sent.given), Ok)?;
    play(scenario, &mut order)?;
    if let Some((draft, end_user)) = Draft::of(req).zip(order.end_user.as_deref()) {
        draft.for_person(api.flow.person(end_user));
    }
    Ok(Received { source, order })
}

/// A file that holds its room until it was read.
struct Held {
    bytes: Bytes,
    _room: Place,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

/// Notes the scenario, which is part of the meaning of what was asked.
fn play(scenario: Option<Scenario>, order: &mut Order) -> Result<(), Problem> {
    scenario::refuse(scenario)?;
    order.scenario = scenario;
    order.deadline = scenario::deadline(scenario).or(order.deadline);
    if let Some(scenario) = scenario {
        order.canonical.push_str("\nscenario ");
        order.canonical.push_str(scenario.as_str());
    }
    Ok(())
}

/// What was sent to make something from: a photo, or an analysis in its place.
fn source(sent: &mut Sent) -> Result<Source, Problem> {
    match (sent.source.take(), sent.given.analysis.take()) {
        (None, None) => {
            let faults = sent.given.take_faults();
            Err(if faults.is_empty() { body::missing() } else { Problem::options(&faults) })
        }
        (Some(source), None) => Ok(source),
        (Some(_), Some(_)) => {
            Err(Problem::new(Code::ImageAmbiguous, "There are a photo and an analysis; one of them is enough."))
        }
        (None, Some(text)) => {
            parse_analysis(&text).map(|analysis| Source::Analysis(Box::new(analysis))).ok_or_else(|| {
                let fault = "must be an analysis as POST /v1/analyses gives it";
                Problem::options(&[OptionFault::invalid("analysis", fault)])
            })
        }
    }
}

/// Tells in an answer that an earlier request was it that was done.
pub(super) fn marked(mut response: HttpResponse, replayed: bool) -> HttpResponse {
    if replayed {
        let name = HeaderName::from_static("idempotency-replayed");
        response.headers_mut().insert(name, HeaderValue::from_static("true"));
    }
    response
}

/// Takes the options that stand in headers.
fn of_headers(req: &HttpRequest, given: &mut GivenOptions) -> Result<(), Problem> {
    if let Some(end_user) = only(req, "Figurine-End-User")? {
        given.take("end_user", end_user);
    }
    Ok(())
}

/// Checks what was given; every fault is told at once.
fn checked(
    api: &Api,
    req: &HttpRequest,
    (answer, work): (Answer, Work),
    mut given: GivenOptions,
) -> Result<Order, Problem> {
    let once = only(req, "Idempotency-Key")?.map(key).transpose()?;
    let canonical = given.canonical();
    let salt = given.commitment_salt.take().map(|text| Salt::parse(&text)).transpose();
    let salt = salt.unwrap_or_else(|_| {
        given.fault(OptionFault::invalid("commitment_salt", "must be canonical base64url of 32 bytes"));
        None
    });
    given.format = answer.format(given.format)?;
    let (end_user, metadata) = (given.end_user.take(), std::mem::take(&mut given.metadata));
    let options = CheckedOptions::check(given, api.retention_seconds).map_err(|faults| Problem::options(&faults))?;
    if options.options().n > 1 && answer != Answer::Json {
        return Err(Problem::new(Code::NRequiresJson, "Several images come with Accept: application/json alone."));
    }
    if work == Work::Figure && options.options().is_ephemeral() && Patience::of(req, api.max_wait)?.is_for_later() {
        let fault = "must be at least 1 with Prefer: respond-async, which delivers nothing";
        return Err(Problem::options(&[OptionFault::invalid("retention_seconds", fault)]));
    }
    // A figure can be fetched later; of what is given in the answer alone nobody would hear.
    let deadline = (work != Work::Figure).then_some(api.max_wait);
    let trace = trace_of(req);
    let opted_out = req.headers().get("Sec-GPC").is_some_and(|value| value == "1");
    Ok(Order { work, deadline, scenario: None, options, canonical, once, end_user, opted_out, metadata, salt, trace })
}

/// The value of a header that may stand there once.
pub(super) fn only<'r>(req: &'r HttpRequest, name: &str) -> Result<Option<&'r str>, Problem> {
    let mut values = req.headers().get_all(name);
    let unreadable =
        || Problem::new(Code::MalformedRequest, format!("The header {name} cannot be read, or is there twice."));
    match (values.next(), values.next()) {
        (None, _) => Ok(None),
        (Some(value), None) => value.to_str().map(Some).map_err(|_| unreadable()),
        (Some(_), Some(_)) => Err(unreadable()),
    }
}

/// A key, quoted or bare.
fn key(text: &str) -> Result<String, Problem> {
    let bare = text.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')).unwrap_or(text);
    let fits =
        (1..=LONGEST_KEY).contains(&bare.len()) && bare.bytes().all(|byte| byte.is_ascii_graphic() || byte == b' ');
    if fits && !bare.contains('"') {
        return Ok(bare.to_owned());
    }
    Err(Problem::new(Code::MalformedRequest, "Idempotency-Key must be 1 to 255 printable ASCII characters."))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_the_same_quoted_and_bare() {
        assert_eq!(key("\"abc def\"").ok().as_deref(), Some("abc def"));
        assert_eq!(key("abc def").ok().as_deref(), Some("abc def"));
        assert!(key(&"x".repeat(255)).is_ok());
        for bad in ["", "\"\"", "\"", "a\"b", "tab\there", &"x".repeat(256)] {
            assert_eq!(key(bad).map_err(|problem| problem.code()), Err(Code::MalformedRequest), "{bad}");
        }
    }
}
