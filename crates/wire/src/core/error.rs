//! Failures, which both APIs write the same way: the body of an HTTP error, or an `error` inside a reply.

use super::{object, union};
use crate::{Integer, Json};

object! {
    /// The body of an HTTP error; in Chat also the frame that ends a failed stream. Both APIs: schema `ErrorResponse`.
    ///
    /// ```
    /// use interlingua_wire::responses::{ErrorBody, ErrorCode};
    ///
    /// let body: ErrorBody = serde_json::from_str(r#"{"error":{"message":"slow down","code":429}}"#)?;
    /// assert_eq!(body.error.code, Some(ErrorCode::Number(429_u32.into())), "OpenRouter and llama.cpp send numbers");
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[derive(Default)]
    pub struct ErrorBody {
        /// What went wrong. Both APIs: `error`.
        required error: ErrorDetail,
    }
}

object! {
    /// What went wrong. All four keys are always written. Both APIs: schema `Error`.
    #[derive(Default)]
    pub struct ErrorDetail {
        /// In words. Both APIs: `error.message`.
        nullable message: String,
        /// What kind of failure. Both APIs: `error.type`.
        nullable kind as "type": String,
        /// The field of the request that is to blame, as a path. Both APIs: `error.param`.
        nullable param: String,
        /// The failure as a word to match on. Both APIs: `error.code`.
        nullable code: ErrorCode,
        /// What the model was found to be doing, with the code `misalignment_policy_violation`. Both APIs: `error.misalignment`.
        optional misalignment: Json,
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
