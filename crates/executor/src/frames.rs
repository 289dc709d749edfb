//! Events of the model as server-sent events of the API the caller speaks.

use std::task::{Context, Poll};

use bytes::Bytes;
use interlingua_model::Failure;
use interlingua_sse::{write_event, write_event_with};
use interlingua_translate::{Loss, chat, responses};
use interlingua_wire::responses as wire;
use serde::Serialize;

use crate::decoding::{Decoding, Step};

/// The encoder of either API.
pub(crate) enum Encoder {
    Chat(Box<chat::Encoder>),
    Responses(Box<responses::Encoder>),
}

/// What an encoder wrote and nobody took yet.
#[derive(Default)]
pub(crate) struct Frames {
    bytes: Vec<u8>,
    first: First,
}

/// The first frame that says anything decides: a failure may still become an HTTP status, anything else is the beginning
/// of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum First {
    #[default]
    None,
    Output,
    Failure,
}

impl Encoder {
    /// One step of `decoding`, written to `frames`.
    pub(crate) fn poll_step(
        &mut self,
        decoding: &mut Decoding,
        cx: &mut Context<'_>,
        frames: &mut Frames,
    ) -> Poll<Step> {
        match self {
            Self::Chat(encoder) => decoding.poll_step(cx, &mut encoder.sink(|frame| frames.chat(&frame))),
            Self::Responses(encoder) => decoding.poll_step(cx, &mut encoder.sink(|event| frames.responses(&event))),
        }
    }

    /// Why the stream failed, once it has.
    pub(crate) fn failure(&self) -> Option<&Failure> {
        match self {
            Self::Chat(encoder) => encoder.failure(),
            Self::Responses(encoder) => encoder.failure(),
        }
    }

    /// What the stream lost.
    pub(crate) fn finish(self) -> Vec<Loss> {
        match self {
            Self::Chat(encoder) => encoder.finish(),
            Self::Responses(encoder) => encoder.finish(),
        }
    }
}

impl Frames {
    /// How the stream began.
    pub(crate) fn first(&self) -> First {
        self.first
    }

    /// Whether there are bytes, and more in them than that the response has begun.
    pub(crate) fn are_worth_sending(&self) -> bool {
        self.first != First::None && !self.bytes.is_empty()
    }

    /// The bytes so far.
    pub(crate) fn take(&mut self) -> Bytes {
        std::mem::take(&mut self.bytes).into()
    }

    fn chat(&mut self, frame: &chat::Frame<'_>) {
        match frame {
            chat::Frame::Chunk(chunk) => {
                self.began_with(First::Output);
                self.write(None, chunk);
            }
            chat::Frame::Failed(body) => {
                self.began_with(First::Failure);
                self.write(None, body);
            }
            chat::Frame::Done => {
                self.began_with(First::Output);
                write_event(&mut self.bytes, None, "[DONE]");
            }
        }
    }

    fn responses(&mut self, event: &wire::Event<'_>) {
        let says_nothing =
            matches!(event, wire::Event::Created(_) | wire::Event::Queued(_) | wire::Event::InProgress(_));
        let has_failed = matches!(event, wire::Event::Failed(_) | wire::Event::Error(_));
        if !says_nothing {
            self.began_with(if has_failed { First::Failure } else { First::Output });
        }
        self.write(Some(event.tag()), event);
    }

    fn began_with(&mut self, first: First) {
        if self.first == First::None {
            self.first = first;
        }
    }

    fn write(&mut self, name: Option<&str>, value: &impl Serialize) {
        let written = write_event_with(&mut self.bytes, name, |out| serde_json::to_writer(out, value));
        // Memory takes all bytes, and wire types have string keys only: there is nothing that can fail.
        debug_assert!(written.is_ok(), "a frame is always JSON");
    }
}
