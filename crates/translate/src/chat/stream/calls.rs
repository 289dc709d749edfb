//! Calls in a Chat stream: pieces put in their places, names restored.

use std::borrow::Cow;

use interlingua_model::{Event, ItemIndex, Origin, Sink, ToolKind};
use interlingua_wire::{Extra, chat as wire};

use super::call::{Call, CallPiece};
use crate::chat::losses::Losses;
use crate::chat::reply::content::{cut_wrapping, lost_behind};
use crate::chat::reply::ids::made_up_call_id;
use crate::chat::sealed::EXTRA_CONTENT;
use crate::custom_input::Rest;
use crate::{Error, Sent};

/// The calls of a reply, in the order they began.
///
/// A call is announced once its id and its name are known; what it says until then waits. Servers differ in which
/// piece names what: an index may be missing, used twice, or another one in later pieces; an id may be missing, empty
/// in later pieces, repeated in all of them, or that of another call.
#[derive(Debug, Clone)]
pub(super) struct Calls {
    sent: Sent,
    list: Vec<Call>,
    /// Which call an index of the stream means; the latest counts.
    by_index: Vec<(i64, usize)>,
    legacy: Option<usize>,
}

impl Calls {
    pub(super) fn new(sent: &Sent) -> Self {
        Self { sent: sent.clone(), list: Vec::new(), by_index: Vec::new(), legacy: None }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.list.is_empty()
    }

    /// Whether a call may be missing its end.
    pub(super) fn is_cut(&self) -> bool {
        self.list.iter().any(|call| !call.is_whole())
    }

    /// Takes a piece.
    pub(super) fn push(
        &mut self,
        call: wire::ToolCallDelta<'_>,
        losses: &mut Losses,
        items: &mut u32,
        out: &mut impl Sink,
    ) {
        let wire::ToolCallDelta { index, id, kind, function, custom, mut extra } = call;
        let own = extra.take(EXTRA_CONTENT).filter(|own| !own.is_null());
        let (is_custom, name, text, more) = match (function, custom) {
            (None, Some(wire::CustomCallDelta { name, input, extra })) => (true, name, input, extra),
            (Some(wire::FunctionCallDelta { name, arguments, extra }), _) => (false, name, arguments, extra),
            (None, None) => (kind == Some(wire::ToolKind::Custom), None, None, Extra::new()),
        };
        let id = id.filter(|id| !id.is_empty());
        let name = name.filter(|name| !name.is_empty());
        let piece = CallPiece {
            id: id.as_deref(),
            name: name.as_deref(),
            kind: if is_custom { ToolKind::Custom } else { ToolKind::Function },
            text: text.map_or(Cow::Borrowed(""), |text| text.0),
        };
        let index = index.map(|index| index.0);
        let at = match self.find(index, &piece) {
            Some(at) => at,
            None => self.open(index, Origin::nth("choices[0].delta.tool_calls[*]", self.list.len())),
        };
        if let Some(call) = self.list.get_mut(at) {
            call.own = own.or(call.own.take());
            losses.unread(call.origin, &extra);
            let inside = if is_custom {
                "choices[0].delta.tool_calls[*].custom"
            } else {
                "choices[0].delta.tool_calls[*].function"
            };
            losses.unread(call.origin.then(inside), &more);
        }
        self.take(at, piece, items, out);
    }

    /// Takes a piece of the deprecated single call, which has no id.
    pub(super) fn push_legacy(
        &mut self,
        call: wire::FunctionCallDelta<'_>,
        reply_id: Option<&str>,
        losses: &mut Losses,
        items: &mut u32,
        out: &mut impl Sink,
    ) {
        let wire::FunctionCallDelta { name, arguments, extra } = call;
        losses.unread(Origin::of("choices[0].delta.function_call"), &extra);
        let name = name.filter(|name| !name.is_empty());
        let at = match self.legacy {
            Some(at) => at,
            None => self.open(None, Origin::of("choices[0].delta.function_call")),
        };
        self.legacy = Some(at);
        let id = made_up_call_id(reply_id, self.sent.stamp_id(), at);
        let piece = CallPiece {
            id: Some(&id),
            name: name.as_deref(),
            kind: ToolKind::Function,
            text: arguments.map_or(Cow::Borrowed(""), |text| text.0),
        };
        self.take(at, piece, items, out);
    }

    /// Announces the calls that are still waiting for an id, but for those that say what another of their id has said.
    pub(super) fn announce_rest(
        &mut self,
        reply_id: Option<&str>,
        items: &mut u32,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        for number in 0..self.list.len() {
            let (before, rest) = self.list.split_at_mut(number);
            let Some(call) = rest.first_mut().filter(|call| call.is_waiting()) else { continue };
            if call.name.is_empty() {
                let message = "a call without a name could not be made".to_owned();
                return Err(Error::Malformed { path: Some(call.origin.path()), message });
            }
            if before.iter_mut().any(|other| other.id == call.id && call.repeats(other, out)) {
                continue;
            }
            let id = if call.id.is_empty() || call.has_twin {
                made_up_call_id(reply_id, self.sent.stamp_id(), number)
            } else {
                call.id.clone()
            };
            call.announce(&id, self.sent.names(), items, out);
        }
        Ok(())
    }

    /// Tells what makers may want back on calls, where it came behind their beginning.
    pub(super) fn tell_own(&mut self, items: &mut u32, out: &mut impl Sink) {
        for call in self.list.iter_mut().filter(|call| call.own.is_some()) {
            let id = call.id.clone();
            call.tell_own(&id, items, out);
        }
    }

    /// Ends all calls but the one that was cut off.
    ///
    /// # Errors
    /// A custom tool's input that breaks off in a reply that says it is complete: half a patch must not be run.
    pub(super) fn close(
        &mut self,
        is_completed: bool,
        cut: Option<ItemIndex>,
        losses: &mut Losses,
        out: &mut impl Sink,
    ) -> Result<(), Error> {
        for call in &mut self.list {
            match call.flush(&mut losses.list, out) {
                Rest::Cut if is_completed => return Err(cut_wrapping(call.origin)),
                Rest::More => losses.list.push(lost_behind(call.origin)),
                Rest::Nothing | Rest::Cut => {}
            }
            if call.index() != cut {
                call.fill(out);
            }
        }
        let mut indexes: Vec<_> = self.list.iter().filter_map(Call::index).collect();
        indexes.sort_unstable();
        for index in indexes.into_iter().filter(|index| Some(*index) != cut) {
            out.event(Event::ItemFinished { index, item: None });
        }
        Ok(())
    }

    /// Passes on what unwrapping has kept back, in a stream that goes no further.
    pub(super) fn flush(&mut self, losses: &mut Losses, out: &mut impl Sink) {
        for call in &mut self.list {
            let _ = call.flush(&mut losses.list, out);
        }
    }

    /// The call that a piece belongs to; `None` for one that begins another.
    fn find(&self, index: Option<i64>, piece: &CallPiece<'_>) -> Option<usize> {
        let known = match (index, piece.id, piece.name) {
            (Some(index), id, name) => {
                let there = self.by_index.iter().rev().find(|(known, _)| *known == index).map(|(_, at)| *at);
                there.or_else(|| self.of_id(id.filter(|_| name.is_none())?))
            }
            (None, Some(id), _) => self.of_id(id),
            (None, None, Some(_)) => None,
            (None, None, None) => self.list.len().checked_sub(1),
        };
        match known {
            Some(at) if self.is_another(at, piece) => None,
            // Some servers change the index behind the head of a call: its tail is that of one not yet whole.
            None if is_tail(piece) => self.unfinished(index),
            Some(at)
                if is_tail(piece) && !piece.text.trim().is_empty() && self.is_whole(at) && self.is_shared(index) =>
            {
                self.unfinished(None).or(Some(at))
            }
            known => known,
        }
    }

    fn of_id(&self, id: &str) -> Option<usize> {
        self.list.iter().rposition(|call| call.id == id)
    }

    /// Some servers give all calls one index, or one id: a new head, or the same one again behind whole arguments, is
    /// a new call.
    fn is_another(&self, at: usize, piece: &CallPiece<'_>) -> bool {
        let Some(call) = self.list.get(at) else { return false };
        let is_other_id = !call.id.is_empty() && piece.id.is_some_and(|id| id != call.id);
        // An empty object may only keep the place of what comes under the same head.
        let goes_on = call.may_be_placeholder() && !call.id.is_empty() && piece.id.is_some();
        let begins_again = !call.name.is_empty() && call.is_whole() && !goes_on && !piece.text.trim().is_empty();
        piece.name.is_some() && (is_other_id || begins_again)
    }

    /// Whether an index says nothing of which call is meant: there is none, or it is that of several.
    fn is_shared(&self, index: Option<i64>) -> bool {
        index.is_none_or(|index| self.by_index.iter().filter(|(known, _)| *known == index).count() > 1)
    }

    fn is_whole(&self, at: usize) -> bool {
        self.list.get(at).is_some_and(Call::is_whole)
    }

    /// A call that lacks its end: the one in this place of the list, or the last.
    fn unfinished(&self, index: Option<i64>) -> Option<usize> {
        let lacks_end = |at: &usize| self.list.get(*at).is_some_and(|call| !call.is_whole());
        let there = index.and_then(|index| usize::try_from(index).ok()).filter(lacks_end);
        there.or_else(|| (0..self.list.len()).rev().find(lacks_end))
    }

    fn open(&mut self, index: Option<i64>, origin: Origin) -> usize {
        let at = self.list.len();
        self.list.push(Call::new(origin));
        if let Some(index) = index {
            self.by_index.push((index, at));
        }
        at
    }

    fn take(&mut self, at: usize, piece: CallPiece<'_>, items: &mut u32, out: &mut impl Sink) {
        let shares_id = piece.id.is_some_and(|id| self.list.iter().take(at).any(|call| call.id == id));
        let Some(call) = self.list.get_mut(at) else { return };
        call.has_twin |= call.id.is_empty() && shares_id;
        call.take(piece, out);
        if call.is_waiting() && !call.has_twin && !call.id.is_empty() && !call.name.is_empty() {
            let id = call.id.clone();
            call.announce(&id, self.sent.names(), items, out);
        }
    }
}

/// Whether a piece has only more of some call.
fn is_tail(piece: &CallPiece<'_>) -> bool {
    piece.id.is_none() && piece.name.is_none()
}
