//! What an upstream wants back as it was, in a stream that is being written.

use interlingua_wire::Extra;

use crate::chat::sealed::{EXTRA_CONTENT, OfCall};

/// The calls so far, and what waits for those that have not begun.
#[derive(Debug, Default)]
pub(super) struct OwnFields {
    /// The ids of the calls, in their order.
    pub(super) call_ids: Vec<String>,
    pub(super) waiting: Vec<OfCall>,
}

impl OwnFields {
    /// What waits for a call that begins now.
    pub(super) fn take(&mut self, call_id: &str) -> Extra {
        let mut fields = Extra::new();
        for OfCall { id: _, extra_content } in self.waiting.extract_if(.., |waiting| waiting.id == call_id) {
            fields.push(EXTRA_CONTENT, extra_content);
        }
        fields
    }
}
