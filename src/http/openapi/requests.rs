//! The bodies that bring options along: the same options as in the query, and those that never stand in a URL.

use serde_json::{Map, Value, json};

use super::{components, operations};

/// The media types of such bodies and what their schemas are called.
const BODIES: [(&str, &str); 2] = [("application/json", "FigureRequest"), ("multipart/form-data", "FigureForm")];

/// Adds these bodies to the operations that take photos with options.
pub(super) fn add(document: &mut Value) {
    let mut options = Map::new();
    for (id, operation) in operations(document) {
        if id != "createFigure" && id != "validateFigure" {
            continue;
        }
        options = of_query(operation);
        let Some(content) = operation.get_mut("requestBody").and_then(|body| body.get_mut("content")) else { continue };
        for (media_type, name) in BODIES {
            content[media_type] = json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
        }
    }
    options.extend(words());
    if let Some(schemas) = components(document, "schemas") {
        let example = json!({"image": {"data": "/9j/4AAQSkZJRg=="}, "style": "pvc-scale", "aspect_ratio": "3:4"});
        schemas.insert("FigureRequest".to_owned(), object(&options, image_in_json(), Some(example)));
        let mut fields = options;
        // A form has texts alone, so pairs stand there as JSON.
        fields.insert(
            "metadata".to_owned(),
            json!({
                "type": "string", "description": "Your own pairs of texts, given back untouched: a JSON object.",
                "examples": ["{\"order\":\"4711\"}"],
            }),
        );
        let image = json!({"type": "string", "format": "binary", "description": "The photo's file."});
        schemas.insert("FigureForm".to_owned(), object(&fields, image, None));
    }
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

fn image_in_json() -> Value {
    json!({
        "type": "object", "required": ["data"], "additionalProperties": false, "description": "The photo.",
        "properties": {"data": {
            "type": "string", "description": "The photo's file as base64, or a `data:` URL with it.",
            "examples": ["/9j/4AAQSkZJRg=="],
        }},
    })
}

fn object(options: &Map<String, Value>, image: Value, example: Option<Value>) -> Value {
    let mut properties = Map::from_iter([("image".to_owned(), image)]);
    properties.extend(options.clone());
    let mut schema = json!({
        "type": "object", "required": ["image"], "additionalProperties": false, "properties": properties,
        "description": "A photo and what is to be made of it.",
    });
    if let Some(example) = example {
        schema["examples"] = json!([example]);
    }
    schema
}
