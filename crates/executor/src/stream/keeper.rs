//! Whoever keeps replies, and sees the end of one before the client does.

use bytes::Bytes;
use interlingua_translate::CallThoughts;

use crate::http::transport::BoxFuture;

/// Keeps replies: it is shown the end of each before that is handed out, so that nothing the client has is unknown to it.
///
/// ```
/// use bytes::Bytes;
/// use interlingua_executor::{BoxFuture, Keeper, Last};
///
/// /// Counts the bytes of whole replies and changes none.
/// struct Count(std::sync::atomic::AtomicUsize);
///
/// impl Keeper for Count {
///     fn keep(&self, last: Last) -> BoxFuture<'static, Bytes> {
///         let (Last::Whole(bytes) | Last::Event { data: bytes, .. }) = last;
///         self.0.fetch_add(bytes.len(), std::sync::atomic::Ordering::Relaxed);
///         Box::pin(std::future::ready(bytes))
///     }
/// }
/// ```
pub trait Keeper: Send + Sync {
    /// Takes the end of a reply and gives what is handed out in its place, which may be the same. The reply waits for it, so
    /// it must have a limit of its own.
    fn keep(&self, last: Last) -> BoxFuture<'static, Bytes>;

    /// Takes the sealed thoughts of a reply, where its request asked for them ([`Asked::remember`]), before its end is shown.
    /// The reply waits for it, as above.
    ///
    /// [`Asked::remember`]: interlingua_translate::Asked::remember
    fn remember(&self, thoughts: Vec<CallThoughts>) -> BoxFuture<'static, ()> {
        drop(thoughts);
        Box::pin(std::future::ready(()))
    }
}

/// The end of a reply in the client's API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Last {
    /// All of a reply that was asked for whole.
    Whole(Bytes),
    /// The last event of a stream.
    Event {
        /// Its name, where the API names its events.
        name: Option<String>,
        /// Its data.
        data: Bytes,
    },
}
