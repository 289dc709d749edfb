//! One call of a stream that is being read: its beginning, and its input.

use std::borrow::Cow;

use interlingua_model::{Event, ItemIndex, ItemStart, Origin, Sink, ToolKind};
use interlingua_wire::Json;

use super::blocks::{Call, CallState};
use super::told_calls::ToldCalls;
use crate::arguments::Unquoted;
use crate::custom_input::Rest;

impl Call {
    /// The beginning of its item.
    pub(super) fn begun(
        &self,
        index: ItemIndex,
        origin: Origin,
        id: String,
        name: String,
        namespace: Option<String>,
    ) -> Event<'static> {
        let kind = if self.unwrapper.is_some() { ToolKind::Custom } else { ToolKind::Function };
        let (call_id, name, namespace) = (Cow::Owned(id), Cow::Owned(name), namespace.map(Cow::Owned));
        let item = ItemStart::ToolCall { id: None, call_id, name, namespace, kind };
        Event::ItemStarted { index, origin, item, beside: Vec::new() }
    }

    pub(super) fn take(&mut self, index: ItemIndex, text: Cow<'_, str>, calls: &mut ToldCalls, out: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        self.has_input = true;
        let text = match &mut self.state {
            CallState::Begun(place) => match calls.input(*place) {
                Some(said) => self.pieces.take(said, text),
                None => text,
            },
            CallState::Held(held) => return held.input.push_str(&text),
        };
        self.tell(index, text, out);
    }

    fn tell(&mut self, index: ItemIndex, text: Cow<'_, str>, out: &mut impl Sink) {
        if text.is_empty() {
            return;
        }
        match &mut self.unwrapper {
            None => out.event(Event::ArgumentsDelta { index, text }),
            Some(unwrapper) => {
                let mut input = String::new();
                unwrapper.push(&text, &mut input);
                if !input.is_empty() {
                    out.event(Event::ArgumentsDelta { index, text: Cow::Owned(input) });
                }
            }
        }
    }

    /// Ends the input: one that never came in deltas stands in the beginning, or is an empty object. Whether it had to be
    /// mended.
    pub(super) fn end(mut self, index: ItemIndex, calls: &mut ToldCalls, out: &mut impl Sink) -> (Rest, bool) {
        if !self.has_input {
            let given = self.given.take().map(|given: Json| given.get().to_owned());
            let is_custom = self.unwrapper.is_some();
            let text = given.filter(|text| !matches!(text.as_str(), r#""""# | "null") && (!is_custom || text != "{}"));
            if let Some(text) = text.or_else(|| (!is_custom).then(|| "{}".to_owned())) {
                self.take(index, Cow::Owned(text), calls, out);
            }
        }
        let mut is_mended = false;
        if let CallState::Begun(place) = self.state
            && let Some(said) = calls.input(place)
        {
            let released = self.pieces.release(said);
            if released.is_some() || self.pieces.is_placeholder() {
                let said = Cow::Owned(said.clone());
                self.tell(index, said, out);
            }
            is_mended = released.is_some_and(|Unquoted(is_mended)| is_mended);
        }
        let Some(unwrapper) = self.unwrapper else { return (Rest::Nothing, is_mended) };
        let mut input = String::new();
        let rest = unwrapper.finish(&mut input);
        if !input.is_empty() {
            out.event(Event::ArgumentsDelta { index, text: Cow::Owned(input) });
        }
        (rest, is_mended)
    }
}
