//! A request while an API's encoder writes it, and what it may lose.

use interlingua_model::{Api, Breakpoint, Continuation, Origin, Sourced};
use interlingua_wire::Json;

use crate::convert::wire_json;
use crate::places::{At, Places, What};
use crate::{Error, Loss, LossCode, RequestCode, Sent};

/// What an upstream takes, as far as every encoder asks for it.
pub(crate) trait Ways {
    /// The API that is written.
    const API: Api;
    /// The fields that such an upstream may refuse.
    type Field: Copy;

    /// Whether this upstream refuses a field.
    fn refuses(&self, field: Self::Field) -> bool;

    /// A field as the API spells it.
    fn spelled(field: Self::Field) -> &'static str;
}

/// A request while it is being written.
pub(crate) struct Writing<'p, W, M> {
    pub(crate) upstream: &'p W,
    pub(crate) sent: &'p Sent,
    pub(crate) losses: Vec<Loss>,
    /// Where each thing that is written came from.
    pub(crate) places: Places,
    /// What only this API's encoder has to remember.
    pub(crate) memory: M,
    /// Whether it has been told that a cache boundary has no place.
    pub(crate) has_lost_breakpoint: bool,
}

impl<'p, W: Ways, M> Writing<'p, W, M> {
    /// The beginning of a request of so many items and tools.
    pub(crate) fn new(upstream: &'p W, sent: &'p Sent, memory: M, count: usize) -> Self {
        let (losses, places) = (Vec::new(), Places::with_room(count));
        Self { upstream, sent, losses, places, memory, has_lost_breakpoint: false }
    }

    pub(crate) fn lose(&mut self, path: impl Into<String>, code: LossCode, detail: impl Into<String>) {
        self.losses.push(Loss::new(path, code, detail));
    }

    /// A field this upstream may refuse.
    pub(crate) fn keep<T>(&mut self, field: W::Field, value: Option<Sourced<T>>) -> Option<T> {
        self.keep_as(field, value, LossCode::RefusedByUpstream)
    }

    /// A field this upstream may refuse; `code` says how bad that is.
    pub(crate) fn keep_as<T>(&mut self, field: W::Field, value: Option<Sourced<T>>, code: LossCode) -> Option<T> {
        let Sourced { value, origin } = value?;
        let name = W::spelled(field);
        if !self.upstream.refuses(field) {
            self.places.add(At::Field(name), What::Setting, origin);
            return Some(value);
        }
        self.lose(origin.path(), code, format!("this upstream refuses `{name}`"));
        None
    }

    /// A field that the API does not have.
    pub(crate) fn drop<T>(&mut self, value: Option<&Sourced<T>>, code: LossCode) {
        if let Some(Sourced { value: _, origin }) = value {
            self.lose(origin.path(), code, format!("the {} API has no such field", W::API.title()));
        }
    }

    /// A cache boundary, for an upstream that takes any unless it refuses `field`; one that no API of this kind wrote is
    /// spelled in its words.
    pub(crate) fn boundary(&mut self, field: W::Field, given: Option<Breakpoint>) -> Option<Json> {
        let Breakpoint { origin, ttl: _, raw } = given?;
        if self.upstream.refuses(field) {
            self.lose_breakpoint(origin, raw.is_some(), "this upstream refuses cache boundaries inside content");
            return None;
        }
        raw.map_or_else(|| r#"{"mode":"explicit"}"#.parse().ok(), |raw| Some(wire_json(raw)))
    }

    /// A cache boundary that has no place. Of those that come by the dozen without a word, one is told of.
    pub(crate) fn lose_breakpoint(&mut self, origin: Origin, is_spoken: bool, detail: &str) {
        if is_spoken || !self.has_lost_breakpoint {
            self.has_lost_breakpoint |= !is_spoken;
            self.lose(origin.path(), LossCode::DroppedHint, detail);
        }
    }
}

/// Refuses what a request cannot go on from at a server of an API that keeps nothing.
pub(crate) fn refuse_stored(continuation: &Continuation, api: Api) -> Result<(), Error> {
    let Continuation { previous_response_id, conversation, prompt, background, background_options: _ } = continuation;
    let stored = [
        previous_response_id.as_ref().map(|id| (id.origin, "send the whole conversation instead")),
        conversation.as_ref().map(|id| (id.origin, "send the whole conversation instead")),
        prompt.as_ref().map(|prompt| (prompt.origin, "send the prompt's text as instructions instead")),
        background.as_ref().map(|background| (background.origin, "answers are given at once or as a stream")),
    ];
    let Some((origin, advice)) = stored.into_iter().flatten().next() else { return Ok(()) };
    let message = format!("the {} API keeps nothing between requests; {advice}", api.title());
    Err(Error::request(origin.path(), RequestCode::UnsupportedParameter, message))
}
