//! The bytes of an upstream's reply: server-sent events, or one JSON document, told apart by how they begin.

use interlingua_model::Failure;
use interlingua_sse::{Eof, Parser};

use crate::error::upstream_malformed;

/// The largest whole reply, in bytes.
const MAX_REPLY: usize = 64 * 1024 * 1024;

/// The bytes so far.
#[derive(Debug, Default)]
pub(crate) struct Feed {
    body: Body,
    has_heard: bool,
}

#[derive(Debug, Default)]
enum Body {
    /// Nothing but white space.
    #[default]
    Blank,
    Events(Box<Parser>),
    Json(Vec<u8>),
    Page,
    Ended,
}

/// What the bytes say.
pub(crate) enum Heard<'a> {
    Event { name: Option<&'a str>, data: &'a str, cut: bool },
    Whole(&'a [u8]),
    Broken(Failure),
}

impl Feed {
    /// Takes bytes as they come; none are the end.
    pub(crate) fn push(&mut self, mut bytes: &[u8], mut take: impl FnMut(Heard<'_>)) {
        const BOM: &[u8] = "\u{feff}".as_bytes();
        if let Body::Blank = self.body {
            let trimmed = bytes.strip_prefix(BOM).unwrap_or(bytes).trim_ascii_start();
            self.body = match trimmed.first() {
                None => return,
                Some(b'{' | b'[') => Body::Json(Vec::new()),
                Some(b'<') => Body::Page,
                Some(_) => Body::Events(Box::default()),
            };
            if !matches!(self.body, Body::Events(_)) {
                self.has_heard = true;
                bytes = trimmed;
            }
        }
        match &mut self.body {
            Body::Events(parser) => {
                parser.feed(bytes);
                self.drain(&mut take);
            }
            Body::Json(body) if body.len() + bytes.len() > MAX_REPLY => {
                self.body = Body::Ended;
                let message = format!("the upstream's reply is larger than {} MiB", MAX_REPLY >> 20);
                take(Heard::Broken(upstream_malformed(message)));
            }
            Body::Json(body) => body.extend_from_slice(bytes),
            Body::Page => {
                self.body = Body::Ended;
                let message = "the upstream answered with a web page instead of an API reply; check the base URL";
                take(Heard::Broken(upstream_malformed(message.to_owned())));
            }
            Body::Blank | Body::Ended => {}
        }
    }

    /// Takes the end of the bytes.
    pub(crate) fn end(&mut self, mut take: impl FnMut(Heard<'_>)) {
        if let Body::Events(parser) = &mut self.body {
            parser.end(Eof::Flush);
            self.drain(&mut take);
        }
        if let Body::Json(body) = std::mem::replace(&mut self.body, Body::Ended) {
            take(Heard::Whole(&body));
        }
    }

    /// Whether there was nothing but white space.
    pub(crate) fn is_blank(&self) -> bool {
        matches!(self.body, Body::Blank)
    }

    /// Whether an event has come; comments are none.
    pub(crate) fn has_heard(&self) -> bool {
        self.has_heard
    }

    fn drain(&mut self, take: &mut impl FnMut(Heard<'_>)) {
        let Body::Events(parser) = &mut self.body else { return };
        loop {
            match parser.next_event() {
                Ok(None) => return,
                Ok(Some(event)) => {
                    self.has_heard = true;
                    take(Heard::Event { name: event.event, data: event.data, cut: event.cut });
                }
                Err(error) => {
                    self.body = Body::Ended;
                    return take(Heard::Broken(upstream_malformed(error.to_string())));
                }
            }
        }
    }
}
