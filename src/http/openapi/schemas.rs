//! Schemas as callers should read them: open where the API grows, exact where it is promised.

use serde_json::{Map, Value, json};

/// What is closed by promise: nothing else is ever said about a person, or taken from a caller.
const CLOSED: [&str; 2] = ["Analysis", "PreferencesRequest"];

/// Completes every schema component, then every place where a schema stands alone.
pub(super) fn complete(document: &mut Value) {
    for (name, schema) in super::components(document, "schemas").into_iter().flatten() {
        each(schema, &mut tidy);
        if let Some(schema) = schema.as_object_mut() {
            open(schema);
            if !CLOSED.contains(&name.as_str()) {
                schema
                    .remove("additionalProperties")
                    .filter(|more| *more != false)
                    .and_then(|more| schema.insert("additionalProperties".to_owned(), more));
            }
        }
    }
}

/// Visits every object within a value, outermost first.
fn each(value: &mut Value, visit: &mut impl FnMut(&mut Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            visit(members);
            members.values_mut().for_each(|member| each(member, visit));
        }
        Value::Array(items) => items.iter_mut().for_each(|item| each(item, visit)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn tidy(schema: &mut Map<String, Value>) {
    if !schema.contains_key("type") && !schema.contains_key("$ref") && !schema.contains_key("oneOf") {
        return;
    }
    if let Some(example) = schema.remove("example") {
        schema.insert("examples".to_owned(), json!([example]));
    }
    // The names of a JSON object's members are strings in any case.
    schema.remove("propertyNames");
    lift_words(schema);
    require_nullable(schema);
}

/// Moves what is said of a member that may be null from its one alternative to the member itself.
fn lift_words(schema: &mut Map<String, Value>) {
    let alternatives = schema.get_mut("oneOf").and_then(Value::as_array_mut).into_iter().flatten();
    let words = alternatives.filter_map(Value::as_object_mut).find_map(|one| one.remove("description"));
    if let Some(words) = words {
        schema.entry("description").or_insert(words);
    }
}

/// What may be null is always there: the serializer leaves out only what is never null.
fn require_nullable(schema: &mut Map<String, Value>) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    let required = schema.get("required").and_then(Value::as_array);
    let is_required = |name: &String| required.is_some_and(|names| names.iter().any(|known| known == name));
    let names: Vec<Value> = properties
        .iter()
        .filter(|(name, property)| is_required(name) || is_nullable(property))
        .map(|(name, _)| Value::from(name.as_str()))
        .collect();
    if !names.is_empty() {
        schema.insert("required".to_owned(), names.into());
    }
}

fn is_nullable(schema: &Value) -> bool {
    let has_null = |kinds: &Value| kinds.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "null"));
    let alternatives = schema.get("oneOf").and_then(Value::as_array);
    schema.get("type").is_some_and(has_null)
        || alternatives.is_some_and(|all| all.iter().any(|one| one.get("type").is_some_and(|kind| kind == "null")))
}

/// Answers' closed lists become open strings, so that a new value breaks no generated client.
fn open(schema: &mut Map<String, Value>) {
    let Some(Value::Array(values)) = schema.remove("enum") else { return };
    let known: Vec<_> = values.iter().filter_map(Value::as_str).map(|value| format!("`{value}`")).collect();
    let meaning = schema.get("description").and_then(Value::as_str).unwrap_or_default();
    let words = format!("{meaning} Known so far: {}.", known.join(", "));
    schema.insert("description".to_owned(), words.trim().into());
    schema.insert("examples".to_owned(), values.into());
}
