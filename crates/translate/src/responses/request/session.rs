//! The id of a conversation: the same for each of its requests, so that the upstream finds its prompt cache again.

use std::fmt::Write as _;

use interlingua_model::{ItemKind, Message, Request, Role};

use crate::operator::joined;

/// An id made of how a conversation begins: the model, and the first words of the operator and of the person. Later turns
/// and all that is attached do not change it, nor do time and chance.
///
/// A UUID of version 5, since that is what the backend's own client sends.
pub(super) fn conversation_id(request: &Request) -> String {
    let said = |is_wanted: fn(&Role) -> bool| {
        let messages = request.items.iter().filter_map(|item| match &item.kind {
            ItemKind::Message(message) => Some(message),
            ItemKind::ToolCall(_)
            | ItemKind::ToolResult(_)
            | ItemKind::Reasoning(_)
            | ItemKind::ImageGeneration(_)
            | ItemKind::Opaque(_) => None,
        });
        messages.into_iter().find(|message| is_wanted(&message.role)).map(text_of)
    };
    let instructions = request.instructions.as_ref().map(|instructions| joined(&instructions.value));
    let operator = instructions.or_else(|| said(|role| matches!(role, Role::System | Role::Developer)));
    let person = said(|role| matches!(role, Role::User));
    let mut name = String::from("interlingua:conversation");
    for part in [Some(request.model.clone()), operator, person] {
        let part = part.unwrap_or_default();
        // With its length each part is told from the next.
        let _ = write!(name, ":{}:{part}", part.len());
    }
    crate::hash::uuid(name.as_bytes())
}

fn text_of(message: &Message) -> String {
    message.content.texts().collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use interlingua_model::Content;

    use super::*;

    fn id(model: &str, messages: &[(Role, &str)]) -> String {
        let mut request = Request::new(model);
        request.items.extend(messages.iter().map(|(role, text)| {
            let message = Message::new(role.clone(), Content::Text((*text).to_owned()));
            interlingua_model::Item::new(interlingua_model::Origin::default(), ItemKind::Message(message))
        }));
        conversation_id(&request)
    }

    #[test]
    fn a_conversation_keeps_its_id_from_turn_to_turn() {
        let first = [(Role::System, "be brief"), (Role::User, "hi")];
        let later = [&first[..], &[(Role::Assistant, "hello"), (Role::User, "and now?")]].concat();
        assert_eq!(id("m", &first), id("m", &later));
        // Changing how it is made empties everybody's prompt cache once.
        assert_eq!(id("m", &first), "080f8bfa-ae1e-5db6-b208-5615c8983f16");
    }

    #[test]
    fn model_operator_and_first_question_make_the_difference() {
        let talk = |model: &str, system: &str, user: &str| id(model, &[(Role::Developer, system), (Role::User, user)]);
        let ids = [
            talk("m", "a", "b"),
            talk("n", "a", "b"),
            talk("m", "a", "c"),
            talk("m", "c", "b"),
            talk("m", "ab", ""),
            id("m", &[(Role::User, "b")]),
        ];
        for (place, one) in ids.iter().enumerate() {
            assert!(!ids[..place].contains(one), "{ids:?}");
        }
    }
}
