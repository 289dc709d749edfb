//! What a schema must keep to where it is declared strict: every object closed, every property required.

use interlingua_wire::Json;

use super::refusal::Refusal;
use crate::tree::Tree;

/// How deep a schema may nest.
const DEPTH_LIMIT: usize = 64;

/// Refuses a strict schema that is not; `what` names it: `function 'f'` or `response_format 'city'`.
pub(super) fn check(schema: Option<&Json>, what: &str, param: &str, code: &'static str) -> Result<(), Refusal> {
    let Some(tree) = schema.and_then(|schema| Tree::parse(schema.get()).ok()) else { return Ok(()) };
    let refuse = |fault: String| Refusal::invalid(code, param, format!("Invalid schema for {what}: {fault}"));
    if tree.str("/type") != Some("object") && param.starts_with("tools") {
        return Err(refuse("schema must be a JSON Schema of 'type: \"object\"'.".to_owned()));
    }
    object(&tree, &mut Vec::new()).map_or(Ok(()), |fault| Err(refuse(fault)))
}

/// What is wrong with a schema or with one inside it.
fn object<'a>(schema: &'a Tree, context: &mut Vec<&'a str>) -> Option<String> {
    if context.len() > DEPTH_LIMIT {
        return Some("it is nested too deeply.".to_owned());
    }
    let properties = schema.get("/properties").map_or(&[][..], Tree::fields);
    if schema.str("/type") == Some("object") || schema.get("/properties").is_some() {
        let is_closed = schema.get("/additionalProperties") == Some(&Tree::Scalar(false.into()));
        if !is_closed {
            return Some(format!(
                "In context=({}), 'additionalProperties' is required to be supplied and to be false.",
                path(context)
            ));
        }
        let required: Vec<&str> = schema.items("/required").iter().filter_map(|name| name.str("")).collect();
        if let Some((missing, _)) = properties.iter().find(|(name, _)| !required.contains(&name.as_str())) {
            return Some(format!(
                "In context=({}), 'required' is required to be supplied and to be an array including every key in \
                 properties. Missing '{missing}'.",
                path(context)
            ));
        }
    }
    let definitions = ["/$defs", "/definitions"].into_iter().filter_map(|key| schema.get(key)).flat_map(Tree::fields);
    let named = properties.iter().chain(definitions).map(|(name, schema)| (name.as_str(), schema));
    let unnamed = schema.get("/items").into_iter().chain(schema.items("/anyOf")).map(|schema| ("items", schema));
    for (name, inner) in named.chain(unnamed) {
        context.push(name);
        let fault = object(inner, context);
        context.pop();
        if fault.is_some() {
            return fault;
        }
    }
    None
}

fn path(context: &[&str]) -> String {
    context.iter().map(|name| format!("'{name}'")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn fault(schema: &str) -> Option<String> {
        let schema: Json = serde_json::from_str(schema).unwrap();
        let refusal =
            check(Some(&schema), "function 'f'", "tools[0].parameters", "invalid_function_parameters").err()?;
        refusal.body.pointer("/error/message").and_then(|message| message.as_str()).map(str::to_owned)
    }

    #[test]
    fn a_closed_schema_passes() {
        assert_eq!(
            fault(
                r#"{"type":"object","properties":{"a":{"type":"string"}},"required":["a"],"additionalProperties":false}"#
            ),
            None
        );
    }

    #[test]
    fn an_open_object_is_named_with_its_place() {
        let inner = r#"{"type":"object","properties":{"a":{"type":"array","items":{"type":"object"}}},"required":["a"],"additionalProperties":false}"#;
        assert!(fault(inner).unwrap().contains("In context=('a', 'items'), 'additionalProperties'"));
    }

    #[test]
    fn an_optional_property_is_named() {
        let open = r#"{"type":"object","properties":{"a":{},"b":{}},"required":["a"],"additionalProperties":false}"#;
        assert!(fault(open).unwrap().ends_with("Missing 'b'."));
    }
}
