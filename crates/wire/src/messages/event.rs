//! What a streamed message arrives as.
//!
//! ```
//! use std::borrow::Cow;
//! use interlingua_wire::messages::{Delta, Event};
//!
//! let data = r#"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"Hi"}}"#;
//! let Event::ContentBlockDelta(event) = Event::parse(data, None)? else { panic!("a delta") };
//! let Delta::Text(delta) = &event.delta else { panic!("of text") };
//! assert!(matches!(delta.text.0, Cow::Borrowed("Hi")));
//! # Ok::<(), serde_json::Error>(())
//! ```

use std::borrow::Cow;

use serde::de::DeserializeSeed as _;

use super::block::Block;
use super::citation::Citation;
use super::error::ErrorDetail;
use super::reply::{ReplyContainer, Response, StopDetails, StopReason};
use super::usage::Usage;
use crate::core::object;
use crate::core::tagged::{TaggedVisitor, tagged};
use crate::{Extra, Integer, Json, Text};

tagged! {
    /// One event of a stream. Messages: `MessageStreamEvent`.
    pub enum Event<'a> by "type" {
        /// A piece of a block.
        ContentBlockDelta(BlockDelta<'a>) = "content_block_delta",
        /// A block begins.
        ContentBlockStart(BlockStart) = "content_block_start",
        /// A block is complete.
        ContentBlockStop(BlockStop) = "content_block_stop",
        /// The message begins.
        MessageStart(MessageStart) = "message_start",
        /// The message as a whole: how it ends, what it cost.
        MessageDelta(Box<MessageDelta>) = "message_delta",
        /// The message is complete.
        MessageStop(MessageStop) = "message_stop",
        /// The connection lives.
        Ping(Ping) = "ping",
        /// The server gives up.
        Error(StreamError) = "error",
    }
    missing = resolve_event;
}

/// What an event without a type is: one with an `error` is an error.
fn resolve_event(keys: &[Cow<'_, str>]) -> Option<&'static str> {
    keys.iter().any(|key| key == "error").then_some("error")
}

impl<'a> Event<'a> {
    /// Reads the `data` of one server-sent event. `sse_event` is the name on its `event:` line; it stands in for a missing `type`, except that an
    /// object with an `error` is an error by any name.
    ///
    /// Deltas of text, thoughts and input are read in one pass and borrow from `data`.
    ///
    /// # Errors
    /// `data` is not JSON, has no type by any of these ways, or is an event we know with a field of the wrong kind. An event we do not know is
    /// [`Event::Unknown`].
    pub fn parse(data: &'a str, sse_event: Option<&str>) -> Result<Self, serde_json::Error> {
        let mut deserializer = serde_json::Deserializer::from_str(data);
        let event = TaggedVisitor::new(sse_event).deserialize(&mut deserializer)?;
        deserializer.end()?;
        Ok(event)
    }

    /// The fields that an event of a known kind has beside those it is known to have.
    #[must_use]
    pub fn extra(&self) -> Option<&Extra> {
        match self {
            Self::ContentBlockDelta(event) => Some(&event.extra),
            Self::ContentBlockStart(event) => Some(&event.extra),
            Self::ContentBlockStop(event) => Some(&event.extra),
            Self::MessageStart(event) => Some(&event.extra),
            Self::MessageDelta(event) => Some(&event.extra),
            Self::MessageStop(event) => Some(&event.extra),
            Self::Ping(event) => Some(&event.extra),
            Self::Error(event) => Some(&event.extra),
            Self::Unknown(_) => None,
        }
    }
}

object! {
    /// A piece of a block. Messages: `RawContentBlockDeltaEvent`.
    pub struct BlockDelta<'a> {
        /// Which block. Messages: `index`.
        optional index: Integer,
        /// The piece. Messages: `delta`.
        required delta: Delta<'a>,
    }
}

object! {
    /// A block begins. Messages: `RawContentBlockStartEvent`.
    pub struct BlockStart {
        /// Which block. Messages: `index`.
        optional index: Integer,
        /// The block as it begins; results of servers stand in it whole. Messages: `content_block`.
        required content_block: Block,
    }
}

object! {
    /// A block is complete. Messages: `RawContentBlockStopEvent`.
    #[derive(Default)]
    pub struct BlockStop {
        /// Which block. Messages: `index`.
        optional index: Integer,
    }
}

object! {
    /// The message begins. Messages: `RawMessageStartEvent`.
    pub struct MessageStart {
        /// The message, without blocks. Messages: `message`.
        required message: Box<Response>,
    }
}

object! {
    /// The message as a whole. Messages: `RawMessageDeltaEvent`.
    #[derive(Default)]
    pub struct MessageDelta {
        /// How it ends. Messages: `delta`.
        optional delta: EndDelta,
        /// What it cost, all in all. Messages: `usage`.
        optional usage: Usage,
        /// How the conversation was shortened. Messages (beta): `context_management`.
        maybe context_management: Json,
    }
}

object! {
    /// How a message ends. Messages: `message_delta.delta`.
    #[derive(Default)]
    pub struct EndDelta {
        /// Why. Messages: `stop_reason`.
        nullable stop_reason: StopReason,
        /// The sequence that ended it. Messages: `stop_sequence`.
        nullable stop_sequence: String,
        /// More of why. Messages: `stop_details`.
        maybe stop_details: StopDetails,
        /// Where code ran. Messages: `container`.
        maybe container: ReplyContainer,
    }
}

object! {
    /// The message is complete. Messages: `RawMessageStopEvent`.
    #[derive(Default)]
    pub struct MessageStop {}
}

object! {
    /// The connection lives. Messages: `ping`.
    #[derive(Default)]
    pub struct Ping {}
}

object! {
    /// The server gives up. Messages: `error`, as an event.
    #[derive(Default)]
    pub struct StreamError {
        /// What went wrong. Messages: `error`.
        required error: ErrorDetail,
        /// The id of the request. Messages: `request_id`.
        maybe request_id: String,
    }
}

tagged! {
    /// A piece of a block. Messages: `RawContentBlockDelta`.
    pub enum Delta<'a> by "type" {
        /// Of text.
        Text(TextDelta<'a>) = "text_delta",
        /// Of a call's input.
        InputJson(InputJsonDelta<'a>) = "input_json_delta",
        /// Of a thought.
        Thinking(ThinkingDelta<'a>) = "thinking_delta",
        /// The seal of a thought.
        Signature(SignatureDelta) = "signature_delta",
        /// What a text refers to.
        Citations(CitationsDelta) = "citations_delta",
        /// A summary.
        Compaction(CompactionDelta) = "compaction_delta",
    }
}

object! {
    /// A piece of text. Messages: `TextDelta`.
    pub struct TextDelta<'a> {
        /// What to append. Messages: `text`.
        required text: Text<'a>,
    }
}

object! {
    /// A piece of a call's input. Messages: `InputJSONDelta`.
    pub struct InputJsonDelta<'a> {
        /// What to append to the input's text. Messages: `partial_json`.
        required partial_json: Text<'a>,
    }
}

object! {
    /// A piece of a thought. Messages: `ThinkingDelta`.
    pub struct ThinkingDelta<'a> {
        /// What to append. Messages: `thinking`.
        required thinking: Text<'a>,
    }
}

object! {
    /// The seal of a thought. Messages: `SignatureDelta`.
    pub struct SignatureDelta {
        /// The seal. Messages: `signature`.
        required signature: String,
    }
}

object! {
    /// What a text refers to. Messages: `CitationsDelta`.
    pub struct CitationsDelta {
        /// One citation more. Messages: `citation`.
        required citation: Citation,
    }
}

object! {
    /// A summary. Messages (beta): `CompactionContentBlockDelta`.
    #[derive(Default)]
    pub struct CompactionDelta {
        /// The summary. Messages: `content`.
        maybe content: String,
        /// The summary, sealed. Messages: `encrypted_content`.
        maybe encrypted_content: String,
    }
}
