//! What a pure encoder may not invent.

/// An id and the time, for a reply that has none of its own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    /// An id, unique for this reply, without a protocol's prefix.
    pub id: String,
    /// Now, in whole seconds since 1970.
    pub created: u64,
}
