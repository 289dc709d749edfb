//! Events that say how far the upstream's own work has come.

use std::borrow::Cow;

use interlingua_model::{Api, Event, Json, Opaque, OpaqueClass, Sink};
use interlingua_wire::{Integer, responses as wire};

use super::undocumented::is_untyped;
use crate::convert::verbatim;

/// What an event beside the texts is about.
pub(super) enum Step {
    /// A tool that the server runs, with the output index the event gives.
    OfTool(Option<Integer>),
    /// The turn, or nothing that the upstream tells.
    Aside,
}

/// What an event is about.
pub(super) fn step(event: &wire::Event<'_>) -> Step {
    use wire::Event as E;
    Step::OfTool(match event {
        E::CodeInterpreterCallCompleted(at)
        | E::CodeInterpreterCallInProgress(at)
        | E::CodeInterpreterCallInterpreting(at)
        | E::FileSearchCallCompleted(at)
        | E::FileSearchCallInProgress(at)
        | E::FileSearchCallSearching(at)
        | E::WebSearchCallCompleted(at)
        | E::WebSearchCallInProgress(at)
        | E::WebSearchCallSearching(at)
        | E::ImageGenerationCallCompleted(at)
        | E::ImageGenerationCallGenerating(at)
        | E::ImageGenerationCallInProgress(at)
        | E::McpCallCompleted(at)
        | E::McpCallFailed(at)
        | E::McpCallInProgress(at)
        | E::McpListToolsCompleted(at)
        | E::McpListToolsFailed(at)
        | E::McpListToolsInProgress(at)
        | E::CompactionCompacting(at) => at.output_index,
        E::ImageGenerationCallPartialImage(at) => at.output_index,
        E::CodeInterpreterCallCodeDelta(at) | E::McpCallArgumentsDelta(at) => at.output_index,
        E::CodeInterpreterCallCodeDone(at) => at.output_index,
        E::McpCallArgumentsDone(at) => at.output_index,
        E::ShellCallCommandAdded(at) | E::ShellCallCommandDone(at) => at.output_index,
        E::ShellCallCommandDelta(at) => at.output_index,
        E::ShellCallOutputContentDelta(at) => at.output_index,
        E::ShellCallOutputContentDone(at) => at.output_index,
        E::OutputTextDelta(_)
        | E::FunctionCallArgumentsDelta(_)
        | E::CustomToolCallInputDelta(_)
        | E::ReasoningSummaryTextDelta(_)
        | E::ReasoningTextDelta(_)
        | E::RefusalDelta(_)
        | E::Created(_)
        | E::Queued(_)
        | E::InProgress(_)
        | E::Completed(_)
        | E::Incomplete(_)
        | E::Failed(_)
        | E::Error(_)
        | E::OutputItemAdded(_)
        | E::OutputItemDone(_)
        | E::ContentPartAdded(_)
        | E::ContentPartDone(_)
        | E::OutputTextDone(_)
        | E::OutputTextAnnotationAdded(_)
        | E::RefusalDone(_)
        | E::FunctionCallArgumentsDone(_)
        | E::CustomToolCallInputDone(_)
        | E::ReasoningSummaryPartAdded(_)
        | E::ReasoningSummaryPartDone(_)
        | E::ReasoningSummaryTextDone(_)
        | E::ReasoningTextDone(_)
        | E::AudioDelta(_)
        | E::AudioDone(_)
        | E::AudioTranscriptDelta(_)
        | E::AudioTranscriptDone(_)
        | E::Steer(_)
        | E::SteerAccepted(_)
        | E::SteerFailed(_)
        | E::SteerPending(_)
        | E::Inject(_)
        | E::InjectCreated(_)
        | E::InjectFailed(_)
        | E::Unknown(_) => return Step::Aside,
    })
}

/// An event in the words it came in; data without a type would not be the event without the name it came under.
pub(super) fn as_it_came<'d>(event: &wire::Event<'_>, data: Option<&'d str>) -> Cow<'d, str> {
    match data.filter(|data| !is_untyped(data)) {
        Some(data) => Cow::Borrowed(data),
        None => Cow::Owned(verbatim(event).text().to_owned()),
    }
}

/// Passes on what is between the client and its upstream, beside the reply.
pub(super) fn aside(event: &wire::Event<'_>, data: Option<&str>, out: &mut impl Sink) {
    let Ok(raw) = Json::from_text(&as_it_came(event, data)) else { return };
    let (kind, class) = (event.tag().to_owned(), OpaqueClass::Settled);
    out.event(Event::Opaque(Opaque { api: Api::Responses, kind, class, raw }));
}
