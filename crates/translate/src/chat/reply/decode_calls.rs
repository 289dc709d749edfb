//! The calls of a whole Chat completion.

use interlingua_model::{Arguments, Finish, Item, ItemKind, Origin, ToolCall};
use interlingua_wire::chat as wire;

use super::content::{cut_wrapping, lost_behind};
use super::ids::made_up_call_id;
use crate::arguments::{mended, mended_arguments};
use crate::chat::losses::Losses;
use crate::chat::sealed::{EXTRA_CONTENT, sealed_call};
use crate::convert::non_empty;
use crate::custom_input::{Rest, unwrap};
use crate::{Error, Sent};

/// Reads calls: names restored, inputs unwrapped, each under an id of its own.
pub(super) struct CallReader<'c> {
    sent: &'c Sent,
    reply_id: Option<&'c str>,
    count: usize,
    /// A custom tool's input that breaks off.
    cut: Option<Origin>,
}

impl<'c> CallReader<'c> {
    pub(super) fn new(sent: &'c Sent, reply_id: Option<&'c str>) -> Self {
        Self { sent, reply_id, count: 0, cut: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// # Errors
    /// A custom tool's input that breaks off in a reply that says it is complete: half a patch must not be run.
    pub(super) fn conclude(self, finish: &Finish) -> Result<(), Error> {
        match self.cut {
            Some(call) if *finish == Finish::Completed => Err(cut_wrapping(call)),
            Some(_) | None => Ok(()),
        }
    }

    pub(super) fn tool_call(
        &mut self,
        call: wire::ToolCall,
        origin: Origin,
        items: &mut Vec<Item>,
        losses: &mut Losses,
    ) -> Result<(), Error> {
        let own;
        let (id, name, arguments) = match call {
            wire::ToolCall::Function(wire::FunctionToolCall { id, function, mut extra }) => {
                own = extra.take(EXTRA_CONTENT);
                // Where it stands, a whole call need not say.
                losses.unread_but(&["index"], origin, &extra);
                let wire::FunctionCall { name, arguments, extra } = function.unwrap_or_default();
                losses.unread(origin.then("choices[*].message.tool_calls[*].function"), &extra);
                (id, name, Arguments::Function(arguments.unwrap_or_default()))
            }
            wire::ToolCall::Custom(wire::CustomToolCall { id, custom, mut extra }) => {
                own = extra.take(EXTRA_CONTENT);
                losses.unread_but(&["index"], origin, &extra);
                let wire::CustomCall { name, input, extra } = custom.unwrap_or_default();
                losses.unread(origin.then("choices[*].message.tool_calls[*].custom"), &extra);
                (id, name, Arguments::Custom(input.unwrap_or_default()))
            }
            wire::ToolCall::Unknown(unknown) => {
                let message = format!("the model asks for a call of type `{}`, which no client knows", unknown.kind);
                return Err(Error::reply(origin.path(), "unsupported_call", message));
            }
        };
        let count = items.len();
        self.call(id, name, arguments, origin, items, losses)?;
        if let Some(own) = own.filter(|own| !own.is_null())
            && let Some(ItemKind::ToolCall(call)) = items.get(count).map(|item| &item.kind)
            && let Some(reasoning) = sealed_call(&call.call_id, own)
        {
            let origin = origin.then("choices[*].message.tool_calls[*].extra_content");
            items.insert(count, Item::new(origin, ItemKind::Reasoning(reasoning)));
        }
        Ok(())
    }

    /// Takes the deprecated single call.
    pub(super) fn legacy(
        &mut self,
        call: wire::FunctionCall,
        origin: Origin,
        items: &mut Vec<Item>,
        losses: &mut Losses,
    ) -> Result<(), Error> {
        let wire::FunctionCall { name, arguments, extra } = call;
        losses.unread(origin, &extra);
        self.call(None, name, Arguments::Function(arguments.unwrap_or_default()), origin, items, losses)
    }

    fn call(
        &mut self,
        id: Option<String>,
        name: Option<String>,
        arguments: Arguments,
        origin: Origin,
        items: &mut Vec<Item>,
        losses: &mut Losses,
    ) -> Result<(), Error> {
        let (id, name) = (non_empty(id), non_empty(name));
        let is_blank = match &arguments {
            Arguments::Function(text) | Arguments::Custom(text) => text.is_empty(),
        };
        let Some(wire_name) = name else {
            // Some servers write every field they have, with nothing in it.
            if id.is_none() && is_blank {
                return Ok(());
            }
            let message = "a call without a name could not be made".to_owned();
            return Err(Error::Malformed { path: Some(origin.path()), message });
        };
        let arguments = match arguments {
            Arguments::Function(text) => match mended(&text) {
                Some(object) => {
                    losses.list.push(mended_arguments(origin));
                    Arguments::Function(object)
                }
                None => Arguments::Function(text),
            },
            Arguments::Custom(_) => arguments,
        };
        let arguments = match arguments {
            Arguments::Function(arguments) if self.sent.is_custom(&wire_name) => {
                let (input, rest) = unwrap(&arguments);
                match rest {
                    Rest::Nothing => {}
                    Rest::Cut => self.cut = Some(origin),
                    Rest::More => losses.list.push(lost_behind(origin)),
                }
                Arguments::Custom(input)
            }
            arguments @ (Arguments::Function(_) | Arguments::Custom(_)) => arguments,
        };
        let (namespace, name) = self.sent.tool_name(wire_name);
        let known = id.as_ref().and_then(|id| items.iter_mut().find_map(|item| of_id(item, id)));
        let is_shared = known.is_some();
        if let Some(known) = known
            && known.name == name
            && merge(&mut known.arguments, &arguments)
        {
            return Ok(());
        }
        let id = id.filter(|_| !is_shared);
        let call_id = id.unwrap_or_else(|| made_up_call_id(self.reply_id, self.sent.stamp_id(), self.count));
        self.count += 1;
        let call = ToolCall { id: None, call_id, name, namespace, arguments, status: None };
        items.push(Item::new(origin, ItemKind::ToolCall(call)));
        Ok(())
    }
}

fn of_id<'i>(item: &'i mut Item, id: &str) -> Option<&'i mut ToolCall> {
    match &mut item.kind {
        ItemKind::ToolCall(call) if call.call_id == id => Some(call),
        ItemKind::ToolCall(_)
        | ItemKind::Message(_)
        | ItemKind::Reasoning(_)
        | ItemKind::ToolResult(_)
        | ItemKind::ImageGeneration(_)
        | ItemKind::Opaque(_) => None,
    }
}

/// Makes one of two calls of one id, if the one says no more than the other, as far as both go.
fn merge(known: &mut Arguments, more: &Arguments) -> bool {
    match (known, more) {
        (Arguments::Function(known), Arguments::Function(more))
        | (Arguments::Custom(known), Arguments::Custom(more)) => {
            if more.starts_with(&**known) {
                known.clone_from(more);
            }
            known.starts_with(&**more)
        }
        (Arguments::Function(_), Arguments::Custom(_)) | (Arguments::Custom(_), Arguments::Function(_)) => false,
    }
}
