//! One item of a stream while it is being made, and what has been passed on of it.

use std::borrow::Cow;

use interlingua_model::{
    Arguments, Content, Event, Item, ItemIndex, ItemKind, ItemStart, ItemStatus, Origin, ReasoningKind, Sink,
    TokenLogprob, ToolCall, ToolKind,
};
use interlingua_wire::responses as wire;

use super::passed_on::{Channel, PassedOn};
use crate::responses::beside::of_item;
use crate::responses::images;
use crate::responses::reply::content::part_text;
use crate::responses::reply::decode_items::{ITEM, Reader, is_programmatic};

#[derive(Debug, Clone)]
pub(super) struct StreamedItem {
    pub(super) index: ItemIndex,
    pub(super) id: Option<String>,
    pub(super) kind: StreamedKind,
    /// The upstream's id and name of a call.
    pub(super) call: Option<(String, String)>,
    /// The id it goes by instead, where another call has the upstream's.
    pub(super) own_call_id: Option<String>,
    /// The output index its deltas come under; of those that come again under another nothing is said twice.
    pub(super) source: Option<ItemIndex>,
    pub(super) is_finished: bool,
    /// What has been passed on, or kept back.
    pub(super) said: Vec<PassedOn>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StreamedKind {
    /// Arguments came, but neither a name nor an id to announce the call with.
    Unannounced,
    Message,
    Call(ToolKind),
    Reasoning,
    Image,
    Opaque,
}

impl StreamedItem {
    pub(super) fn new(index: ItemIndex, id: Option<&str>) -> Self {
        let id = id.map(str::to_owned);
        let kind = StreamedKind::Unannounced;
        Self { index, id, kind, call: None, own_call_id: None, source: None, is_finished: false, said: Vec::new() }
    }

    /// Where it stands, as if the whole reply were there.
    pub(super) fn origin(&self) -> Origin {
        Origin::nth(ITEM, self.position())
    }

    pub(super) fn position(&self) -> usize {
        usize::try_from(self.index.0).unwrap_or(usize::MAX)
    }

    /// Where a part of it stands.
    pub(super) fn part_origin(&self, part: u32) -> Origin {
        self.origin().then_nth("output[*].content[*]", usize::try_from(part).unwrap_or(usize::MAX))
    }

    pub(super) fn takes(&self, channel: Channel) -> bool {
        !self.is_finished && self.kind.takes(channel)
    }

    pub(super) fn has_said(&self, channel: Channel, part: u32) -> bool {
        self.said.iter().any(|said| (said.channel, said.part) == (channel, part))
    }

    pub(super) fn said(&mut self, channel: Channel, part: u32) -> &mut PassedOn {
        let at = self.said.iter().rposition(|said| (said.channel, said.part) == (channel, part));
        let at = at.unwrap_or_else(|| {
            self.said.push(PassedOn::new(channel, part));
            self.said.len() - 1
        });
        #[expect(clippy::indexing_slicing, reason = "the position was just found or made")]
        &mut self.said[at]
    }

    /// Passes on what has been kept back.
    pub(super) fn settle(&mut self, is_complete: bool, out: &mut impl Sink) {
        let kind = self.kind;
        for said in &mut self.said {
            let (channel, part) = (said.channel, said.part);
            // What came before the item said what it is may be nothing that it says.
            let is_its_own = kind != StreamedKind::Unannounced && kind.takes(channel);
            if let Some(text) = said.settle(is_complete).filter(|_| is_its_own) {
                out.event(event(self.index, channel, part, Cow::Borrowed(text), Vec::new()));
            }
        }
    }

    /// Makes a call that has ended and its deltas one: what only the other has, each of them gains.
    pub(super) fn complete(&mut self, call: &mut ToolCall, out: &mut impl Sink) {
        let is_whole = call.status != Some(ItemStatus::Incomplete);
        self.settle(is_whole, out);
        let said = self.said(Channel::Arguments, 0).text.clone();
        match &mut call.arguments {
            Arguments::Function(text) if text == "{}" || text.is_empty() => {
                if !said.trim_ascii().is_empty() {
                    *text = said;
                } else if is_whole {
                    self.complete_arguments(out);
                }
            }
            Arguments::Custom(text) if text.is_empty() => *text = said,
            Arguments::Function(_) | Arguments::Custom(_) => {}
        }
    }

    /// Gives a function that was called without arguments an empty object: clients parse them.
    pub(super) fn complete_arguments(&mut self, out: &mut impl Sink) {
        if self.kind != StreamedKind::Call(ToolKind::Function) {
            return;
        }
        let index = self.index;
        let said = self.said(Channel::Arguments, 0);
        if said.text.trim_ascii().is_empty() {
            said.text.push_str("{}");
            out.event(event(index, Channel::Arguments, 0, Cow::Borrowed("{}"), Vec::new()));
        }
    }

    /// Says what the item is, as soon as it says so itself; a call without a name or an id has to wait.
    #[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are opaque")]
    pub(super) fn announce(&mut self, item: &wire::Item, reader: &Reader, out: &mut impl Sink) {
        fn borrow(id: Option<&String>) -> Option<Cow<'_, str>> {
            id.map(|id| Cow::Borrowed(id.as_str()))
        }
        let own = self.own_call_id.clone();
        let (kind, start) = match item {
            wire::Item::Message(message) => {
                let (id, phase) = (borrow(message.id.as_ref()), borrow(message.phase.as_ref()));
                (StreamedKind::Message, ItemStart::Message { id, phase })
            }
            wire::Item::Reasoning(reasoning) => {
                (StreamedKind::Reasoning, ItemStart::Reasoning { id: borrow(reasoning.id.as_ref()) })
            }
            wire::Item::FunctionCall(call) if !is_programmatic(call.caller.as_deref()) => {
                let Some(start) =
                    call_start([&call.id, &call.call_id, &call.namespace, &call.name], ToolKind::Function, own, reader)
                else {
                    return;
                };
                self.call = call.call_id.clone().zip(call.name.clone());
                (StreamedKind::Call(ToolKind::Function), start)
            }
            wire::Item::CustomToolCall(call)
                if !is_programmatic(call.caller.as_deref()) && !reader.is_hosted(call.name.as_deref()) =>
            {
                let Some(start) =
                    call_start([&call.id, &call.call_id, &call.namespace, &call.name], ToolKind::Custom, own, reader)
                else {
                    return;
                };
                self.call = call.call_id.clone().zip(call.name.clone());
                (StreamedKind::Call(ToolKind::Custom), start)
            }
            wire::Item::ImageGenerationCall(call) => {
                (StreamedKind::Image, ItemStart::ImageGeneration(images::decode(call.clone())))
            }
            other => (StreamedKind::Opaque, ItemStart::Opaque(reader.carried(other))),
        };
        self.kind = kind;
        let beside = if kind == StreamedKind::Opaque { Vec::new() } else { of_item(item) };
        out.event(Event::ItemStarted { index: self.index, origin: self.origin(), item: start, beside });
        let is_call = matches!(kind, StreamedKind::Call(_));
        for said in self.said.iter().filter(|said| is_call && !said.text.is_empty() && !said.is_in_doubt()) {
            out.event(event(self.index, said.channel, said.part, Cow::Borrowed(&said.text), Vec::new()));
        }
    }
}

impl StreamedKind {
    /// What an item is; a call that the upstream runs itself is no call here.
    #[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind are opaque")]
    pub(super) fn of(item: &wire::Item) -> Self {
        match item {
            wire::Item::Message(_) => Self::Message,
            wire::Item::Reasoning(_) => Self::Reasoning,
            wire::Item::FunctionCall(_) => Self::Call(ToolKind::Function),
            wire::Item::CustomToolCall(_) => Self::Call(ToolKind::Custom),
            wire::Item::ImageGenerationCall(_) => Self::Image,
            _ => Self::Opaque,
        }
    }

    /// What an item of this kind says in deltas.
    fn takes(self, channel: Channel) -> bool {
        match self {
            Self::Unannounced | Self::Call(_) => channel == Channel::Arguments,
            Self::Message => matches!(channel, Channel::Text | Channel::Refusal),
            Self::Reasoning => matches!(channel, Channel::Summary | Channel::Reasoning),
            Self::Image | Self::Opaque => false,
        }
    }

    pub(super) fn holds(self, item: &ItemKind) -> bool {
        matches!(
            (self, item),
            (Self::Message, ItemKind::Message(_))
                | (Self::Call(_), ItemKind::ToolCall(_))
                | (Self::Reasoning, ItemKind::Reasoning(_))
                | (Self::Image, ItemKind::ImageGeneration(_))
                | (Self::Opaque, ItemKind::Opaque(_))
                // A call that could not be announced fails in the reader, which names what is missing.
                | (Self::Unannounced, _)
        )
    }
}

fn call_start<'a>(
    [id, call_id, namespace, name]: [&'a Option<String>; 4],
    kind: ToolKind,
    own_call_id: Option<String>,
    reader: &Reader,
) -> Option<ItemStart<'a>> {
    let call_id = call_id.as_deref().filter(|id| !id.is_empty())?;
    let name = name.as_deref().filter(|name| !name.is_empty())?;
    let (namespace, name) = reader.tool_name(namespace.clone(), name.to_owned());
    Some(ItemStart::ToolCall {
        id: id.as_deref().map(Cow::Borrowed),
        call_id: Cow::Owned(own_call_id.unwrap_or_else(|| reader.call_id(call_id))),
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

/// The texts of a message or a thought.
#[expect(clippy::wildcard_enum_match_arm, reason = "items of every other kind have none")]
pub(super) fn texts(item: &wire::Item) -> Vec<(Channel, u32, String)> {
    let parts: Vec<&Vec<wire::ContentPart>> = match item {
        wire::Item::Message(message) => match &message.content {
            Some(wire::Content::Text(text)) => return vec![(Channel::Text, 0, text.clone())],
            Some(wire::Content::Parts(parts)) => vec![parts],
            None => Vec::new(),
        },
        wire::Item::Reasoning(thought) => thought.summary.iter().chain(&thought.content).collect(),
        _ => Vec::new(),
    };
    let numbered = parts.into_iter().flat_map(|parts| (0..).zip(parts));
    numbered.filter_map(|(number, part)| Some((Channel::of(part)?, number, part_text(part)?.into_owned()))).collect()
}

/// Whether an item is a message that says nothing.
pub(super) fn is_empty_message(item: &Item) -> bool {
    let ItemKind::Message(message) = &item.kind else { return false };
    match &message.content {
        Content::Text(text) => text.is_empty(),
        Content::Parts(parts) => parts.is_empty(),
    }
}
