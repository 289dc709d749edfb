//! Two APIs, the upstream's and the client's, and the ways a reply goes between them.

use std::fmt;

use interlingua_model::{Fold, FoldError, Request, Response};
use interlingua_translate::{Api, Outcome, Policy, Reading, Reply, Stage, Style, Translator, Upstream};

use crate::support::{Frame, Received, curious, stamp};

/// A pair of APIs.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Pair {
    /// Whose bytes the case has: the upstream of a reply, the client of a request.
    pub(crate) from: Api,
    /// Whose they become.
    pub(crate) to: Api,
}

/// How the client asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    Streamed,
    Whole,
}

impl Asked {
    pub(crate) const BOTH: [Self; 2] = [Self::Streamed, Self::Whole];
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} to {}", self.from, self.to)
    }
}

/// A client's whole reply, or its frames.
#[derive(Debug, PartialEq)]
pub(crate) struct Answered {
    pub(crate) frames: Vec<Frame>,
    pub(crate) outcome: Outcome,
    /// How far it was after the last byte.
    pub(crate) stage: Stage,
}

/// A reply read into the model, and how it ended.
#[derive(Debug, PartialEq)]
pub(crate) struct Read {
    pub(crate) response: Result<Response, FoldError>,
    pub(crate) outcome: Outcome,
}

impl Pair {
    /// What writes the reply to a request of which everything is wanted back. Messages join without a seam, so that texts can be
    /// compared.
    pub(crate) fn reply(self, request: &Request, asked: Asked) -> Reply {
        let style = Style { message_joiner: String::new(), ..Style::default() };
        let mut request = curious(request.clone());
        request.stream.enabled = asked == Asked::Streamed;
        let asked = Translator { style, ..Translator::new(self.to) }.asked(request);
        asked.to(&Upstream::usual(self.from), stamp()).unwrap().reply
    }

    /// The reply to a client, of an upstream's bytes in one piece.
    pub(crate) fn answer(self, request: &Request, asked: Asked, bytes: &[u8]) -> Answered {
        answer(&self.reply(request, asked), [bytes])
    }

    /// What the upstream says, without a client.
    pub(crate) fn read(self, request: &Request, bytes: &[u8]) -> Read {
        let mut events = reading(self.from, request).events();
        let mut fold = Fold::default();
        events.bytes(bytes, &mut fold);
        let outcome = events.finish(&mut fold);
        Read { response: fold.finish(), outcome }
    }

    /// What a client of this API reads in what it received.
    pub(crate) fn read_back(self, request: &Request, asked: Asked, frames: &[Frame]) -> Read {
        let mut events = reading(self.to, request).events();
        let mut fold = Fold::default();
        for frame in frames {
            match asked {
                Asked::Streamed => events.event(frame.name.as_deref(), &frame.data, &mut fold),
                Asked::Whole => events.whole(frame.data.as_bytes(), &mut fold),
            }
        }
        let outcome = events.finish(&mut fold);
        Read { response: fold.finish(), outcome }
    }
}

/// The reply to a client, of an upstream's bytes in these pieces.
pub(crate) fn answer<'b>(reply: &Reply, pieces: impl IntoIterator<Item = &'b [u8]>) -> Answered {
    let mut answer = reply.answer();
    let mut received = Received::default();
    let mut stage = Stage::Silent;
    for piece in pieces {
        stage = answer.bytes(piece, &mut received);
    }
    let outcome = answer.finish(&mut received);
    Answered { frames: received.0, outcome, stage }
}

/// What reads a reply of an API to a request.
pub(crate) fn reading(api: Api, request: &Request) -> Reading {
    Upstream::usual(api).request(curious(request.clone()), Policy::Lenient, stamp()).unwrap().reply
}
