//! The events a reply arrives as, and their order.
//!
//! A decoder makes them, an encoder, a [`Fold`](crate::Fold) or a test takes them. The order is a grammar (RFC 5234
//! style; `(i)` binds one item index):
//!
//! ```text
//! stream    = *( item / other ) ending
//! item(i)   = ItemStarted(i) *( delta(i) / Annotation(i) / Progress(i) ) [ ItemFinished(i) *Annotation(i) ]
//! delta     = TextDelta / RefusalDelta / ReasoningDelta / ArgumentsDelta
//! other     = Started / Opaque
//! ending    = Finished / Failed
//! ```
//!
//! - `Started` comes at most once. It is first, except where the upstream names its reply late.
//! - Items may overlap: between `ItemStarted(i)` and `ItemFinished(i)` events of other items may stand.
//! - An index is opened once; no event of `i` precedes `ItemStarted(i)`, and none but an `Annotation` follows
//!   `ItemFinished(i)`: some upstreams tell of citations only when all is over.
//! - `ItemFinished` may be missing only for items that were cut off: `ending` is then `Failed`, or `Finished` with
//!   an incomplete [`Finish`].
//! - There is exactly one `ending` and it is last. A stream that just stops ends in `Failed` as well: its decoder
//!   says so when it is finished.
//! - Deltas of one part, joined, are the part's text. An empty delta opens a part and says nothing.
//! - There is no "current" item: every event names the item it belongs to.

use std::borrow::Cow;

use crate::{
    Annotation, Api, Failure, Finish, ImageGeneration, Item, Json, Opaque, Origin, ReplyOrigins, Sourced, TokenLogprob,
    ToolKind, Usage,
};

/// The position of an item in the reply. Dense or not, it only orders and names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ItemIndex(pub u32);

/// One thing that happened in a streamed reply.
#[derive(Debug, Clone, PartialEq)]
pub enum Event<'a> {
    /// The reply began.
    Started(Envelope),
    /// An item began.
    ItemStarted {
        /// Which item.
        index: ItemIndex,
        /// Where it stands in the upstream's document.
        origin: Origin,
        /// What it will be.
        item: ItemStart<'a>,
        /// The fields that hang on it and that the model has no word for, as far as they are known.
        beside: Vec<Opaque>,
    },
    /// Text of a message.
    TextDelta {
        /// Which item.
        index: ItemIndex,
        /// Which part of it.
        part: u32,
        /// What to append.
        text: Cow<'a, str>,
        /// The tokens of this text, where asked for.
        logprobs: Vec<TokenLogprob>,
    },
    /// Text of a refusal in a message.
    RefusalDelta {
        /// Which item.
        index: ItemIndex,
        /// Which part of it.
        part: u32,
        /// What to append.
        text: Cow<'a, str>,
    },
    /// Text of a thought.
    ReasoningDelta {
        /// Which item.
        index: ItemIndex,
        /// Which part of it, counted apart for summaries and raw thoughts.
        part: u32,
        /// A summary or the thought itself.
        kind: ReasoningKind,
        /// What to append.
        text: Cow<'a, str>,
    },
    /// Text of a call's arguments or input.
    ArgumentsDelta {
        /// Which item.
        index: ItemIndex,
        /// What to append.
        text: Cow<'a, str>,
    },
    /// A citation or the like in a message's text.
    Annotation {
        /// Which item.
        index: ItemIndex,
        /// Which part of it.
        part: u32,
        /// What hangs there.
        annotation: Annotation,
    },
    /// A hosted tool reports that it is working.
    Progress {
        /// Which item.
        index: ItemIndex,
        /// The API that has a word for the step.
        api: Api,
        /// Its word.
        step: Cow<'a, str>,
        /// The whole event, verbatim JSON.
        raw: Cow<'a, str>,
    },
    /// An item ended.
    ItemFinished {
        /// Which item.
        index: ItemIndex,
        /// The whole item, where the protocol repeats it. It then holds what no delta carries: status, phase, sealed
        /// thoughts, and token bytes.
        item: Option<Box<Item>>,
    },
    /// Something the model has no word for.
    Opaque(Opaque),
    /// The reply ended of its own.
    Finished(Box<Ending>),
    /// The reply failed.
    Failed(Box<Failure>),
}

/// Who answers, and when.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Envelope {
    /// The upstream's id, verbatim.
    pub id: Option<String>,
    /// When the reply was made, in whole seconds since 1970.
    pub created: Option<u64>,
    /// The model that answers.
    pub model: Option<String>,
    /// The service class that answers.
    pub service_tier: Option<String>,
    /// What the reply says of itself and the model has no word for, field by field.
    pub beside: Vec<Opaque>,
}

/// What the end of a reply says about all of it.
#[derive(Debug, Clone, PartialEq)]
pub struct Ending {
    /// Who answered, as the end has it.
    pub envelope: Envelope,
    /// How it ended.
    pub finish: Finish,
    /// The stop sequence that ended it, where one did and it is said which.
    pub stop_sequence: Option<Sourced<String>>,
    /// What it cost.
    pub usage: Option<Usage>,
    /// Key-value pairs of the caller, verbatim.
    pub metadata: Option<Json>,
    /// Moderation of input and output, verbatim.
    pub moderation: Option<Json>,
    /// Where the facts about the reply as a whole stood.
    pub origins: ReplyOrigins,
}

/// What an item will be.
#[derive(Debug, Clone, PartialEq)]
pub enum ItemStart<'a> {
    /// A message of the model.
    Message {
        /// The item's id.
        id: Option<Cow<'a, str>>,
        /// What the message is for.
        phase: Option<Cow<'a, str>>,
    },
    /// A call of a tool that the client runs.
    ToolCall {
        /// The item's id.
        id: Option<Cow<'a, str>>,
        /// The id that the result will name.
        call_id: Cow<'a, str>,
        /// The tool's name as the caller knows it.
        name: Cow<'a, str>,
        /// The group the tool belongs to.
        namespace: Option<Cow<'a, str>>,
        /// Function or custom.
        kind: ToolKind,
    },
    /// A thought.
    Reasoning {
        /// The item's id.
        id: Option<Cow<'a, str>>,
    },
    /// A result of a call, which a reply only repeats.
    ToolResult {
        /// The call it answers.
        call_id: Cow<'a, str>,
    },
    /// A picture, as far as it was when it began.
    ImageGeneration(ImageGeneration),
    /// Anything else, as it was when it began.
    Opaque(Opaque),
}

/// The two texts a thought has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReasoningKind {
    /// A summary written for people.
    Summary,
    /// The thought itself.
    Text,
}

/// Takes events as they happen. The events borrow from the input, so a sink keeps what it wants by
/// [`Event::into_owned`].
pub trait Sink {
    /// Takes one event.
    fn event(&mut self, event: Event<'_>);
}

impl<S: Sink + ?Sized> Sink for &mut S {
    fn event(&mut self, event: Event<'_>) {
        (**self).event(event);
    }
}

/// A sink that keeps every event.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Collected(pub Vec<Event<'static>>);

impl Sink for Collected {
    fn event(&mut self, event: Event<'_>) {
        self.0.push(event.into_owned());
    }
}

impl Event<'_> {
    /// Whether it is part of the answer, and not only a sign of life, a beginning, or a failure.
    #[must_use]
    pub fn is_output(&self) -> bool {
        match self {
            Event::Started(_) | Event::Progress { .. } | Event::Opaque(_) | Event::Failed(_) => false,
            Event::ItemStarted { index: _, origin: _, item, beside: _ } => matches!(item, ItemStart::ToolCall { .. }),
            Event::TextDelta { .. }
            | Event::RefusalDelta { .. }
            | Event::ReasoningDelta { .. }
            | Event::ArgumentsDelta { .. }
            | Event::Annotation { .. }
            | Event::ItemFinished { .. }
            | Event::Finished(_) => true,
        }
    }

    /// How many bytes of text it adds to the reply.
    #[must_use]
    pub fn text_len(&self) -> usize {
        match self {
            Event::TextDelta { text, .. }
            | Event::RefusalDelta { text, .. }
            | Event::ReasoningDelta { text, .. }
            | Event::ArgumentsDelta { text, .. } => text.len(),
            Event::Started(_)
            | Event::ItemStarted { .. }
            | Event::Annotation { .. }
            | Event::Progress { .. }
            | Event::ItemFinished { .. }
            | Event::Opaque(_)
            | Event::Finished(_)
            | Event::Failed(_) => 0,
        }
    }

    /// The same event with nothing borrowed.
    #[must_use]
    pub fn into_owned(self) -> Event<'static> {
        match self {
            Event::Started(envelope) => Event::Started(envelope),
            Event::ItemStarted { index, origin, item, beside } => {
                Event::ItemStarted { index, origin, item: item.into_owned(), beside }
            }
            Event::TextDelta { index, part, text, logprobs } => {
                Event::TextDelta { index, part, text: owned(text), logprobs }
            }
            Event::RefusalDelta { index, part, text } => Event::RefusalDelta { index, part, text: owned(text) },
            Event::ReasoningDelta { index, part, kind, text } => {
                Event::ReasoningDelta { index, part, kind, text: owned(text) }
            }
            Event::ArgumentsDelta { index, text } => Event::ArgumentsDelta { index, text: owned(text) },
            Event::Annotation { index, part, annotation } => Event::Annotation { index, part, annotation },
            Event::Progress { index, api, step, raw } => {
                Event::Progress { index, api, step: owned(step), raw: owned(raw) }
            }
            Event::ItemFinished { index, item } => Event::ItemFinished { index, item },
            Event::Opaque(opaque) => Event::Opaque(opaque),
            Event::Finished(ending) => Event::Finished(ending),
            Event::Failed(failure) => Event::Failed(failure),
        }
    }
}

impl ItemStart<'_> {
    fn into_owned(self) -> ItemStart<'static> {
        match self {
            ItemStart::Message { id, phase } => ItemStart::Message { id: id.map(owned), phase: phase.map(owned) },
            ItemStart::ToolCall { id, call_id, name, namespace, kind } => ItemStart::ToolCall {
                id: id.map(owned),
                call_id: owned(call_id),
                name: owned(name),
                namespace: namespace.map(owned),
                kind,
            },
            ItemStart::Reasoning { id } => ItemStart::Reasoning { id: id.map(owned) },
            ItemStart::ToolResult { call_id } => ItemStart::ToolResult { call_id: owned(call_id) },
            ItemStart::ImageGeneration(made) => ItemStart::ImageGeneration(made),
            ItemStart::Opaque(opaque) => ItemStart::Opaque(opaque),
        }
    }
}

fn owned(text: Cow<'_, str>) -> Cow<'static, str> {
    Cow::Owned(text.into_owned())
}
