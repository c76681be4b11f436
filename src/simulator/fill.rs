//! JSON that fits a schema: known properties from the facts, the rest neutral, in schema order.

use super::facts::Facts;
use super::tree::Tree;
use std::fmt::Write;

/// Cyclic schemas are unrolled to this depth, as upstream does to some limit.
const DEEPEST: usize = 12;

/// Writes a value for `schema`.
pub(super) fn fill(schema: &Tree<'_>, facts: &Facts) -> String {
    let mut filler = Filler { root: schema, facts, out: String::new() };
    filler.value(schema, "", 0);
    filler.out
}

struct Filler<'a, 't> {
    root: &'t Tree<'a>,
    facts: &'t Facts,
    out: String,
}

impl<'a, 't> Filler<'a, 't> {
    fn value(&mut self, schema: &'t Tree<'a>, name: &str, depth: usize) {
        let schema = self.resolve(schema, depth);
        if depth > DEEPEST {
            self.out.push_str("null");
            return;
        }
        let options = schema.exact("enum").map_or(&[][..], Tree::items);
        if !options.is_empty() {
            return self.option(options, name);
        }
        match type_of(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "string" => self.text(&self.facts.texts(name).into_iter().next().unwrap_or_default()),
            "integer" => self.number(schema, name, true),
            "number" => self.number(schema, name, false),
            "boolean" => {
                let flag = self.facts.flag(name);
                self.put(&flag.to_string());
            }
            _ => self.out.push_str("null"),
        }
    }

    /// Follows references and takes the first alternative that is not null.
    fn resolve(&self, schema: &'t Tree<'a>, depth: usize) -> &'t Tree<'a> {
        let mut schema = schema;
        for _ in depth..=DEEPEST {
            let alternatives = schema.exact("anyOf").or_else(|| schema.exact("oneOf"));
            if let Some(path) = schema.exact("$ref").and_then(Tree::text) {
                let steps = path.trim_start_matches("#/").split('/');
                let found = steps.filter(|s| !s.is_empty() && *s != "#").try_fold(self.root, |at, step| at.exact(step));
                schema = found.unwrap_or(&Tree::Null);
            } else if let Some(list) = alternatives {
                let mut real = list.items().iter().filter(|one| type_of(one) != "null");
                schema = real.next().unwrap_or(&Tree::Null);
            } else {
                break;
            }
        }
        schema
    }

    fn option(&mut self, options: &[Tree<'_>], name: &str) {
        let texts: Vec<&str> = options.iter().filter_map(Tree::text).collect();
        let mut wanted = self.facts.texts(name);
        wanted.extend(["none", "neutral", "unknown", "other"].map(str::to_owned));
        let known = wanted.iter().find(|text| texts.contains(&text.as_str()));
        match (known, options.first()) {
            (Some(text), _) => self.text(text),
            (None, Some(Tree::Text(text))) => self.text(text),
            (None, Some(Tree::Number(number))) => self.put(&number.to_string()),
            (None, Some(Tree::Flag(flag))) => self.put(&flag.to_string()),
            (None, _) => self.out.push_str("null"),
        }
    }

    fn object(&mut self, schema: &'t Tree<'a>, depth: usize) {
        let properties = schema.exact("properties").unwrap_or(&Tree::Null);
        self.out.push('{');
        let mut first = true;
        for (name, property) in ordered(schema, properties) {
            if depth + 1 > DEEPEST && !is_required(schema, name) {
                continue;
            }
            if !first {
                self.out.push(',');
            }
            first = false;
            self.text(name);
            self.out.push(':');
            self.value(property, name, depth + 1);
        }
        self.out.push('}');
    }

    fn array(&mut self, schema: &'t Tree<'a>, name: &str, depth: usize) {
        let items = schema.exact("items").unwrap_or(&Tree::Null);
        let item = self.resolve(items, depth);
        let most = limit(schema, "maxItems").unwrap_or(usize::MAX);
        let least = limit(schema, "minItems").unwrap_or(0).min(most).min(64);
        let mut known = self.facts.lists(name);
        let options: Vec<&str> =
            item.exact("enum").map_or(&[][..], Tree::items).iter().filter_map(Tree::text).collect();
        known.retain(|text| options.is_empty() || options.contains(&text.as_str()));
        if !matches!(type_of(item), "string" | "") {
            known.clear();
        }
        known.truncate(most);
        self.out.push('[');
        for at in 0..known.len().max(least) {
            if at > 0 {
                self.out.push(',');
            }
            match known.get(at) {
                Some(text) => self.text(text),
                None => self.value(items, "", depth + 1),
            }
        }
        self.out.push(']');
    }

    fn number(&mut self, schema: &Tree<'_>, name: &str, whole: bool) {
        let bound = |key: &str| schema.exact(key).and_then(Tree::number);
        let known = self.facts.number(name).map_or(0.0, f64::from);
        let low = bound("minimum").unwrap_or(f64::MIN);
        let value = known.min(bound("maximum").unwrap_or(f64::MAX)).max(low);
        let value = if whole { value.ceil() } else { value };
        self.put(&value.to_string());
    }

    fn text(&mut self, text: &str) {
        let quoted = serde_json::Value::from(text);
        self.put(&quoted.to_string());
    }

    fn put(&mut self, text: &str) {
        // Writing to a String cannot fail.
        let _ = self.out.write_str(text);
    }
}

/// `propertyOrdering` first, where it is given; then the order in which properties stand.
fn ordered<'a, 't>(schema: &'t Tree<'a>, properties: &'t Tree<'a>) -> Vec<(&'t str, &'t Tree<'a>)> {
    let order = schema.exact("propertyOrdering").map_or(&[][..], Tree::items);
    let order: Vec<&str> = order.iter().filter_map(Tree::text).collect();
    let mut members: Vec<(&str, &Tree<'a>)> =
        properties.members().iter().map(|(name, value)| (&**name, value)).collect();
    members.sort_by_key(|(name, _)| order.iter().position(|o| o == name).unwrap_or(usize::MAX));
    members
}

fn is_required(schema: &Tree<'_>, name: &str) -> bool {
    let required = schema.exact("required").map_or(&[][..], Tree::items);
    required.iter().any(|one| one.text() == Some(name))
}

/// The type's name in lower case; of several the first that is not null; guessed if not given.
fn type_of<'t>(schema: &'t Tree<'_>) -> &'t str {
    let named = match schema.exact("type") {
        Some(Tree::Text(name)) => Some(&**name),
        Some(Tree::List(names)) => names.iter().filter_map(Tree::text).find(|n| *n != "null"),
        _ => None,
    };
    match named {
        Some("OBJECT") => "object",
        Some("ARRAY") => "array",
        Some("STRING") => "string",
        Some("INTEGER") => "integer",
        Some("NUMBER") => "number",
        Some("BOOLEAN") => "boolean",
        Some(name) => name,
        None if schema.exact("properties").is_some() => "object",
        None if schema.exact("items").is_some() => "array",
        None => "",
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and a negative limit means none"
)]
fn limit(schema: &Tree<'_>, key: &str) -> Option<usize> {
    Some(schema.exact(key)?.number()?.max(0.0) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn filled(schema: &Value, facts: &Facts) -> String {
        let text = schema.to_string();
        let tree: Tree<'_> = serde_json::from_str(&text).unwrap();
        let filled = fill(&tree, facts);
        let value: Value = serde_json::from_str(&filled).unwrap();
        let errors: Vec<String> =
            jsonschema::validator_for(schema).unwrap().iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{filled}: {errors:?}");
        filled
    }

    #[test]
    fn an_analysis_is_filled_from_what_is_known() {
        let schema = json!({"type": "object", "propertyOrdering": ["subject", "count"],
            "required": ["subject", "count", "quality"],
            "properties": {
                "count": {"type": "integer", "minimum": 0},
                "subject": {"type": "string", "enum": ["animal", "person", "object"]},
                "palette": {"type": "array", "items": {"type": "string"}, "minItems": 1},
                "quality": {"type": "object", "properties": {
                    "issues": {"type": "array", "items": {"type": "string", "enum": ["blurry"]}},
                    "usable": {"type": "boolean"}}},
                "apparent_minor": {"type": "boolean"}}});
        let filled = filled(&schema, &Facts::unseen());
        assert!(filled.starts_with(r#"{"subject":"person","count":1,"#), "{filled}");
        assert!(filled.contains(r##""palette":["#336699"]"##), "{filled}");
        assert!(filled.contains(r#""quality":{"issues":[],"usable":true}"#), "{filled}");
        assert!(filled.contains(r#""apparent_minor":false"#), "{filled}");
    }

    #[test]
    fn a_prompt_is_filled_with_the_words_given() {
        let schema = json!({"type": "object", "properties": {"prompt": {"type": "string"}}});
        let filled = filled(&schema, &Facts::of_words("A  figure\nof a cat"));
        assert_eq!(filled, r#"{"prompt":"A figure of a cat"}"#);
    }

    #[test]
    fn unknown_properties_get_values_that_fit() {
        let schema = json!({"type": "object", "required": ["a", "b", "c", "d", "e", "f"],
            "$defs": {"T": {"type": "object", "properties": {"x": {"type": "number", "minimum": 2.5}},
                "required": ["x"]}},
            "properties": {
                "a": {"$ref": "#/$defs/T"},
                "b": {"anyOf": [{"type": "null"}, {"type": "integer", "minimum": 3}]},
                "c": {"type": ["string", "null"]},
                "d": {"type": "array", "minItems": 2, "maxItems": 2, "items": {"$ref": "#/$defs/T"}},
                "e": {"enum": [4, 5]},
                "f": {"type": "integer", "maximum": -3}}});
        filled(&schema, &Facts::unseen());
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let schema = json!({"$defs": {"N": {"type": "object", "properties": {
            "next": {"$ref": "#/$defs/N"}}}}, "$ref": "#/$defs/N"});
        let text = schema.to_string();
        let tree: Tree<'_> = serde_json::from_str(&text).unwrap();
        assert!(fill(&tree, &Facts::unseen()).len() < 4096);
        let text = r##"{"$ref":"#"}"##;
        let tree: Tree<'_> = serde_json::from_str(text).unwrap();
        assert_eq!(fill(&tree, &Facts::unseen()), "null");
    }
}
