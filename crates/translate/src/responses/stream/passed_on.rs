//! What has been passed on of one text, and what of it still waits.
//!
//! A view that comes when a text begins may be its beginning, all of it told ahead, or a placeholder. It waits until a delta or
//! a later view tells which, and is never put in front of deltas.

use std::borrow::Cow;

use interlingua_wire::responses as wire;

use crate::arguments::Pieces;
use crate::responses::reply::content::part_text;

/// The texts an item can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Channel {
    Text,
    Refusal,
    Summary,
    Reasoning,
    Arguments,
}

impl Channel {
    /// The text that a part has.
    pub(super) fn of(part: &wire::ContentPart) -> Option<Self> {
        match part {
            wire::ContentPart::SummaryText(_) => Some(Self::Summary),
            wire::ContentPart::ReasoningText(_) => Some(Self::Reasoning),
            wire::ContentPart::Refusal(_) => Some(Self::Refusal),
            wire::ContentPart::OutputText(_) | wire::ContentPart::InputText(_) => Some(Self::Text),
            wire::ContentPart::InputImage(_)
            | wire::ContentPart::InputFile(_)
            | wire::ContentPart::InputAudio(_)
            | wire::ContentPart::EncryptedContent(_)
            | wire::ContentPart::Unknown(_) => part_text(part).map(|_| Self::Text),
        }
    }

    /// What a loss calls it.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Refusal => "refusal",
            Self::Summary => "summary",
            Self::Reasoning => "thought",
            Self::Arguments => "arguments",
        }
    }
}

#[derive(Debug, Clone)]
pub(super) struct PassedOn {
    pub(super) channel: Channel,
    pub(super) part: u32,
    /// What has been passed on, or, for a call that has no name yet and for deltas that are in doubt, kept back.
    pub(super) text: String,
    pub(super) annotations: usize,
    /// Whether the upstream has told the whole of it.
    pub(super) is_whole: bool,
    waiting: Waiting,
    pieces: Pieces,
}

#[derive(Debug, Clone)]
enum Waiting {
    Nothing,
    /// A view from the beginning, of which the deltas so far are a prefix.
    View(String),
    /// The deltas do not begin as the view did; whether they go on from it, a later view tells.
    Deltas(String),
}

/// What to pass on of a fuller view.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Rest {
    Nothing,
    /// The view from this byte on.
    From(usize),
    /// Nothing: it contradicts what has been passed on.
    Contradiction,
    /// The deltas that were kept back, which it contradicts.
    Deltas,
}

impl PassedOn {
    pub(super) fn new(channel: Channel, part: u32) -> Self {
        Self {
            channel,
            part,
            text: String::new(),
            annotations: 0,
            is_whole: false,
            waiting: Waiting::Nothing,
            pieces: Pieces::told_in_full(),
        }
    }

    /// Whether deltas are kept back.
    pub(super) fn is_in_doubt(&self) -> bool {
        matches!(self.waiting, Waiting::Deltas(_)) || self.pieces.is_holding()
    }

    /// Takes the view that came with the beginning. Whether it waits; one that comes later is as good as any.
    pub(super) fn begin(&mut self, view: &str) -> bool {
        let waits = self.text.is_empty() && matches!(self.waiting, Waiting::Nothing | Waiting::View(_));
        if waits && !view.is_empty() {
            self.waiting = Waiting::View(view.to_owned());
        }
        waits
    }

    /// Takes a delta of the arguments of a function. What of it is to be passed on now.
    pub(super) fn say_arguments<'d>(&mut self, delta: Cow<'d, str>) -> Option<Cow<'d, str>> {
        let is_first = self.text.is_empty();
        let more = self.pieces.take(&mut self.text, delta);
        (self.passes(is_first) && !more.is_empty()).then_some(more)
    }

    /// Takes a delta. Whether it is to be passed on now.
    pub(super) fn say(&mut self, delta: &str) -> bool {
        let is_first = self.text.is_empty();
        self.text.push_str(delta);
        self.passes(is_first)
    }

    fn passes(&mut self, is_first: bool) -> bool {
        match &self.waiting {
            Waiting::Nothing => true,
            Waiting::Deltas(_) => false,
            Waiting::View(view) if view.starts_with(&self.text) => true,
            Waiting::View(view) if is_first && !self.text.starts_with(view) && !self.is_placeholder(view) => {
                self.waiting = Waiting::Deltas(view.clone());
                false
            }
            Waiting::View(_) => {
                self.waiting = Waiting::Nothing;
                true
            }
        }
    }

    /// Takes a fuller view of the text; an empty one says nothing.
    pub(super) fn compare(&mut self, full: &str) -> Rest {
        self.is_whole = true;
        if full.is_empty() {
            return Rest::Nothing;
        }
        if self.pieces.is_holding() {
            self.pieces = Pieces::told_in_full();
            self.text.clear();
        }
        let rest = match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::Deltas(view) => {
                let goes_on = full.strip_prefix(view.as_str()).is_some_and(|rest| rest.starts_with(&self.text));
                if goes_on || full.starts_with(&self.text) { Rest::From(0) } else { Rest::Deltas }
            }
            Waiting::Nothing | Waiting::View(_) => match full.strip_prefix(self.text.as_str()) {
                Some("") => Rest::Nothing,
                Some(_) => Rest::From(self.text.len()),
                None => Rest::Contradiction,
            },
        };
        if let Rest::From(_) = rest {
            full.clone_into(&mut self.text);
            if self.channel == Channel::Arguments {
                self.pieces.go_on_from(full);
            }
        }
        rest
    }

    /// Takes the end of a text that no later view told of. What to pass on of what waited; a placeholder says nothing of a call
    /// that was cut.
    pub(super) fn settle(&mut self, is_complete: bool) -> Option<&str> {
        match std::mem::replace(&mut self.waiting, Waiting::Nothing) {
            Waiting::View(view) if self.text.is_empty() && (is_complete || !self.is_placeholder(&view)) => {
                self.text = view;
                Some(&self.text)
            }
            Waiting::Deltas(_) => Some(&self.text),
            Waiting::Nothing | Waiting::View(_) => self.pieces.release(&mut self.text).map(|_| &*self.text),
        }
    }

    /// Whether a view stands for arguments that are yet to come: nothing can follow a whole object.
    fn is_placeholder(&self, view: &str) -> bool {
        self.channel == Channel::Arguments && view.trim_ascii() == "{}"
    }
}
