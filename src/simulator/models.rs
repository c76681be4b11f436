//! The list of models, page by page, and their descriptions.

use super::asked::CallKind;
use super::calls::Open;
use super::catalog::{self, Model};
use super::generate::{Note, check_key, note};
use super::refusal::Refusal;
use super::state::State;
use super::tree::Tree;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};

/// Models on a page of which no size is given.
const USUAL_PAGE: usize = 50;
/// Models on a page, whatever is asked for.
const LARGEST_PAGE: usize = 1_000;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(web::resource("/{version:v1|v1beta}/models").route(web::get().to(list)))
        .service(web::resource("/{version:v1|v1beta}/models/{model:[^/:]+}").route(web::get().to(describe)));
}

async fn list(request: HttpRequest, state: web::Data<State>, version: web::Path<String>) -> HttpResponse {
    let open = note(&request, &state, &Note::bare(CallKind::Models));
    let page = check_key(&request).and_then(|()| Page::read(request.query_string()));
    finish(open, page.and_then(|page| page.of(&version)))
}

async fn describe(request: HttpRequest, state: web::Data<State>, path: web::Path<(String, String)>) -> HttpResponse {
    let (version, name) = path.into_inner();
    let open = note(&request, &state, &Note::bare(CallKind::Models));
    let model = check_key(&request).and_then(|()| catalog::find(&name, &version));
    finish(open, model.map(Model::described))
}

fn finish(open: Open, answer: Result<Value, Refusal>) -> HttpResponse {
    let response = answer.map_or_else(|refusal| refusal.response(), |json| HttpResponse::Ok().json(json));
    open.answered(response.status().as_u16(), 0);
    response
}

/// Which part of the list is asked for.
#[derive(Debug, PartialEq)]
struct Page {
    size: usize,
    /// The last model of the page before.
    after: Option<String>,
}

impl Page {
    fn read(query: &str) -> Result<Self, Refusal> {
        let pairs = web::Query::<Vec<(String, String)>>::from_query(query).map(web::Query::into_inner);
        let pairs = pairs.map_err(|_| Refusal::invalid("The query cannot be read."))?;
        let value = |names: [&str; 2]| {
            let found = pairs.iter().rev().find(|(name, _)| names.contains(&name.as_str()));
            found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
        };
        let size = value(["pageSize", "page_size"]).map_or(Ok(0), size)?;
        let after = value(["pageToken", "page_token"]).map(named_by).transpose()?;
        Ok(Self { size: if size == 0 { USUAL_PAGE } else { size.min(LARGEST_PAGE) }, after })
    }

    /// The page of the models that this version of the API knows.
    fn of(&self, version: &str) -> Result<Value, Refusal> {
        let known = catalog::MODELS.iter().filter(|model| catalog::find(model.name, version).is_ok());
        let known: Vec<_> = known.collect();
        let rest = match &self.after {
            Some(last) => known.iter().position(|model| model.name == last).map(|at| &known[at + 1..]),
            None => Some(&known[..]),
        };
        let rest = rest.ok_or_else(bad_token)?;
        let (page, beyond) = rest.split_at(self.size.min(rest.len()));
        let mut answer = json!({"models": page.iter().map(|model| model.described()).collect::<Vec<_>>()});
        if let (Some(last), false) = (page.last(), beyond.is_empty()) {
            answer["nextPageToken"] = base64_simd::URL_SAFE_NO_PAD.encode_to_string(last.name).into();
        }
        Ok(answer)
    }
}

fn size(text: &str) -> Result<usize, Refusal> {
    let number: i32 =
        text.parse().map_err(|_| Refusal::invalid_value("page_size", "TYPE_INT32", &Tree::Text(text.into())))?;
    usize::try_from(number).map_err(|_| Refusal::invalid("page_size must not be negative."))
}

fn named_by(token: &str) -> Result<String, Refusal> {
    let name = base64_simd::URL_SAFE_NO_PAD.decode_to_vec(token).map_err(|_| bad_token())?;
    String::from_utf8(name).map_err(|_| bad_token())
}

fn bad_token() -> Refusal {
    Refusal::invalid("Page token is not valid.")
}
