//! What a Chat stream is made of.

use interlingua_wire::chat as wire;

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
