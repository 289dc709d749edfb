//! What every store does, whatever it keeps things in.

use std::fmt;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use interlingua_executor::one_line;
use ring::digest;

use crate::caller::CALLER;
use crate::inbound_key::bearer;
use crate::{ApiError, InboundKey};

/// Keeps values under keys for a while. Values are opaque to it, and a key is never written twice.
pub(crate) trait Store: Send + Sync {
    /// Keeps a value. When this is ready, the value is as safe as this store makes it; `used` live on as if they were new.
    fn put(&self, key: Key, value: Bytes, used: Vec<Key>) -> BoxFuture<'_, Result<(), StoreError>>;

    /// The value, if it is still there.
    fn get(&self, key: Key) -> BoxFuture<'_, Result<Option<Bytes>, StoreError>>;

    /// Takes a value away; whether it was there.
    fn delete(&self, key: Key) -> BoxFuture<'_, Result<bool, StoreError>>;

    /// Whether the store can be reached now.
    fn check(&self) -> BoxFuture<'_, Result<(), StoreError>>;
}

/// Whose reply, and which.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) owner: Owner,
    pub(crate) id: String,
}

impl Key {
    /// The key as bytes.
    pub(super) fn bytes(&self) -> Vec<u8> {
        [&self.owner.0[..], self.id.as_bytes()].concat()
    }
}

/// Who may read what is kept: whoever presents the same key again. A hash, so that no key lies in a store.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Owner([u8; digest::SHA256_OUTPUT_LEN]);

impl Owner {
    /// The owner of what a request makes.
    pub(crate) fn of(inbound_key: Option<&InboundKey>, headers: &HeaderMap) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        // Each with its length, so that no two pairs look the same.
        for part in [inbound_key.map_or("", InboundKey::secret), bearer(headers).unwrap_or("")] {
            context.update(&part.len().to_be_bytes());
            context.update(part.as_bytes());
        }
        // Callers with keys of their own are told apart by name: a key may be exchanged for another.
        if let Some(caller) = headers.get(CALLER) {
            context.update(caller.as_bytes());
        }
        let mut owner = [0; digest::SHA256_OUTPUT_LEN];
        owner.copy_from_slice(context.finish().as_ref());
        Self(owner)
    }

    pub(super) fn hex(&self) -> String {
        use std::fmt::Write as _;
        self.0.iter().fold(String::new(), |mut hex, byte| {
            let _ = write!(hex, "{byte:02x}");
            hex
        })
    }
}

/// Why a store did not do what it was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum StoreError {
    /// It cannot be reached, or is broken.
    Unavailable(String),
    /// The value is larger than all that is kept.
    TooLarge,
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unavailable(why) => write!(f, "the store cannot be used: {why}"),
            Self::TooLarge => f.write_str("the conversation is larger than all that is kept"),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        tracing::warn!(error = %one_line(&error), "a request needs the store");
        // What exactly is wrong there is nothing to a client.
        let message = "the store of conversations cannot be reached now; try again later, or send the whole conversation \
                       with `store: false`";
        Self::new(StatusCode::SERVICE_UNAVAILABLE, message).with_code("store_unavailable")
    }
}
