//! Who says something, how far it has come, and on whose behalf.

use crate::core::{object, open_enum};

open_enum! {
    /// Who speaks. Responses: `role` of a message.
    pub enum Role {
        /// The person or program that asks.
        User = "user",
        /// The model.
        Assistant = "assistant",
        /// The operator, older name.
        System = "system",
        /// The operator.
        Developer = "developer",
    }
}

open_enum! {
    /// How far an item or a response has come. Responses: `status`.
    pub enum Status {
        /// Finished.
        Completed = "completed",
        /// Under way.
        InProgress = "in_progress",
        /// Ended early.
        Incomplete = "incomplete",
        /// Ended in an error.
        Failed = "failed",
        /// Stopped by somebody.
        Cancelled = "cancelled",
        /// Not yet begun.
        Queued = "queued",
    }
}

object! {
    /// Who makes a call. Responses: `caller` of a call.
    #[derive(Default)]
    pub struct Caller {
        /// `direct` or `program`. Responses: `caller.type`.
        optional kind as "type": String,
        /// The calling item. Responses: `caller.caller_id`.
        optional caller_id: String,
    }
}
