//! The list of models as clients of Messages read it.

use axum::extract::Query;
use http::{StatusCode, Uri};
use interlingua_wire::chat;
use interlingua_wire::messages::{Model, ModelList};
use serde::Deserialize;

use super::window::context_window;
use crate::{ApiError, date};

/// What stands in front of a name that Claude Code would not list otherwise: it lists those that have its maker's name or its
/// model's in them. It is taken off again where a request names the model.
pub(crate) const PREFIX: &str = "anthropic/";

/// Which part of a list is wanted; without a word on it, all of it.
#[derive(Debug, Default, Deserialize)]
struct Page {
    limit: Option<usize>,
    after_id: Option<String>,
    before_id: Option<String>,
}

/// One page of a list, as the query wants it.
///
/// # Errors
/// The query wants no page, or names a model to go on from that is not in the list.
pub(super) fn page(list: &chat::ModelList, uri: &Uri) -> Result<ModelList, ApiError> {
    let Query(Page { limit, after_id, before_id }) =
        Query::try_from_uri(uri).map_err(|error| ApiError::bad_request(error.body_text()))?;
    let all: Vec<Model> = list.data.iter().flatten().filter_map(model).collect();
    let place = |id: Option<String>, param: &str| {
        let Some(id) = id else { return Ok(None) };
        let place = all.iter().position(|model| model.id.as_ref() == Some(&id));
        let unknown = || ApiError::bad_request("there is no such model to go on from").with_param(param);
        place.map(Some).ok_or_else(unknown)
    };
    let (after, before) = (place(after_id, "after_id")?, place(before_id, "before_id")?);
    let limit = limit.unwrap_or(all.len());
    if limit == 0 && !all.is_empty() {
        return Err(ApiError::bad_request("a page has at least one model").with_param("limit"));
    }
    let end = before.unwrap_or(all.len());
    let from = match (after, before) {
        (Some(after), _) => after + 1,
        // Backwards: the page ends where the last one began.
        (None, Some(before)) => before.saturating_sub(limit),
        (None, None) => 0,
    };
    let to = from.saturating_add(limit).min(end);
    let has_more = if before.is_some() && after.is_none() { from > 0 } else { to < end };
    let data: Vec<Model> = all.into_iter().take(to).skip(from).collect();
    let id = |model: Option<&Model>| model.and_then(|model| model.id.clone());
    Ok(ModelList {
        first_id: id(data.first()),
        last_id: id(data.last()),
        data: Some(data),
        has_more: Some(has_more),
        ..ModelList::default()
    })
}

/// The model of that name, as clients of Messages write it.
pub(super) fn find(list: &chat::ModelList, id: &str) -> Option<Model> {
    let plain = id.strip_prefix(PREFIX);
    let mut models = list.data.iter().flatten();
    models.find(|model| model.id.as_deref().is_some_and(|known| known == id || Some(known) == plain)).and_then(model)
}

/// One entry. What the server said in words of this API stays.
fn model(model: &chat::Model) -> Option<Model> {
    let window = context_window(model).and_then(|window| i64::try_from(window).ok());
    let created = model.created;
    let id = model.id.clone()?;
    let text = serde_json::to_string(model).ok()?;
    // What it says in words of this API and not in its form is not repeated.
    let mut told: Model = serde_json::from_str(&text).unwrap_or_default();
    for name in ["object", "created", "owned_by"] {
        told.extra.take(name);
    }
    Some(Model {
        kind: Some("model".to_owned()),
        display_name: told.display_name.or_else(|| Some(id.clone())),
        created_at: told.created_at.or_else(|| Some(date::written(created.map_or(0, |created| created.0)))),
        lifecycle: told.lifecycle.or_else(|| Some("active".to_owned())),
        max_input_tokens: told.max_input_tokens.or(window.map(Into::into)),
        id: Some(listed(id)),
        ..told
    })
}

/// A name as it is listed.
fn listed(id: String) -> String {
    let is_listed = id.contains("claude") || id.contains("anthropic");
    // What begins like a prefix would lose it on the way back.
    if is_listed && !id.starts_with(PREFIX) { id } else { format!("{PREFIX}{id}") }
}

/// The refusal of a name that is not in the list.
pub(super) fn unknown(id: &str) -> ApiError {
    let message = format!("there is no model `{id}`; GET /v1/models lists those there are");
    ApiError::new(StatusCode::NOT_FOUND, message).with_code("model_not_found")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(ids: &[&str]) -> chat::ModelList {
        let data = ids.iter().map(|id| chat::Model { id: Some((*id).to_owned()), ..chat::Model::default() });
        chat::ModelList { data: Some(data.collect()), ..chat::ModelList::default() }
    }

    fn ids(query: &str) -> (Vec<String>, Option<bool>) {
        let uri = format!("/v1/models?{query}").parse().unwrap();
        let page = page(&list(&["a", "b", "claude-c", "d"]), &uri).unwrap();
        (page.data.unwrap().into_iter().filter_map(|model| model.id).collect(), page.has_more)
    }

    #[test]
    fn a_page_is_as_long_as_it_is_wanted_and_says_whether_there_is_more() {
        assert_eq!(ids("").0, ["anthropic/a", "anthropic/b", "claude-c", "anthropic/d"]);
        assert_eq!(ids("limit=1000").1, Some(false));
        assert_eq!(ids("limit=2"), (vec!["anthropic/a".into(), "anthropic/b".into()], Some(true)));
        let behind = ids("after_id=anthropic%2Fb&limit=1");
        assert_eq!(behind, (vec!["claude-c".into()], Some(true)));
        assert_eq!(ids("after_id=claude-c&limit=5"), (vec!["anthropic/d".into()], Some(false)));
        assert_eq!(ids("before_id=claude-c&limit=1"), (vec!["anthropic/b".into()], Some(true)));
        assert_eq!(ids("before_id=claude-c&limit=9").1, Some(false));
        for bad in ["limit=0", "limit=x", "after_id=e"] {
            let uri = format!("/v1/models?{bad}").parse().unwrap();
            assert_eq!(page(&list(&["a"]), &uri).unwrap_err().status, 400, "{bad}");
        }
    }

    #[test]
    fn a_name_that_begins_like_the_prefix_keeps_it() {
        for (id, expected) in [
            ("gpt-5.5", "anthropic/gpt-5.5"),
            ("claude-opus-5", "claude-opus-5"),
            ("anthropic/claude-opus-5", "anthropic/anthropic/claude-opus-5"),
            ("us.anthropic.claude", "us.anthropic.claude"),
        ] {
            assert_eq!(listed(id.to_owned()), expected);
            let known = expected.strip_prefix(PREFIX).unwrap_or(expected);
            assert_eq!(known, id, "and it comes back as it was");
        }
    }

    #[test]
    fn what_a_server_said_in_words_of_this_api_stays() {
        let said = r#"{"data":[{"type":"model","id":"claude-x","display_name":"X","created_at":"2026-01-01T00:00:00Z","max_tokens":9,"new":1}]}"#;
        let model = find(&serde_json::from_str(said).unwrap(), "claude-x").unwrap();
        let told = serde_json::to_string(&model).unwrap();
        assert_eq!(
            told,
            r#"{"type":"model","id":"claude-x","display_name":"X","created_at":"2026-01-01T00:00:00Z","lifecycle":"active","max_tokens":9,"new":1}"#
        );
        let said = r#"{"data":[{"id":"q","object":"model","created":1700000000,"owned_by":"x","max_model_len":7}]}"#;
        let model = find(&serde_json::from_str(said).unwrap(), "anthropic/q").unwrap();
        assert_eq!(model.created_at.as_deref(), Some("2023-11-14T22:13:20Z"));
        assert_eq!(model.max_input_tokens.map(|tokens| tokens.0), Some(7));
    }
}
