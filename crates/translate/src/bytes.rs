//! Replies read from bytes: what a [`Feed`](crate::feed::Feed) hears in them, told to whoever reads the reply.

use interlingua_model::Sink;

use crate::Frames;
use crate::answer::{Answer, Stage};
use crate::events::Events;
use crate::feed::{Heard, empty};

impl Answer {
    /// Takes the next bytes of the upstream's reply, cut wherever they are. What they are is seen by how they begin: server-sent
    /// events or JSON, whatever they were called and whichever was asked for.
    pub fn bytes(&mut self, bytes: &[u8], out: &mut impl Frames) -> Stage {
        if let Some(bytes) = self.feed.take_small(bytes) {
            let mut feed = std::mem::take(&mut self.feed);
            feed.hear(bytes, |heard| self.hear(heard, out));
            self.feed = feed;
        }
        self.stage()
    }

    /// Whether an event has come; comments, which only keep a connection alive, are none.
    #[must_use]
    pub fn has_heard(&self) -> bool {
        self.feed.has_heard()
    }

    pub(crate) fn end_of_bytes(&mut self, out: &mut impl Frames) {
        // Of a stream it is said that it stopped; a whole reply has never begun.
        if self.feed.is_blank() && !self.asks_for_stream() {
            return self.hear(Heard::Broken(empty()), out);
        }
        let mut feed = std::mem::take(&mut self.feed);
        feed.end(|heard| self.hear(heard, out));
    }

    fn hear(&mut self, heard: Heard<'_>, out: &mut impl Frames) {
        match heard {
            Heard::Event { name, data, cut: false } => _ = self.event(name, data, out),
            Heard::Event { name, data, cut: true } => _ = self.cut_event(name, data, out),
            Heard::Whole(body) => _ = self.whole(body, out),
            Heard::Broken(failure) => self.stop(Some(failure), out),
        }
    }
}

impl Events {
    /// Takes the next bytes of the upstream's reply, as [`Answer::bytes`] does.
    pub fn bytes(&mut self, bytes: &[u8], out: &mut impl Sink) {
        if let Some(bytes) = self.feed.take_small(bytes) {
            let mut feed = std::mem::take(&mut self.feed);
            feed.hear(bytes, |heard| self.hear(heard, out));
            self.feed = feed;
        }
    }

    /// Whether an event has come; comments, which only keep a connection alive, are none.
    #[must_use]
    pub fn has_heard(&self) -> bool {
        self.feed.has_heard()
    }

    pub(crate) fn end_of_bytes(&mut self, out: &mut impl Sink) {
        let mut feed = std::mem::take(&mut self.feed);
        feed.end(|heard| self.hear(heard, out));
    }

    fn hear(&mut self, heard: Heard<'_>, out: &mut impl Sink) {
        match heard {
            Heard::Event { name, data, cut: false } => self.event(name, data, out),
            Heard::Event { name, data, cut: true } => self.cut_event(name, data, out),
            Heard::Whole(body) => self.whole(body, out),
            Heard::Broken(failure) => self.stop(Some(failure), out),
        }
    }
}
