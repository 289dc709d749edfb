//! JSON that keeps the order of its keys, so that a reply can be changed in one place and stay itself in all others.

use serde::de::{Deserialize, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::ser::{Serialize, SerializeMap as _, SerializeSeq as _, Serializer};
use serde_json::Value;

/// A JSON value. Places in it are named by JSON pointers (RFC 6901): `/output/0/name`; keys with `/` or `~` cannot be named.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Tree {
    /// Null, a boolean, a number or a string.
    Scalar(Value),
    Array(Vec<Tree>),
    Object(Vec<(String, Tree)>),
}

impl Tree {
    pub(crate) fn parse(json: &str) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json)
    }

    pub(crate) fn text(text: impl Into<String>) -> Self {
        Self::Scalar(Value::String(text.into()))
    }

    pub(crate) fn number(number: usize) -> Self {
        Self::Scalar(number.into())
    }

    pub(crate) fn get(&self, pointer: &str) -> Option<&Self> {
        segments(pointer).try_fold(self, |tree, key| match tree {
            Self::Object(fields) => fields.iter().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Array(items) => items.get(key.parse::<usize>().ok()?),
            Self::Scalar(_) => None,
        })
    }

    pub(crate) fn get_mut(&mut self, pointer: &str) -> Option<&mut Self> {
        segments(pointer).try_fold(self, |tree, key| match tree {
            Self::Object(fields) => fields.iter_mut().find(|(name, _)| name == key).map(|(_, value)| value),
            Self::Array(items) => items.get_mut(key.parse::<usize>().ok()?),
            Self::Scalar(_) => None,
        })
    }

    /// The string at `pointer`.
    pub(crate) fn str(&self, pointer: &str) -> Option<&str> {
        match self.get(pointer)? {
            Self::Scalar(value) => value.as_str(),
            Self::Array(_) | Self::Object(_) => None,
        }
    }

    /// The items of the array at `pointer`; none where there is no array.
    pub(crate) fn items(&self, pointer: &str) -> &[Self] {
        match self.get(pointer) {
            Some(Self::Array(items)) => items,
            _ => &[],
        }
    }

    /// The fields of this object, in order; none where it is not one.
    pub(crate) fn fields(&self) -> &[(String, Self)] {
        match self {
            Self::Object(fields) => fields,
            Self::Scalar(_) | Self::Array(_) => &[],
        }
    }

    /// Replaces what stands at `pointer`; nothing happens where nothing stands there.
    pub(crate) fn replace(&mut self, pointer: &str, value: Self) {
        if let Some(place) = self.get_mut(pointer) {
            *place = value;
        }
    }

    /// Removes a field of this object.
    pub(crate) fn remove(&mut self, key: &str) {
        if let Self::Object(fields) = self {
            fields.retain(|(name, _)| name != key);
        }
    }

    /// Compact JSON.
    pub(crate) fn to_json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

fn segments(pointer: &str) -> impl Iterator<Item = &str> {
    pointer.split('/').skip(1)
}

impl Serialize for Tree {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Scalar(value) => value.serialize(serializer),
            Self::Array(items) => {
                let mut seq = serializer.serialize_seq(Some(items.len()))?;
                items.iter().try_for_each(|item| seq.serialize_element(item))?;
                seq.end()
            }
            Self::Object(fields) => {
                let mut map = serializer.serialize_map(Some(fields.len()))?;
                fields.iter().try_for_each(|(name, value)| map.serialize_entry(name, value))?;
                map.end()
            }
        }
    }
}

impl<'de> Deserialize<'de> for Tree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TreeVisitor)
    }
}

struct TreeVisitor;

impl<'de> Visitor<'de> for TreeVisitor {
    type Value = Tree;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E: Error>(self) -> Result<Tree, E> {
        Ok(Tree::Scalar(Value::Null))
    }

    fn visit_bool<E: Error>(self, value: bool) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_i64<E: Error>(self, value: i64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_u64<E: Error>(self, value: u64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Tree, E> {
        Ok(Tree::Scalar(value.into()))
    }

    fn visit_str<E: Error>(self, value: &str) -> Result<Tree, E> {
        Ok(Tree::text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Tree, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Tree::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Tree, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Tree::Object(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_and_numbers_survive() {
        let json = r#"{"z":[1,-2,1.0,"ü",null,true],"a":{"nested":{}}}"#;
        assert_eq!(Tree::parse(json).unwrap().to_json(), json);
    }

    #[test]
    fn a_place_is_replaced_and_a_missing_one_is_left_alone() {
        let mut tree = Tree::parse(r#"{"output":[{"name":"old"}],"x":1}"#).unwrap();
        tree.replace("/output/0/name", Tree::text("new"));
        tree.replace("/output/1/name", Tree::text("nowhere"));
        tree.remove("x");
        assert_eq!(tree.to_json(), r#"{"output":[{"name":"new"}]}"#);
        assert_eq!(tree.str("/output/0/name"), Some("new"));
    }
}
