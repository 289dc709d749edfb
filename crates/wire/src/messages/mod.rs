//! Anthropic's Messages API: requests, whole messages, stream events, errors, the model list and counts of tokens.
//!
//! Names follow the [API reference](https://platform.claude.com/docs/en/api/messages); a Rust name differs from the JSON name only where that is
//! a keyword (`kind` for `type`). Nothing is required but tags, the pieces of a delta, and the `error` of an error body: the translator says
//! what a request lacks, and where.
//!
//! ```
//! use interlingua_wire::messages::{Block, Content, Request};
//!
//! let request: Request = serde_json::from_str(r#"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#)?;
//! let messages = request.messages.unwrap_or_default();
//! let Some(Content::Blocks(blocks)) = &messages[0].content else { panic!("a list stays a list") };
//! assert!(matches!(blocks.as_slice(), [Block::Text(_)]));
//! # Ok::<(), serde_json::Error>(())
//! ```

mod block;
mod cache;
mod caller;
mod citation;
mod context_management;
mod error;
mod event;
mod hosted;
mod media;
mod message;
mod models;
mod output;
mod reply;
mod request;
mod result;
mod text;
mod tool;
mod tool_change;
mod tool_choice;
mod usage;

pub use block::{Block, RedactedThinking, Thinking, ToolUse};
pub use cache::CacheControl;
pub use caller::{Caller, CodeCaller, Direct};
pub use citation::{
    CharLocation, Citation, Citations, ContentBlockLocation, PageLocation, SearchResultLocation, WebSearchLocation,
};
pub use context_management::{ClearThinking, ClearToolUses, Compact, ContextManagement, Edit};
pub use error::{ErrorBody, ErrorDetail};
pub use event::{
    BlockDelta, BlockStart, BlockStop, CitationsDelta, CompactionDelta, Delta, EndDelta, Event, InputJsonDelta,
    MessageDelta, MessageStart, MessageStop, Ping, SignatureDelta, StreamError, TextDelta, ThinkingDelta,
};
pub use hosted::{
    Compaction, Fallback, HostedResult, McpToolListing, McpToolResult, McpToolUse, ServerToolUse, ToolSearchContent,
    ToolSearchResult, TypedReference, WebSearchContent, WebSearchError, WebSearchResult, WebSearchResultBlock,
};
pub use media::{
    Base64Source, ContainerUpload, ContentSource, Document, FileSource, Image, SearchResult, Source, SourceContent,
    SourcePart, TextSource, UrlSource,
};
pub use message::{Content, Message, Role};
pub use models::{Model, ModelList, TokenCount};
pub use output::{Format, JsonSchema, OutputConfig, TaskBudget};
pub use reply::{ReplyContainer, Response, StopDetails, StopReason};
pub use request::{
    AdaptiveThinking, Container, ContainerSettings, DisabledThinking, EnabledThinking, McpServer, Metadata, Request,
    ThinkingConfig,
};
pub use result::{BrowserState, ResultContent, ResultPart, ToolReference, ToolResult};
pub use text::TextBlock;
pub use tool::{AdvisorTool, ClientTool, CustomTool, HostedTool, McpToolset, Tool, UserLocation, WebSearchTool};
pub use tool_change::{McpName, ToolChange, ToolChangeBlock, ToolDefinition, ToolName};
pub use tool_choice::{AnyTool, NamedTool, NoTool, ToolChoice};
pub use usage::{CacheCreation, OutputTokensDetails, ServerToolUsage, Usage};
