//! Fields of a body that a settings file spells itself.

use serde::Deserialize;
use serde_json::{Map, Value};

use crate::SettingValue;

/// An object that is laid over the body of a request: objects go into objects, anything else takes the place of what was
/// there.
///
/// ```
/// use interlingua_translate::Patch;
///
/// let patch: Patch = serde_json::from_str(r#"{"thinking":{"type":"disabled"}}"#)?;
/// assert_eq!(patch.as_map().len(), 1);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(transparent)]
pub struct Patch(Map<String, Value>);

impl Patch {
    /// Its fields.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// Whether it changes nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Lays it over an object.
    pub(crate) fn over(&self, body: &mut Map<String, Value>) {
        lay(&self.0, body);
    }
}

/// Lays an object over another.
pub(crate) fn lay(patch: &Map<String, Value>, body: &mut Map<String, Value>) {
    for (name, value) in patch {
        match (value, body.get_mut(name)) {
            (Value::Object(inner), Some(Value::Object(there))) => lay(inner, there),
            (value, _) => {
                body.insert(name.clone(), value.clone());
            }
        }
    }
}

/// Puts a value at a path of names with dots between them.
pub(crate) fn put(body: &mut Map<String, Value>, path: &str, value: Value) {
    let nested = |inner, name: &str| Value::Object(Map::from_iter([(name.to_owned(), inner)]));
    if let Value::Object(fields) = path.rsplit('.').fold(value, nested) {
        lay(&fields, body);
    }
}

impl SettingValue for Patch {
    const KIND: &'static str = "a table";

    fn shown(&self) -> String {
        table(&self.0)
    }
}

/// An object as a table in one line.
fn table(object: &Map<String, Value>) -> String {
    let is_bare = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let key = |name: &str| if is_bare(name) { name.to_owned() } else { format!("{name:?}") };
    let pairs: Vec<_> = object.iter().map(|(name, value)| format!("{} = {}", key(name), shown(value))).collect();
    if pairs.is_empty() { "{}".to_owned() } else { format!("{{ {} }}", pairs.join(", ")) }
}

fn shown(value: &Value) -> String {
    match value {
        Value::Object(object) => table(object),
        Value::Array(values) => format!("[{}]", values.iter().map(shown).collect::<Vec<_>>().join(", ")),
        Value::String(text) => format!("{text:?}"),
        other @ (Value::Null | Value::Bool(_) | Value::Number(_)) => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn object(value: Value) -> Map<String, Value> {
        let Value::Object(object) = value else { unreachable!("the tests give objects") };
        object
    }

    #[test]
    fn objects_go_into_objects_and_the_rest_takes_a_place() {
        let mut body = object(json!({"thinking": {"type": "enabled", "keep": "all"}, "n": 1}));
        Patch(object(json!({"thinking": {"type": "disabled"}, "n": {"a": 1}}))).over(&mut body);
        assert_eq!(Value::Object(body), json!({"thinking": {"type": "disabled", "keep": "all"}, "n": {"a": 1}}));
    }

    #[test]
    fn a_path_makes_the_objects_it_goes_through() {
        let mut body = object(json!({"a": {"x": 1}}));
        put(&mut body, "a.b.c", json!("v"));
        put(&mut body, "d", json!(2));
        assert_eq!(Value::Object(body), json!({"a": {"x": 1, "b": {"c": "v"}}, "d": 2}));
    }

    #[test]
    fn it_is_shown_as_a_settings_file_has_it() {
        let patch = Patch(object(json!({"a": {"b c": [1, "x"]}, "d": true})));
        assert_eq!(patch.shown(), r#"{ a = { "b c" = [1, "x"] }, d = true }"#);
    }
}
