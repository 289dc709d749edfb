//! A whole message as the canonical reply.

use interlingua_model::{
    Arguments, Content, Finish, Item, ItemKind, Message, Origin, Part, PartKind, ReplyOrigins, Response, Role, Sourced,
    TextPart, ToolCall,
};
use interlingua_wire::{Maybe, messages as wire};

use super::call::{Called, decode_call};
use super::citations::decode_citation;
use super::failure::decode_failure;
use super::finish::{FINISH, STOP_SEQUENCE, decode_finish, explanation};
use super::ids::envelope;
use super::repeats::{another_id, says_no_more};
use super::server::{answers, joined, settled};
use super::unread::Unread;
use super::usage::decode_usage;
use crate::arguments::{mended, mended_arguments};
use crate::convert::arguments_of;
use crate::custom_input::{Rest, unwrap};
use crate::messages::thinking::{decode_redacted, decode_thinking};
use crate::reached::settle;
use crate::{Error, LossCode, Sent, Translated};

/// Reads a message: its blocks in order, neighbouring texts as one.
///
/// Names and ids that the request translation replaced are the caller's own again, and so are custom tools that went out as
/// functions.
///
/// # Errors
/// [`Error::Upstream`] when the body is an error, [`Error::Malformed`] for what is no message, or a call without a name.
///
/// ```
/// use interlingua_translate::{Sent, Stamp, messages};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let body = r#"{"content":[{"type":"text","text":"Hi"}],"stop_reason":"end_turn"}"#;
/// let reply = messages::decode_response(serde_json::from_str(body)?, &sent)?.value;
/// assert_eq!(reply.items.len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decode_response(wire: wire::Response, sent: &Sent) -> Result<Translated<Response>, Error> {
    let head = envelope(&wire);
    let wire::Response {
        id: _,
        kind,
        role: _,
        model: _,
        content,
        stop_reason,
        stop_sequence,
        stop_details,
        usage,
        container,
        diagnostics,
        context_management,
        input_transformations,
        mut extra,
    } = wire;
    if let Some(error) = extra.take("error").and_then(|error| error.parse::<wire::ErrorDetail>().ok()) {
        return Err(Error::Upstream(Box::new(decode_failure(error))));
    }
    let Some(content) = content else {
        let message = match kind {
            Some(kind) => format!("it is a `{kind}` without content, no `message`"),
            None => "it is no message".to_owned(),
        };
        return Err(Error::Malformed { path: Some("content".to_owned()), message });
    };
    let mut reader = Reader { sent, items: Vec::new(), unread: Unread::default() };
    reader.unread.fields(Origin::default(), &extra);
    reader.unread.known("diagnostics", &diagnostics);
    reader.unread.known("context_management", &context_management);
    reader.unread.known("input_transformations", &input_transformations);
    if matches!(container, Maybe::Value(_)) {
        reader.unread.once("container".to_owned(), LossCode::DroppedDetail, "`container` is not carried over");
    }
    for (index, block) in content.into_iter().enumerate() {
        reader.block(block, Origin::nth("content[*]", index))?;
    }
    let Reader { sent: _, mut items, mut unread } = reader;
    let explanation = explanation(stop_details, &mut unread);
    let mut losses = unread.losses;
    let finish = decode_finish(stop_reason.as_ref(), &mut losses);
    if let Some(refusal) = explanation {
        let origin = Origin::of("stop_details.explanation");
        add_part(&mut items, Part { origin, kind: PartKind::Refusal(refusal), cache_breakpoint: None });
    }
    let usage = usage.and_then(decode_usage);
    if finish == Finish::Completed && items.is_empty() && usage.is_none() {
        let detail = "the upstream completed without saying or costing anything";
        losses.push(crate::Loss::new("content", LossCode::EmptyCompletion, detail));
    }
    settle(&mut items, &finish);
    let value = Response {
        id: head.id,
        created: None,
        model: head.model,
        service_tier: head.service_tier,
        metadata: None,
        items,
        usage,
        moderation: None,
        finish,
        stop_sequence: stop_sequence.map(|sequence| Sourced::at(STOP_SEQUENCE, sequence)),
        beside: Vec::new(),
        origins: ReplyOrigins { items: Origin::of("content"), finish: FINISH, usage: Origin::of("usage") },
    };
    Ok(Translated { value, losses })
}

/// A reply while it is being read.
struct Reader<'s> {
    sent: &'s Sent,
    items: Vec<Item>,
    unread: Unread,
}

impl Reader<'_> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "what servers did is told by no other API")]
    fn block(&mut self, block: wire::Block, origin: Origin) -> Result<(), Error> {
        let kind = match block {
            wire::Block::Text(text) => {
                self.text(text, origin);
                return Ok(());
            }
            wire::Block::Thinking(wire::Thinking { thinking, signature, extra }) => {
                self.unread.fields(origin, &extra);
                ItemKind::Reasoning(decode_thinking(thinking, signature))
            }
            wire::Block::RedactedThinking(wire::RedactedThinking { data, extra }) => {
                self.unread.fields(origin, &extra);
                ItemKind::Reasoning(decode_redacted(data))
            }
            wire::Block::ToolUse(call) => {
                let call = self.call(*call, origin)?;
                match self.once(call) {
                    Some(call) => ItemKind::ToolCall(call),
                    None => return Ok(()),
                }
            }
            block => {
                if let Some(Item { origin: _, kind: ItemKind::Opaque(call), beside: _ }) = self.items.last_mut()
                    && answers(&block, call)
                {
                    *call = joined(call, &block);
                    return Ok(());
                }
                ItemKind::Opaque(settled(&block))
            }
        };
        self.items.push(Item::new(origin, kind));
        Ok(())
    }

    /// A call under an id of its own; `None` for one that has been told before.
    fn once(&self, call: ToolCall) -> Option<ToolCall> {
        let calls = || {
            self.items.iter().filter_map(|item| match &item.kind {
                ItemKind::ToolCall(call) => Some(call),
                ItemKind::Message(_)
                | ItemKind::Reasoning(_)
                | ItemKind::ToolResult(_)
                | ItemKind::ImageGeneration(_)
                | ItemKind::Opaque(_) => None,
            })
        };
        let mut of_id = calls().filter(|known| known.call_id == call.call_id).peekable();
        if of_id.peek().is_none() {
            return Some(call);
        }
        let says_no_more =
            |known: &ToolCall| known.name == call.name && says_no_more(known.arguments.text(), call.arguments.text());
        if of_id.any(says_no_more) {
            return None;
        }
        let call_id = another_id(&call.call_id, |id| calls().any(|known| known.call_id == id));
        Some(ToolCall { call_id, ..call })
    }

    /// Takes a text; a neighbour of one is its continuation, since a cited sentence comes in several blocks.
    fn text(&mut self, text: wire::TextBlock, origin: Origin) {
        let wire::TextBlock { text, cache_control: _, citations, extra } = text;
        self.unread.fields(origin, &extra);
        let text = text.unwrap_or_default();
        let citations = citations.into_value().unwrap_or_default();
        if let Some(Item { origin: _, kind: ItemKind::Message(message), beside: _ }) = self.items.last_mut()
            && let Content::Parts(parts) = &mut message.content
            && let Some(Part { origin: _, kind: PartKind::Text(known), cache_breakpoint: _ }) = parts.last_mut()
        {
            let start = characters(&known.text);
            known.text.push_str(&text);
            let end = characters(&known.text);
            known.annotations.extend(annotations(citations, start, end, origin));
            return;
        }
        if text.is_empty() && citations.is_empty() {
            return;
        }
        let end = characters(&text);
        let annotations = annotations(citations, 0, end, origin).collect();
        let part = PartKind::Text(TextPart { text, annotations, logprobs: Vec::new() });
        self.items.push(message(origin, Part { origin, kind: part, cache_breakpoint: None }));
    }

    fn call(&mut self, call: wire::ToolUse, origin: Origin) -> Result<ToolCall, Error> {
        let Called { call_id, name, namespace, is_custom, input } =
            decode_call(call, origin, self.sent, &mut self.unread)?;
        let text = arguments_of(input.map(|input| input.get().to_owned()));
        let text = match mended(&text) {
            Some(object) => {
                self.unread.tell(mended_arguments(origin));
                object
            }
            None => text,
        };
        let arguments = if is_custom {
            let (input, rest) = unwrap(&text);
            if matches!(rest, Rest::More) {
                let detail = "the model wrote more beside the input of the tool";
                self.unread.once(origin.path(), LossCode::DroppedDetail, detail);
            }
            Arguments::Custom(input)
        } else {
            Arguments::Function(text)
        };
        Ok(ToolCall { id: None, call_id, name, namespace, arguments, status: None })
    }
}

fn annotations(
    citations: Vec<wire::Citation>,
    start: u64,
    end: u64,
    origin: Origin,
) -> impl Iterator<Item = interlingua_model::Annotation> {
    citations.into_iter().enumerate().map(move |(index, citation)| {
        let place = origin.then_nth("content[*].citations[*]", index);
        decode_citation(citation, start, end, place)
    })
}

fn message(origin: Origin, part: Part) -> Item {
    let message = Message::new(Role::Assistant, Content::Parts(vec![part]));
    Item::new(origin, ItemKind::Message(message))
}

/// Adds a part to the message that the reply ends with, or a message of it.
fn add_part(items: &mut Vec<Item>, part: Part) {
    if let Some(Item { origin: _, kind: ItemKind::Message(message), beside: _ }) = items.last_mut()
        && let Content::Parts(parts) = &mut message.content
    {
        return parts.push(part);
    }
    items.push(message(part.origin, part));
}

pub(in crate::messages) fn characters(text: &str) -> u64 {
    u64::try_from(text.chars().count()).unwrap_or(u64::MAX)
}
