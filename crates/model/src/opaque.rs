//! What an API said and the model has no word for.

use crate::{Api, Json};

/// Something an API said that the model has no word for. Carried, never invented.
///
/// Its own API gets it back verbatim; what any other does about it follows from its class alone.
#[derive(Debug, Clone, PartialEq)]
pub struct Opaque {
    /// The API that has a word for it.
    pub api: Api,
    /// Its tag (`type` or `role`) there; of a field, its name.
    pub kind: String,
    /// What becomes of the conversation without it.
    pub class: OpaqueClass,
    /// The whole object, or the field's value, verbatim.
    pub raw: Json,
}

/// What becomes of a conversation that goes on without something opaque. Only the decoder that read it can say.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OpaqueClass {
    /// It would be another conversation.
    Essential,
    /// The server that made it has also dealt with it; nobody waits for it.
    Settled,
    /// It marks where something was, and says nothing itself.
    Mark,
    /// The client must act on it.
    NeedsClient,
    /// Nobody can say: it is newer than its decoder.
    Unknown,
}
