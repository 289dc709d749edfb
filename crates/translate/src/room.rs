//! How much room a request takes as JSON, guessed of what it says, so that its body is written without moving.

use interlingua_model::{Content, ItemKind, ReasoningItem, Request, Tool};

/// What stands around the texts of an item or a tool: names of fields, ids, marks.
const AROUND: usize = 128;

/// How many bytes a body will hold, pictures and files left out.
pub(crate) fn room(request: &Request) -> usize {
    const SETTINGS: usize = 1024;
    let instructions = request.instructions.iter().map(|instructions| length(&instructions.value));
    let items = request.items.iter().map(|item| AROUND + said(&item.kind));
    let tools = request.tools.iter().map(|tool| AROUND + described(tool));
    let length = instructions.chain(items).chain(tools).fold(SETTINGS, usize::saturating_add);
    // Escapes take more than what they stand for.
    length + length / 16
}

fn said(kind: &ItemKind) -> usize {
    match kind {
        ItemKind::Message(message) => length(&message.content),
        ItemKind::ToolCall(call) => call.arguments.text().len(),
        ItemKind::ToolResult(result) => length(&result.output),
        ItemKind::Reasoning(ReasoningItem { id: _, summary, content, seal, status: _ }) => {
            let sealed = seal.iter().map(|seal| seal.data.len());
            sealed.chain(summary.iter().chain(content).map(String::len)).sum()
        }
        ItemKind::ImageGeneration(_) => 0,
        ItemKind::Opaque(opaque) => opaque.raw.text().len(),
    }
}

fn length(content: &Content) -> usize {
    content.texts().map(str::len).sum()
}

fn described(tool: &Tool) -> usize {
    match tool {
        Tool::Function(tool) => {
            let parameters = tool.parameters.as_ref().map_or(0, |parameters| parameters.text().len());
            parameters + tool.description.as_ref().map_or(0, String::len)
        }
        Tool::Custom(tool) => tool.description.as_ref().map_or(0, String::len),
        Tool::Hosted(tool) => tool.settings.text().len(),
        Tool::Opaque { origin: _, tool } => tool.raw.text().len(),
    }
}
