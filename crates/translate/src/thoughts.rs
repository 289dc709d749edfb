//! The sealed thoughts of a reply and the calls that they led to, for whoever keeps them for a client that does not.

use interlingua_model::{Event, Item, ItemIndex, ItemKind, ItemStart, ReasoningItem};

/// A call, and the sealed thoughts that stood in front of it.
#[derive(Debug, Clone, PartialEq)]
pub struct CallThoughts {
    /// The call's id, as the client knows it.
    pub call_id: String,
    /// The tool.
    pub name: String,
    /// What it was called with.
    pub arguments: String,
    /// The thoughts, in their order.
    pub thoughts: Vec<ReasoningItem>,
}

/// Gathers thoughts from a reply as it comes.
#[derive(Debug, Default)]
pub(crate) struct Memory {
    /// Thoughts that no call has followed yet.
    waiting: Vec<ReasoningItem>,
    calls: Vec<(Option<ItemIndex>, CallThoughts)>,
}

impl Memory {
    /// Takes an event.
    pub(crate) fn event(&mut self, event: &Event<'_>) {
        match event {
            Event::ItemStarted { index, origin: _, item, beside: _ } => {
                if let ItemStart::ToolCall { id: _, call_id, name, namespace: _, kind: _ } = item {
                    self.call(Some(*index), call_id, name, "");
                }
            }
            Event::ArgumentsDelta { index, text } => {
                if let Some((_, call)) = self.calls.iter_mut().rev().find(|(at, _)| *at == Some(*index)) {
                    call.arguments.push_str(text);
                }
            }
            Event::ItemFinished { index: _, item } => {
                if let Some(item) = item
                    && let ItemKind::Reasoning(thought) = &item.kind
                {
                    self.think(thought);
                }
            }
            Event::Started(_)
            | Event::TextDelta { .. }
            | Event::RefusalDelta { .. }
            | Event::ReasoningDelta { .. }
            | Event::Annotation { .. }
            | Event::Progress { .. }
            | Event::Opaque(_)
            | Event::Finished(_)
            | Event::Failed(_) => {}
        }
    }

    /// Takes all of a reply.
    pub(crate) fn items(&mut self, items: &[Item]) {
        for item in items {
            match &item.kind {
                ItemKind::Reasoning(thought) => self.think(thought),
                ItemKind::ToolCall(call) => self.call(None, &call.call_id, &call.name, call.arguments.text()),
                ItemKind::Message(_) | ItemKind::ToolResult(_) | ItemKind::ImageGeneration(_) | ItemKind::Opaque(_) => {
                }
            }
        }
    }

    /// The calls that thoughts led to; what came behind the last call is its own.
    pub(crate) fn finish(self) -> Vec<CallThoughts> {
        let Self { waiting, mut calls } = self;
        if let Some((_, last)) = calls.last_mut() {
            last.thoughts.extend(waiting);
        }
        calls.into_iter().map(|(_, call)| call).filter(|call| !call.thoughts.is_empty()).collect()
    }

    fn think(&mut self, thought: &ReasoningItem) {
        if thought.seal.is_some() {
            self.waiting.push(thought.clone());
        }
    }

    fn call(&mut self, index: Option<ItemIndex>, call_id: &str, name: &str, arguments: &str) {
        let thoughts = std::mem::take(&mut self.waiting);
        let (call_id, name, arguments) = (call_id.to_owned(), name.to_owned(), arguments.to_owned());
        self.calls.push((index, CallThoughts { call_id, name, arguments, thoughts }));
    }
}
