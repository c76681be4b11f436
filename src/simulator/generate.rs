//! `generateContent` and `streamGenerateContent`.

use super::acts;
use super::answer::{Answer, Piece, Tokens, tokens_of};
use super::asked::{self, Asked, CallKind, Picture};
use super::calls::{Call, Open};
use super::deliver::{Delivery, deliver};
use super::facts::Facts;
use super::fill::fill;
use super::named;
use super::paint::{self, Order};
use super::refusal::Refusal;
use super::scenario::Act;
use super::server::Wire;
use super::state::State;
use super::tree::Tree;
use super::{catalog, catalog::Model};
use actix_web::http::header::{CONTENT_LENGTH, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use futures_util::StreamExt;

/// Google takes 100 MB a request.
const BODY_CAP_BYTES: usize = 100 << 20;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    let of = |method| web::resource(format!("/{{version:v1|v1beta}}/models/{{model:[^/:]+}}:{method}"));
    config
        .service(of("generateContent").route(web::post().to(unary)))
        .service(of("streamGenerateContent").route(web::post().to(stream)));
}

type Shared = web::Data<State>;
type Path = web::Path<(String, String)>;

async fn unary(req: HttpRequest, body: web::Payload, path: Path, state: Shared) -> HttpResponse {
    generate(req, body, path.into_inner(), state, Delivery::Whole).await
}

async fn stream(req: HttpRequest, body: web::Payload, path: Path, state: Shared) -> HttpResponse {
    generate(req, body, path.into_inner(), state, Delivery::Events).await
}

async fn generate(
    request: HttpRequest,
    payload: web::Payload,
    (version, model): (String, String),
    state: Shared,
    delivery: Delivery,
) -> HttpResponse {
    let Some(body) = read_body(request.headers(), payload).await else {
        return Refusal::invalid("Request payload size exceeds the limit.").response();
    };
    let tree = serde_json::from_slice::<Tree<'_>>(&body).map_err(|_| Refusal::malformed());
    let asked = tree.as_ref().map_err(Clone::clone).and_then(asked::read);
    let kind = asked.as_ref().map_or(CallKind::Unknown, |asked| asked.kind);
    let open = note(&request, &state, &Note { kind, model: &model, body: &body });
    keep(&state, open.id, &body).await;
    state.pass_gate().await;
    if !state.delay.is_zero() {
        tokio::time::sleep(state.delay).await;
    }
    let checked = check(&request, &version, &model, asked);
    let act = checked.is_ok().then(|| next_act(&request, &state, kind, &model)).flatten();
    let answer = match checked {
        Ok((model, asked)) => acts::perform(act.as_ref(), respond(&state, model, &asked)).await,
        Err(refusal) => acts::Performed::Refused(refusal),
    };
    deliver(answer, act.as_ref(), delivery, open, request.conn_data::<Wire>()).await
}

/// What the call itself asks for, else what the script has for it.
fn next_act(request: &HttpRequest, state: &State, kind: CallKind, model: &str) -> Option<Act> {
    match request.headers().get(named::HEADER) {
        Some(name) => named::act(name.to_str().unwrap_or_default(), kind),
        None => state.next_act(kind, model),
    }
}

async fn read_body(headers: &HeaderMap, mut payload: web::Payload) -> Option<Vec<u8>> {
    let declared = headers.get(CONTENT_LENGTH).and_then(|n| n.to_str().ok()?.parse().ok());
    let declared: usize = declared.unwrap_or(0);
    if declared > BODY_CAP_BYTES {
        return None;
    }
    let mut body = Vec::with_capacity(declared);
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.ok()?;
        if body.len() + chunk.len() > BODY_CAP_BYTES {
            return None;
        }
        body.extend_from_slice(&chunk);
    }
    Some(body)
}

/// What a call's record says beside what the request's head does.
pub(super) struct Note<'a> {
    pub(super) kind: CallKind,
    pub(super) model: &'a str,
    pub(super) body: &'a [u8],
}

impl Note<'_> {
    pub(super) fn bare(kind: CallKind) -> Self {
        Self { kind, model: "", body: b"" }
    }
}

pub(super) fn note(request: &HttpRequest, state: &State, note: &Note<'_>) -> Open {
    let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, note.body);
    let hex = digest.as_ref().iter().map(|byte| format!("{byte:02x}"));
    state.calls.received(Call {
        id: 0,
        method: request.method().to_string(),
        path: request.path().to_owned(),
        kind: note.kind,
        model: note.model.to_owned(),
        client_port: request.peer_addr().map_or(0, |peer| peer.port()),
        body_sha256: hex.collect(),
        body_bytes: note.body.len(),
        status: 0,
        answer_bytes: 0,
        received_ms: 0,
        ended_ms: None,
        client_left: false,
    })
}

async fn keep(state: &State, id: u64, body: &[u8]) {
    if let Some(folder) = &state.keep_bodies {
        let (file, body) = (folder.join(format!("{id}.json")), body.to_vec());
        let written = web::block(move || std::fs::write(file, body)).await;
        if !matches!(written, Ok(Ok(()))) {
            tracing::warn!(call.id = id, "the body could not be kept");
        }
    }
}

/// The body first, then the key, then the rest, as Google does.
fn check<'a, 't>(
    request: &HttpRequest,
    version: &str,
    model: &str,
    asked: Result<Asked<'a, 't>, Refusal>,
) -> Result<(&'static Model, Asked<'a, 't>), Refusal> {
    let asked = asked?;
    check_key(request)?;
    let timeout = request.headers().get("x-server-timeout");
    let timeout = timeout.and_then(|t| t.to_str().ok()?.parse::<f64>().ok());
    if let Some(seconds) = timeout.filter(|seconds| *seconds < 10.0) {
        return Err(Refusal::invalid(format!(
            "Manually set deadline {seconds}s is too short. Minimum allowed deadline is 10s."
        )));
    }
    let model = catalog::find(model, version)?;
    if (asked.kind == CallKind::Image) != model.draws() {
        let message = if model.draws() && asked.schema.is_none() {
            return Ok((model, asked));
        } else if model.draws() {
            "JSON mode is not enabled for this model"
        } else {
            "The requested combination of response modalities is not supported by the model."
        };
        return Err(Refusal::invalid(message));
    }
    Ok((model, asked))
}

pub(super) fn check_key(request: &HttpRequest) -> Result<(), Refusal> {
    let header = request.headers().get("x-goog-api-key");
    let header = header.and_then(|key| key.to_str().ok());
    let query = request.query_string().split('&').find_map(|pair| pair.strip_prefix("key="));
    match header.or(query).unwrap_or("") {
        "" => Err(Refusal::no_key()),
        "invalid" => Err(Refusal::invalid_key()),
        _ => Ok(()),
    }
}

/// The usual answer.
async fn respond(state: &State, model: &Model, asked: &Asked<'_, '_>) -> Result<Answer, Refusal> {
    let photo = match asked.photo {
        Some(_) if state.fixed_image.is_some() => None,
        Some(picture) => Some(bytes_of(state, picture)?),
        None => None,
    };
    let tokens = Tokens {
        words_in: tokens_of(&asked.words),
        pictures_in: if asked.photo.is_none() { 0 } else { picture_tokens(model) },
        ..Tokens::default()
    };
    let mut answer = match (asked.kind, asked.schema) {
        (CallKind::Image, _) => drawn(state, model, asked, photo, tokens).await?,
        (_, Some(schema)) => {
            let facts = match photo {
                Some(photo) => Facts::seen(&paint::observation(state, photo).await?),
                None if asked.photo.is_some() => Facts::unseen(),
                None => Facts::of_words(&asked.words),
            };
            Answer::of_words(fill(schema, &facts), tokens)
        }
        (_, None) => Answer::of_words("This is the simulator's answer.".to_owned(), tokens),
    };
    model.name.clone_into(&mut answer.model);
    Ok(answer)
}

fn picture_tokens(model: &Model) -> i64 {
    if model.draws() { 258 } else { 1_120 }
}

fn bytes_of(state: &State, picture: Picture<'_>) -> Result<Vec<u8>, Refusal> {
    match picture {
        Picture::File(id) => state.files.bytes(id).ok_or_else(Refusal::unreadable_image),
        Picture::Inline(data) => base64_simd::STANDARD
            .decode_to_vec(data)
            .or_else(|_| base64_simd::URL_SAFE.decode_to_vec(data))
            .or_else(|_| base64_simd::URL_SAFE_NO_PAD.decode_to_vec(data))
            .map_err(|_| {
                let data = Tree::Text("...".into());
                Refusal::invalid_value("contents.parts.inline_data.data", "TYPE_BYTES", &data)
            }),
    }
}

async fn drawn(
    state: &State,
    model: &Model,
    asked: &Asked<'_, '_>,
    photo: Option<Vec<u8>>,
    tokens: Tokens,
) -> Result<Answer, Refusal> {
    let sides = photo.as_deref().map_or(Ok((1, 1)), paint::sides)?;
    let (width, height) = catalog::pixels(model, asked.ratio, asked.size, sides)?;
    let order = Order { prompt: asked.words.clone(), width, height, seed: asked.seed };
    let figure = match &state.fixed_image {
        Some(fixed) => fixed.clone(),
        None => paint::figure(state, photo, order).await?,
    };
    let words = |text: &str, thought| Piece::Words { text: text.to_owned(), thought };
    let thought = asked.thoughts.then(|| words("Planning the base and the box.", true));
    let image = Piece::Image { figure, thought: false };
    Ok(Answer {
        pieces: thought.into_iter().chain([words("Here is the figure.", false), image]).collect(),
        finish_reason: "STOP".to_owned(),
        tokens: Tokens { words_out: 5, images_out: catalog::image_tokens(model, asked.size), thoughts: 208, ..tokens },
        ..Answer::default()
    })
}
