//! The Responses API: requests, items, whole responses, stream events and errors.
//!
//! Names follow the [API reference](https://platform.openai.com/docs/api-reference/responses); a Rust name differs from the JSON name only where
//! that is a keyword (`kind` for `type`).

mod agents;
mod annotation;
mod content;
mod delta;
mod event;
mod hosted;
mod item;
mod mcp;
mod progress;
mod request;
mod response;
mod settings;
mod status;
mod tool;
mod tool_choice;
mod usage;

pub use crate::core::error::{ErrorBody, ErrorCode, ErrorDetail, ErrorValue};
pub use agents::{AgentMessage, ConfigurationUpdate, MultiAgentCall, MultiAgentCallOutput};
pub use annotation::{Annotation, ContainerFileCitation, FileCitation, FilePath, UrlCitation};
pub use content::{
    Content, ContentPart, EncryptedContent, ImageAddress, ImageUrl, InputAudio, InputFile, InputImage, InputText,
    Logprob, OutputText, ReasoningText, Refusal, SummaryText, TopLogprob,
};
pub use delta::{
    AnnotationAdded, ArgumentsDone, CallDelta, CodeDone, InputDone, OutputTextDelta, OutputTextDone, PartDelta,
    ReasoningTextDone, RefusalDone, SummaryTextDelta, SummaryTextDone,
};
pub use event::Event;
pub use hosted::{
    AdditionalTools, ApplyPatchCall, ApplyPatchCallOutput, CodeInterpreterCall, Compaction, CompactionTrigger,
    ComputerCall, ComputerCallOutput, ContextCompaction, FileSearchCall, ImageGenerationCall, ItemReference,
    LocalShellCall, LocalShellCallOutput, Program, ProgramOutput, ShellCall, ShellCallOutput, ShellEnvironment,
    ToolSearchCall, ToolSearchOutput, WebSearchCall,
};
pub use item::{CustomToolCall, CustomToolCallOutput, FunctionCall, FunctionCallOutput, Item, Message, Reasoning};
pub use mcp::{McpApprovalRequest, McpApprovalResponse, McpCall, McpListTools};
pub use progress::{
    AudioDelta, AudioDone, ContentPartEvent, ErrorEvent, OutputItem, PartialImage, Progress, ResponseEnd,
    ResponseProgress, ShellCommand, ShellCommandDelta, ShellOutputDelta, ShellOutputDone, SummaryPartEvent, TurnEvent,
};
pub use request::{Input, Request, StreamOptions};
pub use response::{IncompleteDetails, ReplyError, Response, ResponseError};
pub use settings::{JsonSchemaFormat, ReasoningConfig, TextConfig, TextFormat};
pub use status::{Caller, Role, Status};
pub use tool::{
    ApplyPatchTool, CodeInterpreterTool, ComputerTool, ComputerUseTool, CustomFormat, CustomTool, FileSearchTool,
    FunctionTool, GrammarFormat, ImageGenerationTool, LocalShellTool, McpTool, NamespaceTool, NamespaceToolMember,
    PlainFormat, ProgrammaticTool, ShellTool, Tool, ToolSearchTool, UserLocation, WebSearchTool,
};
pub use tool_choice::{
    AllowedTools, HostedChoice, McpChoice, NamedTool, ToolChoice, ToolChoiceMode, ToolChoiceObject, ToolReference,
};
pub use usage::{CacheWriteTokensDetails, InputTokensDetails, OutputTokensDetails, Usage};
