//! What a Messages stream carries of a reply.
//!
//! One block is open at a time, so what items tell side by side comes one after the other: which item comes first is the
//! encoder's to decide. What is compared is therefore every letter and every call, and not their order; that is held by the laws
//! over fixtures.

use interlingua_model::{Event, Item, ItemIndex, ItemKind, ItemStart, ReasoningKind, ToolKind};

use crate::Api;
use crate::told::{Ending, ending_over, object};

/// What stands between two parts of a thought.
const JOINER: &str = "\n\n";

/// What a Messages stream carries of a reply.
#[derive(Debug, PartialEq, Eq)]
pub struct OverMessages {
    /// The letters of all texts, the words of refusals among them.
    texts: Vec<char>,
    thoughts: Vec<char>,
    /// Ids, names and inputs.
    calls: Vec<(String, String, String)>,
    /// How it ended.
    pub ending: Ending,
}

/// What a Messages client can be told of these events.
pub fn over_messages(events: &[Event<'static>]) -> OverMessages {
    let mut told = Told::default();
    for event in events {
        told.take(event);
    }
    let mut texts: Vec<char> = told.texts.chars().collect();
    texts.sort_unstable();
    let (mut thoughts, mut calls) = (Vec::new(), Vec::new());
    for (_, open) in told.items {
        match open {
            Open::Thought { text, .. } => thoughts.extend(text.chars()),
            Open::Call { id, name, kind, arguments, is_whole } => {
                calls.push((id, name, input(kind, &arguments, is_whole)))
            }
        }
    }
    thoughts.sort_unstable();
    calls.sort();
    OverMessages { texts, thoughts, calls, ending: ending_over(Api::Messages, events) }
}

/// The input of a call, as its stream tells it.
fn input(kind: ToolKind, arguments: &str, is_whole: bool) -> String {
    match kind {
        // The text of a custom tool is the one string of an object, which is written once it is whole.
        ToolKind::Custom if is_whole => serde_json::json!({ "input": arguments }).to_string(),
        // Nothing at all, and the beginning of the word for nothing, are an empty object.
        ToolKind::Function if !"null".starts_with(arguments.trim()) => object(arguments).to_owned(),
        ToolKind::Custom | ToolKind::Function => "{}".to_owned(),
    }
}

#[derive(Default)]
struct Told {
    texts: String,
    items: Vec<(ItemIndex, Open)>,
}

enum Open {
    Thought { text: String, shown: Option<(ReasoningKind, u32)> },
    Call { id: String, name: String, kind: ToolKind, arguments: String, is_whole: bool },
}

impl Told {
    fn take(&mut self, event: &Event<'static>) {
        match event {
            Event::ItemStarted { index, item: ItemStart::Reasoning { .. }, .. } => {
                self.items.push((*index, Open::Thought { text: String::new(), shown: None }));
            }
            Event::ItemStarted { index, item: ItemStart::ToolCall { call_id, name, namespace, kind, .. }, .. } => {
                let group = namespace.as_ref().filter(|group| *group != name);
                let name = group.map_or_else(|| name.to_string(), |group| format!("{group}__{name}"));
                let (id, kind, arguments) = (call_id.to_string(), *kind, String::new());
                self.items.push((*index, Open::Call { id, name, kind, arguments, is_whole: false }));
            }
            Event::TextDelta { text, .. } | Event::RefusalDelta { text, .. } => self.texts.push_str(text),
            Event::ReasoningDelta { index, part, kind, text } if !text.is_empty() => {
                let Some(Open::Thought { text: thought, shown }) = self.item(*index) else { return };
                // A thought and its summary say the same: the first that comes is shown.
                let (known, last) = *shown.get_or_insert((*kind, *part));
                if known != *kind {
                    return;
                }
                *shown = Some((*kind, *part));
                if last != *part {
                    thought.push_str(JOINER);
                }
                thought.push_str(text);
            }
            Event::ArgumentsDelta { index, text } => {
                if let Some(Open::Call { arguments, .. }) = self.item(*index) {
                    arguments.push_str(text);
                }
            }
            Event::ItemFinished { index, item } => self.end(*index, item.as_deref()),
            _ => {}
        }
    }

    fn end(&mut self, index: ItemIndex, whole: Option<&Item>) {
        match self.item(index) {
            Some(Open::Call { is_whole, .. }) => *is_whole = true,
            Some(Open::Thought { text, shown: None }) => {
                if let Some(ItemKind::Reasoning(thought)) = whole.map(|item| &item.kind) {
                    let parts = if thought.content.is_empty() { &thought.summary } else { &thought.content };
                    text.push_str(&parts.join(JOINER));
                }
            }
            Some(Open::Thought { shown: Some(_), .. }) | None => {}
        }
    }

    fn item(&mut self, index: ItemIndex) -> Option<&mut Open> {
        self.items.iter_mut().rev().find(|(at, _)| *at == index).map(|(_, item)| item)
    }
}
