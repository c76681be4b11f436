//! `GET /v1/figures`: the caller's figures, page by page.

use actix_web::{HttpRequest, HttpResponse, web::Data};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use futures_util::{StreamExt, TryStreamExt, stream};
use serde::Serialize;
use utoipa::ToSchema;

use super::{Api, caller::Authenticated, problem::Problem, query};
use crate::{
    domain::{Code, Figure, FigureId, OptionFault, Scope},
    store::Job,
};

/// Figures of a page when no number is given.
const USUAL: usize = 20;

/// The most figures of a page.
const MOST: usize = 100;

/// How many figures are read at once. Each is several looks into the store.
const AT_ONCE: usize = 8;

/// The type of the object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum ListObject {
    List,
}

/// A page of the caller's figures.
#[derive(Serialize, ToSchema)]
pub(super) struct FigureList {
    /// Always `list`.
    #[schema(value_type = String, example = "list")]
    object: ListObject,
    /// The figures, newest first.
    data: Vec<Figure>,
    /// Whether there are more.
    has_more: bool,
    /// What the next page is asked for with, as `cursor`. Null on the last page.
    next_cursor: Option<String>,
}

/// List figures
///
/// The figures of the key's account that are under way or can still be fetched, newest first, with links to their
/// images whatever `delivery` was. A page may be shorter than `limit` though there are more: `has_more` alone says so.
#[utoipa::path(
    get, path = "/v1/figures", operation_id = "listFigures", tag = "Figures",
    params(super::openapi::ListQuery),
    responses((status = 200, description = "A page of figures", body = FigureList))
)]
pub(super) async fn read(api: Data<Api>, caller: Authenticated, req: HttpRequest) -> Result<HttpResponse, Problem> {
    let ticket = api.admit(&req, caller, Some(Scope::FiguresRead)).await?;
    let page: Page<FigureId> = Page::asked(req.query_string(), |text| FigureId::parse(text).ok())?;
    let jobs = api.flow.store.jobs_of(ticket.owner(), page.before, page.to_ask_for()).await?;
    let Cut { shown, has_more, next_cursor } = page.cut(jobs, |job| job.of.figure);
    let figures = stream::iter(&shown).map(|job| figure(&api, job)).buffered(AT_ONCE);
    let data = figures.try_filter_map(|figure| async { Ok(figure) }).try_collect().await?;
    let page = FigureList { object: ListObject::List, data, has_more, next_cursor };
    Ok(HttpResponse::Ok().insert_header(("Cache-Control", "no-store")).json(page))
}

/// A figure of the list; `None` when it has gone since, or can never be read.
async fn figure(api: &Api, job: &Job) -> Result<Option<Figure>, Problem> {
    match api.flow.read(job).await.map_err(Problem::from) {
        Err(problem) if problem.code() == Code::Internal => {
            // One figure that cannot be opened must not take the others away.
            tracing::error!(figure.id = %job.of.figure, cause = problem.cause(), "a figure was left out of a list");
            Ok(None)
        }
        read => read,
    }
}

/// What page is wanted.
pub(super) struct Page<C> {
    limit: usize,
    pub(super) before: Option<C>,
}

/// A page cut out of what was found.
pub(super) struct Cut<T> {
    pub(super) shown: Vec<T>,
    pub(super) has_more: bool,
    pub(super) next_cursor: Option<String>,
}

impl<C> Page<C> {
    /// Reads what page is wanted; `last` reads what a cursor stands for.
    pub(super) fn asked(query: &str, last: impl Fn(&str) -> Option<C>) -> Result<Self, Problem> {
        let (mut limit, mut before, mut faults) = (None, None, Vec::new());
        for (name, value) in query::pairs(query)? {
            let fault = match name.as_str() {
                "limit" if limit.is_none() => query::take(&mut limit, limit_of(&value), "a whole number from 1 to 100"),
                "cursor" if before.is_none() => {
                    query::take(&mut before, behind(&value).and_then(|text| last(&text)), "the next_cursor of a page")
                }
                "limit" | "cursor" => Err("given twice".to_owned()),
                _ => {
                    faults.push(OptionFault::unknown(&name));
                    Ok(())
                }
            };
            faults.extend(fault.err().map(|reason| OptionFault::invalid(&name, reason)));
        }
        if !faults.is_empty() {
            return Err(Problem::options(&faults));
        }
        Ok(Self { limit: limit.unwrap_or(USUAL), before })
    }

    /// How many to look for: one more than are shown, which tells whether there are more.
    pub(super) fn to_ask_for(&self) -> usize {
        self.limit + 1
    }

    /// Cuts the page out of what was found; `name` is what the next page begins behind.
    pub(super) fn cut<T, N: ToString>(&self, mut found: Vec<T>, name: impl FnOnce(&T) -> N) -> Cut<T> {
        let has_more = found.len() > self.limit;
        found.truncate(self.limit);
        let next_cursor = found.last().filter(|_| has_more).map(|last| cursor(&name(last)));
        Cut { shown: found, has_more, next_cursor }
    }
}

fn limit_of(text: &str) -> Option<usize> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|limit| digits && (1..=MOST).contains(limit))
}

/// Where the page after this one begins: opaque to callers, so that it may become something else.
fn cursor(last: &impl ToString) -> String {
    URL_SAFE_NO_PAD.encode(last.to_string())
}

/// What a cursor stands for.
fn behind(cursor: &str) -> Option<String> {
    String::from_utf8(URL_SAFE_NO_PAD.decode(cursor).ok()?).ok()
}
