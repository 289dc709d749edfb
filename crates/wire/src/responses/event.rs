//! What a streamed response arrives as.
//!
//! ```
//! use std::borrow::Cow;
//! use interlingua_wire::responses::Event;
//!
//! let data = r#"{"type":"response.output_text.delta","output_index":0,"content_index":0,"delta":"Hi"}"#;
//! let Event::OutputTextDelta(event) = Event::parse(data, None)? else { panic!("a delta") };
//! assert!(matches!(event.delta.0, Cow::Borrowed("Hi")));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::borrow::Cow;

use serde::de::DeserializeSeed as _;

use super::delta::{
    AnnotationAdded, ArgumentsDone, CallDelta, CodeDone, InputDone, OutputTextDelta, OutputTextDone, PartDelta,
    ReasoningTextDone, RefusalDone, SummaryTextDelta, SummaryTextDone,
};
use super::progress::{
    AudioDelta, AudioDone, ContentPartEvent, ErrorEvent, OutputItem, PartialImage, Progress, ResponseEnd,
    ResponseProgress, ShellCommand, ShellCommandDelta, ShellOutputDelta, ShellOutputDone, SummaryPartEvent, TurnEvent,
};
use crate::core::tagged::{TaggedVisitor, tagged};
use crate::{Extra, Integer, Json};

/// Looks at an event of whatever known kind.
macro_rules! of_any {
    ($event:expr, $known:ident => $look:expr) => {
        of_any!(@ $event, $known, $look,
            OutputTextDelta
            FunctionCallArgumentsDelta
            CustomToolCallInputDelta
            ReasoningSummaryTextDelta
            ReasoningTextDelta
            RefusalDelta
            Created
            Queued
            InProgress
            Completed
            Incomplete
            Failed
            Error
            OutputItemAdded
            OutputItemDone
            ContentPartAdded
            ContentPartDone
            OutputTextDone
            OutputTextAnnotationAdded
            RefusalDone
            FunctionCallArgumentsDone
            CustomToolCallInputDone
            ReasoningSummaryPartAdded
            ReasoningSummaryPartDone
            ReasoningSummaryTextDone
            ReasoningTextDone
            AudioDelta
            AudioDone
            AudioTranscriptDelta
            AudioTranscriptDone
            ImageGenerationCallPartialImage
            CodeInterpreterCallCodeDelta
            CodeInterpreterCallCodeDone
            CodeInterpreterCallCompleted
            CodeInterpreterCallInProgress
            CodeInterpreterCallInterpreting
            FileSearchCallCompleted
            FileSearchCallInProgress
            FileSearchCallSearching
            ShellCallCommandAdded
            ShellCallCommandDelta
            ShellCallCommandDone
            ShellCallOutputContentDelta
            ShellCallOutputContentDone
            WebSearchCallCompleted
            WebSearchCallInProgress
            WebSearchCallSearching
            ImageGenerationCallCompleted
            ImageGenerationCallGenerating
            ImageGenerationCallInProgress
            McpCallArgumentsDelta
            McpCallArgumentsDone
            McpCallCompleted
            McpCallFailed
            McpCallInProgress
            McpListToolsCompleted
            McpListToolsFailed
            McpListToolsInProgress
            CompactionCompacting
            Steer
            SteerAccepted
            SteerFailed
            SteerPending
            Inject
            InjectCreated
            InjectFailed
        )
    };
    (@ $event:expr, $known:ident, $look:expr, $($variant:ident)*) => {
        match $event {
            $( Self::$variant($known) => $look, )*
            Self::Unknown(_) => None,
        }
    };
}

impl<'a> Event<'a> {
    /// Reads the `data` of one server-sent event. `sse_event` is the name on its `event:` line; it stands in for a missing `type`, except that an
    /// object with an `error` is an error by any name.
    ///
    /// Text deltas are read in one pass and borrow from `data`.
    ///
    /// # Errors
    /// `data` is not JSON, has no type by any of these ways, or is an event we know with a field of the wrong kind. An event we do not know is
    /// [`Event::Unknown`].
    pub fn parse(data: &'a str, sse_event: Option<&str>) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(data);
        let event = TaggedVisitor::new(sse_event).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(event)
    }

    /// The agent that the event is of, where it says one.
    #[must_use]
    pub fn agent(&self) -> Option<&Json> {
        of_any!(self, event => event.agent.as_ref())
    }

    /// The event's place in the stream, counted by the upstream from 0. `None` where it says none, and for events of
    /// unknown kinds.
    #[must_use]
    pub fn sequence_number(&self) -> Option<Integer> {
        of_any!(self, event => event.sequence_number)
    }

    /// The fields that an event of a known kind has beside those it is known to have.
    #[must_use]
    pub fn extra(&self) -> Option<&Extra> {
        of_any!(self, event => Some(&event.extra))
    }
}

/// What an event without a type is: one with an `error` is an error.
fn resolve_event(keys: &[Cow<'_, str>]) -> Option<&'static str> {
    keys.iter().any(|key| key == "error").then_some("error")
}

tagged! {
    /// One event of a stream. Responses: schema `ResponseStreamEvent`.
    pub enum Event<'a> by "type" {
        /// A piece of text.
        OutputTextDelta(OutputTextDelta<'a>) = "response.output_text.delta",
        /// A piece of a function's arguments.
        FunctionCallArgumentsDelta(CallDelta<'a>) = "response.function_call_arguments.delta",
        /// A piece of a custom tool's input.
        CustomToolCallInputDelta(CallDelta<'a>) = "response.custom_tool_call_input.delta",
        /// A piece of a summary of thoughts.
        ReasoningSummaryTextDelta(SummaryTextDelta<'a>) = "response.reasoning_summary_text.delta",
        /// A piece of a thought.
        ReasoningTextDelta(PartDelta<'a>) = "response.reasoning_text.delta",
        /// A piece of a refusal.
        RefusalDelta(PartDelta<'a>) = "response.refusal.delta",
        /// The response is there.
        Created(ResponseProgress) = "response.created",
        /// It waits.
        Queued(ResponseProgress) = "response.queued",
        /// It is under way.
        InProgress(ResponseProgress) = "response.in_progress",
        /// It is finished.
        Completed(ResponseEnd) = "response.completed",
        /// It ended early.
        Incomplete(ResponseEnd) = "response.incomplete",
        /// It ended in an error.
        Failed(ResponseEnd) = "response.failed",
        /// The server gives up.
        Error(ErrorEvent) = "error",
        /// An item begins.
        OutputItemAdded(OutputItem) = "response.output_item.added",
        /// An item is complete.
        OutputItemDone(OutputItem) = "response.output_item.done",
        /// A part begins.
        ContentPartAdded(ContentPartEvent<'a>) = "response.content_part.added",
        /// A part is complete.
        ContentPartDone(ContentPartEvent<'a>) = "response.content_part.done",
        /// A text is complete.
        OutputTextDone(OutputTextDone<'a>) = "response.output_text.done",
        /// A text refers to something.
        OutputTextAnnotationAdded(AnnotationAdded<'a>) = "response.output_text.annotation.added",
        /// A refusal is complete.
        RefusalDone(RefusalDone<'a>) = "response.refusal.done",
        /// A function's arguments are complete.
        FunctionCallArgumentsDone(ArgumentsDone<'a>) = "response.function_call_arguments.done",
        /// A custom tool's input is complete.
        CustomToolCallInputDone(InputDone<'a>) = "response.custom_tool_call_input.done",
        /// A summary of thoughts begins.
        ReasoningSummaryPartAdded(SummaryPartEvent<'a>) = "response.reasoning_summary_part.added",
        /// A summary of thoughts is complete.
        ReasoningSummaryPartDone(SummaryPartEvent<'a>) = "response.reasoning_summary_part.done",
        /// The text of a summary is complete.
        ReasoningSummaryTextDone(SummaryTextDone<'a>) = "response.reasoning_summary_text.done",
        /// A thought is complete.
        ReasoningTextDone(ReasoningTextDone<'a>) = "response.reasoning_text.done",
        /// A piece of sound.
        AudioDelta(AudioDelta<'a>) = "response.audio.delta",
        /// The sound is complete.
        AudioDone(AudioDone<'a>) = "response.audio.done",
        /// A piece of the transcript.
        AudioTranscriptDelta(AudioDelta<'a>) = "response.audio.transcript.delta",
        /// The transcript is complete.
        AudioTranscriptDone(AudioDone<'a>) = "response.audio.transcript.done",
        /// An image as far as it is drawn.
        ImageGenerationCallPartialImage(PartialImage<'a>) = "response.image_generation_call.partial_image",
        /// A piece of code.
        CodeInterpreterCallCodeDelta(CallDelta<'a>) = "response.code_interpreter_call_code.delta",
        /// The code is complete.
        CodeInterpreterCallCodeDone(CodeDone<'a>) = "response.code_interpreter_call_code.done",
        /// The code has run.
        CodeInterpreterCallCompleted(Progress<'a>) = "response.code_interpreter_call.completed",
        /// Code is being written.
        CodeInterpreterCallInProgress(Progress<'a>) = "response.code_interpreter_call.in_progress",
        /// The code runs.
        CodeInterpreterCallInterpreting(Progress<'a>) = "response.code_interpreter_call.interpreting",
        /// A search in files has ended.
        FileSearchCallCompleted(Progress<'a>) = "response.file_search_call.completed",
        /// A search in files begins.
        FileSearchCallInProgress(Progress<'a>) = "response.file_search_call.in_progress",
        /// Files are searched.
        FileSearchCallSearching(Progress<'a>) = "response.file_search_call.searching",
        /// A command begins.
        ShellCallCommandAdded(ShellCommand<'a>) = "response.shell_call_command.added",
        /// A piece of a command.
        ShellCallCommandDelta(ShellCommandDelta<'a>) = "response.shell_call_command.delta",
        /// A command is complete.
        ShellCallCommandDone(ShellCommand<'a>) = "response.shell_call_command.done",
        /// A piece of a command's output.
        ShellCallOutputContentDelta(ShellOutputDelta<'a>) = "response.shell_call_output_content.delta",
        /// A command's output is complete.
        ShellCallOutputContentDone(ShellOutputDone<'a>) = "response.shell_call_output_content.done",
        /// A search in the web has ended.
        WebSearchCallCompleted(Progress<'a>) = "response.web_search_call.completed",
        /// A search in the web begins.
        WebSearchCallInProgress(Progress<'a>) = "response.web_search_call.in_progress",
        /// The web is searched.
        WebSearchCallSearching(Progress<'a>) = "response.web_search_call.searching",
        /// An image is drawn.
        ImageGenerationCallCompleted(Progress<'a>) = "response.image_generation_call.completed",
        /// An image is being drawn.
        ImageGenerationCallGenerating(Progress<'a>) = "response.image_generation_call.generating",
        /// An image begins.
        ImageGenerationCallInProgress(Progress<'a>) = "response.image_generation_call.in_progress",
        /// A piece of an MCP call's arguments.
        McpCallArgumentsDelta(CallDelta<'a>) = "response.mcp_call_arguments.delta",
        /// An MCP call's arguments are complete.
        McpCallArgumentsDone(ArgumentsDone<'a>) = "response.mcp_call_arguments.done",
        /// An MCP call has been answered.
        McpCallCompleted(Progress<'a>) = "response.mcp_call.completed",
        /// An MCP call has failed.
        McpCallFailed(Progress<'a>) = "response.mcp_call.failed",
        /// An MCP call begins.
        McpCallInProgress(Progress<'a>) = "response.mcp_call.in_progress",
        /// An MCP server has listed its tools.
        McpListToolsCompleted(Progress<'a>) = "response.mcp_list_tools.completed",
        /// An MCP server has not.
        McpListToolsFailed(Progress<'a>) = "response.mcp_list_tools.failed",
        /// An MCP server is asked for its tools.
        McpListToolsInProgress(Progress<'a>) = "response.mcp_list_tools.in_progress",
        /// The conversation is being made shorter.
        CompactionCompacting(Progress<'a>) = "response.compaction.compacting",
        /// The client steers the turn.
        Steer(TurnEvent<'a>) = "response.steer",
        /// The turn will be steered.
        SteerAccepted(TurnEvent<'a>) = "response.steer.accepted",
        /// It will not.
        SteerFailed(TurnEvent<'a>) = "response.steer.failed",
        /// It will be once something else is there.
        SteerPending(TurnEvent<'a>) = "response.steer.pending",
        /// The client adds to the turn.
        Inject(TurnEvent<'a>) = "response.inject",
        /// What it adds is there.
        InjectCreated(TurnEvent<'a>) = "response.inject.created",
        /// It is not.
        InjectFailed(TurnEvent<'a>) = "response.inject.failed",
    }
    missing = resolve_event;
}
