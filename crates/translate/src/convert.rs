//! Small conversions between wire and model values that every half needs.

use std::borrow::Cow;

use interlingua_model as model;
use interlingua_wire as wire;
use serde::Serialize;

/// A wire value as the model keeps it; the text moves.
pub(crate) fn json(value: wire::Json) -> model::Json {
    model::Json::from_raw(value.into_raw())
}

/// A model value as the wire keeps it; the text moves.
pub(crate) fn wire_json(value: model::Json) -> wire::Json {
    wire::Json::from_raw(value.into_raw())
}

/// A wire object as verbatim JSON. `None` only if the object has keys that are no strings, which wire objects have
/// not.
pub(crate) fn to_json(value: &impl Serialize) -> Option<model::Json> {
    wire::Json::from_value(value).ok().map(json)
}

/// A wire value as verbatim JSON, where something has to stand; see [`to_json`].
pub(crate) fn verbatim(value: &impl Serialize) -> model::Json {
    to_json(value).unwrap_or_else(|| json(wire::Json::null()))
}

/// Fields without a counterpart as the model carries them.
pub(crate) fn extra(extra: &wire::Extra) -> Vec<(String, model::Json)> {
    extra.iter().map(|(name, value)| (name.to_owned(), json(value.clone()))).collect()
}

/// Carried fields as the wire writes them.
pub(crate) fn wire_extra(fields: Vec<(String, model::Json)>) -> wire::Extra {
    let mut extra = wire::Extra::new();
    for (name, value) in fields {
        extra.push(name, wire_json(value));
    }
    extra
}

/// Tokens never come negative.
pub(crate) fn count(value: Option<wire::Integer>) -> Option<u64> {
    value.map(wire::Integer::as_u64)
}

/// A count as the wire writes it.
pub(crate) fn integer(value: u64) -> wire::Integer {
    wire::Integer(i64::try_from(value).unwrap_or(i64::MAX))
}

/// Not absent, null or empty.
pub(crate) fn non_empty(text: Option<String>) -> Option<String> {
    text.filter(|text| !text.is_empty())
}

/// The arguments of a function that was called: none are an empty object, since clients and upstreams parse them.
pub(crate) fn arguments_of(arguments: Option<String>) -> String {
    arguments.filter(|text| !text.trim_ascii().is_empty()).unwrap_or_else(|| "{}".to_owned())
}

/// Whether a value says nothing: some servers write every field they have, with null, 0 or nothing in it.
pub(crate) fn is_blank(value: &wire::Json) -> bool {
    fn all_blank(value: &serde_json::Value) -> bool {
        use serde_json::Value;
        match value {
            Value::Null | Value::Bool(false) => true,
            Value::Bool(true) => false,
            Value::Number(number) => number.as_f64() == Some(0.0),
            Value::String(text) => text.is_empty(),
            Value::Array(values) => values.iter().all(all_blank),
            Value::Object(members) => members.values().all(all_blank),
        }
    }
    value.parse().is_ok_and(|value| all_blank(&value))
}

/// A message for a person, with little of each value that it quotes: a body may hold a picture where a word belongs.
pub(crate) fn brief(message: String) -> String {
    const MOST_QUOTED: usize = 200;
    const MOST: usize = 2 * MOST_QUOTED;
    if message.len() <= MOST_QUOTED {
        return message;
    }
    let stretches: Vec<_> = message.split('`').map(|stretch| cut(stretch, MOST_QUOTED)).collect();
    cut(&stretches.join("`"), MOST - 1).into_owned()
}

/// The first characters of a text, and a sign where it goes on.
pub(crate) fn cut(text: &str, most: usize) -> Cow<'_, str> {
    match text.char_indices().nth(most) {
        Some((end, _)) => Cow::Owned(format!("{}…", text.get(..end).unwrap_or_default())),
        None => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_quotes_little_and_says_all_of_its_own() {
        let advice = "is none of these; send one of them ".repeat(4);
        let message = brief(format!("`{}` {advice}", "x".repeat(5000)));
        assert_eq!(message, format!("`{}…` {advice}", "x".repeat(200)));
        assert_eq!(brief("`".repeat(5000)).chars().count(), 400);
    }
}
