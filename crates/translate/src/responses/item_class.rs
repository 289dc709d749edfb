//! What becomes of a conversation without an item that the model has no word for.

use interlingua_model::{Api, Opaque, OpaqueClass};
use interlingua_wire::responses as wire;

use crate::convert::verbatim;

/// An item as the model carries it.
pub(in crate::responses) fn opaque(item: &wire::Item, class: OpaqueClass) -> Opaque {
    Opaque { api: Api::Responses, kind: item.tag().to_owned(), class, raw: verbatim(item) }
}

/// The class of an item, wherever it stands. Of what has a word in the model it is the class of one that the model cannot
/// hold all the same: a call that a program on the server made, a result that a reply repeats.
pub(in crate::responses) fn class(item: &wire::Item) -> OpaqueClass {
    match item {
        wire::Item::ComputerCall(_)
        | wire::Item::LocalShellCall(_)
        | wire::Item::ApplyPatchCall(_)
        | wire::Item::McpApprovalRequest(_)
        | wire::Item::FunctionCall(_)
        | wire::Item::CustomToolCall(_) => OpaqueClass::NeedsClient,
        wire::Item::ShellCall(call) => {
            let environment = call.environment.as_ref().and_then(|environment| environment.kind.as_deref());
            acts(environment.is_none_or(|kind| kind == "local"))
        }
        wire::Item::ToolSearchCall(call) => acts(call.execution.as_deref() == Some("client")),
        wire::Item::WebSearchCall(_)
        | wire::Item::FileSearchCall(_)
        | wire::Item::CodeInterpreterCall(_)
        | wire::Item::ImageGenerationCall(_)
        | wire::Item::McpCall(_)
        | wire::Item::McpListTools(_)
        | wire::Item::MultiAgentCall(_)
        | wire::Item::MultiAgentCallOutput(_)
        | wire::Item::FunctionCallOutput(_)
        | wire::Item::CustomToolCallOutput(_) => OpaqueClass::Settled,
        wire::Item::Message(_)
        | wire::Item::Reasoning(_)
        | wire::Item::ItemReference(_)
        | wire::Item::AdditionalTools(_)
        | wire::Item::Compaction(_)
        | wire::Item::CompactionTrigger(_)
        | wire::Item::ContextCompaction(_)
        | wire::Item::ConfigurationUpdate(_)
        | wire::Item::AgentMessage(_)
        | wire::Item::Program(_)
        | wire::Item::ProgramOutput(_)
        | wire::Item::ComputerCallOutput(_)
        | wire::Item::ToolSearchOutput(_)
        | wire::Item::LocalShellCallOutput(_)
        | wire::Item::ShellCallOutput(_)
        | wire::Item::ApplyPatchCallOutput(_)
        | wire::Item::McpApprovalResponse(_) => OpaqueClass::Essential,
        wire::Item::Unknown(_) => OpaqueClass::Unknown,
    }
}

/// The class of an item of the history. What a server has run is over, and so is a search for tools.
#[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are what they are in a reply")]
pub(in crate::responses) fn history_class(item: &wire::Item) -> OpaqueClass {
    let is_over = match item {
        wire::Item::ShellCall(_) => class(item) == OpaqueClass::Essential,
        // Whoever searched: what was found is said by the tools of the request.
        wire::Item::ToolSearchCall(_) | wire::Item::ToolSearchOutput(_) => true,
        // Where the client made the conversation shorter.
        wire::Item::ContextCompaction(item) if item.encrypted_content.is_none() => return OpaqueClass::Mark,
        _ => false,
    };
    if is_over { OpaqueClass::Settled } else { class(item) }
}

/// A call that the client runs or the server does; only the server that made it can read it either way.
fn acts(is_client: bool) -> OpaqueClass {
    if is_client { OpaqueClass::NeedsClient } else { OpaqueClass::Essential }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn class_of(json: &str) -> OpaqueClass {
        class(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn a_call_is_for_whom_it_says() {
        for (json, expected) in [
            (r#"{"type":"shell_call"}"#, OpaqueClass::NeedsClient),
            (r#"{"type":"shell_call","environment":{"type":"local"}}"#, OpaqueClass::NeedsClient),
            (r#"{"type":"shell_call","environment":{"type":"container_auto"}}"#, OpaqueClass::Essential),
            (r#"{"type":"tool_search_call","execution":"client"}"#, OpaqueClass::NeedsClient),
            (r#"{"type":"tool_search_call","execution":"server"}"#, OpaqueClass::Essential),
            (r#"{"type":"web_search_call"}"#, OpaqueClass::Settled),
            (r#"{"type":"item_reference","id":"msg_1"}"#, OpaqueClass::Essential),
            (r#"{"type":"hologram"}"#, OpaqueClass::Unknown),
        ] {
            assert_eq!(class_of(json), expected, "{json}");
        }
    }
}
