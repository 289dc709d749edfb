//! The order of events, as the documentation of `interlingua_model::Event` writes it down, stated a second time.

use std::collections::BTreeMap;

use interlingua_model::{Event, Finish, ItemIndex, ItemKind, ItemStart};

/// Whether events are one whole stream.
///
/// # Errors
/// The first event that breaks the grammar, and how.
pub fn check(events: &[Event<'static>]) -> Result<(), String> {
    let mut stream = Stream::default();
    for (number, event) in events.iter().enumerate() {
        stream.take(event).map_err(|problem| format!("event {number}, {event:?}: {problem}"))?;
    }
    if stream.has_ended { Ok(()) } else { Err("the events have no ending".to_owned()) }
}

#[derive(Default)]
struct Stream {
    items: BTreeMap<ItemIndex, Item>,
    has_started: bool,
    has_ended: bool,
}

struct Item {
    kind: Kind,
    is_open: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Message,
    Call,
    Thought,
    Image,
    Opaque,
}

impl Stream {
    fn take(&mut self, event: &Event<'static>) -> Result<(), String> {
        if self.has_ended {
            return Err("after the ending".to_owned());
        }
        match event {
            Event::Started(_) if self.has_started => return Err("the second of its kind".to_owned()),
            Event::Started(_) => self.has_started = true,
            Event::Opaque(_) => {}
            Event::ItemStarted { index, item, origin: _, beside: _ } => {
                let kind = match item {
                    ItemStart::Message { .. } => Kind::Message,
                    ItemStart::ToolCall { .. } => Kind::Call,
                    ItemStart::Reasoning { .. } => Kind::Thought,
                    ItemStart::ImageGeneration(_) => Kind::Image,
                    ItemStart::Opaque(_) | ItemStart::ToolResult { .. } => Kind::Opaque,
                };
                if self.items.insert(*index, Item { kind, is_open: true }).is_some() {
                    return Err("an index that was opened before".to_owned());
                }
            }
            Event::TextDelta { index, .. } | Event::RefusalDelta { index, .. } => {
                self.open(*index, Kind::Message)?;
            }
            Event::Annotation { index, .. } => match self.items.get(index) {
                None => return Err("of an item that has not begun".to_owned()),
                Some(item) if item.kind != Kind::Message => {
                    return Err(format!("of an item that is a {:?}", item.kind));
                }
                Some(_) => {}
            },
            Event::ReasoningDelta { index, .. } => {
                self.open(*index, Kind::Thought)?;
            }
            Event::ArgumentsDelta { index, .. } => {
                self.open(*index, Kind::Call)?;
            }
            Event::Progress { index, .. } => {
                let is_image = self.items.get(index).is_some_and(|item| item.kind == Kind::Image);
                self.open(*index, if is_image { Kind::Image } else { Kind::Opaque })?;
            }
            Event::ItemFinished { index, item } => {
                let Some(known) = self.items.get_mut(index) else { return Err("of no item".to_owned()) };
                let kind = match item.as_ref().map(|item| &item.kind) {
                    None => known.kind,
                    Some(ItemKind::Message(_)) => Kind::Message,
                    Some(ItemKind::ToolCall(_)) => Kind::Call,
                    Some(ItemKind::Reasoning(_)) => Kind::Thought,
                    Some(ItemKind::ImageGeneration(_)) => Kind::Image,
                    Some(ItemKind::Opaque(_)) => Kind::Opaque,
                    Some(ItemKind::ToolResult(_)) => Kind::Opaque,
                };
                self.open(*index, kind)?.is_open = false;
            }
            Event::Finished(ending) => {
                let left_open = self.items.iter().find(|(_, item)| item.is_open).map(|(index, _)| index.0);
                if let (Finish::Completed, Some(index)) = (&ending.finish, left_open) {
                    return Err(format!("completed while item {index} is open"));
                }
                self.has_ended = true;
            }
            Event::Failed(_) => self.has_ended = true,
        }
        Ok(())
    }

    /// The item, which must be open and of a kind that has such events.
    fn open(&mut self, index: ItemIndex, kind: Kind) -> Result<&mut Item, String> {
        match self.items.get_mut(&index) {
            None => Err("of an item that has not begun".to_owned()),
            Some(item) if !item.is_open => Err("of an item that has ended".to_owned()),
            Some(item) if item.kind != kind => Err(format!("of an item that is a {:?}", item.kind)),
            Some(item) => Ok(item),
        }
    }
}

#[cfg(test)]
mod tests {
    use interlingua_model::{Ending, Envelope};

    use super::*;

    fn started() -> Event<'static> {
        Event::Started(Envelope::default())
    }

    fn message(index: u32) -> Event<'static> {
        Event::ItemStarted {
            index: ItemIndex(index),
            origin: Default::default(),
            item: ItemStart::Message { id: None, phase: None },
            beside: Vec::new(),
        }
    }

    fn text(index: u32) -> Event<'static> {
        Event::TextDelta { index: ItemIndex(index), part: 0, text: "a".into(), logprobs: Vec::new() }
    }

    fn ended(index: u32) -> Event<'static> {
        Event::ItemFinished { index: ItemIndex(index), item: None }
    }

    fn completed() -> Event<'static> {
        Event::Finished(Box::new(Ending {
            envelope: Envelope::default(),
            finish: Finish::Completed,
            stop_sequence: None,
            usage: None,
            metadata: None,
            moderation: None,
            origins: Default::default(),
        }))
    }

    fn failed() -> Event<'static> {
        Event::Failed(Box::default())
    }

    #[test]
    fn overlapping_items_and_a_cut_are_legal() {
        let overlapping = [started(), message(0), message(5), text(0), ended(5), text(0), ended(0), completed()];
        assert_eq!(check(&overlapping), Ok(()));
        assert_eq!(check(&[message(0), text(0), failed()]), Ok(()));
    }

    #[test]
    fn each_rule_is_kept() {
        for (events, problem) in [
            (vec![started(), message(0), started(), failed()], "the second of its kind"),
            (vec![text(0), failed()], "not begun"),
            (vec![message(0), ended(0), text(0), failed()], "has ended"),
            (vec![message(0), message(0), failed()], "opened before"),
            (vec![message(0), ended(0), ended(0), failed()], "has ended"),
            (vec![ended(0), failed()], "of no item"),
            (vec![message(0), completed()], "while item 0 is open"),
            (vec![failed(), failed()], "after the ending"),
            (vec![started()], "no ending"),
            (
                vec![message(0), Event::ArgumentsDelta { index: ItemIndex(0), text: "".into() }, failed()],
                "is a Message",
            ),
        ] {
            let found = check(&events).unwrap_err();
            assert!(found.contains(problem), "{problem}: {found}");
        }
    }
}
