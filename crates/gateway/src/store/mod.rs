//! Where replies are kept, so that a client can go on from them: in memory, in a file, or in Redis.
//!
//! | | memory | file | Redis |
//! |---|---|---|---|
//! | what was acknowledged survives a crash at any point | no | yes | as the server is set up |
//! | several gateways share it | no | no: a second one does not start | yes |
//! | bounded by time | yes | yes | yes |
//! | bounded by bytes | yes, the longest unused goes first | no | as the server is set up |
//! | can be out of reach | no | no | yes: requests that need it are refused |
//!
//! The same tests (`suite.rs`) run over all three.

mod conversation;
mod file;
mod history;
mod keeper;
mod listing;
mod memory;
mod record;
mod redis;
mod routes;
#[cfg(test)]
mod suite;

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use futures_util::future::BoxFuture;
use http::{HeaderMap, StatusCode};
use interlingua_executor::one_line;
use ring::digest;

pub(crate) use self::conversation::{Conversations, Expanded, Opened, Session};
pub(crate) use self::history::Shift;
pub(crate) use self::keeper::Keeping;
pub(crate) use self::memory::Memory;
pub(crate) use self::record::{Record, Turn};
pub(crate) use self::routes::routes;
use crate::caller::CALLER;
use crate::inbound::bearer;
use crate::replicas::Link;
use crate::{ApiError, InboundKey, StartError};

/// Where replies are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoreConfig {
    /// In this process, bounded by [`StoreLimits`].
    #[default]
    Memory,
    /// In a file, which survives this process, however that ends.
    File(PathBuf),
    /// In a server that speaks the protocol of Redis, at this URL. Several gateways may share it, and then share the limits of
    /// their callers and the renewals of their logins as well.
    Redis(String),
    /// Nowhere.
    Off,
}

impl FromStr for StoreConfig {
    type Err = StartError;

    /// `memory`, `off`, a URL of Redis, or else a file.
    fn from_str(text: &str) -> Result<Self, StartError> {
        Ok(match text {
            "memory" => Self::Memory,
            "off" => Self::Off,
            "" => return Err(StartError::Store("the store is none of memory, off, a file and redis://..".to_owned())),
            url if SCHEMES.iter().any(|scheme| url.starts_with(scheme)) => Self::Redis(url.to_owned()),
            // The text is not repeated: it may hold a password.
            url if url.contains("://") => {
                return Err(StartError::Store(format!("of addresses the store knows {} alone", SCHEMES.join(", "))));
            }
            path => Self::File(PathBuf::from(path)),
        })
    }
}

/// How addresses of Redis begin; `rediss` is over TLS.
const SCHEMES: [&str; 3] = ["redis://", "rediss://", "redis+unix://"];

/// How much is kept, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StoreLimits {
    /// The most bytes in memory (128 MiB). What was not used for longest goes first.
    pub bytes: usize,
    /// How long a reply is kept after it was made or last gone on from (30 days).
    pub age: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { bytes: 128 * 1024 * 1024, age: Duration::from_secs(30 * 24 * 60 * 60) }
    }
}

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

/// Opens a store; the one in Redis over this link.
///
/// # Errors
/// The file cannot be used.
pub(crate) fn open_store(
    config: &StoreConfig,
    limits: StoreLimits,
    link: Option<&Arc<Link>>,
) -> Result<Option<Arc<dyn Store>>, StartError> {
    Ok(match config {
        StoreConfig::Memory => Some(Arc::new(Memory::new(limits))),
        StoreConfig::File(path) => Some(Arc::new(file::File::open(path, limits)?)),
        StoreConfig::Redis(_) => {
            link.map(|link| Arc::new(redis::Redis::over(Arc::clone(link), limits)) as Arc<dyn Store>)
        }
        StoreConfig::Off => None,
    })
}

/// Whose reply, and which.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key {
    pub(crate) owner: Owner,
    pub(crate) id: String,
}

impl Key {
    /// The key as bytes.
    fn bytes(&self) -> Vec<u8> {
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

    fn hex(&self) -> String {
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
