//! The Files API, as far as other people's clients need it: resumable upload, get, delete.

use super::asked::CallKind;
use super::generate::{Note, check_key, note};
use super::refusal::Refusal;
use super::state::State;
use actix_web::{HttpRequest, HttpResponse, web};
use serde_json::{Value, json};
use std::sync::{Mutex, MutexGuard, PoisonError};
use uuid::Uuid;

/// Files that are kept at once; the oldest makes room.
const KEPT: usize = 16;
const FILE_CAP_BYTES: usize = 32 << 20;

pub(super) fn routes(config: &mut web::ServiceConfig) {
    config
        .service(
            web::resource("/upload/{version:v1|v1beta}/files")
                .app_data(web::PayloadConfig::new(FILE_CAP_BYTES))
                .route(web::post().to(upload))
                .route(web::put().to(upload)),
        )
        .service(
            web::resource("/{version:v1|v1beta}/files/{id:[^/:]+}")
                .route(web::get().to(get))
                .route(web::delete().to(delete)),
        );
}

/// The files held.
#[derive(Debug, Default)]
pub(super) struct Files(Mutex<Vec<File>>);

#[derive(Debug)]
struct File {
    id: String,
    mime_type: String,
    bytes: Vec<u8>,
    whole: bool,
}

impl Files {
    /// A whole file's bytes.
    pub(super) fn bytes(&self, id: &str) -> Option<Vec<u8>> {
        let files = self.lock();
        let file = files.iter().find(|file| file.id == id && file.whole)?;
        Some(file.bytes.clone())
    }

    fn lock(&self) -> MutexGuard<'_, Vec<File>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

async fn upload(
    request: HttpRequest,
    version: web::Path<String>,
    state: web::Data<State>,
    body: web::Bytes,
) -> HttpResponse {
    let noted = Note { kind: CallKind::Files, model: "", body: &body };
    let open = note(&request, &state, &noted);
    let mut query = request.query_string().split('&');
    let upload_id = query.find_map(|pair| pair.strip_prefix("upload_id="));
    let response = match (upload_id, check_key(&request)) {
        // The upload's URL is its own credential.
        (Some(id), _) => go_on(&request, &version, &state, (id, &body)),
        (None, Ok(())) => begin(&request, &version, &state),
        (None, Err(refusal)) => refusal.response(),
    };
    open.answered(response.status().as_u16(), 0);
    response
}

fn header<'r>(request: &'r HttpRequest, name: &str) -> &'r str {
    let value = request.headers().get(name);
    value.and_then(|value| value.to_str().ok()).unwrap_or("")
}

fn begin(request: &HttpRequest, version: &str, state: &State) -> HttpResponse {
    let id = Uuid::now_v7().simple().to_string();
    let mut files = state.files.lock();
    if files.len() == KEPT {
        files.remove(0);
    }
    files.push(File {
        id: id.clone(),
        mime_type: header(request, "x-goog-upload-header-content-type").to_owned(),
        bytes: Vec::new(),
        whole: false,
    });
    let url = format!("{}/upload/{version}/files?upload_id={id}", state.base_url);
    HttpResponse::Ok()
        .insert_header(("x-goog-upload-status", "active"))
        .insert_header(("x-goog-upload-url", url))
        .json(json!({}))
}

fn go_on(request: &HttpRequest, version: &str, state: &State, (id, body): (&str, &[u8])) -> HttpResponse {
    let mut files = state.files.lock();
    let Some(file) = files.iter_mut().find(|file| file.id == id && !file.whole) else {
        return Refusal::new(404, "NOT_FOUND", "Upload not found.").response();
    };
    let offset = header(request, "x-goog-upload-offset").parse();
    if offset != Ok(file.bytes.len()) || file.bytes.len() + body.len() > FILE_CAP_BYTES {
        return Refusal::invalid("The upload's offset or size is wrong.").response();
    }
    file.bytes.extend_from_slice(body);
    file.whole = header(request, "x-goog-upload-command").contains("finalize");
    let mut response = HttpResponse::Ok();
    if file.whole {
        let described = described(file, version, &state.base_url);
        response.insert_header(("x-goog-upload-status", "final"));
        response.json(json!({ "file": described }))
    } else {
        response.insert_header(("x-goog-upload-status", "active")).finish()
    }
}

fn described(file: &File, version: &str, base_url: &str) -> Value {
    json!({
        "name": format!("files/{}", file.id),
        "mimeType": file.mime_type,
        "sizeBytes": file.bytes.len().to_string(),
        "uri": format!("{base_url}/{version}/files/{}", file.id),
        "state": "ACTIVE",
        "source": "UPLOADED",
    })
}

type Path = web::Path<(String, String)>;

async fn get(request: HttpRequest, path: Path, state: web::Data<State>) -> HttpResponse {
    let open = note(&request, &state, &Note::bare(CallKind::Files));
    let (version, id) = path.into_inner();
    let files = state.files.lock();
    let file = files.iter().find(|file| file.id == id && file.whole);
    let found = file.map(|file| described(file, &version, &state.base_url));
    let response = check_key(&request)
        .and_then(|()| found.ok_or_else(not_found))
        .map_or_else(|refusal| refusal.response(), |file| HttpResponse::Ok().json(file));
    open.answered(response.status().as_u16(), 0);
    response
}

async fn delete(request: HttpRequest, path: Path, state: web::Data<State>) -> HttpResponse {
    let open = note(&request, &state, &Note::bare(CallKind::Files));
    let checked = check_key(&request).and_then(|()| {
        let mut files = state.files.lock();
        let before = files.len();
        files.retain(|file| file.id != path.1);
        if files.len() < before { Ok(()) } else { Err(not_found()) }
    });
    let response = checked.map_or_else(|refusal| refusal.response(), |()| HttpResponse::Ok().json(json!({})));
    open.answered(response.status().as_u16(), 0);
    response
}

fn not_found() -> Refusal {
    let message = "You do not have permission to access the File or it may not exist.";
    Refusal::new(403, "PERMISSION_DENIED", message)
}
