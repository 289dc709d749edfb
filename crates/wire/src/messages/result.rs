//! What the client answers a call with.

use super::cache::CacheControl;
use super::media::{Document, Image, SearchResult};
use super::text::TextBlock;
use crate::Json;
use crate::core::{object, tagged, union};

object! {
    /// The client's answer to a call. Messages: `ToolResultBlockParam`.
    #[derive(Default)]
    pub struct ToolResult {
        /// The call. Messages: `tool_use_id`.
        optional tool_use_id: String,
        /// The answer. Messages: `content`.
        optional content: ResultContent,
        /// Whether the tool failed. Messages: `is_error`.
        optional is_error: bool,
        /// The set of tools it is from. Messages: `toolset_name`.
        optional toolset_name: String,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

union! {
    /// The answer to a call. Messages: `tool_result.content`.
    pub enum ResultContent expects "a string or an array of content blocks" {
        /// Plain text.
        string Text(String),
        /// Blocks, in order.
        array Parts(Vec<ResultPart>),
    }
}

tagged! {
    /// One block of the answer to a call. Messages: `tool_result.content[]`.
    pub enum ResultPart by "type" {
        /// Text.
        Text(TextBlock) = "text",
        /// A picture.
        Image(Box<Image>) = "image",
        /// A document.
        Document(Box<Document>) = "document",
        /// Something a search of the client found.
        SearchResult(Box<SearchResult>) = "search_result",
        /// A tool that is offered from now on.
        ToolReference(ToolReference) = "tool_reference",
        /// What a browser shows.
        BrowserState(Box<BrowserState>) = "browser_state",
    }
}

object! {
    /// A tool that is offered from now on. Messages: `ToolReferenceBlockParam`.
    #[derive(Default)]
    pub struct ToolReference {
        /// The tool. Messages: `tool_name`.
        optional tool_name: String,
        /// Ends the cached prefix. Messages: `cache_control`.
        optional cache_control: CacheControl,
    }
}

object! {
    /// What a browser shows. Messages (beta): `browser_state`.
    #[derive(Default)]
    pub struct BrowserState {
        /// What it shows, verbatim. Messages: `state`.
        optional state: Json,
    }
}
