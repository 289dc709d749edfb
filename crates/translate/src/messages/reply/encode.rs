//! A canonical reply as a whole message.

use interlingua_model::{
    Api, Arguments, Content, Finish, Item, ItemKind, ItemStatus, Message, Origin, Part, PartKind, Response, TextPart,
    ToolCall,
};
use interlingua_wire::{Extra, Json, Maybe, messages as wire};

use super::citations::encode_citation;
use super::finish::{Ended, encode_finish, explained, is_withheld};
use super::ids::reply_id;
use super::server::own;
use super::thoughts::encode_thought;
use super::usage::encode_usage;
use crate::beside::leave_out_fields_once;
use crate::custom_input::wrap;
use crate::messages::Context;
use crate::messages::hosted::{Cited, write};
use crate::messages::input::input_object;
use crate::names::flat_name;
use crate::opaque::{hosted, leave_out_of_reply, lost_image};
use crate::{Error, Loss, LossCode, Translated};

/// Writes a reply as a message: a block of text for each message, one for each thought that the client wants, one for each
/// call.
///
/// # Errors
/// [`Error::Reply`] for an item on which the client would have to act and cannot.
///
/// ```
/// use interlingua_model::{Finish, ReplyOrigins, Response};
/// use interlingua_translate::{Stamp, messages};
///
/// let context = messages::Context::unknown(Stamp { id: "1".into(), created: 0 });
/// let reply = Response {
///     id: Some("resp_abc".into()), created: Some(1), model: Some("m".into()), service_tier: None, metadata: None,
///     items: vec![], usage: None, moderation: None, finish: Finish::Completed, stop_sequence: None, beside: vec![],
///     origins: ReplyOrigins::default(),
/// };
/// let message = messages::encode_response(reply, &context)?.value;
/// assert_eq!(message.id.as_deref(), Some("msg_resp_abc"));
/// # Ok::<(), interlingua_translate::Error>(())
/// ```
pub fn encode_response(response: Response, context: &Context) -> Result<Translated<wire::Response>, Error> {
    let Response {
        id,
        created: _,
        model,
        service_tier,
        // This API's requests carry no labels that a reply would repeat.
        metadata: _,
        items,
        usage,
        moderation: _,
        finish,
        stop_sequence,
        beside,
        origins,
    } = response;
    let mut losses = Vec::new();
    leave_out_fields_once(&beside, Origin::default(), Api::Messages, &mut losses);
    let mut blocks = Vec::with_capacity(items.len());
    let (mut cited, mut explanation) = (Cited::default(), None);
    let has_calls = items.iter().any(|item| matches!(item.kind, ItemKind::ToolCall(_)));
    for Item { origin, kind, beside } in items {
        leave_out_fields_once(&beside, origin, Api::Messages, &mut losses);
        let mut writing = Writing {
            context,
            is_withheld: is_withheld(&finish),
            cited: &mut cited,
            explanation: &mut explanation,
            losses: &mut losses,
        };
        writing.item(kind, origin, &mut blocks)?;
    }
    blocks.extend(cited.take());
    if finish == Finish::Completed && blocks.is_empty() {
        let detail = "the upstream completed without saying anything";
        losses.push(Loss::new(origins.items.path(), LossCode::EmptyCompletion, detail));
    }
    let Ended { reason, sequence, details } =
        encode_finish(&finish, stop_sequence, has_calls, origins.finish, &mut losses);
    let value = wire::Response {
        id: Some(reply_id(id, context)),
        kind: Some("message".to_owned()),
        role: Some("assistant".to_owned()),
        model: Some(context.model(model)),
        content: Some(blocks),
        stop_reason: Some(reason),
        stop_sequence: sequence,
        stop_details: explained(details, explanation),
        usage: Some(encode_usage(usage, service_tier)),
        container: Maybe::Absent,
        diagnostics: Maybe::Absent,
        context_management: Maybe::Absent,
        input_transformations: Maybe::Absent,
        extra: Extra::new(),
    };
    Ok(Translated { value, losses })
}

/// A reply while it is being written.
struct Writing<'r> {
    context: &'r Context,
    is_withheld: bool,
    cited: &'r mut Cited,
    /// Why the answer was kept back, in words.
    explanation: &'r mut Option<String>,
    losses: &'r mut Vec<Loss>,
}

impl Writing<'_> {
    fn item(&mut self, kind: ItemKind, origin: Origin, blocks: &mut Vec<wire::Block>) -> Result<(), Error> {
        match kind {
            ItemKind::Message(message) => blocks.extend(self.message(message, origin)),
            ItemKind::Reasoning(thought) => {
                blocks.extend(encode_thought(&thought, self.context.display, origin, self.losses));
            }
            ItemKind::ToolCall(call) => blocks.push(encode_call(call, origin, self.losses)),
            ItemKind::ToolResult(_) => {
                self.losses.push(Loss::new(origin.path(), LossCode::DroppedItem, "a result echoed in the reply"));
            }
            ItemKind::ImageGeneration(made) => self.losses.push(lost_image(&made, origin, Api::Messages)),
            ItemKind::Opaque(opaque) => {
                let own = own(&opaque);
                if !own.is_empty() {
                    blocks.extend(own);
                } else if let Some(hosted) = hosted(&opaque).filter(|hosted| self.context.knows(hosted)) {
                    let (written, search) = write(hosted);
                    self.cited.search(search);
                    blocks.extend(written);
                } else {
                    leave_out_of_reply(&opaque, origin, Api::Messages, self.losses)?;
                }
            }
        }
        Ok(())
    }

    /// A message as a block of text. A refusal in words is text, since what this API calls a refusal is withheld; where the answer
    /// was, its words say why.
    fn message(&mut self, message: Message, origin: Origin) -> Option<wire::Block> {
        let Message { id: _, role: _, content, name: _, phase, status } = message;
        if let Some(phase) = phase {
            let detail = format!("the Messages API has no place for the phase `{phase}`");
            self.losses.push(Loss::new(format!("{}.phase", origin.path()), LossCode::DroppedPhase, detail));
        }
        let parts = match content {
            Content::Text(text) => return text_block(text, Vec::new()),
            Content::Parts(parts) => parts,
        };
        let mut text = String::new();
        let mut citations = Vec::new();
        for Part { origin, kind, cache_breakpoint: _ } in parts {
            match kind {
                PartKind::Text(TextPart { text: more, annotations, logprobs: _ }) => {
                    for annotation in annotations {
                        match encode_citation(annotation, &more) {
                            Ok(citation) => {
                                self.cited.cite(&citation);
                                citations.push(citation);
                            }
                            Err(loss) => self.losses.push(loss),
                        }
                    }
                    text.push_str(&more);
                }
                PartKind::Refusal(words) if self.is_withheld && status == Some(ItemStatus::Incomplete) => {
                    *self.explanation = Some(words);
                }
                PartKind::Refusal(more) => {
                    self.losses.push(told_as_text(origin));
                    text.push_str(&more);
                }
                PartKind::Image(_) | PartKind::File(_) | PartKind::Audio(_) | PartKind::Opaque(_) => {
                    self.losses.push(lost_part(origin));
                }
            }
        }
        text_block(text, citations)
    }
}

/// The loss of a refusal that is told as text.
pub(in crate::messages) fn told_as_text(origin: Origin) -> Loss {
    Loss::new(origin.path(), LossCode::DroppedDetail, "the words of a refusal are told as text")
}

/// The loss of a part that is neither text nor a refusal.
pub(in crate::messages) fn lost_part(origin: Origin) -> Loss {
    Loss::new(origin.path(), LossCode::DroppedPart, "the Messages API carries only text in what the model says")
}

fn text_block(text: String, citations: Vec<wire::Citation>) -> Option<wire::Block> {
    if text.is_empty() {
        return None;
    }
    let citations = if citations.is_empty() { Maybe::Absent } else { Maybe::Value(citations) };
    let block = wire::TextBlock { text: Some(text), cache_control: None, citations, extra: Extra::new() };
    Some(wire::Block::Text(block))
}

fn encode_call(call: ToolCall, origin: Origin, losses: &mut Vec<Loss>) -> wire::Block {
    let ToolCall { id: _, call_id, name, namespace, arguments, status: _ } = call;
    let input = match arguments {
        Arguments::Custom(input) => wrap(&input),
        Arguments::Function(text) => {
            let (object, is_changed) = input_object(text);
            if is_changed {
                let detail = "the arguments are no JSON object, which this API wants; they stand in one";
                losses.push(Loss::new(origin.path(), LossCode::ChangedValue, detail));
            }
            object
        }
    };
    wire::Block::ToolUse(Box::new(wire::ToolUse {
        id: Some(call_id),
        name: Some(flat_name(namespace.as_deref(), name.into()).into_owned()),
        input: Json::from_text(input).ok(),
        ..wire::ToolUse::default()
    }))
}
