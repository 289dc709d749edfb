//! A request's input with the conversation in front of it, and the way back for places in it.

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::members::raw;

/// The items of an input: a text is a message of the user. `None` for what is no input; the translator says it in words.
pub(super) fn items(input: Option<&RawValue>) -> Option<(Vec<Box<RawValue>>, Shape)> {
    let Some(input) = input.filter(|input| input.get() != "null") else { return Some((Vec::new(), Shape::Missing)) };
    if input.get().starts_with('"') {
        let item = format!(r#"{{"type":"message","role":"user","content":{}}}"#, input.get());
        return Some((vec![RawValue::from_string(item).ok()?], Shape::Text));
    }
    Some((serde_json::from_str(input.get()).ok()?, Shape::Items))
}

/// How the client wrote its input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    Missing,
    Text,
    Items,
}

/// Where places in the longer input stood in the client's own.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Shift {
    /// How many items stand before the client's.
    offset: usize,
    shape: Shape,
}

impl Shift {
    pub(super) fn new(offset: usize, shape: Shape) -> Self {
        Self { offset, shape }
    }

    /// The place in the client's document; what was said before is the id's that brought it.
    pub(crate) fn back(self, param: &str) -> Option<String> {
        let Some((index, rest)) = param.strip_prefix("input[").and_then(|rest| rest.split_once(']')) else {
            return Some(param.to_owned());
        };
        let index: usize = index.parse().ok()?;
        Some(match (index.checked_sub(self.offset), self.shape) {
            (None, _) => "previous_response_id".to_owned(),
            (Some(_), Shape::Text | Shape::Missing) => "input".to_owned(),
            (Some(index), Shape::Items) => format!("input[{index}]{rest}"),
        })
    }
}

/// The id that an item refers to, if it does nothing else.
pub(super) fn reference(item: &RawValue) -> Option<String> {
    /// No reference is longer; what is, need not be read twice.
    const LONGEST: usize = 512;
    #[derive(Deserialize)]
    struct Reference {
        r#type: Option<String>,
        id: Option<String>,
        role: Option<serde::de::IgnoredAny>,
    }
    if item.get().len() > LONGEST {
        return None;
    }
    let Reference { r#type: kind, id, role } = serde_json::from_str(item.get()).ok()?;
    let is_reference = kind.as_deref().map_or(role.is_none(), |kind| kind == "item_reference");
    id.filter(|_| is_reference)
}

/// The reply that an item is of, by the item's id: `resp_X` of `msg_X_0`.
pub(super) fn reply_of(item_id: &str) -> Option<String> {
    let (_, rest) = item_id.split_once('_')?;
    let (reply, index) = rest.rsplit_once('_')?;
    let is_ours = !reply.is_empty() && index.parse::<u32>().is_ok();
    is_ours.then(|| format!("resp_{reply}"))
}

/// The id of an item.
pub(super) fn id_of(item: &RawValue) -> Option<String> {
    #[derive(Deserialize)]
    struct Named {
        id: Option<String>,
    }
    serde_json::from_str::<Named>(item.get()).ok()?.id
}

/// An input of many items.
pub(super) fn joined(items: &[Box<RawValue>]) -> Box<RawValue> {
    raw(&items)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(json: &str) -> Box<RawValue> {
        RawValue::from_string(json.to_owned()).unwrap()
    }

    #[test]
    fn places_are_those_of_the_clients_document() {
        let shift = Shift::new(2, Shape::Items);
        assert_eq!(shift.back("input[3].content[0]").as_deref(), Some("input[1].content[0]"));
        assert_eq!(shift.back("input[1].role").as_deref(), Some("previous_response_id"));
        assert_eq!(shift.back("tools[7]").as_deref(), Some("tools[7]"));
        assert_eq!(shift.back("input").as_deref(), Some("input"));
        assert_eq!(Shift::new(2, Shape::Text).back("input[2].content").as_deref(), Some("input"));
    }

    #[test]
    fn a_text_is_a_message_and_what_is_no_input_is_none() {
        let (text, _) = items(Some(&value(r#""a \"b\"""#))).unwrap();
        assert_eq!(text[0].get(), r#"{"type":"message","role":"user","content":"a \"b\""}"#);
        assert!(items(Some(&value("7"))).is_none());
        assert_eq!(items(None).unwrap().0.len(), 0);
        assert_eq!(items(Some(&value(r#"[{"a": 1},2]"#))).unwrap().0[0].get(), r#"{"a": 1}"#);
    }

    #[test]
    fn a_reference_is_known_by_its_type_or_by_having_nothing_but_an_id() {
        assert_eq!(reference(&value(r#"{"type":"item_reference","id":"msg_a_0"}"#)).as_deref(), Some("msg_a_0"));
        assert_eq!(reference(&value(r#"{"id":"msg_a_0"}"#)).as_deref(), Some("msg_a_0"));
        assert_eq!(reference(&value(r#"{"id":"msg_a_0","role":"user","content":"x"}"#)), None);
        assert_eq!(reference(&value(r#"{"type":"reasoning","id":"rs_a_0"}"#)), None);
        assert_eq!(reply_of("msg_ab_cd_12").as_deref(), Some("resp_ab_cd"));
        assert_eq!(reply_of("msg_ab"), None);
    }
}
