//! A whole Chat completion as the canonical reply.

use interlingua_model::{
    Arguments, Content, Finish, Item, ItemKind, ItemStatus, Message, Origin, Part, PartKind, ReasoningItem,
    ReplyOrigins, Response, Role, TextPart, ToolCall,
};
use interlingua_wire::chat as wire;

use super::annotations::decode_annotation;
use super::content::{Said, decode_details, decode_part};
use super::failure::{decode_failure, spoken};
use super::finish::{FINISH, decode_finish};
use super::ids::made_up_call_id;
use super::logprobs::decode_logprobs;
use super::moderation::decode_moderation;
use super::usage::{USAGE, decode_usage};
use crate::chat::custom_input::unwrap;
use crate::convert::{count, json, non_empty};
use crate::{Error, Loss, LossCode, Sent, Translated};

/// Reads a Chat completion: its first choice, as thoughts, then a message, then calls.
///
/// Names that the request translation replaced are the caller's own again, and so are custom tools that went out as
/// functions. Choices beyond the first are dropped with a loss.
///
/// # Errors
/// [`Error::Upstream`] when the body holds an error in place of choices, [`Error::Malformed`] when it holds no
/// choice or a call without a name, [`Error::Reply`] for spoken answers.
///
/// ```
/// use interlingua_translate::{Sent, Stamp, chat};
///
/// let sent = Sent::unknown(&Stamp { id: "1".into(), created: 0 });
/// let body = r#"{"choices":[{"message":{"content":"Hi","reasoning":"They greet me."},"finish_reason":"stop"}]}"#;
/// let reply = chat::decode_response(serde_json::from_str(body)?, &sent)?.value;
/// assert_eq!(reply.items.len(), 2, "a thought and a message");
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn decode_response(wire: wire::Response, sent: &Sent) -> Result<Translated<Response>, Error> {
    let wire::Response {
        id,
        object: _,
        created,
        model,
        choices,
        usage,
        service_tier,
        system_fingerprint: _,
        metadata,
        moderation,
        error,
        extra: _,
    } = wire;
    let choices = choices.unwrap_or_default();
    if let Some(error) = error {
        return Err(Error::Upstream(Box::new(decode_failure(error))));
    }
    let mut losses = Vec::new();
    for index in 1..choices.len() {
        let detail = "the Responses API gives one answer";
        losses.push(Loss::new(format!("choices[{index}]"), LossCode::DroppedDetail, detail));
    }
    let Some(choice) = choices.into_iter().next() else {
        let message = "a completion without any choice".to_owned();
        return Err(Error::Malformed { path: Some("choices".to_owned()), message });
    };
    let wire::Choice { index: _, message, logprobs, finish_reason, extra: _ } = choice;
    let id = non_empty(id);
    let mut reader = ChoiceReader { sent, reply_id: id.as_deref(), losses, items: Vec::new() };
    reader.message(message.unwrap_or_default(), logprobs)?;
    let ChoiceReader { sent: _, reply_id: _, mut losses, mut items } = reader;
    let finish = decode_finish(finish_reason, &mut losses)?;
    let usage = usage.and_then(decode_usage);
    if finish == Finish::Completed {
        if items.is_empty() && usage.is_none() {
            let detail = "the upstream completed without saying or costing anything";
            losses.push(Loss::new("choices[0].message", LossCode::EmptyCompletion, detail));
        }
        if items.iter().all(|item| matches!(item.kind, ItemKind::Reasoning(_))) {
            items.push(message_item(vec![(MESSAGE, PartKind::Text(TextPart::default()))]));
        }
    }
    settle(&mut items, &finish);
    let value = Response {
        id,
        created: count(created).filter(|created| *created > 0),
        model: non_empty(model),
        service_tier,
        metadata: metadata.map(json),
        items,
        usage,
        moderation: moderation.and_then(decode_moderation),
        finish,
        origins: ReplyOrigins { items: MESSAGE, finish: FINISH, usage: USAGE },
    };
    Ok(Translated { value, losses })
}

const MESSAGE: Origin = Origin::of("choices[0].message");

/// A message while it is being read.
struct ChoiceReader<'c> {
    sent: &'c Sent,
    reply_id: Option<&'c str>,
    losses: Vec<Loss>,
    items: Vec<Item>,
}

impl ChoiceReader<'_> {
    fn message(&mut self, message: wire::ResponseMessage, logprobs: Option<wire::ChoiceLogprobs>) -> Result<(), Error> {
        let wire::ResponseMessage {
            role: _,
            content,
            refusal,
            tool_calls,
            function_call,
            annotations,
            audio,
            reasoning_content,
            reasoning,
            reasoning_details,
            extra: _,
        } = message;
        if audio.is_some() {
            return Err(spoken("choices[0].message.audio"));
        }
        let mut said = Texts::default();
        match content {
            None => {}
            Some(wire::Content::Text(text)) => said.text = text,
            Some(wire::Content::Parts(parts)) => {
                for (index, part) in parts.into_iter().enumerate() {
                    match decode_part(part) {
                        Said::Text(text) => said.text.push_str(&text),
                        Said::Refusal(text) => said.refusal.push_str(&text),
                        Said::Thought(text) => said.thoughts.push_str(&text),
                        Said::Other(kind) => {
                            let path = format!("choices[0].message.content[{index}]");
                            let detail = format!("the Responses API has no place for a `{kind}` in a reply");
                            self.lose(path, LossCode::DroppedPart, detail);
                        }
                    }
                }
            }
        }
        said.refusal.push_str(&refusal.unwrap_or_default());
        let (details, is_sealed) = decode_details(reasoning_details.unwrap_or_default());
        if is_sealed {
            let detail = "sealed thoughts of a Chat upstream have no way back to it";
            self.lose("choices[0].message.reasoning_details", LossCode::DroppedReasoning, detail);
        }
        // They say the same; the first that says anything counts.
        let thoughts = [
            ("choices[0].message.reasoning_content", reasoning_content),
            ("choices[0].message.reasoning", reasoning),
            ("choices[0].message.reasoning_details", Some(details)),
            ("choices[0].message.content", Some(said.thoughts)),
        ];
        if let Some((path, text)) = thoughts.into_iter().find_map(|(path, text)| Some((path, non_empty(text)?))) {
            self.think(text, Origin::of(path));
        }
        let wire::ChoiceLogprobs { content: tokens, refusal: refused, extra: _ } = logprobs.unwrap_or_default();
        if refused.is_some_and(|refused| !refused.is_empty()) {
            let detail = "the Responses API has no token probabilities of a refusal";
            self.lose("choices[0].logprobs.refusal", LossCode::DroppedLogprobs, detail);
        }
        let annotations = annotations.unwrap_or_default().into_iter().enumerate().map(|(index, annotation)| {
            decode_annotation(annotation, 0, Origin::nth("choices[0].message.annotations[*]", index))
        });
        let text = TextPart {
            text: said.text,
            annotations: annotations.collect(),
            logprobs: decode_logprobs(tokens.unwrap_or_default()),
        };
        self.say(text, said.refusal);
        for (index, call) in tool_calls.unwrap_or_default().into_iter().enumerate() {
            self.tool_call(call, index)?;
        }
        if let Some(wire::FunctionCall { name, arguments, extra: _ }) = function_call {
            let arguments = Arguments::Function(arguments.unwrap_or_default());
            self.call(None, name, arguments, Origin::of("choices[0].message.function_call"))?;
        }
        Ok(())
    }

    /// Open thoughts are shown to people, which is what a summary is for.
    fn think(&mut self, text: String, origin: Origin) {
        let reasoning = ReasoningItem { summary: vec![text], ..ReasoningItem::default() };
        self.items.push(Item { origin, kind: ItemKind::Reasoning(reasoning) });
    }

    fn say(&mut self, text: TextPart, refusal: String) {
        let mut parts = Vec::new();
        if !text.text.is_empty() || !text.annotations.is_empty() {
            parts.push((Origin::of("choices[0].message.content"), PartKind::Text(text)));
        }
        if !refusal.is_empty() {
            parts.push((Origin::of("choices[0].message.refusal"), PartKind::Refusal(refusal)));
        }
        if !parts.is_empty() {
            self.items.push(message_item(parts));
        }
    }

    fn tool_call(&mut self, call: wire::ToolCall, index: usize) -> Result<(), Error> {
        let origin = Origin::nth("choices[0].message.tool_calls[*]", index);
        match call {
            wire::ToolCall::Function(wire::FunctionToolCall { id, function, extra: _ }) => {
                let wire::FunctionCall { name, arguments, extra: _ } = function.unwrap_or_default();
                self.call(id, name, Arguments::Function(arguments.unwrap_or_default()), origin)
            }
            wire::ToolCall::Custom(wire::CustomToolCall { id, custom, extra: _ }) => {
                let wire::CustomCall { name, input, extra: _ } = custom.unwrap_or_default();
                self.call(id, name, Arguments::Custom(input.unwrap_or_default()), origin)
            }
            wire::ToolCall::Unknown(unknown) => {
                let message = format!("the model asks for a call of type `{}`, which no client knows", unknown.kind);
                Err(Error::reply(origin.path(), "unsupported_call", message))
            }
        }
    }

    fn call(
        &mut self,
        id: Option<String>,
        name: Option<String>,
        arguments: Arguments,
        origin: Origin,
    ) -> Result<(), Error> {
        let Some(wire_name) = non_empty(name) else {
            let message = "a call without a name could not be made".to_owned();
            return Err(Error::Malformed { path: Some(origin.path()), message });
        };
        let count = self.items.iter().filter(|item| matches!(item.kind, ItemKind::ToolCall(_))).count();
        let call_id = non_empty(id).unwrap_or_else(|| made_up_call_id(self.reply_id, self.sent.stamp_id(), count));
        let arguments = match arguments {
            Arguments::Function(arguments) if self.sent.is_custom(&wire_name) => Arguments::Custom(unwrap(&arguments)),
            arguments @ (Arguments::Function(_) | Arguments::Custom(_)) => arguments,
        };
        let (namespace, name) = self.sent.tool_name(wire_name);
        let call = ToolCall { id: None, call_id, name, namespace, arguments, status: None };
        self.items.push(Item { origin, kind: ItemKind::ToolCall(call) });
        Ok(())
    }

    fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }
}

#[derive(Default)]
struct Texts {
    text: String,
    refusal: String,
    thoughts: String,
}

fn message_item(parts: Vec<(Origin, PartKind)>) -> Item {
    let plain = |(origin, kind)| Part { origin, kind, cache_breakpoint: None };
    let content = Content::Parts(parts.into_iter().map(plain).collect());
    Item { origin: MESSAGE, kind: ItemKind::Message(Message::new(Role::Assistant, content)) }
}

/// Says how far each item got: all are whole, but the last one of a reply that was cut short.
fn settle(items: &mut [Item], finish: &Finish) {
    let last = items.len().saturating_sub(1);
    for (index, item) in items.iter_mut().enumerate() {
        let is_cut = index == last && *finish != Finish::Completed;
        let status = Some(if is_cut { ItemStatus::Incomplete } else { ItemStatus::Completed });
        match &mut item.kind {
            ItemKind::Message(message) => message.status = status,
            ItemKind::ToolCall(call) => call.status = status,
            ItemKind::Reasoning(reasoning) => reasoning.status = status,
            ItemKind::ToolResult(result) => result.status = status,
            ItemKind::Opaque(_) => {}
        }
    }
}
