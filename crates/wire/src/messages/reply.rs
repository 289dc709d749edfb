//! A whole message of the model.

use super::block::Block;
use super::usage::Usage;
use crate::Json;
use crate::core::{object, open_enum};

object! {
    /// What the model answered. Messages: `Message`.
    #[derive(Default)]
    pub struct Response {
        /// Its id, `msg_` and more. Messages: `id`.
        optional id: String,
        /// `message`. Messages: `type`.
        optional kind as "type": String,
        /// `assistant`. Messages: `role`.
        optional role: String,
        /// The model that answered. Messages: `model`.
        optional model: String,
        /// What it said, did and thought, in order. Messages: `content`.
        optional content: Vec<Block>,
        /// Why it ended; null in the beginning of a stream. Messages: `stop_reason`.
        nullable stop_reason: StopReason,
        /// The sequence that ended it. Messages: `stop_sequence`.
        nullable stop_sequence: String,
        /// More of why. Messages: `stop_details`.
        maybe stop_details: StopDetails,
        /// What it cost. Messages: `usage`.
        optional usage: Usage,
        /// Where code ran. Messages: `container`.
        maybe container: ReplyContainer,
        /// What helps to find faults. Messages: `diagnostics`.
        maybe diagnostics: Json,
        /// How the conversation was shortened. Messages (beta): `context_management`.
        maybe context_management: Json,
        /// How pictures of the request were changed. Messages: `input_transformations`.
        maybe input_transformations: Json,
    }
}

open_enum! {
    /// Why a message ended. Messages: `stop_reason`.
    pub enum StopReason {
        /// The model was done.
        EndTurn = "end_turn",
        /// The limit of tokens.
        MaxTokens = "max_tokens",
        /// A sequence that the request named.
        StopSequence = "stop_sequence",
        /// A call that the client must run.
        ToolUse = "tool_use",
        /// The server pauses in the middle of its own calls.
        PauseTurn = "pause_turn",
        /// A filter stepped in.
        Refusal = "refusal",
        /// The model reads no more.
        ModelContextWindowExceeded = "model_context_window_exceeded",
        /// A summary was asked for, and is there.
        Compaction = "compaction",
    }
}

object! {
    /// More of why a message ended. Messages: `RefusalStopDetails`.
    #[derive(Default)]
    pub struct StopDetails {
        /// `refusal`. Messages: `stop_details.type`.
        optional kind as "type": String,
        /// What is refused. Messages: `stop_details.category`.
        nullable category: String,
        /// In words. Messages: `stop_details.explanation`.
        nullable explanation: String,
    }
}

object! {
    /// Where code ran. Messages: `Container`.
    #[derive(Default)]
    pub struct ReplyContainer {
        /// Its id. Messages: `container.id`.
        optional id: String,
        /// Until when it is there, RFC 3339. Messages: `container.expires_at`.
        optional expires_at: String,
        /// What it can do, verbatim. Messages: `container.skills`.
        maybe skills: Json,
    }
}
