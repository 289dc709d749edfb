//! One item of a stream while it is being made, and what has been passed on of it.

use std::borrow::Cow;

use interlingua_model::{Event, ItemIndex, ItemKind, ItemStart, Origin, ReasoningKind, Sink, TokenLogprob, ToolKind};
use interlingua_wire::responses as wire;

use crate::responses::reply::decode_items::{ITEM, Reader, is_programmatic};

/// The texts an item can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Text,
    Refusal,
    Summary,
    Reasoning,
    Arguments,
}

impl Channel {
    /// What a loss calls it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Refusal => "refusal",
            Self::Summary => "summary",
            Self::Reasoning => "thought",
            Self::Arguments => "arguments",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct StreamedItem {
    pub(super) index: ItemIndex,
    pub(super) id: Option<String>,
    pub(super) kind: StreamedKind,
    /// What has been passed on, or, for a call that has no name yet, kept back.
    pub(super) said: Vec<PassedOn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamedKind {
    /// Arguments came, but neither a name nor an id to announce the call with.
    Unannounced,
    Message,
    Call,
    Reasoning,
    Opaque,
    Finished,
}

#[derive(Debug, Clone)]
pub(super) struct PassedOn {
    pub(super) channel: Channel,
    pub(super) part: u32,
    pub(super) text: String,
    pub(super) annotations: usize,
}

impl StreamedItem {
    /// Where it stands, as if the whole reply were there.
    pub(super) fn origin(&self) -> Origin {
        Origin::nth(ITEM, usize::try_from(self.index.0).unwrap_or(usize::MAX))
    }

    /// Where a part of it stands.
    pub(super) fn part_origin(&self, part: u32) -> Origin {
        self.origin().then_nth("output[*].content[*]", usize::try_from(part).unwrap_or(usize::MAX))
    }

    pub(super) fn takes(&self, channel: Channel) -> bool {
        match self.kind {
            StreamedKind::Unannounced | StreamedKind::Call => channel == Channel::Arguments,
            StreamedKind::Message => matches!(channel, Channel::Text | Channel::Refusal),
            StreamedKind::Reasoning => matches!(channel, Channel::Summary | Channel::Reasoning),
            StreamedKind::Opaque | StreamedKind::Finished => false,
        }
    }

    pub(super) fn has_said(&self, channel: Channel, part: u32) -> bool {
        self.said.iter().any(|said| (said.channel, said.part) == (channel, part))
    }

    pub(super) fn said(&mut self, channel: Channel, part: u32) -> &mut PassedOn {
        let at = self.said.iter().rposition(|said| (said.channel, said.part) == (channel, part));
        let at = at.unwrap_or_else(|| {
            self.said.push(PassedOn { channel, part, text: String::new(), annotations: 0 });
            self.said.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position was just found or made")]
        &mut self.said[at]
    }

    /// Says what the item is, as soon as it says so itself; a call without a name or an id has to wait.
    #[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are opaque")]
    pub(super) fn announce(&mut self, item: &wire::Item, reader: &Reader, out: &mut impl Sink) {
        fn borrow(id: Option<&String>) -> Option<Cow<'_, str>> {
            id.map(|id| Cow::Borrowed(id.as_str()))
        }
        let (kind, start) = match item {
            wire::Item::Message(message) => {
                let (id, phase) = (borrow(message.id.as_ref()), borrow(message.phase.as_ref()));
                (StreamedKind::Message, ItemStart::Message { id, phase })
            }
            wire::Item::Reasoning(reasoning) => {
                (StreamedKind::Reasoning, ItemStart::Reasoning { id: borrow(reasoning.id.as_ref()) })
            }
            wire::Item::FunctionCall(call) if !is_programmatic(call.caller.as_deref()) => {
                let wire::FunctionCall { id, call_id, caller: _, namespace, name, arguments: _, status: _, extra: _ } =
                    call;
                let Some(start) = call_start([id, call_id, namespace, name], ToolKind::Function, reader) else {
                    return;
                };
                (StreamedKind::Call, start)
            }
            wire::Item::CustomToolCall(call)
                if !is_programmatic(call.caller.as_deref()) && !reader.is_hosted(call.name.as_deref()) =>
            {
                let wire::CustomToolCall { id, call_id, caller: _, namespace, name, input: _, status: _, extra: _ } =
                    call;
                let Some(start) = call_start([id, call_id, namespace, name], ToolKind::Custom, reader) else { return };
                (StreamedKind::Call, start)
            }
            other => (StreamedKind::Opaque, ItemStart::Opaque(reader.carried(other))),
        };
        self.kind = kind;
        out.event(Event::ItemStarted { index: self.index, origin: self.origin(), item: start });
        for said in self.said.iter().filter(|said| kind == StreamedKind::Call && !said.text.is_empty()) {
            out.event(event(self.index, said.channel, said.part, Cow::Borrowed(&said.text), Vec::new()));
        }
    }
}

impl StreamedKind {
    pub(super) fn holds(self, item: &ItemKind) -> bool {
        matches!(
            (self, item),
            (Self::Message, ItemKind::Message(_))
                | (Self::Call, ItemKind::ToolCall(_))
                | (Self::Reasoning, ItemKind::Reasoning(_))
                | (Self::Opaque, ItemKind::Opaque(_))
                // A call that could not be announced fails in the reader, which names what is missing.
                | (Self::Unannounced, _)
        )
    }
}

fn call_start<'a>(
    [id, call_id, namespace, name]: [&'a Option<String>; 4],
    kind: ToolKind,
    reader: &Reader,
) -> Option<ItemStart<'a>> {
    let call_id = call_id.as_deref().filter(|id| !id.is_empty())?;
    let name = name.as_deref().filter(|name| !name.is_empty())?;
    let (namespace, name) = reader.tool_name(namespace.clone(), name.to_owned());
    Some(ItemStart::ToolCall {
        id: id.as_deref().map(Cow::Borrowed),
        call_id: Cow::Owned(reader.call_id(call_id)),
        name: Cow::Owned(name),
        namespace: namespace.map(Cow::Owned),
        kind,
    })
}

pub(super) fn event(
    index: ItemIndex,
    channel: Channel,
    part: u32,
    text: Cow<'_, str>,
    logprobs: Vec<TokenLogprob>,
) -> Event<'_> {
    match channel {
        Channel::Text => Event::TextDelta { index, part, text, logprobs },
        Channel::Refusal => Event::RefusalDelta { index, part, text },
        Channel::Summary => Event::ReasoningDelta { index, part, kind: ReasoningKind::Summary, text },
        Channel::Reasoning => Event::ReasoningDelta { index, part, kind: ReasoningKind::Text, text },
        Channel::Arguments => Event::ArgumentsDelta { index, text },
    }
}
