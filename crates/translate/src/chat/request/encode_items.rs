//! Canonical items as Chat's messages.
//!
//! Chat groups what Responses lists: the texts and calls of one turn are one assistant message, and every result
//! stands directly behind the message that made its call.

use interlingua_model::{Content, Item, ItemKind, Message, Opaque, Origin, Role, Sourced, ToolResult};
use interlingua_wire::{Extra, chat as wire};

use super::encode_content::{encode_content, encode_result};
use super::encode_turn::AssistantTurn;
use super::writing::Writing;
use crate::responses::{is_essential, is_settled};
use crate::{Error, LossCode, RequestCode};

pub(super) fn encode_messages(
    out: &mut Writing<'_>,
    instructions: Option<Sourced<String>>,
    items: Vec<Item>,
) -> Result<Vec<wire::Message>, Error> {
    let mut conversation = Conversation::default();
    for Item { origin, kind } in items {
        match kind {
            ItemKind::Message(message) if message.role == Role::Assistant => {
                conversation.turn().say(out, message, origin)?;
            }
            ItemKind::Message(message) => {
                let message = encode_message(out, message, origin)?;
                conversation.said(message);
            }
            ItemKind::ToolCall(call) => conversation.turn().call(out, call),
            ItemKind::ToolResult(result) => conversation.answer(out, result, origin)?,
            ItemKind::Reasoning(reasoning) if out.profile.replay_reasoning => {
                conversation.turn().think(out, &reasoning, origin);
            }
            ItemKind::Reasoning(_) => {
                out.lose(
                    out.sources.path(origin),
                    LossCode::DroppedReasoning,
                    "a Chat upstream takes no thoughts back",
                );
            }
            ItemKind::Opaque(opaque) => drop_item(out, &opaque, origin)?,
        }
    }
    let said = conversation.into_messages(out);
    if said.is_empty() {
        let message = "a conversation needs at least one message";
        return Err(Error::request("input", RequestCode::MissingParameter, message));
    }
    let instructions = instructions.filter(|text| !text.value.is_empty());
    let instructions =
        instructions.map(|text| by_role(out, &Role::Developer, plain(wire::Content::Text(text.value), None)));
    let mut messages: Vec<_> = instructions.into_iter().chain(said).collect();
    if out.profile.merge_leading_system {
        merge_leading(&mut messages);
    }
    Ok(messages)
}

/// The conversation while it is gathered.
#[derive(Default)]
struct Conversation {
    done: Vec<Section>,
    open: Section,
}

/// What others say, and the turn of the model that follows.
#[derive(Default)]
struct Section {
    said: Vec<wire::Message>,
    turn: AssistantTurn,
}

impl Conversation {
    /// The turn under way; a new one once somebody has answered.
    fn turn(&mut self) -> &mut AssistantTurn {
        if self.open.turn.is_answered() {
            self.close();
        }
        &mut self.open.turn
    }

    fn said(&mut self, message: wire::Message) {
        if !self.open.turn.is_empty() {
            self.close();
        }
        self.open.said.push(message);
    }

    /// Puts a result behind the call it answers, wherever that stands.
    fn answer(&mut self, out: &mut Writing<'_>, result: ToolResult, origin: Origin) -> Result<(), Error> {
        let ToolResult { id: _, call_id, kind: _, output, status: _ } = result;
        let turn = if self.open.turn.has_call(&call_id) {
            &mut self.open.turn
        } else {
            let earlier = self.done.iter_mut().rev().map(|section| &mut section.turn);
            let Some(turn) = earlier.into_iter().find(|turn| turn.has_call(&call_id)) else {
                let path = format!("{}.call_id", out.sources.path(origin));
                let message = format!("no earlier call of the input has the call_id `{call_id}`");
                return Err(Error::request(path, RequestCode::InvalidValue, message));
            };
            let detail = "the result moved up behind its call, where Chat wants it";
            out.lose(out.sources.path(origin), LossCode::MovedItem, detail);
            turn
        };
        let (content, media) = encode_result(out, output)?;
        let message =
            wire::ToolMessage { tool_call_id: Some(call_id), content: Some(content), name: None, extra: Extra::new() };
        turn.answer(message, media);
        Ok(())
    }

    fn close(&mut self) {
        self.done.push(std::mem::take(&mut self.open));
    }

    fn into_messages(mut self, out: &mut Writing<'_>) -> Vec<wire::Message> {
        self.close();
        let mut messages = Vec::new();
        for Section { said, turn } in self.done {
            messages.extend(said);
            turn.write(out, &mut messages);
        }
        messages
    }
}

fn encode_message(out: &mut Writing<'_>, message: Message, origin: Origin) -> Result<wire::Message, Error> {
    let Message { id: _, role, content, name, phase: _, status: _ } = message;
    if let Content::Parts(parts) = &content
        && parts.is_empty()
    {
        let path = format!("{}.content", out.sources.path(origin));
        return Err(Error::request(path, RequestCode::InvalidValue, "an array of content needs at least one part"));
    }
    let content = encode_content(out, content, &role)?;
    Ok(by_role(out, &role, plain(content, name)))
}

fn plain(content: wire::Content, name: Option<String>) -> wire::PlainMessage {
    wire::PlainMessage { content: Some(content), name, extra: Extra::new() }
}

fn by_role(out: &Writing<'_>, role: &Role, message: wire::PlainMessage) -> wire::Message {
    match role {
        Role::System => wire::Message::System(message),
        Role::Developer if out.profile.developer_as_system => wire::Message::System(message),
        Role::Developer => wire::Message::Developer(message),
        Role::User | Role::Assistant => wire::Message::User(message),
    }
}

/// Leaves out an item that Chat has no word for, unless the conversation would be another one without it.
fn drop_item(out: &mut Writing<'_>, opaque: &Opaque, origin: Origin) -> Result<(), Error> {
    let (kind, path) = (&opaque.kind, out.sources.path(origin));
    if is_essential(kind) {
        let message = format!("the Chat Completions API cannot express a `{kind}`");
        return Err(Error::request(path, RequestCode::UnsupportedValue, message));
    }
    if is_settled(kind) {
        let detail = format!("the Chat Completions API has no place for a `{kind}` of the history");
        out.lose(path, LossCode::DroppedItem, detail);
    } else {
        out.lose(path, LossCode::UnknownItem, format!("neither API knows an item of type `{kind}`"));
    }
    Ok(())
}

/// Joins the system messages that the conversation begins with, for servers whose template allows only one.
fn merge_leading(messages: &mut Vec<wire::Message>) {
    let is_system = |message: &wire::Message| matches!(message, wire::Message::System(_) | wire::Message::Developer(_));
    let count = messages.iter().take_while(|message| is_system(message)).count();
    if count < 2 {
        return;
    }
    let leading: Vec<_> = messages.drain(..count).collect();
    let is_developer = matches!(leading.first(), Some(wire::Message::Developer(_)));
    let texts: Vec<String> = leading.into_iter().filter_map(text).collect();
    let message = plain(wire::Content::Text(texts.join("\n\n")), None);
    let merged = if is_developer { wire::Message::Developer(message) } else { wire::Message::System(message) };
    messages.insert(0, merged);
}

fn text(message: wire::Message) -> Option<String> {
    let (wire::Message::System(message) | wire::Message::Developer(message)) = message else { return None };
    Some(match message.content? {
        wire::Content::Text(text) => text,
        wire::Content::Parts(parts) => {
            let texts = parts.into_iter().filter_map(|part| match part {
                wire::Part::Text(part) => part.text,
                wire::Part::ImageUrl(_)
                | wire::Part::InputAudio(_)
                | wire::Part::File(_)
                | wire::Part::Refusal(_)
                | wire::Part::Thinking(_)
                | wire::Part::Unknown(_) => None,
            });
            texts.collect::<Vec<_>>().join("\n")
        }
    })
}
