//! What operations have in common: keys, parameters, and HEAD beside every GET.

use serde_json::{Map, Value, json};

use super::{components, operations};

/// Parameters that several operations take, by their names, and what they are called among the components.
const PARAMETERS: [(&str, &str); 8] = [
    ("Figurine-Scenario", "Scenario"),
    ("Idempotency-Key", "IdempotencyKey"),
    ("Figurine-End-User", "EndUser"),
    ("id", "FigureId"),
    ("n", "ImageIndex"),
    ("code", "ProblemCode"),
    ("Prefer", "Prefer"),
    ("If-None-Match", "IfNoneMatch"),
];

/// Says how keys are sent, and where none is needed.
pub(super) fn describe_security(document: &mut Value) {
    if let Some(schemes) = components(document, "securitySchemes") {
        schemes.insert("bearer".to_owned(), json!({
            "type": "http", "scheme": "bearer", "bearerFormat": "JWT",
            "description": "An API key in `Authorization: Bearer`. One credential alone: both headers at once are refused.",
        }));
        schemes.insert(
            "apiKey".to_owned(),
            json!({
                "type": "apiKey", "in": "header", "name": "X-API-Key",
                "description": "The same API key, for callers that cannot set `Authorization`.",
            }),
        );
    }
    for (_, operation) in operations(document) {
        // An empty list takes the document's own away; a list of nothing would make a key a matter of choice.
        if operation.get("security") == Some(&json!([{}])) {
            operation.insert("security".to_owned(), json!([]));
        }
    }
}

/// Says that a body has to come wherever one is taken.
pub(super) fn require_bodies(document: &mut Value) {
    for body in operations(document).filter_map(|(_, operation)| operation.get_mut("requestBody")?.as_object_mut()) {
        body.insert("required".to_owned(), true.into());
    }
}

/// Moves parameters that stand at several operations to the components.
pub(super) fn share_parameters(document: &mut Value) {
    let mut shared = Map::new();
    for (_, operation) in operations(document) {
        for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
            never_null(parameter);
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            // The options in the query have names of their own: `n` is a number of images there, and an index in a path.
            let is_option = parameter.get("in").is_some_and(|place| place == "query");
            let example = parameter.get("example").and_then(Value::as_str).unwrap_or_default();
            let own = [("upl_", "UploadId"), ("key_", "KeyId")].into_iter().find(|(kind, _)| example.starts_with(kind));
            if let Some((_, known_as)) = PARAMETERS.iter().find(|(own, _)| *own == name && !is_option) {
                let known_as = own.as_ref().map_or(known_as, |(_, own)| own);
                let place = json!({"$ref": format!("#/components/parameters/{known_as}")});
                shared.insert((*known_as).to_owned(), std::mem::replace(parameter, place));
            }
        }
    }
    if let Some(parameters) = components(document, "parameters") {
        parameters.append(&mut shared);
    }
}

/// A parameter is there or not; it has no null. Its schema needs no words beside its own.
fn never_null(parameter: &mut Value) {
    parameter.pointer_mut("/schema").and_then(Value::as_object_mut).map(|schema| schema.remove("description"));
    let Some(kind) = parameter.pointer_mut("/schema/type") else { return };
    if let Some(one) = kind.as_array().and_then(|kinds| kinds.iter().find(|kind| *kind != "null")).cloned() {
        *kind = one;
    }
}

/// Puts HEAD beside every GET: the same without bodies.
pub(super) fn put_head_beside_get(document: &mut Value) {
    for item in document.get_mut("paths").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
        let Some(mut head) = item.get("get").cloned() else { continue };
        for (member, more) in [("operationId", "Headers"), ("summary", ": its headers alone")] {
            if let Some(text) = head.get(member).and_then(Value::as_str).map(|text| format!("{text}{more}")) {
                head[member] = text.into();
            }
        }
        // A part is given with bytes alone.
        head.get_mut("responses").and_then(Value::as_object_mut).map(|responses| responses.remove("206"));
        for response in head.get_mut("responses").and_then(Value::as_object_mut).into_iter().flat_map(Map::values_mut) {
            response.as_object_mut().and_then(|response| response.remove("content"));
        }
        item["head"] = head;
    }
}
