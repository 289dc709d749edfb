//! How far each item of a reply got, where its API says so of the reply alone.

use interlingua_model::{Arguments, Finish, Item, ItemKind, ItemStatus};

/// Says how far each item got: all are whole, but the last one of a reply that was cut short.
pub(crate) fn settle(items: &mut [Item], finish: &Finish) {
    let last = items.len().saturating_sub(1);
    for (index, item) in items.iter_mut().enumerate() {
        let is_cut = index == last && *finish != Finish::Completed;
        let status = Some(if is_cut { ItemStatus::Incomplete } else { ItemStatus::Completed });
        match &mut item.kind {
            ItemKind::Message(message) => message.status = status,
            ItemKind::ToolCall(call) => {
                call.status = status;
                // A function without arguments was called with an empty object; clients parse them.
                if let Arguments::Function(arguments) = &mut call.arguments
                    && !is_cut
                    && arguments.trim_ascii().is_empty()
                {
                    arguments.push_str("{}");
                }
            }
            ItemKind::Reasoning(reasoning) => reasoning.status = status,
            ItemKind::ToolResult(result) => result.status = status,
            ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {}
        }
    }
}
