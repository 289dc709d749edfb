//! What a Chat stream is made of.

use interlingua_wire::chat as wire;

use super::template::More;
use crate::Frames;
use crate::frames::write_json;

/// One frame of a Chat stream.
#[derive(Debug, Clone, PartialEq)]
pub enum Frame<'a> {
    /// `data: {chunk}`.
    Chunk(wire::Chunk<'a>),
    /// `data: {"error": ..}`; the last frame of a stream that failed.
    Failed(wire::ErrorBody),
    /// `data: [DONE]`; the last frame of any other stream.
    Done,
}

/// Takes what the encoder writes.
pub(in crate::chat) trait Out {
    fn frame(&mut self, frame: Frame<'_>);

    /// A chunk that has nothing but more of a text, which is what nearly all are.
    fn more(&mut self, more: More<'_>);
}

impl<F: FnMut(Frame<'_>)> Out for F {
    fn frame(&mut self, frame: Frame<'_>) {
        self(frame);
    }

    fn more(&mut self, more: More<'_>) {
        self(Frame::Chunk(more.chunk()));
    }
}

/// Frames as bytes.
pub(in crate::chat) struct Bytes<'f, F>(pub(in crate::chat) &'f mut F);

impl<F: Frames> Out for Bytes<'_, F> {
    fn frame(&mut self, frame: Frame<'_>) {
        match frame {
            Frame::Chunk(chunk) => self.0.frame(None, |out| write_json(out, &chunk)),
            Frame::Failed(body) => self.0.frame(None, |out| write_json(out, &body)),
            Frame::Done => self.0.frame(None, |out| out.extend_from_slice(b"[DONE]")),
        }
    }

    fn more(&mut self, more: More<'_>) {
        self.0.frame(None, |out| more.write(out));
    }
}
