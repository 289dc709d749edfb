//! A stream of events, folded into the reply they amount to.

use std::collections::BTreeMap;
use std::fmt;

use crate::{
    Annotation, Arguments, Content, Ending, Envelope, Event, Failure, Finish, Item, ItemIndex, ItemKind, ItemStart,
    ItemStatus, Message, Opaque, Origin, Part, PartKind, ReasoningItem, ReasoningKind, Response, Role, Sink, TextPart,
    TokenLogprob, ToolCall,
};

/// Folds the events of a reply into the reply.
///
/// An item that the protocol repeated whole at its end is taken as it was repeated; any other is put together from
/// its deltas. Items come out in the order of their indexes. Events that break the [grammar](crate::Event) are
/// ignored rather than guessed at; a picture or an opaque item that was never repeated has nothing to show and is left out. Places are
/// kept; a part that was only streamed has that of its item.
///
/// ```
/// use interlingua_model::{Ending, Envelope, Event, Finish, Fold, ItemIndex, ItemStart, Origin, ReplyOrigins, Sink};
///
/// let mut fold = Fold::default();
/// let index = ItemIndex(0);
/// let origin = Origin::nth("output[*]", 0);
/// let item = ItemStart::Message { id: None, phase: None };
/// fold.event(Event::ItemStarted { index, origin, item, beside: vec![] });
/// fold.event(Event::TextDelta { index, part: 0, text: "Hi".into(), logprobs: vec![] });
/// fold.event(Event::ItemFinished { index, item: None });
/// fold.event(Event::Finished(Box::new(Ending {
///     envelope: Envelope::default(),
///     finish: Finish::Completed,
///     stop_sequence: None,
///     usage: None,
///     metadata: None,
///     moderation: None,
///     origins: ReplyOrigins::default(),
/// })));
/// assert_eq!(fold.finish()?.items[0].origin, origin);
/// # Ok::<(), interlingua_model::FoldError>(())
/// ```
#[derive(Debug, Clone, Default)]
pub struct Fold {
    envelope: Envelope,
    items: BTreeMap<ItemIndex, Slot>,
    end: Option<End>,
}

/// Why a stream has no reply to fold into.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum FoldError {
    /// The upstream said that it failed.
    Failed(Box<Failure>),
    /// The events stopped before any end.
    Truncated,
}

#[derive(Debug, Clone)]
enum End {
    Finished(Box<Ending>),
    Failed(Box<Failure>),
}

#[derive(Debug, Clone)]
enum Slot {
    Open(Origin, OpenItem, Vec<Opaque>),
    Done(Item),
    /// Ended without anything to show.
    Empty,
}

#[derive(Debug, Clone)]
enum OpenItem {
    Message { id: Option<String>, phase: Option<String>, parts: BTreeMap<u32, PartKind> },
    ToolCall(ToolCall),
    Reasoning { id: Option<String>, summary: BTreeMap<u32, String>, content: BTreeMap<u32, String> },
    Opaque,
}

impl Fold {
    /// The reply.
    ///
    /// # Errors
    /// [`FoldError::Failed`] when the upstream said so, [`FoldError::Truncated`] when the events stopped early.
    pub fn finish(self) -> Result<Response, FoldError> {
        let Self { envelope: begun, items, end } = self;
        let ending = match end {
            None => return Err(FoldError::Truncated),
            Some(End::Failed(failure)) => return Err(FoldError::Failed(failure)),
            Some(End::Finished(ending)) => *ending,
        };
        let Ending { envelope, finish, stop_sequence, usage, metadata, moderation, origins } = ending;
        let Envelope { id, created, model, service_tier, beside } = envelope;
        let cut = if finish == Finish::Completed { ItemStatus::Completed } else { ItemStatus::Incomplete };
        Ok(Response {
            id: id.or(begun.id),
            created: created.or(begun.created),
            model: model.or(begun.model),
            service_tier: service_tier.or(begun.service_tier),
            metadata,
            items: items.into_values().filter_map(|slot| slot.close(cut)).collect(),
            usage,
            moderation,
            finish,
            stop_sequence,
            beside: if beside.is_empty() { begun.beside } else { beside },
            origins,
        })
    }
}

impl Sink for Fold {
    fn event(&mut self, event: Event<'_>) {
        match event {
            Event::Started(envelope) => self.envelope = envelope,
            Event::ItemStarted { index, origin, item, beside } => {
                self.items.entry(index).or_insert_with(|| Slot::Open(origin, OpenItem::start(item), beside));
            }
            Event::TextDelta { index, part, text, logprobs } => self.text(index, part, &text, logprobs),
            Event::RefusalDelta { index, part, text } => self.refusal(index, part, &text),
            Event::ReasoningDelta { index, part, kind, text } => self.thought(index, part, kind, &text),
            Event::ArgumentsDelta { index, text } => {
                if let Some(Slot::Open(_, OpenItem::ToolCall(call), _)) = self.items.get_mut(&index) {
                    call.arguments.text_mut().push_str(&text);
                }
            }
            Event::Annotation { index, part, annotation } => self.annotation(index, part, annotation),
            Event::ItemFinished { index, item } => {
                if let Some(slot) = self.items.get_mut(&index) {
                    slot.finish(item);
                }
            }
            Event::Progress { .. } | Event::Opaque(_) => {}
            Event::Finished(ending) => self.end = Some(End::Finished(ending)),
            Event::Failed(failure) => self.end = Some(End::Failed(failure)),
        }
    }
}

impl Fold {
    fn part(&mut self, index: ItemIndex, part: u32, empty: impl FnOnce() -> PartKind) -> Option<&mut PartKind> {
        match self.items.get_mut(&index) {
            Some(Slot::Open(_, OpenItem::Message { parts, .. }, _)) => Some(parts.entry(part).or_insert_with(empty)),
            _ => None,
        }
    }

    fn text(&mut self, index: ItemIndex, part: u32, more: &str, tokens: Vec<TokenLogprob>) {
        if let Some(PartKind::Text(text)) = self.part(index, part, || PartKind::Text(TextPart::default())) {
            text.text.push_str(more);
            text.logprobs.extend(tokens);
        }
    }

    fn refusal(&mut self, index: ItemIndex, part: u32, more: &str) {
        if let Some(PartKind::Refusal(text)) = self.part(index, part, || PartKind::Refusal(String::new())) {
            text.push_str(more);
        }
    }

    fn annotation(&mut self, index: ItemIndex, part: u32, annotation: Annotation) {
        if let Some(Slot::Done(Item { origin: _, kind: ItemKind::Message(message), beside: _ })) =
            self.items.get_mut(&index)
        {
            if let Content::Parts(parts) = &mut message.content
                && let Some(Part { origin: _, kind: PartKind::Text(text), cache_breakpoint: _ }) =
                    usize::try_from(part).ok().and_then(|part| parts.get_mut(part))
            {
                text.annotations.push(annotation);
            }
        } else if let Some(PartKind::Text(text)) = self.part(index, part, || PartKind::Text(TextPart::default())) {
            text.annotations.push(annotation);
        }
    }

    fn thought(&mut self, index: ItemIndex, part: u32, kind: ReasoningKind, more: &str) {
        if let Some(Slot::Open(_, OpenItem::Reasoning { summary, content, .. }, _)) = self.items.get_mut(&index) {
            let parts = match kind {
                ReasoningKind::Summary => summary,
                ReasoningKind::Text => content,
            };
            parts.entry(part).or_default().push_str(more);
        }
    }
}

impl Slot {
    fn finish(&mut self, whole: Option<Box<Item>>) {
        if let Self::Open(origin, open, beside) = self {
            let begun = || open.clone().close(*origin, ItemStatus::Completed, std::mem::take(beside));
            let item = whole.map(|item| *item).or_else(begun);
            *self = item.map_or(Self::Empty, Self::Done);
        }
    }

    fn close(self, cut: ItemStatus) -> Option<Item> {
        match self {
            Self::Open(origin, open, beside) => open.close(origin, cut, beside),
            Self::Done(item) => Some(item),
            Self::Empty => None,
        }
    }
}

impl OpenItem {
    fn start(item: ItemStart<'_>) -> Self {
        match item {
            ItemStart::Message { id, phase } => {
                Self::Message { id: id.map(Into::into), phase: phase.map(Into::into), parts: BTreeMap::new() }
            }
            ItemStart::ToolCall { id, call_id, name, namespace, kind } => Self::ToolCall(ToolCall {
                id: id.map(Into::into),
                call_id: call_id.into(),
                name: name.into(),
                namespace: namespace.map(Into::into),
                arguments: Arguments::empty(kind),
                status: None,
            }),
            ItemStart::Reasoning { id } => {
                Self::Reasoning { id: id.map(Into::into), summary: BTreeMap::new(), content: BTreeMap::new() }
            }
            ItemStart::ToolResult { call_id: _ } | ItemStart::ImageGeneration(_) | ItemStart::Opaque(_) => Self::Opaque,
        }
    }

    fn close(self, origin: Origin, status: ItemStatus, beside: Vec<Opaque>) -> Option<Item> {
        let plain = |kind| Part { origin, kind, cache_breakpoint: None };
        let kind = match self {
            Self::Message { id, phase, parts } => ItemKind::Message(Message {
                id,
                role: Role::Assistant,
                content: Content::Parts(parts.into_values().map(plain).collect()),
                name: None,
                phase,
                status: Some(status),
            }),
            Self::ToolCall(call) => ItemKind::ToolCall(ToolCall { status: Some(status), ..call }),
            Self::Reasoning { id, summary, content } => ItemKind::Reasoning(ReasoningItem {
                id,
                summary: summary.into_values().collect(),
                content: content.into_values().collect(),
                seal: None,
                status: Some(status),
            }),
            Self::Opaque => return None,
        };
        Some(Item { origin, kind, beside })
    }
}

impl fmt::Display for FoldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed(failure) => write!(f, "the upstream failed: {}", failure.message),
            Self::Truncated => f.write_str("the stream stopped before its end"),
        }
    }
}

impl std::error::Error for FoldError {}
