//! A value that fits a JSON Schema: what a model could have answered.

use serde_json::{Number, Value};

use crate::tree::Tree;

/// How deep a value may nest; recursive schemas end here.
const DEPTH_LIMIT: usize = 16;

/// How many items an array may get, however many it asks for.
const ITEM_LIMIT: usize = 64;

/// How many characters a string may get.
const STRING_LIMIT: usize = 4096;

/// Makes a value that fits `schema`: the required properties of objects (all of them where the schema lists none), the
/// first value of an enum, as many items as an array must have (one where it does not say), numbers within their bounds.
///
/// Patterns and formats are not looked at, apart from the length of a string.
pub(crate) fn sample(schema: &Tree) -> Tree {
    Sampler { root: schema }.value(schema, "value", 0)
}

struct Sampler<'a> {
    root: &'a Tree,
}

impl Sampler<'_> {
    /// `name` is the property the value is for; it becomes the text of a string.
    fn value(&self, schema: &Tree, name: &str, depth: usize) -> Tree {
        if depth > DEPTH_LIMIT {
            return Tree::Scalar(Value::Null);
        }
        if let Some(target) = schema.str("/$ref").and_then(|reference| self.root.get(reference.strip_prefix('#')?)) {
            return self.value(target, name, depth + 1);
        }
        if let Some(fixed) = schema.get("/const").or_else(|| schema.items("/enum").first()) {
            return fixed.clone();
        }
        if let Some(default) = schema.get("/default").filter(|default| **default != Tree::Scalar(Value::Null)) {
            return default.clone();
        }
        for choice in ["/anyOf", "/oneOf", "/allOf"] {
            let options = schema.items(choice);
            if let Some(option) = options.iter().find(|option| kind(option) != "null").or(options.first()) {
                return self.value(option, name, depth + 1);
            }
        }
        match kind(schema) {
            "object" => self.object(schema, depth),
            "array" => self.array(schema, name, depth),
            "string" => Tree::text(string(schema, name)),
            "integer" => Tree::Scalar(integer(schema).into()),
            "number" => Tree::Scalar(number(schema)),
            "boolean" => Tree::Scalar(true.into()),
            "null" => Tree::Scalar(Value::Null),
            _ => Tree::text(name),
        }
    }

    fn object(&self, schema: &Tree, depth: usize) -> Tree {
        let required = schema.items("/required");
        let is_wanted = |key: &str| required.is_empty() || required.iter().any(|name| name.str("") == Some(key));
        let properties = schema.get("/properties").map_or(&[][..], Tree::fields);
        Tree::Object(
            properties
                .iter()
                .filter(|(key, _)| is_wanted(key))
                .map(|(key, property)| (key.clone(), self.value(property, key, depth + 1)))
                .collect(),
        )
    }

    fn array(&self, schema: &Tree, name: &str, depth: usize) -> Tree {
        let count = size(schema, "/minItems").map_or(1, |least| least.min(ITEM_LIMIT));
        let any = Tree::text(name);
        let item = schema.get("/items");
        Tree::Array((0..count).map(|_| item.map_or(any.clone(), |item| self.value(item, name, depth + 1))).collect())
    }
}

/// What a schema is for; the first but null where it names several types, guessed from its keywords where it names none.
fn kind(schema: &Tree) -> &str {
    if let Some(kind) = schema.str("/type") {
        return kind;
    }
    let mut kinds = schema.items("/type").iter().filter_map(|kind| kind.str(""));
    if let Some(kind) = kinds.find(|kind| *kind != "null") {
        return kind;
    }
    if schema.get("/properties").is_some() {
        "object"
    } else if schema.get("/items").is_some() {
        "array"
    } else {
        "unknown"
    }
}

/// The name of the property, made as long or short as the schema wants it.
fn string(schema: &Tree, name: &str) -> String {
    let least = size(schema, "/minLength").unwrap_or(0).min(STRING_LIMIT);
    let most = size(schema, "/maxLength").unwrap_or(STRING_LIMIT).min(STRING_LIMIT);
    let name = if name.is_empty() { "value" } else { name };
    name.chars().cycle().take(name.chars().count().max(least).min(most)).collect()
}

/// 1, or the nearest number within the bounds.
fn integer(schema: &Tree) -> i64 {
    let least = bound(schema, "/minimum", Number::as_i64);
    let above = bound(schema, "/exclusiveMinimum", Number::as_i64).map(|bound| bound.saturating_add(1));
    let most = bound(schema, "/maximum", Number::as_i64);
    let below = bound(schema, "/exclusiveMaximum", Number::as_i64).map(|bound| bound.saturating_sub(1));
    let step = bound(schema, "/multipleOf", Number::as_i64).filter(|step| *step > 0).unwrap_or(1);
    let value = 1.max(least.unwrap_or(i64::MIN)).max(above.unwrap_or(i64::MIN));
    let value = value.min(most.unwrap_or(i64::MAX)).min(below.unwrap_or(i64::MAX));
    let up = value.saturating_add(step - 1).div_euclid(step).saturating_mul(step);
    if most.or(below).is_some_and(|most| up > most) { value.div_euclid(step) * step } else { up }
}

/// 1.5, or a number within the bounds.
fn number(schema: &Tree) -> Value {
    let read = |key| bound(schema, key, Number::as_f64);
    let least = read("/minimum").or(read("/exclusiveMinimum").map(|bound| bound + 0.5));
    let most = read("/maximum").or(read("/exclusiveMaximum").map(|bound| bound - 0.5));
    match (least, most) {
        (Some(least), Some(most)) if !(least..=most).contains(&1.5) => f64::midpoint(least, most),
        (Some(least), None) => least.max(1.5),
        (None, Some(most)) => most.min(1.5),
        _ => 1.5,
    }
    .into()
}

fn bound<T>(schema: &Tree, key: &str, read: impl Fn(&Number) -> Option<T>) -> Option<T> {
    match schema.get(key)? {
        Tree::Scalar(value) => value.as_number().and_then(read),
        Tree::Array(_) | Tree::Object(_) => None,
    }
}

fn size(schema: &Tree, key: &str) -> Option<usize> {
    bound(schema, key, |number| number.as_u64().and_then(|number| usize::try_from(number).ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(schema: &str, expected: &str) {
        assert_eq!(sample(&Tree::parse(schema).unwrap()).to_json(), expected);
    }

    #[test]
    fn required_properties_in_the_order_of_the_schema() {
        check(
            r#"{"type":"object","properties":{"name":{"type":"string"},"pop":{"type":"integer"},"x":{}},"required":["pop","name"]}"#,
            r#"{"name":"name","pop":1}"#,
        );
    }

    #[test]
    fn all_properties_where_none_is_required() {
        check(
            r#"{"type":"object","properties":{"a":{"type":"boolean"},"b":{"type":"null"}}}"#,
            r#"{"a":true,"b":null}"#,
        );
        check(r#"{"type":"object"}"#, "{}");
        check("{}", r#""value""#);
    }

    #[test]
    fn enums_constants_defaults_and_nullable_types() {
        check(r#"{"enum":["red","green"]}"#, r#""red""#);
        check(r#"{"const":7}"#, "7");
        check(r#"{"type":"string","default":"x"}"#, r#""x""#);
        check(r#"{"type":["null","integer"]}"#, "1");
        check(r#"{"anyOf":[{"type":"null"},{"type":"boolean"}]}"#, "true");
    }

    #[test]
    fn arrays_and_nested_objects() {
        check(
            r#"{"type":"object","properties":{"rows":{"type":"array","minItems":2,"items":{"type":"object","properties":{"id":{"type":"number"}},"required":["id"]}}},"required":["rows"]}"#,
            r#"{"rows":[{"id":1.5},{"id":1.5}]}"#,
        );
        check(r#"{"type":"array","items":{"type":"string"},"minItems":0}"#, "[]");
    }

    #[test]
    fn references_and_their_end() {
        check(
            r##"{"$defs":{"n":{"type":"integer"}},"type":"object","properties":{"n":{"$ref":"#/$defs/n"}},"required":["n"]}"##,
            r#"{"n":1}"#,
        );
        let endless = r##"{"type":"object","properties":{"next":{"$ref":"#"}},"required":["next"]}"##;
        assert!(sample(&Tree::parse(endless).unwrap()).to_json().ends_with("null}}}}}}}}}"));
    }

    #[test]
    fn bounds_are_kept() {
        check(r#"{"type":"integer","minimum":18}"#, "18");
        check(r#"{"type":"integer","exclusiveMinimum":18,"multipleOf":5}"#, "20");
        check(r#"{"type":"integer","maximum":-3}"#, "-3");
        check(r#"{"type":"number","minimum":0,"maximum":1}"#, "0.5");
        check(r#"{"type":"string","maxLength":2}"#, r#""va""#);
        check(r#"{"type":"string","minLength":7}"#, r#""valueva""#);
    }
}
