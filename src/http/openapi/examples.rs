//! Examples of answers. A figure's is long and so stands in a file of its own.

use serde_json::{Value, json};

use super::{account, components, operations};
use crate::studio::{DEFAULT_STYLE, style};

/// Adds an example to every answer that has a body and is no error.
pub(super) fn add(document: &mut Value) {
    for (id, operation) in operations(document) {
        for (status, response) in operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten() {
            let Some(content) = response.get_mut("content").and_then(Value::as_object_mut) else { continue };
            for media_type in content.values_mut().filter_map(Value::as_object_mut) {
                if is_figure(media_type.get("schema")) {
                    let name = if status == "202" { "queued" } else { "succeeded" };
                    let reference = json!({"$ref": format!("#/components/examples/{name}")});
                    media_type.insert("examples".to_owned(), json!({name: reference}));
                } else if let Some(example) = of_answer(&id) {
                    media_type.entry("example").or_insert(example);
                }
            }
        }
    }
    if let Some(examples) = components(document, "examples") {
        examples.insert("succeeded".to_owned(), json!({"summary": "The figure is there", "value": succeeded()}));
        examples.insert("queued".to_owned(), json!({"summary": "The figure waits for a worker", "value": queued()}));
    }
}

fn is_figure(schema: Option<&Value>) -> bool {
    schema.and_then(|schema| schema.get("$ref")).is_some_and(|place| place == "#/components/schemas/Figure")
}

fn of_answer(operation: &str) -> Option<Value> {
    Some(match operation {
        "createAnalysis" => study("analysis"),
        "createPrompt" => study("prompt"),
        "createUpload" | "readUpload" => upload(),
        "readReceipt" | "readUploadReceipt" => json!("eyJhbGciOiJFZERTQSJ9.eyJpc3MiOiJmaWd1cmluZSJ9.c2lnbmF0dXJl"),
        "listFigures" => json!({"object": "list", "data": [succeeded()], "has_more": false, "next_cursor": null}),
        "followFigure" => json!(include_str!("events.txt")),
        "validateFigure" => json!({
            "object": "validation", "photo": succeeded()["photo"], "options": succeeded()["options"],
            "worst_case_micro_usd": 212_800,
        }),
        "listStyles" => {
            json!({"data": [style(DEFAULT_STYLE)], "has_more": false, "next_cursor": null, "default": DEFAULT_STYLE})
        }
        "listModels" => json!({
            "engine": "gemini", "image_models": ["gemini-3-pro-image"], "text_models": ["gemini-3.5-flash-lite"],
            "models": [{
                "name": "gemini-3-pro-image", "purpose": "image", "standing": "served",
                "sizes": [{"size": "1K", "micro_usd": 134_400}], "aspect_ratios": ["1:1", "3:4", "4:3"],
                "prices": {"input": 2_000_000, "text_output": 12_000_000, "image_output": 120_000_000},
            }],
            "sizes": ["1K", "2K", "4K"], "aspect_ratios": ["1:1", "3:4", "4:3"],
        }),
        "readDocument" => {
            json!({"openapi": "3.1.0", "info": {"title": "Figurine"}, "paths": {}, "components": {}})
        }
        "readJwks" => json!({"keys": [{
            "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
            "kid": "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", "alg": "EdDSA", "use": "sig",
        }]}),
        "readProblem" => json!({
            "code": "too_many_in_flight", "title": "Too many figures at once", "status": 429, "retryable": true,
        }),
        "readHealth" | "readReadiness" => json!({"status": "ok"}),
        _ => return account::example(operation, &succeeded()),
    })
}

/// What was made of the figure's photo without the figure.
fn study(object: &str) -> Value {
    let mut made = succeeded();
    let (options, upload) = (made["options"].take(), "upl_019ab2c3d4e57f60a1b2c3d4e5f60718");
    let figures_own = ["id", "status", "images", "provenance", "problem", "problems", "end_user", "links"];
    let figures_own =
        if object == "analysis" { [&figures_own[..], &["prompt"]].concat() } else { figures_own.to_vec() };
    if let Some(members) = made.as_object_mut() {
        members.retain(|name, _| !figures_own.contains(&name.as_str()));
    }
    made["object"] = object.into();
    made["upload"]["id"] = upload.into();
    let model = "gemini-3.5-flash-lite";
    made["engine"] = json!({"name": "gemini", "text_model": model, "text_model_version": model});
    let names: &[&str] = if object == "analysis" {
        &["retention_seconds", "max_cost_micro_usd"]
    } else {
        &[
            "style",
            "style_version",
            "base",
            "packaging",
            "setting",
            "pose",
            "scale",
            "enhance",
            "prompt",
            "retention_seconds",
            "max_cost_micro_usd",
        ]
    };
    made["options"] = names.iter().map(|name| ((*name).to_owned(), options[*name].clone())).collect();
    made
}

fn upload() -> Value {
    json!({
        "id": "upl_019ab2c3d4e57f60a1b2c3d4e5f60718", "object": "upload", "status": "ready",
        "created_at": "2026-11-23T20:33:07Z", "expires_at": "2026-11-23T20:43:07Z", "photo": succeeded()["photo"],
        "figure": null, "commitment_salt": "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHQ",
        "links": {
            "self": "/v1/uploads/upl_019ab2c3d4e57f60a1b2c3d4e5f60718",
            "receipt": "/v1/uploads/upl_019ab2c3d4e57f60a1b2c3d4e5f60718/receipt",
        },
    })
}

fn succeeded() -> Value {
    serde_json::from_str(include_str!("figure.json")).unwrap_or_default()
}

/// The same figure when it was accepted.
fn queued() -> Value {
    let mut figure = succeeded();
    for member in ["completed_at", "expires_at", "analysis", "prompt", "engine", "provenance"] {
        figure[member] = Value::Null;
    }
    for step in ["queue", "analyze", "enhance", "render", "finish", "total"] {
        figure["timings_ms"][step] = Value::Null;
    }
    figure["status"] = "queued".into();
    figure["images"] = json!([]);
    for amount in figure["cost"].as_object_mut().into_iter().flat_map(|cost| cost.values_mut()) {
        *amount = 0.into();
    }
    figure["upload"]["purged_at"] = Value::Null;
    figure["upload"]["receipt"] = Value::Null;
    figure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Figure;

    #[test]
    fn the_example_figures_are_figures_as_they_are_sent() {
        for example in [succeeded(), queued()] {
            let figure: Figure = serde_json::from_value(example.clone()).unwrap();
            assert_eq!(serde_json::to_value(figure).unwrap(), example);
        }
    }

    #[test]
    fn a_figure_that_an_older_version_has_kept_is_read() {
        let mut kept = succeeded();
        kept["cost"].as_object_mut().unwrap().remove("unknown_upstream_calls").unwrap();
        kept["engine"].as_object_mut().unwrap().remove("text_model_version").unwrap();
        let figure: Figure = serde_json::from_value(kept).unwrap();
        assert_eq!((figure.cost.unknown_upstream_calls, figure.engine.unwrap().text_model_version), (0, None));
    }
}
