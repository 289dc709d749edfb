//! One field added to a JSON body, and not a byte of it changed otherwise.

use std::fmt;

use bytes::Bytes;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, Visitor};

/// What has to be known of a Chat request that is passed on as it is.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Glance {
    /// Whether the reply will be a stream.
    pub(crate) stream: bool,
    /// Whether `prompt_cache_key` is there at all, be it null.
    pub(crate) has_cache_key: bool,
    /// The key, where it is a text.
    pub(crate) cache_key: Option<String>,
    /// Whether the object has no field at all.
    empty: bool,
}

impl Glance {
    /// Looks at a body. `None` where it is not a JSON object; then the upstream may say so.
    pub(crate) fn at(body: &[u8]) -> Option<Self> {
        serde_json::from_slice(body).ok()
    }

    /// The body with the cache key as its last field.
    pub(crate) fn with_cache_key(&self, body: &Bytes, key: &str) -> Bytes {
        let Some(end) = body.iter().rposition(|&byte| byte == b'}') else { return body.clone() };
        let (before, after) = body.split_at(end);
        let comma = if self.empty { "" } else { "," };
        // The key is a UUID, so nothing in it needs escaping.
        let field = format!("{comma}\"{FIELD}\":\"{key}\"");
        [before, field.as_bytes(), after].concat().into()
    }
}

const FIELD: &str = "prompt_cache_key";

impl<'de> Deserialize<'de> for Glance {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Reader)
    }
}

struct Reader;

impl<'de> Visitor<'de> for Reader {
    type Value = Glance;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Glance, A::Error> {
        let mut glance = Glance { empty: true, ..Glance::default() };
        while let Some(key) = map.next_key::<String>()? {
            glance.empty = false;
            match key.as_str() {
                "stream" => glance.stream = map.next_value::<serde_json::Value>()? == true,
                FIELD => {
                    glance.has_cache_key = true;
                    glance.cache_key = map.next_value::<serde_json::Value>()?.as_str().map(str::to_owned);
                }
                _ => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(glance)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spliced(body: &'static str) -> String {
        let body = Bytes::from_static(body.as_bytes());
        let glance = Glance::at(&body).unwrap();
        assert!(!glance.has_cache_key);
        String::from_utf8(glance.with_cache_key(&body, "k").to_vec()).unwrap()
    }

    #[test]
    fn the_field_is_added_and_nothing_else_changes() {
        assert_eq!(spliced("{}"), r#"{"prompt_cache_key":"k"}"#);
        assert_eq!(spliced(" { } \n"), " { \"prompt_cache_key\":\"k\"} \n");
        assert_eq!(
            spliced("{\"a\" : 1.0, \"b\":\"}\\u00e4\", \"a\":2 }\n"),
            "{\"a\" : 1.0, \"b\":\"}\\u00e4\", \"a\":2 ,\"prompt_cache_key\":\"k\"}\n"
        );
    }

    #[test]
    fn what_is_there_is_seen_at_the_top_level_only() {
        let glance = Glance::at(br#"{"stream":true,"metadata":{"prompt_cache_key":"x"}}"#).unwrap();
        assert!(glance.stream && !glance.has_cache_key);
        let glance = Glance::at(br#"{"stream":null,"prompt_cache_key":"x"}"#).unwrap();
        assert_eq!((glance.stream, glance.cache_key.as_deref()), (false, Some("x")));
        let glance = Glance::at(br#"{"prompt_cache_key":null}"#).unwrap();
        assert!(glance.has_cache_key && glance.cache_key.is_none());
    }

    #[test]
    fn what_is_no_object_is_left_alone() {
        for body in ["", "[]", "{", "{} x", "7"] {
            assert_eq!(Glance::at(body.as_bytes()), None, "{body}");
        }
    }
}
