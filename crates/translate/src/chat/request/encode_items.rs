//! Canonical items as Chat's messages.
//!
//! Chat groups what Responses lists: the texts and calls of one turn are one assistant message, and every result
//! stands directly behind the message that made its call.

use interlingua_model::{Api, Content, Item, ItemKind, Message, Opaque, Origin, Role, Sourced, ToolResult};
use interlingua_wire::{Extra, Json, Unknown, chat as wire};

use super::encode_content::{encode_content, encode_result};
use super::encode_turn::{AssistantTurn, Placed};
use super::writing::Writing;
use crate::beside::leave_out_fields;
use crate::chat::Field;
use crate::convert::wire_json;
use crate::mid_system::reminder;
use crate::opaque::{leave_out_of_request, lost_image};
use crate::operator::said_to;
use crate::places::{At, What};
use crate::tool_error::told;
use crate::{Error, FILLER, LossCode, MidSystem, RequestCode};

pub(super) fn encode_messages(
    out: &mut Writing<'_>,
    instructions: Option<Sourced<Content>>,
    items: Vec<Item>,
    items_origin: Origin,
    note: Option<String>,
) -> Result<Vec<wire::Message>, Error> {
    let mut conversation = Conversation::default();
    for Item { origin, kind, beside } in items {
        leave_out_fields(&beside, origin, Api::Chat, &mut out.losses);
        match kind {
            ItemKind::Message(message) if is_empty(&message.content) => {
                out.lose(origin.path(), LossCode::DroppedItem, "a message that says nothing");
            }
            ItemKind::Message(message) if message.role == Role::Assistant => {
                conversation.turn().say(out, message, origin)?;
            }
            ItemKind::Message(message) => {
                let said = Placed::new(encode_message(out, message, origin)?, Some(origin));
                let is_late = is_system(&said) && conversation.has_begun();
                if is_late && out.upstream.mid_system == MidSystem::Reminder {
                    conversation.remind(said);
                } else {
                    conversation.said(said);
                }
            }
            ItemKind::ToolCall(call) => conversation.turn().call(out, call, origin),
            ItemKind::ToolResult(result) => conversation.answer(out, result, origin)?,
            ItemKind::Reasoning(reasoning) if out.upstream.replay_reasoning || !out.upstream.carried.is_empty() => {
                conversation.turn().think(out, &reasoning, origin);
            }
            ItemKind::Reasoning(_) => {
                out.lose(origin.path(), LossCode::DroppedReasoning, "a Chat upstream takes no thoughts back");
            }
            ItemKind::Opaque(Opaque { api: Api::Chat, kind, class: _, raw }) => {
                let message = wire::Message::Unknown(Unknown { kind, raw: wire_json(raw) });
                conversation.said(Placed::new(message, Some(origin)));
            }
            ItemKind::ImageGeneration(made) => out.losses.push(lost_image(&made, origin, Api::Chat)),
            ItemKind::Opaque(opaque) => leave_out_of_request(&opaque, origin, Api::Chat, &mut out.losses)?,
        }
    }
    let said = conversation.into_messages(out);
    if said.is_empty() {
        let message = "a conversation needs at least one message";
        return Err(Error::request(items_origin.path(), RequestCode::MissingParameter, message));
    }
    let instructions = match instructions {
        None => None,
        Some(Sourced { value, origin }) => {
            let said = said_to(value, Api::Chat, &mut out.losses);
            if matches!(&said, Content::Text(text) if text.is_empty()) || is_empty(&said) {
                None
            } else {
                let content = encode_content(out, said, &Role::Developer)?;
                Some(Placed::new(by_role(out, &Role::Developer, plain(content, None)), Some(origin)))
            }
        }
    };
    let mut messages: Vec<_> = instructions.into_iter().chain(said).collect();
    if let Some(note) = note {
        let message = by_role(out, &Role::Developer, plain(wire::Content::Text(note), None));
        messages.insert(leading(&messages), Placed::new(message, None));
    }
    if let Some(words) = &out.upstream.missing_user
        && !messages.iter().any(|placed| matches!(placed.message, wire::Message::User(_)))
    {
        let message = wire::Message::User(plain(wire::Content::Text(words.clone()), None));
        messages.insert(leading(&messages), Placed::new(message, None));
    }
    if let Some(words) = &out.upstream.bridge_after_tool {
        bridge(&mut messages, words);
    }
    if out.upstream.merge_leading_system {
        merge_leading(&mut messages);
    }
    prefill(out, &mut messages, items_origin);
    Ok(messages.into_iter().enumerate().map(|(index, placed)| place(out, placed, index)).collect())
}

/// Notes where a message came from, now that it stands where it stays.
fn place(out: &mut Writing<'_>, placed: Placed, index: usize) -> wire::Message {
    let Placed { message, origin, calls, is_reminder: _ } = placed;
    if let Some(origin) = origin {
        let what = if matches!(message, wire::Message::Tool(_)) { What::Result } else { What::Message };
        out.places.add(At::Item("messages", index), what, origin);
    }
    for (number, (what, origin)) in calls.into_iter().enumerate() {
        out.places.add(At::Inner("messages", index, "tool_calls", number), what, origin);
    }
    message
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
    said: Vec<Placed>,
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

    fn said(&mut self, message: Placed) {
        if !self.open.turn.is_empty() {
            self.close();
        }
        match self.open.said.last_mut() {
            // What follows a reminder that has no user's message to stand in is said in one message with it.
            Some(last) if last.is_reminder && matches!(message.message, wire::Message::User(_)) => last.join(message),
            Some(_) | None => self.open.said.push(message),
        }
    }

    /// Whether anybody but the operator has said anything.
    fn has_begun(&self) -> bool {
        let is_other = |placed: &Placed| !is_system(placed);
        !self.done.is_empty() || !self.open.turn.is_empty() || self.open.said.iter().any(is_other)
    }

    /// Reminds the model of what the operator says: in the user's message that stands before it, or in one of its own.
    fn remind(&mut self, said: Placed) {
        let text = wire::Content::Text(reminder(&text(said.message).unwrap_or_default()));
        let message = Placed::new(wire::Message::User(plain(text, None)), said.origin);
        let message = Placed { is_reminder: true, ..message };
        if self.open.turn.is_empty()
            && let Some(last) = self.open.said.last_mut().filter(|last| matches!(last.message, wire::Message::User(_)))
        {
            return last.join(message);
        }
        self.said(message);
    }

    /// Puts a result behind the call it answers, wherever that stands.
    fn answer(&mut self, out: &mut Writing<'_>, result: ToolResult, origin: Origin) -> Result<(), Error> {
        let ToolResult { id: _, call_id, kind: _, output, is_error, status: _ } = result;
        let turn = if self.open.turn.has_call(&call_id) {
            &mut self.open.turn
        } else {
            let earlier = self.done.iter_mut().rev().map(|section| &mut section.turn);
            let Some(turn) = earlier.into_iter().find(|turn| turn.has_call(&call_id)) else {
                let path = format!("{}.call_id", origin.path());
                let message = format!("no earlier call of the input has the call_id `{call_id}`");
                return Err(Error::request(path, RequestCode::InvalidValue, message));
            };
            let detail = "the result moved up behind its call, where Chat wants it";
            out.lose(origin.path(), LossCode::MovedItem, detail);
            turn
        };
        let call_id = out.sent.call_ids().wire(call_id);
        let output = told(output, is_error, origin, &mut out.losses);
        let (content, media) = encode_result(out, output)?;
        let message =
            wire::ToolMessage { tool_call_id: Some(call_id), content: Some(content), name: None, extra: Extra::new() };
        turn.answer(message, origin, media);
        Ok(())
    }

    fn close(&mut self) {
        self.done.push(std::mem::take(&mut self.open));
    }

    fn into_messages(mut self, out: &mut Writing<'_>) -> Vec<Placed> {
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
    let content = encode_content(out, content, &role)?;
    let name = name.filter(|_| {
        let is_refused = out.upstream.refuses(Field::MessageName);
        if is_refused {
            out.lose(
                format!("{}.name", origin.path()),
                LossCode::DroppedName,
                "this upstream knows no names of speakers",
            );
        }
        !is_refused
    });
    Ok(by_role(out, &role, plain(content, name)))
}

fn is_empty(content: &Content) -> bool {
    matches!(content, Content::Parts(parts) if parts.is_empty())
}

fn plain(content: wire::Content, name: Option<String>) -> wire::PlainMessage {
    wire::PlainMessage { content: Some(content), name, extra: Extra::new() }
}

fn by_role(out: &Writing<'_>, role: &Role, message: wire::PlainMessage) -> wire::Message {
    match role {
        Role::System => wire::Message::System(message),
        Role::Developer if out.upstream.developer_as_system => wire::Message::System(message),
        Role::Developer => wire::Message::Developer(message),
        Role::User | Role::Assistant => wire::Message::User(message),
    }
}

fn is_system(placed: &Placed) -> bool {
    matches!(placed.message, wire::Message::System(_) | wire::Message::Developer(_))
}

/// How many system messages the conversation begins with.
fn leading(messages: &[Placed]) -> usize {
    messages.iter().take_while(|message| is_system(message)).count()
}

/// Lets the model speak between the result of a tool and a user.
fn bridge(messages: &mut Vec<Placed>, words: &str) {
    let mut bridged = Vec::with_capacity(messages.len());
    for placed in messages.drain(..) {
        let is_user = matches!(placed.message, wire::Message::User(_));
        if is_user && bridged.last().is_some_and(|last: &Placed| matches!(last.message, wire::Message::Tool(_))) {
            let content = Some(wire::Content::Text(words.to_owned()));
            let message = wire::AssistantMessage { content, ..wire::AssistantMessage::default() };
            bridged.push(Placed::new(wire::Message::Assistant(Box::new(message)), None));
        }
        bridged.push(placed);
    }
    *messages = bridged;
}

/// Lets the upstream go on from a message of the model's at the end, or says that it does not.
fn prefill(out: &mut Writing<'_>, messages: &mut Vec<Placed>, items_origin: Origin) {
    let Some(Placed { message: wire::Message::Assistant(last), origin, calls: _, is_reminder: _ }) =
        messages.last_mut()
    else {
        return;
    };
    if last.tool_calls.is_some() {
        return;
    }
    let path = origin.unwrap_or(items_origin).path();
    if out.memory.plan.thinks && !out.upstream.prefill_while_thinking {
        let detail = "a conversation ends with the user here while the model thinks; a sign stands for what they say";
        out.lose(path, LossCode::ChangedValue, detail);
        let message = wire::Message::User(plain(wire::Content::Text(FILLER.to_owned()), None));
        return messages.push(Placed::new(message, None));
    }
    let Some(fields) = &out.upstream.prefill else {
        let detail = "this upstream answers a message of the model's at the end instead of continuing it";
        return out.lose(path, LossCode::PrefillNotContinued, detail);
    };
    for (name, value) in fields.as_map() {
        last.extra.push(name, Json::from_value(value).unwrap_or_else(|_| Json::null()));
    }
}

/// Joins the system messages that the conversation begins with, for servers whose template allows only one.
fn merge_leading(messages: &mut Vec<Placed>) {
    let count = leading(messages);
    if count < 2 {
        return;
    }
    let leading: Vec<_> = messages.drain(..count).collect();
    let is_marked = leading.iter().any(|placed| is_marked(&placed.message));
    let is_developer = matches!(leading.first().map(|placed| &placed.message), Some(wire::Message::Developer(_)));
    let content = if is_marked {
        wire::Content::Parts(leading.into_iter().flat_map(|placed| parts(placed.message)).collect())
    } else {
        let texts: Vec<String> = leading.into_iter().filter_map(|placed| text(placed.message)).collect();
        wire::Content::Text(texts.join("\n\n"))
    };
    let message = plain(content, None);
    let merged = if is_developer { wire::Message::Developer(message) } else { wire::Message::System(message) };
    messages.insert(0, Placed::new(merged, None));
}

/// Whether something stands beside a text that joining would lose.
fn is_marked(message: &wire::Message) -> bool {
    let (wire::Message::System(message) | wire::Message::Developer(message)) = message else { return false };
    let Some(wire::Content::Parts(parts)) = &message.content else { return false };
    parts.iter().any(|part| matches!(part, wire::Part::Text(part) if !part.extra.is_empty()))
}

fn parts(message: wire::Message) -> Vec<wire::Part> {
    let (wire::Message::System(message) | wire::Message::Developer(message)) = message else { return Vec::new() };
    match message.content {
        Some(wire::Content::Parts(parts)) => parts,
        Some(wire::Content::Text(text)) => {
            vec![wire::Part::Text(wire::TextPart { text: Some(text), ..wire::TextPart::default() })]
        }
        None => Vec::new(),
    }
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
