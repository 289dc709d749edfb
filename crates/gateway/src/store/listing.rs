//! The input of a kept reply, page by page.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::history::id_of;
use crate::ApiError;
use crate::members::{Members, raw};

/// Which items are wanted.
#[derive(Debug, Deserialize)]
pub(super) struct Page {
    /// Those behind this one.
    after: Option<String>,
    /// Those in front of this one.
    before: Option<String>,
    /// How many; 20 where nobody says.
    limit: Option<usize>,
    /// `asc`, or `desc` where nobody says.
    order: Option<String>,
}

/// A page of them.
#[derive(Debug, Serialize)]
pub(super) struct Listed {
    object: &'static str,
    data: Vec<Box<RawValue>>,
    first_id: Option<String>,
    last_id: Option<String>,
    has_more: bool,
}

impl Page {
    /// The page of these items, which stand in the order they were said.
    pub(super) fn of(self, mut items: Vec<Box<RawValue>>) -> Result<Listed, ApiError> {
        const USUAL: usize = 20;
        const MOST: usize = 100;
        let Self { after, before, limit, order } = self;
        let limit = limit.unwrap_or(USUAL);
        if !(1..=MOST).contains(&limit) {
            return Err(invalid("limit", format!("`limit` is {limit}, and goes from 1 to {MOST}")));
        }
        match order.as_deref() {
            Some("asc") => {}
            None | Some("desc") => items.reverse(),
            Some(_) => return Err(invalid("order", "`order` is `asc` or `desc`".to_owned())),
        }
        let place = |id: &str, param| {
            let place = items.iter().position(|item| id_of(item).as_deref() == Some(id));
            place.ok_or_else(|| invalid(param, format!("no item of this response is named in `{param}`")))
        };
        let begin = after.as_deref().map(|id| place(id, "after")).transpose()?.map_or(0, |place| place + 1);
        let end = before.as_deref().map(|id| place(id, "before")).transpose()?.unwrap_or(items.len());
        let count = end.saturating_sub(begin);
        // Towards the front it is the nearest that are wanted.
        let skipped = if before.is_some() && after.is_none() { begin + count.saturating_sub(limit) } else { begin };
        let data: Vec<_> = items.into_iter().skip(skipped).take(count.min(limit)).collect();
        let (first_id, last_id) = (data.first().and_then(|item| id_of(item)), data.last().and_then(|item| id_of(item)));
        Ok(Listed { object: "list", data, first_id, last_id, has_more: count > limit })
    }
}

/// Items with ids, by which pages are asked for; a message's text is a part, as the API lists it.
pub(super) fn named(reply: &str, items: &[Box<RawValue>]) -> Vec<Box<RawValue>> {
    let reply = reply.strip_prefix("resp_").unwrap_or(reply);
    let named = items.iter().enumerate().map(|(index, item)| name(item, reply, index).unwrap_or_else(|| item.clone()));
    named.collect()
}

fn name(item: &RawValue, reply: &str, index: usize) -> Option<Box<RawValue>> {
    let mut members = Members::read(item.get().as_bytes())?;
    let role = members.parsed::<String>("role");
    if let Some(role) = &role {
        members.set("type", raw(&"message"));
        if let Some(text) = members.parsed::<String>("content") {
            let kind = if role == "assistant" { "output_text" } else { "input_text" };
            members.set("content", raw(&[serde_json::json!({"type": kind, "text": text})]));
        }
    }
    if members.parsed::<String>("id").is_none_or(|id| id.is_empty()) {
        members.set("id", raw(&format!("in_{reply}_{index}")));
    }
    Some(raw(&members))
}

fn invalid(param: &str, message: String) -> ApiError {
    ApiError::bad_request(message).with_param(param).with_code("invalid_value")
}

#[cfg(test)]
mod tests {
    use axum::extract::Query;

    use super::*;

    fn items(count: usize) -> Vec<Box<RawValue>> {
        let text = |n: usize| RawValue::from_string(format!(r#"{{"role":"user","content":"{n}"}}"#)).unwrap();
        named("resp_r", &(0..count).map(text).collect::<Vec<_>>())
    }

    fn ids(query: &str, count: usize) -> (Vec<usize>, bool) {
        let Listed { object: _, data, has_more, first_id, last_id } = page(query).of(items(count)).unwrap();
        let ids: Vec<_> = data.iter().map(|item| id_of(item).unwrap()).collect();
        assert_eq!((ids.first(), ids.last()), (first_id.as_ref(), last_id.as_ref()));
        (ids.iter().map(|id| id.rsplit_once('_').unwrap().1.parse().unwrap()).collect(), has_more)
    }

    fn page(query: &str) -> Page {
        let Query(page) = Query::try_from_uri(&format!("/x?{query}").parse().unwrap()).unwrap();
        page
    }

    #[test]
    fn pages_are_as_the_api_has_them() {
        assert_eq!(ids("", 3), (vec![2, 1, 0], false), "the newest first");
        assert_eq!(ids("order=asc&limit=2", 3), (vec![0, 1], true));
        assert_eq!(ids("order=asc&limit=2&after=in_r_1", 3), (vec![2], false));
        assert_eq!(ids("limit=2", 5), (vec![4, 3], true));
        assert_eq!(ids("limit=2&after=in_r_3", 5), (vec![2, 1], true));
        assert_eq!(ids("order=asc&limit=2&before=in_r_4", 5), (vec![2, 3], true));
        assert_eq!(ids("order=asc&after=in_r_0&before=in_r_4", 5), (vec![1, 2, 3], false));
        assert_eq!(ids("", 21).0.len(), 20);
        let refused = |query| page(query).of(items(2)).unwrap_err();
        assert_eq!(refused("limit=0").error.param.as_deref(), Some("limit"));
        assert_eq!(refused("limit=101").error.param.as_deref(), Some("limit"));
        assert_eq!(refused("order=up").error.param.as_deref(), Some("order"));
        assert_eq!(refused("after=in_r_9").error.param.as_deref(), Some("after"));
    }

    #[test]
    fn what_has_an_id_keeps_it_and_the_rest_stays_as_it_was_said() {
        let said = [
            r#"{"type":"function_call_output","call_id":"c","output":"4"}"#,
            r#"{"id":"msg_x","role":"assistant","content":"a"}"#,
        ];
        let said: Vec<_> = said.map(|item| RawValue::from_string(item.to_owned()).unwrap()).into();
        let named = named("resp_r", &said);
        assert_eq!(named[0].get(), r#"{"type":"function_call_output","call_id":"c","output":"4","id":"in_r_0"}"#);
        assert_eq!(
            named[1].get(),
            r#"{"id":"msg_x","role":"assistant","content":[{"text":"a","type":"output_text"}],"type":"message"}"#
        );
    }
}
