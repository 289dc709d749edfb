//! The turns of a conversation.

use super::block::Block;
use super::output::OutputConfig;
use crate::core::{object, open_enum, union};

object! {
    /// One turn. Messages: `MessageParam`.
    #[derive(Default)]
    pub struct Message {
        /// Who speaks. Messages: `role`.
        optional role: Role,
        /// What is said. Messages: `content`.
        optional content: Content,
        /// Until when a message of the system counts, `next_user_message` or `never`. Messages (beta): `clear_at`.
        optional clear_at: String,
        /// What else holds from a message of the system on. Messages (beta): `output_config`.
        optional output_config: OutputConfig,
    }
}

open_enum! {
    /// Who speaks. Messages: `role`.
    pub enum Role {
        /// The person, or what the client runs.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The operator, in the middle of a conversation.
        System = "system",
    }
}

union! {
    /// What is said: in a turn, or by the operator before all. Messages: `content`, `system`.
    pub enum Content expects "a string or an array of content blocks" {
        /// Plain text.
        string Text(String),
        /// Blocks, in order.
        array Blocks(Vec<Block>),
    }
}
