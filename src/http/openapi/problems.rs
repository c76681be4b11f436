//! What goes wrong, by operation: one table of codes; statuses, titles and examples follow from it.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::{components, is_public, operations};
use crate::{
    domain::{Category, Code, OptionFault, RequestId, Scope, Stage},
    http::{
        common::Common,
        problem::{PROBLEM_JSON, Place, Problem, is_retried, is_retried_in_vain, meaning},
    },
    telemetry::Trace,
};

const KEYED: &[Code] =
    &[Code::MissingKey, Code::InvalidKey, Code::RevokedKey, Code::RateLimited, Code::StoreUnavailable, Code::StoreLost];
const HEADERS: &[Code] = &[Code::MalformedRequest];
const ACCEPTED: &[Code] = &[Code::MalformedRequest, Code::NotAcceptable];
const BODY: &[Code] = &[Code::Draining, Code::BodyTooSlow, Code::BodyTooLarge];
const SMALL_BODY: &[Code] = &[Code::BodyTooSlow, Code::BodyTooLarge, Code::MalformedJson, Code::UnsupportedMediaType];
const QUERY: &[Code] = &[Code::UnknownField, Code::InvalidOption];
const OPTIONS: &[Code] = &[
    Code::MalformedJson,
    Code::MalformedMultipart,
    Code::ImageAmbiguous,
    Code::UnknownField,
    Code::InvalidOption,
    Code::IdempotencyMismatch,
    Code::TestKeyOnly,
];
const COST: &[Code] = &[Code::CostLimit];
const FIGURES: &[Code] = &[Code::NRequiresJson, Code::CostLimit];
const STUDY: &[Code] = &[Code::StateConflict];
const PHOTO: &[Code] = &[
    Code::ImageMissing,
    Code::NotAnImage,
    Code::UnsupportedImageType,
    Code::PhotoTooManyPixels,
    Code::PhotoDamaged,
    Code::PhotoUnusable,
];
const ROOM: &[Code] = &[Code::TooManyInFlight, Code::BudgetExhausted, Code::Overloaded, Code::SpendCeiling];
const SEATS: &[Code] = &[Code::TooManyInFlight, Code::Overloaded];
const QUOTA: &[Code] = &[Code::QuotaExhausted];
/// Why an upload that a request names cannot be used.
const UPLOADED: &[Code] = &[Code::NotFound, Code::UploadConsumed, Code::UploadExpired, Code::UploadDeleted];
const UPLOAD_GONE: &[Code] = &[Code::UploadExpired, Code::UploadDeleted];
const UNKNOWN: &[Code] = &[Code::NotFound];
const GONE: &[Code] = &[Code::FigureExpired, Code::FigureDeleted];
/// How a figure ends without an image.
const ENDINGS: &[Code] = &[
    Code::BlockedPhoto,
    Code::BlockedPrompt,
    Code::BlockedFigure,
    Code::CanceledByCaller,
    Code::NoImageProduced,
    Code::UpstreamGarbled,
    Code::EngineMisconfigured,
    Code::UpstreamUnavailable,
    Code::UpstreamRateLimited,
    Code::UpstreamTimeout,
    Code::DeadlineExceeded,
];

/// How an analysis or a prompt ends without being made.
const STUDY_ENDINGS: &[Code] = &[
    Code::BlockedPhoto,
    Code::BlockedPrompt,
    Code::UpstreamGarbled,
    Code::EngineMisconfigured,
    Code::UpstreamUnavailable,
    Code::UpstreamRateLimited,
    Code::UpstreamTimeout,
    Code::DeadlineExceeded,
];

/// The scope and the codes of an operation, beside those that all have.
fn table(operation: &str) -> (Option<Scope>, &'static [&'static [Code]]) {
    match operation {
        "createFigure" => (
            Some(Scope::FiguresWrite),
            &[ACCEPTED, BODY, OPTIONS, FIGURES, PHOTO, UPLOADED, ROOM, QUOTA, GONE, ENDINGS],
        ),
        "validateFigure" => (Some(Scope::FiguresWrite), &[ACCEPTED, BODY, OPTIONS, FIGURES, PHOTO, UPLOADED, SEATS]),
        "createAnalysis" | "createPrompt" => {
            let own: &[&[Code]] = &[ACCEPTED, BODY, OPTIONS, COST, PHOTO, UPLOADED, STUDY, ROOM, GONE, STUDY_ENDINGS];
            (Some(Scope::FiguresWrite), own)
        }
        "createUpload" => (Some(Scope::FiguresWrite), &[ACCEPTED, BODY, OPTIONS, PHOTO, UPLOAD_GONE, SEATS]),
        "readUpload" => (Some(Scope::FiguresRead), &[UNKNOWN, UPLOAD_GONE]),
        "deleteUpload" => (Some(Scope::FiguresWrite), &[UNKNOWN, &[Code::UploadConsumed]]),
        "listFigures" => (Some(Scope::FiguresRead), &[HEADERS, QUERY]),
        "followFigure" => (Some(Scope::FiguresRead), &[ACCEPTED, UNKNOWN, GONE, &[Code::TooManyInFlight]]),
        "readFigure" => (Some(Scope::FiguresRead), &[HEADERS, UNKNOWN, GONE]),
        "readImage" => (Some(Scope::FiguresRead), &[ACCEPTED, UNKNOWN, GONE, ENDINGS]),
        "readReceipt" | "readUploadReceipt" => (Some(Scope::FiguresRead), &[UNKNOWN]),
        "deleteFigure" => (Some(Scope::FiguresWrite), &[UNKNOWN, &[Code::StateConflict]]),
        "readUsage" => (Some(Scope::UsageRead), &[HEADERS, QUERY]),
        "readData" => (Some(Scope::PrivacyManage), &[HEADERS, QUERY]),
        "eraseData" | "readPreferences" => (Some(Scope::PrivacyManage), &[HEADERS, &[Code::InvalidOption]]),
        "decidePreferences" => (Some(Scope::PrivacyManage), &[HEADERS, SMALL_BODY, QUERY]),
        "mintKey" => (Some(Scope::KeysAdmin), &[HEADERS, SMALL_BODY, QUERY, STUDY]),
        "listKeys" | "listAudit" => (Some(Scope::KeysAdmin), &[HEADERS, QUERY]),
        "readKey" | "revokeKey" => (Some(Scope::KeysAdmin), &[UNKNOWN]),
        "readProblem" => (None, &[UNKNOWN]),
        "readReadiness" => (None, &[&[Code::Draining, Code::StoreUnavailable]]),
        _ => (None, &[]),
    }
}

/// Describes every error answer, and the scope that an operation needs.
pub(super) fn describe(document: &mut Value) {
    let mut used = Map::new();
    for (id, operation) in operations(document) {
        let public = is_public(operation);
        let (scope, own) = table(&id);
        let mut codes: Vec<Code> = own.concat();
        codes.push(Code::Internal);
        if !public {
            codes.extend(KEYED);
        }
        if let Some(scope) = scope {
            codes.push(Code::MissingScope);
            let told = operation.get("description").and_then(Value::as_str).unwrap_or_default();
            let words = format!("{told}\n\nNeeds a key with the scope `{}`.", scope.as_str());
            operation.insert("description".to_owned(), words.trim().into());
        }
        let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) else { continue };
        for (status, codes) in by_status(&codes) {
            let lasting = id == "readImage" && codes.iter().any(|code| ENDINGS.contains(code) && is_retried(*code));
            let vain = lasting || codes.iter().any(|code| is_retried_in_vain(*code));
            responses.insert(status.to_string(), response(&codes, (public, vain)));
            used.extend(codes.iter().map(|code| (code.to_string(), example(*code))));
        }
    }
    if let Some(examples) = components(document, "examples") {
        examples.append(&mut used);
    }
}

/// The codes under their statuses, in the order of the documentation.
fn by_status(codes: &[Code]) -> BTreeMap<u16, Vec<Code>> {
    let mut groups: BTreeMap<u16, Vec<Code>> = BTreeMap::new();
    for code in Code::ALL.iter().filter(|code| codes.contains(code)) {
        groups.entry(meaning(*code).0).or_default().push(*code);
    }
    groups
}

fn response(codes: &[Code], (public, vain): (bool, bool)) -> Value {
    let words: Vec<_> = codes.iter().map(|code| format!("`{code}`: {}.", meaning(*code).1)).collect();
    let reference = |code: &Code| (code.to_string(), json!({"$ref": format!("#/components/examples/{code}")}));
    let examples: Map<String, Value> = codes.iter().map(reference).collect();
    json!({
        "description": words.join(" "),
        "headers": super::headers::of_problems(codes, (public, vain)),
        "content": {PROBLEM_JSON: {"schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples}},
    })
}

/// A problem as it is sent, made by the code that sends it.
fn example(code: Code) -> Value {
    let (_, title) = meaning(code);
    let problem = if code == Code::UnknownField {
        Problem::options(&[OptionFault::unknown("stile")])
    } else if code == Code::InvalidOption {
        Problem::options(&[OptionFault::invalid("size", "must be 1K, 2K or 4K")])
    } else {
        Problem::new(code, format!("{title}."))
    };
    let refused = [Code::BlockedPhoto, Code::BlockedPrompt, Code::BlockedFigure].contains(&code);
    let problem = if refused { problem.of_category(Category::Safety) } else { problem };
    let request = RequestId::parse("req_019ab2c3d4e57f60a1b2c3d4e5f60718").unwrap_or_else(|_| RequestId::random());
    let common = Common { request, trace: Trace::random(), https: false };
    let place = Place { base: "http://127.0.0.1:8080".to_owned(), instance: "/v1/figures".to_owned(), common };
    json!({"summary": title, "value": problem.at_stage(stage(code)).placed(place).body()})
}

/// Where a code mostly comes up.
fn stage(code: Code) -> Stage {
    let among = |codes: &[Code]| codes.contains(&code);
    if among(PHOTO) {
        Stage::Intake
    } else if among(ROOM) || among(&[Code::QuotaExhausted, Code::CanceledByCaller]) {
        Stage::Queue
    } else if among(&[Code::BlockedPhoto]) {
        Stage::Analyze
    } else if among(&[Code::BlockedPrompt]) {
        Stage::Enhance
    } else if among(ENDINGS) {
        Stage::Render
    } else {
        Stage::Request
    }
}
