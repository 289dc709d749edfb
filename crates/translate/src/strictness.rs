//! Whether a schema allows arguments to be held to it.

use serde_json::Value;

/// Whether a function with this schema is strict when its caller does not say.
///
/// Follows "Structured outputs, supported schemas" of the API reference: the root is an object, every object closes
/// its properties and requires all of them, and no keyword stands in the way.
pub(crate) fn is_strict_schema(schema: &str) -> bool {
    // Tools come with every request, and most say nothing of the word that every strict one has at its root.
    if !schema.contains("additionalProperties") && !schema.contains('\\') {
        return false;
    }
    match serde_json::from_str(schema) {
        Ok(schema @ Value::Object(_)) => is_object(&schema) && is_closed(&schema),
        Ok(_) | Err(_) => false,
    }
}

/// Keywords that hold one schema.
const ONE: [&str; 1] = ["items"];
/// Keywords that hold a list of schemas.
const MANY: [&str; 2] = ["anyOf", "prefixItems"];
/// Keywords that hold schemas by name.
const NAMED: [&str; 3] = ["properties", "$defs", "definitions"];
/// Keywords that cannot be enforced.
const UNENFORCEABLE: [&str; 9] =
    ["allOf", "oneOf", "not", "if", "then", "else", "dependentRequired", "dependentSchemas", "patternProperties"];

fn is_object(schema: &Value) -> bool {
    match schema.get("type") {
        Some(Value::String(name)) => name == "object",
        Some(Value::Array(names)) => names.iter().any(|name| name == "object"),
        Some(_) => false,
        None => schema.get("properties").is_some(),
    }
}

fn is_closed(schema: &Value) -> bool {
    let Value::Object(fields) = schema else { return false };
    if UNENFORCEABLE.iter().any(|keyword| fields.contains_key(*keyword)) {
        return false;
    }
    if is_object(schema) {
        let required = fields.get("required").and_then(Value::as_array);
        let is_required = |name: &String| required.is_some_and(|names| names.iter().any(|known| known == name));
        let requires_all =
            fields.get("properties").and_then(Value::as_object).is_none_or(|all| all.keys().all(is_required));
        if fields.get("additionalProperties") != Some(&Value::Bool(false)) || !requires_all {
            return false;
        }
    }
    ONE.iter().filter_map(|keyword| fields.get(*keyword)).all(is_closed)
        && MANY.iter().filter_map(|keyword| fields.get(*keyword)?.as_array()).flatten().all(is_closed)
        && NAMED
            .iter()
            .filter_map(|keyword| fields.get(*keyword)?.as_object())
            .flat_map(|all| all.values())
            .all(is_closed)
}

#[cfg(test)]
mod tests {
    use super::is_strict_schema;

    #[test]
    fn objects_close_and_require_all_of_their_properties() {
        for (schema, expected) in [
            (r#"{"type":"object","properties":{},"additionalProperties":false}"#, true),
            (
                r#"{"type":"object","properties":{"x":{"type":"string"}},"required":["x"],"additionalProperties":false}"#,
                true,
            ),
            (r#"{"type":"object","properties":{"x":{"type":"string"}},"additionalProperties":false}"#, false),
            (r#"{"type":"object","properties":{"x":{"type":"string"}},"required":["x"]}"#, false),
            (r#"{"type":"object","properties":{}}"#, false),
            (r#"{"type":"string"}"#, false),
            ("true", false),
        ] {
            assert_eq!(is_strict_schema(schema), expected, "{schema}");
        }
    }

    #[test]
    fn what_is_inside_counts_too() {
        let inside = |inner: &str| {
            let head = r#"{"type":"object","required":["x"],"additionalProperties":false,"properties":{"x":"#;
            is_strict_schema(&format!("{head}{inner}}}}}"))
        };
        assert!(inside(r#"{"type":"array","items":{"type":"string"}}"#));
        assert!(inside(r#"{"anyOf":[{"type":"string"},{"type":"null"}]}"#));
        assert!(!inside(r#"{"type":"array","items":{"type":"object","properties":{}}}"#));
        assert!(!inside(r#"{"anyOf":[{"type":"object","properties":{}},{"type":"null"}]}"#));
        assert!(!inside(r#"{"oneOf":[{"type":"string"}]}"#));
    }
}
