//! What servers did by themselves, as blocks of this API and in neutral words.

use interlingua_model::Opaque;
use interlingua_wire::{Json, Maybe, messages as wire};
use serde::{Deserialize, Serialize};

use super::input::input_object;
use super::reply::server::own;
use crate::convert::non_empty;
use crate::hash::base32;
use crate::hosted::{Hosted, McpCall, Search, Source};

/// The one tool that is known by the same name everywhere.
const WEB_SEARCH: &str = "web_search";

#[derive(Serialize, Deserialize)]
struct Query {
    query: Option<String>,
}

/// An item in neutral words; `None` for one that there are none for: code, a fetch, a result whose call stands elsewhere.
#[expect(clippy::wildcard_enum_match_arm, reason = "there are no neutral words for blocks of any other kind")]
pub(crate) fn read(opaque: &Opaque) -> Option<Hosted> {
    let mut blocks = own(opaque).into_iter();
    let (call, result) = (blocks.next()?, blocks.next());
    match call {
        wire::Block::ServerToolUse(call) if call.name.as_deref() == Some(WEB_SEARCH) => {
            let query = call.input.as_ref().and_then(|input| input.parse::<Query>().ok());
            let queries = query.and_then(|input| input.query).into_iter().collect();
            let (mut sources, mut error) = (None, None);
            if let Some(wire::Block::WebSearchToolResult(result)) = result {
                match result.content {
                    Some(wire::WebSearchContent::Results(found)) => {
                        sources = Some(found.into_iter().filter_map(source).collect());
                    }
                    Some(wire::WebSearchContent::Error(why)) => error = Some(why.error_code.unwrap_or_default()),
                    None => {}
                }
            }
            Some(Hosted::Search(Search { id: call.id, queries, sources, error }))
        }
        wire::Block::McpToolUse(call) => {
            let arguments = call.input.map_or_else(|| "{}".to_owned(), |input| input.get().to_owned());
            let (mut output, mut error) = (None, None);
            if let Some(wire::Block::McpToolResult(result)) = result {
                let said = Some(told(result.content));
                if result.is_error == Some(true) { error = said } else { output = said }
            }
            Some(Hosted::Mcp(McpCall {
                id: call.id,
                server: call.server_name,
                name: call.name,
                arguments,
                output,
                error,
            }))
        }
        _ => None,
    }
}

fn source(found: wire::WebSearchResult) -> Option<Source> {
    Some(Source { url: non_empty(found.url)?, title: non_empty(found.title) })
}

#[derive(Serialize, Deserialize)]
struct Said {
    #[serde(rename = "type")]
    kind: Option<String>,
    text: Option<String>,
}

/// What an MCP server answered: a text, or the texts of blocks.
fn told(content: Option<Json>) -> String {
    let Some(content) = content else { return String::new() };
    if let Ok(text) = content.parse::<String>() {
        return text;
    }
    match content.parse::<Vec<Said>>() {
        Ok(said) => said.into_iter().filter_map(|said| said.text).collect::<Vec<_>>().join("\n"),
        Err(_) => content.get().to_owned(),
    }
}

/// What a server of another API did as blocks of this one, and the id of a search of which nobody has said what it found.
pub(in crate::messages) fn write(hosted: Hosted) -> (Vec<wire::Block>, Option<String>) {
    match hosted {
        Hosted::Search(Search { id, queries, sources, error }) => {
            let id = made_id("srvtoolu", id);
            let call = wire::ServerToolUse {
                id: Some(id.clone()),
                name: Some(WEB_SEARCH.to_owned()),
                input: Json::from_value(&Query { query: Some(queries.join("; ")) }).ok(),
                ..wire::ServerToolUse::default()
            };
            let call = wire::Block::ServerToolUse(Box::new(call));
            let content = match (error, sources) {
                (Some(error_code), _) => wire::WebSearchContent::Error(Box::new(wire::WebSearchError {
                    kind: Some("web_search_tool_result_error".to_owned()),
                    error_code: Some(error_code),
                    ..wire::WebSearchError::default()
                })),
                (None, Some(sources)) => pages(sources),
                (None, None) => return (vec![call], Some(id)),
            };
            (vec![call, found(id, content)], None)
        }
        Hosted::Mcp(McpCall { id, server, name, arguments, output, error }) => {
            let id = made_id("mcptoolu", id);
            let (input, _) = input_object(arguments);
            let call = wire::McpToolUse {
                id: Some(id.clone()),
                name,
                server_name: server,
                input: Json::from_text(input).ok(),
                ..wire::McpToolUse::default()
            };
            let call = wire::Block::McpToolUse(Box::new(call));
            let is_error = error.is_some();
            let Some(said) = error.or(output) else { return (vec![call], None) };
            let result = wire::McpToolResult {
                tool_use_id: Some(id),
                is_error: Some(is_error),
                content: Json::from_value(&[Said { kind: Some("text".to_owned()), text: Some(said) }]).ok(),
                ..wire::McpToolResult::default()
            };
            (vec![call, wire::Block::McpToolResult(Box::new(result))], None)
        }
    }
}

/// What a search found, behind all that refers to it.
pub(in crate::messages) fn found(id: String, content: wire::WebSearchContent) -> wire::Block {
    let result = wire::WebSearchResultBlock {
        tool_use_id: Some(id),
        content: Some(content),
        ..wire::WebSearchResultBlock::default()
    };
    wire::Block::WebSearchToolResult(Box::new(result))
}

/// Pages as what a search found. What is on them only the server knows that searched.
pub(in crate::messages) fn pages(sources: Vec<Source>) -> wire::WebSearchContent {
    let page = |Source { url, title }: Source| wire::WebSearchResult {
        kind: Some("web_search_result".to_owned()),
        url: Some(url),
        title: Some(title.unwrap_or_default()),
        encrypted_content: Some(String::new()),
        page_age: Maybe::Null,
        ..wire::WebSearchResult::default()
    };
    wire::WebSearchContent::Results(sources.into_iter().map(page).collect())
}

/// An id in this API's form, the same for the same id.
fn made_id(family: &str, id: Option<String>) -> String {
    format!("{family}_{}", base32(id.unwrap_or_default().as_bytes(), 0))
}

/// Searches of which nobody has said what they found, while a reply is written: what the text refers to stands for it.
#[derive(Debug, Default)]
pub(in crate::messages) struct Cited {
    search: Option<String>,
    pages: Vec<Source>,
}

impl Cited {
    pub(in crate::messages) fn search(&mut self, id: Option<String>) {
        if id.is_some() {
            self.search = id;
        }
    }

    pub(in crate::messages) fn cite(&mut self, citation: &wire::Citation) {
        if self.search.is_some()
            && let wire::Citation::WebSearchResultLocation(page) = citation
            && let Some(url) = non_empty(page.url.clone())
            && !self.pages.iter().any(|known| known.url == url)
        {
            let title = page.title.clone().into_value();
            self.pages.push(Source { url, title });
        }
    }

    /// What the last search is told to have found.
    pub(in crate::messages) fn take(&mut self) -> Option<wire::Block> {
        let id = self.search.take()?;
        Some(found(id, pages(std::mem::take(&mut self.pages))))
    }
}
