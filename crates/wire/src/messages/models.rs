//! The answers to `GET /v1/models` and `POST /v1/messages/count_tokens`.

use crate::core::object;
use crate::{Integer, Json};

object! {
    /// The models a server offers. Messages: `GET /v1/models`.
    #[derive(Default)]
    pub struct ModelList {
        /// The models. Models: `data`.
        optional data: Vec<Model>,
        /// Whether there are more. Models: `has_more`.
        optional has_more: bool,
        /// The id of the first. Models: `first_id`.
        nullable first_id: String,
        /// The id of the last. Models: `last_id`.
        nullable last_id: String,
    }
}

object! {
    /// One model. Messages: `ModelInfo`.
    #[derive(Default)]
    pub struct Model {
        /// `model`. Models: `type`.
        optional kind as "type": String,
        /// What requests call it. Models: `id`.
        optional id: String,
        /// What people call it. Models: `display_name`.
        optional display_name: String,
        /// When it was made, RFC 3339. Models: `created_at`.
        optional created_at: String,
        /// Whether it is there to stay. Models: `lifecycle`.
        optional lifecycle: String,
        /// How many tokens it reads. Models: `max_input_tokens`.
        optional max_input_tokens: Integer,
        /// How many tokens it writes. Models: `max_tokens`.
        optional max_tokens: Integer,
        /// Its family. Models: `line`.
        optional line: Json,
        /// When it stops being recommended. Models: `deprecated_at`.
        optional deprecated_at: String,
        /// When it goes. Models: `retires_at`.
        optional retires_at: String,
        /// What it can do, verbatim. Models: `capabilities`.
        optional capabilities: Json,
    }
}

object! {
    /// How long a request is. Messages: `MessageTokensCount`.
    #[derive(Default)]
    pub struct TokenCount {
        /// In tokens. Messages: `input_tokens`.
        optional input_tokens: Integer,
    }
}
