//! The bodies that bring options along: the same options as in the query, and those that never stand in a URL.

use serde_json::{Map, Value, json};

use super::{components, operations};
use crate::domain::Work;

/// Which operations take such bodies, for what, and what the bodies' schemas are called: of JSON and of forms.
const BODIES: [(&str, Work, [&str; 2]); 5] = [
    ("createFigure", Work::Figure, ["FigureRequest", "FigureForm"]),
    ("validateFigure", Work::Figure, ["FigureRequest", "FigureForm"]),
    ("createAnalysis", Work::Analysis, ["AnalysisRequest", "AnalysisForm"]),
    ("createPrompt", Work::Prompt, ["PromptRequest", "PromptForm"]),
    ("createUpload", Work::Upload, ["UploadRequest", "UploadForm"]),
];

/// Adds these bodies to the operations that take photos with options.
pub(super) fn add(document: &mut Value) {
    let mut made = Map::new();
    let parameters = document.pointer("/paths/~1v1~1figures/post/parameters").and_then(Value::as_array).cloned();
    let queried: Vec<_> = parameters
        .into_iter()
        .flatten()
        .filter(|known| known.get("in").is_some_and(|place| place == "query"))
        .collect();
    for (id, operation) in operations(document) {
        let Some((_, work, [json, form])) = BODIES.into_iter().find(|(own, _, _)| *own == id) else { continue };
        let has = |parameter: &&Value| parameter["name"].as_str().is_some_and(|name| work.options().contains(&name));
        if let Some(own) =
            operation.get_mut("parameters").and_then(Value::as_array_mut).filter(|_| work != Work::Figure)
        {
            own.extend(queried.iter().filter(has).cloned());
        }
        let mut options = of_query(operation);
        options.extend(words().into_iter().filter(|(name, _)| work.options().contains(&name.as_str())));
        let Some(content) = operation.get_mut("requestBody").and_then(|body| body.get_mut("content")) else { continue };
        for (media_type, name, schema) in [
            ("application/json", json, in_json(work, &options)),
            ("multipart/form-data", form, in_form(work, &options)),
        ] {
            content[media_type] = json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
            made.insert(name.to_owned(), schema);
        }
    }
    if let Some(schemas) = components(document, "schemas") {
        schemas.append(&mut made);
    }
}

fn in_json(work: Work, options: &Map<String, Value>) -> Value {
    let example = match work {
        Work::Figure => json!({"image": {"data": "/9j/4AAQSkZJRg=="}, "style": "pvc-scale", "aspect_ratio": "3:4"}),
        Work::Prompt => json!({"image": {"upload_id": "upl_019ab2c3d4e57f60a1b2c3d4e5f60718"}, "style": "anime"}),
        Work::Analysis | Work::Upload => json!({"image": {"data": "/9j/4AAQSkZJRg=="}}),
    };
    let mut schema = object(work, options, image_in_json(work));
    schema["examples"] = json!([example]);
    schema
}

fn in_form(work: Work, options: &Map<String, Value>) -> Value {
    let mut fields = options.clone();
    // A form has texts alone, so pairs stand there as JSON.
    if let Some(metadata) = fields.get_mut("metadata") {
        *metadata = json!({
            "type": "string", "description": "Your own pairs of texts, given back untouched: a JSON object.",
            "examples": ["{\"order\":\"4711\"}"],
        });
    }
    if let Some(analysis) = fields.get_mut("analysis") {
        *analysis = json!({
            "type": "string", "description": "What was seen in a photo, in place of the photo: a JSON object.",
        });
    }
    object(work, &fields, json!({"type": "string", "format": "binary", "description": "The photo's file."}))
}

/// The options of the query as members of an object.
fn of_query(operation: &Map<String, Value>) -> Map<String, Value> {
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let queried = parameters.filter(|parameter| parameter.get("in").is_some_and(|place| place == "query"));
    let member = |parameter: &Value| {
        let mut schema = parameter.get("schema")?.as_object()?.clone();
        schema.insert("description".to_owned(), parameter.get("description")?.clone());
        if let Some(example) = parameter.get("example") {
            schema.insert("examples".to_owned(), json!([example]));
        }
        Some((parameter.get("name")?.as_str()?.to_owned(), Value::Object(schema)))
    };
    queried.filter_map(member).collect()
}

/// The options that never stand in a URL.
fn words() -> Map<String, Value> {
    let options = json!({
        "analysis": {
            "$ref": "#/components/schemas/Analysis", "description": "What was seen in a photo, in place of the photo.",
        },
        "prompt": {
            "type": "string", "maxLength": 1000, "description": "Extra wishes.", "examples": ["with a red umbrella"],
        },
        "end_user": {
            "type": "string", "minLength": 1, "maxLength": 255, "examples": ["person-17"],
            "description":
                "Your own pseudonym for a person; kept as a keyed hash alone. May stand in `Figurine-End-User` instead.",
        },
        "metadata": {
            "type": "object", "maxProperties": 16, "examples": [{"order": "4711"}],
            "additionalProperties": {"type": "string", "maxLength": 500},
            "description": "Your own pairs of texts, given back untouched; names have at most 40 characters.",
        },
        "commitment_salt": {
            "type": "string", "pattern": "^[A-Za-z0-9_-]{43}$",
            "examples": ["c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ"],
            "description": "Your own salt of the receipt's commitments: base64url of 32 bytes. Without, one is made.",
        },
    });
    options.as_object().cloned().unwrap_or_default()
}

fn image_in_json(work: Work) -> Value {
    let data = json!({
        "type": "string", "description": "The photo's file as base64, or a `data:` URL with it.",
        "examples": ["/9j/4AAQSkZJRg=="],
    });
    let upload = json!({
        "type": "string", "description": "The id of a photo that was uploaded before, instead of `data`.",
        "examples": ["upl_019ab2c3d4e57f60a1b2c3d4e5f60718"],
    });
    let (properties, required) = match work {
        Work::Upload => (json!({"data": data}), json!(["data"])),
        Work::Figure | Work::Analysis | Work::Prompt => (json!({"data": data, "upload_id": upload}), json!([])),
    };
    json!({
        "type": "object", "description": "The photo.", "properties": properties, "required": required,
        "minProperties": 1, "maxProperties": 1, "additionalProperties": false,
    })
}

fn object(work: Work, options: &Map<String, Value>, image: Value) -> Value {
    // A prompt may be written from an analysis in place of a photo.
    let required = if work == Work::Prompt { json!([]) } else { json!(["image"]) };
    let mut properties = Map::from_iter([("image".to_owned(), image)]);
    properties.extend(options.clone());
    json!({
        "type": "object", "required": required, "additionalProperties": false, "properties": properties,
        "description": "A photo and what is to be made of it.",
    })
}
