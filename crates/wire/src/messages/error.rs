//! Failures.

use crate::Json;
use crate::core::object;

object! {
    /// The body of an HTTP error. Messages: `ErrorResponse`.
    ///
    /// ```
    /// use interlingua_wire::messages::ErrorBody;
    ///
    /// let body: ErrorBody = serde_json::from_str(r#"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#)?;
    /// assert_eq!(body.error.kind.as_deref(), Some("overloaded_error"));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[derive(Default)]
    pub struct ErrorBody {
        /// `error`. Messages: `type`.
        optional kind as "type": String,
        /// What went wrong. Messages: `error`.
        required error: ErrorDetail,
        /// The id of the request. Messages: `request_id`.
        maybe request_id: String,
    }
}

object! {
    /// What went wrong. Messages: `ErrorObject`.
    #[derive(Default)]
    pub struct ErrorDetail {
        /// What kind of failure, `invalid_request_error` and others. Messages: `error.type`.
        optional kind as "type": String,
        /// In words. Messages: `error.message`.
        optional message: String,
        /// What else is known. Messages: `error.details`.
        maybe details: Json,
    }
}
