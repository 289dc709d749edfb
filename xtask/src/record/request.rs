//! A request body, changed field by field and otherwise left as it was written.

use std::fmt;

use anyhow::{Context as _, Result, bail};
use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use crate::case::DELIVERY;

const MODEL: &str = "model";
const STREAM: &str = "stream";

/// The text of a JSON object.
#[derive(Debug)]
pub(super) struct Body {
    text: String,
}

impl Body {
    /// Fails unless `text` is a JSON object.
    pub(super) fn parse(text: String) -> Result<Self> {
        let body = Self { text };
        body.fields()?;
        Ok(body)
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    /// The `model`, which every request has.
    pub(super) fn model(&self) -> Result<String> {
        let fields = self.fields()?;
        let Some((_, model)) = fields.iter().find(|(name, _)| name == MODEL) else {
            bail!("the request has no `model`; --model gives it one");
        };
        serde_json::from_str(model.get()).context("the request's `model` is no string")
    }

    /// With another model, or with its own.
    pub(super) fn with_model(self, model: Option<&str>) -> Result<Self> {
        match model {
            Some(model) => self.set(MODEL, &serde_json::to_string(model)?),
            None => Ok(self),
        }
    }

    /// Asking for a stream, or for the whole reply.
    pub(super) fn with_stream(self, stream: bool) -> Result<Self> {
        if stream {
            return self.set(STREAM, "true");
        }
        let fields = self.fields()?;
        let kept: Vec<&(String, Box<RawValue>)> =
            fields.iter().filter(|(name, _)| !DELIVERY.contains(&name.as_str())).collect();
        if kept.len() == fields.len() {
            return Ok(self);
        }
        render(kept.into_iter().map(|(name, value)| (name.as_str(), value.get())))
    }

    /// Whether the two differ at most in how the reply is to be sent.
    pub(super) fn asks_the_same_as(&self, other: &Self) -> Result<bool> {
        let what = |body: &Self| -> Result<serde_json::Map<String, serde_json::Value>> {
            let mut fields: serde_json::Map<_, _> = serde_json::from_str(&body.text)?;
            fields.retain(|name, _| !DELIVERY.contains(&name.as_str()));
            Ok(fields)
        };
        Ok(what(self)? == what(other)?)
    }

    fn set(self, field: &str, value: &str) -> Result<Self> {
        let fields = self.fields()?;
        let mut fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (name.as_str(), value.get())).collect();
        match fields.iter_mut().find(|(name, _)| *name == field) {
            Some((_, old)) if *old == value => return Ok(self),
            Some((_, old)) => *old = value,
            None => fields.push((field, value)),
        }
        render(fields.into_iter())
    }

    fn fields(&self) -> Result<Vec<(String, Box<RawValue>)>> {
        let Fields(fields) = serde_json::from_str(&self.text).context("the request is no JSON object")?;
        Ok(fields)
    }
}

/// One field a line, each value as it was written.
fn render<'a>(fields: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Body> {
    let lines: Result<Vec<String>> =
        fields.map(|(name, value)| Ok(format!("  {}: {value}", serde_json::to_string(name)?))).collect();
    Ok(Body { text: format!("{{\n{}\n}}\n", lines?.join(",\n")) })
}

/// The fields of an object in their order.
struct Fields(Vec<(String, Box<RawValue>)>);

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;

        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut fields = Vec::new();
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Fields(fields))
            }
        }

        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(text: &str) -> Body {
        Body::parse(text.to_owned()).unwrap()
    }

    #[test]
    fn what_needs_no_change_stays_as_it_was_written() {
        let text = "{ \"stream\" : true, \"z\":1.0,\n\"model\":\"m\"}";
        let unchanged = body(text).with_model(Some("m")).unwrap().with_stream(true).unwrap();
        assert_eq!(unchanged.text(), text);
        assert_eq!(unchanged.model().unwrap(), "m");
    }

    #[test]
    fn fields_change_and_values_beside_them_stay() {
        let changed =
            body("{\"model\":\"m\",\"temperature\":1.0}").with_model(Some("n")).unwrap().with_stream(true).unwrap();
        assert_eq!(changed.text(), "{\n  \"model\": \"n\",\n  \"temperature\": 1.0,\n  \"stream\": true\n}\n");
    }

    #[test]
    fn a_whole_reply_is_asked_for_without_the_fields_of_a_stream() {
        let whole = body("{\"model\":\"m\",\"stream\":true,\"stream_options\":{}}").with_stream(false).unwrap();
        assert_eq!(whole.text(), "{\n  \"model\": \"m\"\n}\n");
    }

    #[test]
    fn the_same_question_may_be_asked_in_two_ways() {
        let streamed = body("{\"stream\":true,\"model\":\"m\"}");
        assert!(streamed.asks_the_same_as(&body("{\"model\":\"m\"}")).unwrap());
        assert!(!streamed.asks_the_same_as(&body("{\"model\":\"n\"}")).unwrap());
    }

    #[test]
    fn anything_but_an_object_is_refused() {
        assert!(Body::parse("[]".to_owned()).is_err());
        assert!(Body::parse("{".to_owned()).is_err());
        assert!(body("{}").model().is_err());
    }
}
