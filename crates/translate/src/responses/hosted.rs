//! What a server did by itself, as an item of this API and in neutral words.

use interlingua_model::Opaque;
use interlingua_wire::{Json, responses as wire};
use serde::{Deserialize, Serialize};

use crate::hosted::{Hosted, McpCall, Search, Source};

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Action {
    #[serde(rename = "type")]
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    query: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    queries: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sources: Option<Vec<Page>>,
}

#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Page {
    #[serde(rename = "type")]
    kind: String,
    url: Option<String>,
}

/// An item in neutral words; `None` for one that there are none for, such as opening a page.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are no neutral words for items of any other kind")]
pub(crate) fn read(opaque: &Opaque) -> Option<Hosted> {
    match serde_json::from_str(opaque.raw.text()).ok()? {
        wire::Item::WebSearchCall(call) => {
            let wire::WebSearchCall { id, status, action, agent: _, extra: _ } = call;
            // One that has only begun says nothing yet.
            let action: Option<Action> = action.and_then(|action| action.parse().ok());
            let Action { kind, query, queries, sources } =
                action.unwrap_or_else(|| Action { kind: "search".to_owned(), ..Action::default() });
            if kind != "search" {
                return None;
            }
            let queries = if queries.is_empty() { query.into_iter().collect() } else { queries };
            let page = |page: Page| page.url.map(|url| Source { url, title: None });
            let sources = sources.map(|sources| sources.into_iter().filter_map(page).collect());
            let error = (status == Some(wire::Status::Failed)).then(|| "unavailable".to_owned());
            Some(Hosted::Search(Search { id, queries, sources, error }))
        }
        wire::Item::McpCall(call) => {
            let wire::McpCall {
                id,
                server_label: server,
                name,
                arguments,
                output,
                error,
                status: _,
                approval_request_id: _,
                agent: _,
                extra: _,
            } = call;
            let arguments = arguments.unwrap_or_default();
            Some(Hosted::Mcp(McpCall { id, server, name, arguments, output: text(output), error: text(error) }))
        }
        _ => None,
    }
}

/// A text as it is, anything else as its JSON; `None` for null.
fn text(value: Option<Json>) -> Option<String> {
    let value = value.filter(|value| !value.is_null())?;
    Some(value.parse::<String>().unwrap_or_else(|_| value.get().to_owned()))
}

/// What a server of another API did as an item of this one; `made_up` is its id where it has none. Of one that has only begun
/// `is_over` is false.
pub(crate) fn write(hosted: Hosted, made_up: String, is_over: bool) -> wire::Item {
    let id = |family: &str, id: Option<String>| Some(id.map_or(made_up, |id| format!("{family}_{id}")));
    let status = |has_failed: bool| {
        Some(match (is_over, has_failed) {
            (false, _) => wire::Status::InProgress,
            (true, true) => wire::Status::Failed,
            (true, false) => wire::Status::Completed,
        })
    };
    match hosted {
        Hosted::Search(Search { id: given, queries, sources, error }) => {
            let page = |source: Source| Page { kind: "url".to_owned(), url: Some(source.url) };
            let action = Action {
                kind: "search".to_owned(),
                query: Some(queries.first().cloned().unwrap_or_default()),
                queries: if queries.len() > 1 { queries } else { Vec::new() },
                sources: sources.map(|sources| sources.into_iter().map(page).collect()),
            };
            wire::Item::WebSearchCall(wire::WebSearchCall {
                id: id("ws", given),
                status: status(error.is_some()),
                action: Json::from_value(&action).ok(),
                ..wire::WebSearchCall::default()
            })
        }
        Hosted::Mcp(McpCall { id: given, server, name, arguments, output, error }) => {
            let json = |text: Option<String>| text.and_then(|text| Json::from_value(&text).ok());
            wire::Item::McpCall(wire::McpCall {
                id: id("mcp", given),
                server_label: server,
                name,
                arguments: Some(arguments),
                status: status(error.is_some()),
                output: json(output),
                error: json(error),
                ..wire::McpCall::default()
            })
        }
    }
}
