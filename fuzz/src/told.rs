//! What a stream tells, put together from its events alone: what each API can carry of it is what a client must read.

use std::collections::BTreeMap;

use interlingua_model::{
    Event, Finish, IncompleteReason, ItemIndex, ItemKind, ItemStart, ItemStatus, ReasoningKind, ToolKind,
};

use crate::Api;
use crate::streams::CUSTOM_TOOL;

/// What stands between two messages, and between two parts of the thoughts, where Chat has one text for all.
const JOINER: &str = "\n\n";

/// How a reply ended. Why it failed may be put in other words on the way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ending {
    /// The model was done.
    Completed,
    /// The model was cut short.
    Incomplete(IncompleteReason),
    /// The stream failed or was cut.
    Failed,
}

/// A call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    id: String,
    namespace: Option<String>,
    name: String,
    kind: ToolKind,
    arguments: String,
}

/// What a Responses stream carries of a reply: its items in the order they began, without those that no API knows.
#[derive(Debug, PartialEq, Eq)]
pub struct OverResponses {
    items: Vec<Item>,
    /// How it ended.
    pub ending: Ending,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Item {
    /// Texts in the order they were written; a part that another one interrupts is two.
    Texts(Vec<(Said, u32, String)>),
    Call(Call),
    Opaque,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Said {
    Text,
    Refusal,
    Summary,
    Thought,
}

/// What a Chat stream carries of a reply.
#[derive(Debug, PartialEq, Eq)]
pub struct OverChat {
    text: String,
    refusal: String,
    thoughts: String,
    calls: Vec<Call>,
    /// How it ended.
    pub ending: Ending,
}

/// How a stream ended; one without an ending has failed.
pub fn ending(events: &[Event<'static>]) -> Ending {
    match events.last() {
        Some(Event::Finished(ending)) => match &ending.finish {
            Finish::Completed => Ending::Completed,
            Finish::Incomplete(reason) => Ending::Incomplete(reason.clone()),
        },
        _ => Ending::Failed,
    }
}

/// How a client reads that a stream ended: each API has words of its own for a reply that was cut short, and what it has no word
/// for is told as the end of the token budget.
pub fn ending_over(client: Api, events: &[Event<'static>]) -> Ending {
    let ending = ending(events);
    let Ending::Incomplete(reason) = &ending else { return ending };
    let has_word = match (client, reason) {
        (_, IncompleteReason::MaxOutputTokens | IncompleteReason::ContentFilter) => true,
        (Api::Messages, IncompleteReason::Paused | IncompleteReason::ContextWindow) => true,
        (Api::Chat | Api::Responses, IncompleteReason::Paused | IncompleteReason::ContextWindow) => false,
        (Api::Responses, IncompleteReason::Other(reason)) => !reason.is_empty(),
        (Api::Chat | Api::Messages, IncompleteReason::Other(_)) => false,
    };
    if has_word { ending } else { Ending::Incomplete(IncompleteReason::MaxOutputTokens) }
}

/// What a Responses client can be told of these events.
pub fn over_responses(events: &[Event<'static>]) -> OverResponses {
    let mut items = Items::default();
    for event in events {
        items.take(event);
    }
    let items = items.0.into_iter().map(|(_, item)| match item {
        Item::Texts(runs) => {
            // Part numbers are each API's own, and a part that says nothing is nobody's loss.
            let runs = runs.into_iter().filter(|(_, _, text)| !text.is_empty());
            Item::Texts(runs.map(|(said, _, text)| (said, 0, text)).collect())
        }
        Item::Call(call) if call.kind == ToolKind::Function => {
            Item::Call(Call { arguments: object(&call.arguments).to_owned(), ..call })
        }
        other => other,
    });
    let ending = ending_over(Api::Responses, events);
    OverResponses { items: items.filter(|item| !is_hosted(item)).collect(), ending }
}

/// What the upstream runs itself; so it does a custom tool that the request does not have, since the reply repeats
/// which ones it has.
fn is_hosted(item: &Item) -> bool {
    match item {
        Item::Opaque => true,
        Item::Call(call) => call.kind == ToolKind::Custom && call.name != CUSTOM_TOOL,
        Item::Texts(_) => false,
    }
}

/// What a Chat client can be told of these events.
pub fn over_chat(events: &[Event<'static>]) -> OverChat {
    chat(events, JOINER)
}

/// What a Chat client has been told, as its decoder reads it.
pub fn read_as_chat(events: &[Event<'static>]) -> OverChat {
    chat(events, "")
}

fn chat(events: &[Event<'static>], joiner: &str) -> OverChat {
    let mut items = Items::default();
    let (mut refusal, mut thoughts) = (String::new(), String::new());
    // Summaries and the thought itself say the same; once a client has seen the thought, it sees no summary.
    let mut shown: BTreeMap<ItemIndex, ReasoningKind> = BTreeMap::new();
    let mut last_thought = None;
    for event in events {
        items.take(event);
        match event {
            Event::RefusalDelta { text, .. } => refusal.push_str(text),
            Event::ReasoningDelta { index, part, kind, text }
                if !text.is_empty()
                    && (*kind == ReasoningKind::Text || shown.get(index) != Some(&ReasoningKind::Text)) =>
            {
                let is_another = shown.insert(*index, *kind).is_some_and(|shown| shown != *kind);
                if is_another || last_thought.is_some_and(|last| last != (*index, *part)) {
                    thoughts.push_str(joiner);
                }
                last_thought = Some((*index, *part));
                thoughts.push_str(text);
            }
            _ => {}
        }
    }
    let (mut texts, mut calls) = (Vec::new(), Vec::new());
    for (_, item) in items.0 {
        match item {
            Item::Texts(runs) => {
                let of_text = runs.into_iter().filter(|(said, _, _)| *said == Said::Text);
                let text: String = of_text.map(|(_, _, text)| text).collect();
                // What the message before has said is not said again.
                // Two messages that say the same are told once; what is read as two pieces of one text is both of them.
                let is_new = !text.is_empty() && (joiner.is_empty() || texts.last() != Some(&text));
                texts.extend(is_new.then_some(text));
            }
            Item::Call(call) => {
                // A client that knows no groups calls a tool by both names.
                let group = call.namespace.filter(|group| *group != call.name);
                let name = group.map_or(call.name.clone(), |group| format!("{group}__{}", call.name));
                let arguments = match call.kind {
                    // A function called with nothing is read as one called with an empty object.
                    ToolKind::Function if call.arguments.trim().is_empty() => "{}".to_owned(),
                    ToolKind::Function => object(&call.arguments).to_owned(),
                    ToolKind::Custom => call.arguments,
                };
                calls.push(Call { namespace: None, name, arguments, ..call });
            }
            Item::Opaque => {}
        }
    }
    let ending = ending_over(Api::Chat, events);
    OverChat { text: texts.join(joiner), refusal, thoughts, calls, ending }
}

/// The object that arguments begin with, or all of them. What comes behind it no client can use: a call may end with its object
/// where others wait, and a reader takes out what it has read before.
pub fn object(arguments: &str) -> &str {
    let mut values = serde_json::Deserializer::from_str(arguments).into_iter::<serde::de::IgnoredAny>();
    match values.next() {
        Some(Ok(_)) => arguments.get(..values.byte_offset()).unwrap_or(arguments),
        _ => arguments,
    }
}

/// Items in the order they began.
#[derive(Default)]
struct Items(Vec<(ItemIndex, Item)>);

impl Items {
    fn take(&mut self, event: &Event<'static>) {
        match event {
            Event::ItemStarted { index, item, origin: _, beside: _ } => self.0.push((*index, begun(item))),
            Event::TextDelta { index, part, text, .. } => self.say(*index, Said::Text, *part, text),
            Event::RefusalDelta { index, part, text } => self.say(*index, Said::Refusal, *part, text),
            Event::ReasoningDelta { index, part, kind: ReasoningKind::Summary, text } => {
                self.say(*index, Said::Summary, *part, text);
            }
            Event::ReasoningDelta { index, part, kind: ReasoningKind::Text, text } => {
                self.say(*index, Said::Thought, *part, text);
            }
            Event::ArgumentsDelta { index, text } => {
                if let Some(Item::Call(call)) = self.item(*index) {
                    call.arguments.push_str(text);
                }
            }
            Event::ItemFinished { index, item } => {
                // A function that was called without arguments has an empty object, unless it was cut.
                let is_cut = item.as_ref().is_some_and(|item| match &item.kind {
                    ItemKind::ToolCall(call) => call.status == Some(ItemStatus::Incomplete),
                    _ => false,
                });
                if !is_cut
                    && let Some(Item::Call(call)) = self.item(*index)
                    && call.kind == ToolKind::Function
                    && call.arguments.trim_ascii().is_empty()
                {
                    call.arguments = "{}".to_owned();
                }
            }
            Event::Started(_)
            | Event::Annotation { .. }
            | Event::Progress { .. }
            | Event::Opaque(_)
            | Event::Finished(_)
            | Event::Failed(_) => {}
        }
    }

    fn say(&mut self, index: ItemIndex, said: Said, part: u32, more: &str) {
        let Some(Item::Texts(runs)) = self.item(index) else { return };
        match runs.last_mut() {
            Some((last, number, text)) if (*last, *number) == (said, part) => text.push_str(more),
            _ => runs.push((said, part, more.to_owned())),
        }
    }

    fn item(&mut self, index: ItemIndex) -> Option<&mut Item> {
        self.0.iter_mut().rev().find(|(at, _)| *at == index).map(|(_, item)| item)
    }
}

fn begun(item: &ItemStart<'static>) -> Item {
    match item {
        ItemStart::Message { .. } | ItemStart::Reasoning { .. } => Item::Texts(Vec::new()),
        ItemStart::ToolCall { id: _, call_id, name, namespace, kind } => Item::Call(Call {
            id: call_id.to_string(),
            namespace: namespace.as_ref().map(ToString::to_string),
            name: name.to_string(),
            kind: *kind,
            arguments: String::new(),
        }),
        ItemStart::ImageGeneration(_) | ItemStart::Opaque(_) | ItemStart::ToolResult { .. } => Item::Opaque,
    }
}
