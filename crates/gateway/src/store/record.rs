//! What is kept of a reply.

use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::members::raw;

/// A reply together with what it answered, as it lies in a store: JSON, each part as it was written.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Record {
    /// The reply it goes on from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) follows: Option<String>,
    /// What was said before, where that is kept nowhere else for as long.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) before: Vec<Box<RawValue>>,
    /// What the client said.
    pub(crate) input: Vec<Box<RawValue>>,
    /// The reply itself, a response object.
    pub(crate) response: Box<RawValue>,
    /// Whether it is kept for more than its connection.
    #[serde(default)]
    pub(crate) is_stored: bool,
}

/// What a reply will be kept with.
#[derive(Debug, Clone, Default)]
pub(crate) struct Turn {
    /// As in [`Record`].
    pub(crate) follows: Option<String>,
    /// All that was said before, where some of it is kept for its connection alone.
    pub(crate) before: Vec<Box<RawValue>>,
    /// As in [`Record`].
    pub(crate) input: Vec<Box<RawValue>>,
    /// The replies it goes on from, the newest first.
    pub(crate) used: Vec<String>,
}

/// What is looked at in a response.
#[derive(Deserialize)]
struct Said<'j> {
    status: Option<String>,
    #[serde(borrow, default)]
    output: Vec<&'j RawValue>,
}

impl Record {
    /// Reads what [`to_bytes`](Self::to_bytes) wrote; `None` for anything else.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }

    /// The record for a store.
    pub(crate) fn to_bytes(&self) -> Bytes {
        raw(self).get().to_owned().into()
    }

    /// What the model said.
    pub(crate) fn output(&self) -> Vec<&RawValue> {
        self.said().map_or_else(Vec::new, |said| said.output)
    }

    /// Whether there is no going on from it.
    pub(crate) fn is_failed(&self) -> bool {
        self.said().is_none_or(|said| said.status.as_deref() == Some("failed"))
    }

    fn said(&self) -> Option<Said<'_>> {
        serde_json::from_str(self.response.get()).ok()
    }
}

impl Turn {
    /// The record of a reply to this, for a store that outlives the connection or for the connection alone.
    pub(crate) fn record(self, response: Box<RawValue>, is_stored: bool) -> Record {
        let Self { follows, before, input, used: _ } = self;
        // What the connection keeps itself it need not hold twice.
        let (follows, before) = if is_stored && !before.is_empty() { (None, before) } else { (follows, Vec::new()) };
        Record { follows, before, input, response, is_stored }
    }
}
