//! Schemas, as far as the upstream reads them.

use interlingua_model::Json;
use interlingua_wire::{self as wire, Extra};
use serde_json::Value;

use crate::chat::Upstream;
use crate::convert::wire_json;

/// What a schema is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use {
    Parameters,
    Answer,
}

/// Where schemas stand inside a schema: one, a list of them, or some by name.
const INNER: &[&str] = &["items", "not", "if", "then", "else", "additionalProperties", "contains", "propertyNames"];
const LISTS: &[&str] = &["anyOf", "oneOf", "allOf", "prefixItems"];
const NAMED: &[&str] = &["properties", "$defs", "definitions", "patternProperties", "dependentSchemas"];

/// The schema in words that the upstream reads, in its own order; as it is where nothing of it has to change.
pub(super) fn fitted(upstream: &Upstream, schema: Json, what: Use) -> wire::Json {
    let schema = wire_json(schema);
    let has_dropped = upstream.schema_dropped.iter().any(|word| schema.get().contains(word.as_str()));
    let wants_object = what == Use::Parameters && upstream.always_parameters;
    if !has_dropped && !upstream.typed_schemas && !wants_object {
        return schema;
    }
    let Ok(read) = schema.parse::<Extra>() else { return schema };
    let mut object = read.clone();
    if has_dropped || upstream.typed_schemas {
        walk(upstream, &mut object);
    }
    if wants_object {
        let is_object = object.get("type").is_none_or(|kind| kind.get() == OBJECT);
        let is_plain = !LISTS.iter().chain(&["$ref"]).any(|word| object.get(word).is_some());
        if is_object && is_plain {
            add(&mut object, "type", OBJECT);
            add(&mut object, "properties", "{}");
        }
    }
    if object == read {
        return schema;
    }
    wire::Json::from_value(&object).unwrap_or(schema)
}

/// The type of an object, as JSON.
const OBJECT: &str = "\"object\"";

fn add(object: &mut Extra, name: &str, json: &str) {
    if object.get(name).is_none()
        && let Ok(value) = json.parse()
    {
        object.push(name, value);
    }
}

fn walk(upstream: &Upstream, schema: &mut Extra) {
    for word in &upstream.schema_dropped {
        schema.take(word);
    }
    if upstream.typed_schemas {
        say_type(schema);
    }
    let words: Vec<String> = schema.keys().map(str::to_owned).collect();
    for word in words {
        let Some(value) = schema.get(&word) else { continue };
        let changed = if INNER.contains(&word.as_str()) {
            walked(upstream, value)
        } else if NAMED.contains(&word.as_str()) {
            value.parse::<Extra>().ok().and_then(|mut named| {
                for name in named.keys().map(str::to_owned).collect::<Vec<_>>() {
                    if let Some(inner) = named.get(&name).and_then(|inner| walked(upstream, inner)) {
                        named.replace(&name, inner);
                    }
                }
                wire::Json::from_value(&named).ok()
            })
        } else if LISTS.contains(&word.as_str()) {
            value.parse::<Vec<wire::Json>>().ok().and_then(|list| {
                let list: Vec<_> = list.into_iter().map(|inner| walked(upstream, &inner).unwrap_or(inner)).collect();
                wire::Json::from_value(&list).ok()
            })
        } else {
            None
        };
        if let Some(changed) = changed {
            schema.replace(&word, changed);
        }
    }
}

/// A schema inside another; `None` for one that is no object.
fn walked(upstream: &Upstream, schema: &wire::Json) -> Option<wire::Json> {
    let mut object: Extra = schema.parse().ok()?;
    walk(upstream, &mut object);
    wire::Json::from_value(&object).ok()
}

/// Moves a type beside alternatives into them, turns a list of `items` into `prefixItems`, and takes a missing type from what
/// the schema says of its values.
fn say_type(schema: &mut Extra) {
    if schema.get("items").is_some_and(|items| items.get().starts_with('['))
        && let Some(items) = schema.take("items")
    {
        schema.push("prefixItems", items);
    }
    if let Some(branches) = schema.get("anyOf").and_then(|branches| branches.parse::<Vec<wire::Json>>().ok()) {
        let Some(kind) = schema.take("type") else { return };
        let typed = branches.into_iter().map(|branch| typed(&branch, kind.get()).unwrap_or(branch));
        if let Ok(branches) = wire::Json::from_value(&typed.collect::<Vec<_>>()) {
            schema.replace("anyOf", branches);
        }
        return;
    }
    let is_elsewhere = ["type", "$ref", "anyOf", "oneOf", "allOf", "not"].iter().any(|word| schema.get(word).is_some());
    if let Some(kind) = told_type(schema).filter(|_| !is_elsewhere) {
        add(schema, "type", &format!("\"{kind}\""));
    }
}

fn typed(branch: &wire::Json, kind: &str) -> Option<wire::Json> {
    let mut branch: Extra = branch.parse().ok()?;
    if branch.get("$ref").is_none() && branch.get("anyOf").is_none() {
        add(&mut branch, "type", kind);
    }
    wire::Json::from_value(&branch).ok()
}

fn told_type(schema: &Extra) -> Option<&'static str> {
    let has = |words: &[&str]| words.iter().any(|word| schema.get(word).is_some());
    if has(&["properties", "required", "additionalProperties"]) {
        return Some("object");
    }
    if has(&["items", "prefixItems", "minItems", "maxItems"]) {
        return Some("array");
    }
    if has(&["minLength", "maxLength", "pattern", "format"]) {
        return Some("string");
    }
    if has(&["minimum", "maximum", "multipleOf"]) {
        return Some("number");
    }
    let values: Vec<Value> = match (schema.get("enum"), schema.get("const")) {
        (Some(values), _) => values.parse().ok()?,
        (None, Some(value)) => vec![value.parse().ok()?],
        (None, None) => return None,
    };
    let mut kinds = values.iter().map(kind_of);
    let first = kinds.next()?;
    kinds.all(|kind| kind == first).then_some(first)
}

fn kind_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn changed(upstream: &Upstream, schema: &str, what: Use) -> Value {
        let schema = Json::from_raw(serde_json::from_str(schema).unwrap());
        serde_json::from_str(fitted(upstream, schema, what).get()).unwrap()
    }

    #[test]
    fn a_schema_that_needs_no_change_keeps_its_bytes() {
        let text = r#"{"type":"object", "properties": {"z":{"type":"string"},"a":{"type":"number"}}}"#;
        let schema = Json::from_raw(serde_json::from_str(text).unwrap());
        assert_eq!(fitted(&Upstream::compatible(), schema, Use::Parameters).get(), text);
    }

    #[test]
    fn types_are_said_once_and_everywhere() {
        let upstream = Upstream { typed_schemas: true, ..Upstream::default() };
        for (schema, expected) in [
            (
                r#"{"type":"string","anyOf":[{"minLength":1},{"type":"null"}]}"#,
                json!({"anyOf": [{"minLength": 1, "type": "string"}, {"type": "null"}]}),
            ),
            (r#"{"enum":["x"]}"#, json!({"enum": ["x"], "type": "string"})),
            (r#"{"enum":["x",1]}"#, json!({"enum": ["x", 1]})),
            (r##"{"$ref":"#/$defs/a"}"##, json!({"$ref": "#/$defs/a"})),
            (r#"{"items":[{"const":1}]}"#, json!({"prefixItems": [{"const": 1, "type": "integer"}], "type": "array"})),
            // The name of a property is no word of a schema.
            (
                r#"{"properties":{"enum":{"minimum":1}}}"#,
                json!({"properties": {"enum": {"minimum": 1, "type": "number"}}, "type": "object"}),
            ),
        ] {
            assert_eq!(changed(&upstream, schema, Use::Answer), expected, "{schema}");
        }
    }

    #[test]
    fn what_changes_keeps_its_order() {
        let schema = r#"{"$schema":"x","type":"object","properties":{"z":{"type":"string"},"a":{}}}"#;
        let schema = Json::from_raw(serde_json::from_str(schema).unwrap());
        let expected = r#"{"type":"object","properties":{"z":{"type":"string"},"a":{}}}"#;
        assert_eq!(fitted(&Upstream::compatible(), schema, Use::Parameters).get(), expected);
    }

    #[test]
    fn what_is_dropped_is_dropped_as_a_word_and_not_as_a_property() {
        let upstream = Upstream { schema_dropped: vec!["title".to_owned()], ..Upstream::default() };
        let schema = r#"{"title":"x","properties":{"title":{"title":"y","type":"string"}}}"#;
        let expected = json!({"properties": {"title": {"type": "string"}}});
        assert_eq!(changed(&upstream, schema, Use::Answer), expected);
    }
}
