//! Failures: the body of an HTTP error, or an `error` inside a reply.
//!
//! ```
//! use interlingua_wire::Integer;
//! use interlingua_wire::chat::{ErrorBody, ErrorCode};
//!
//! let body: ErrorBody = serde_json::from_str(r#"{"error":{"message":"slow down","code":429}}"#)?;
//! assert_eq!(body.error.code, Some(ErrorCode::Number(Integer(429))), "OpenRouter and llama.cpp send numbers");
//! # Ok::<(), serde_json::Error>(())
//! ```

use super::union::union;
use crate::Integer;
use crate::core::object;

object! {
    /// The body of an HTTP error, and the frame that ends a failed stream (Chat: `ErrorResponse`).
    #[derive(Default)]
    pub struct ErrorBody {
        /// What went wrong (Chat: `error`).
        required error: ErrorDetail,
    }
}

object! {
    /// What went wrong (Chat: `Error`). All four keys are always written.
    #[derive(Default)]
    pub struct ErrorDetail {
        /// In words (Chat: `error.message`).
        nullable message: String,
        /// What kind of failure (Chat: `error.type`).
        nullable kind as "type": String,
        /// The field of the request that is to blame, as a path (Chat: `error.param`).
        nullable param: String,
        /// The failure as a word to match on (Chat: `error.code`).
        nullable code: ErrorCode,
    }
}

union! {
    /// A failure's code: a word, but a number from some servers.
    pub enum ErrorCode expects "a string or a number" {
        /// The official form.
        string Word(String),
        /// Usually an HTTP status.
        number Number(Integer),
    }
}

union! {
    /// An `error` inside a reply: an object, but a sentence from some servers.
    pub enum ErrorValue expects "a string or an error object" {
        /// The failure in words.
        string Text(String),
        /// The official form.
        object Detail(Box<ErrorDetail>),
    }
}
