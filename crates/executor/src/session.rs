//! The id of a conversation: the same for each of its requests, so that the upstream finds its prompt cache again.

use std::fmt::Write as _;

use interlingua_model::{Content, ItemKind, Message, PartKind, Request, Role};
use uuid::Uuid;

/// An id made of how a conversation begins: the model, and the first words of the operator and of the person. Later turns
/// and all that is attached do not change it, nor do time and chance.
///
/// A UUID of version 5, since that is what the backend's own client sends.
pub(crate) fn conversation_id(request: &Request) -> String {
    let said = |is_wanted: fn(&Role) -> bool| {
        let messages = request.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Message(message) => Some(message),
            ItemKind::ToolCall(_) | ItemKind::ToolResult(_) | ItemKind::Reasoning(_) | ItemKind::Opaque(_) => None,
        });
        messages.into_iter().find(|message| is_wanted(&message.role)).map(text_of)
    };
    let instructions = request.instructions.as_ref().map(|instructions| instructions.value.clone());
    let operator = instructions.or_else(|| said(|role| matches!(role, Role::System | Role::Developer)));
    let person = said(|role| matches!(role, Role::User));
    let mut name = String::from("interlingua:conversation");
    for part in [Some(request.model.clone()), operator, person] {
        let part = part.unwrap_or_default();
        // With its length each part is told from the next.
        let _ = write!(name, ":{}:{part}", part.len());
    }
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

fn text_of(message: &Message) -> String {
    match &message.content {
        Content::Text(text) => text.clone(),
        Content::Parts(parts) => {
            let texts = parts.iter().filter_map(|part| match &part.kind {
                PartKind::Text(text) => Some(text.text.as_str()),
                PartKind::Refusal(_)
                | PartKind::Image(_)
                | PartKind::File(_)
                | PartKind::Audio(_)
                | PartKind::Opaque(_) => None,
            });
            texts.collect::<Vec<_>>().join("\n")
        }
    }
}

#[cfg(test)]
mod tests {
    use interlingua_translate::chat;
    use serde_json::{Value, json};

    use super::*;

    fn id(model: &str, messages: &Value) -> String {
        let body = json!({"model": model, "messages": messages}).to_string();
        conversation_id(&chat::decode_request(serde_json::from_str(&body).unwrap()).unwrap().value)
    }

    #[test]
    fn a_conversation_keeps_its_id_from_turn_to_turn() {
        let first = json!([{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]);
        let later = json!([
            {"role": "system", "content": "be brief"}, {"role": "user", "content": [{"type": "text", "text": "hi"}]},
            {"role": "assistant", "content": "hello"}, {"role": "user", "content": "and now?"},
        ]);
        assert_eq!(id("m", &first), id("m", &later));
        // Changing how it is made empties everybody's prompt cache once.
        assert_eq!(id("m", &first), "080f8bfa-ae1e-5db6-b208-5615c8983f16");
    }

    #[test]
    fn model_operator_and_first_question_make_the_difference() {
        let talk = |system: &str, user: &str| json!([{"role": "developer", "content": system}, {"role": "user", "content": user}]);
        let ids = [
            id("m", &talk("a", "b")),
            id("n", &talk("a", "b")),
            id("m", &talk("a", "c")),
            id("m", &talk("c", "b")),
            id("m", &talk("ab", "")),
            id("m", &json!([{"role": "user", "content": "b"}])),
        ];
        for (place, one) in ids.iter().enumerate() {
            assert!(!ids[..place].contains(one), "{ids:?}");
        }
    }
}
