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

mod config;
mod contract;
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

use std::sync::Arc;

pub use self::config::StoreConfig;
pub(crate) use self::config::StoreLimits;
pub(crate) use self::contract::{Key, Owner, Store, StoreError};
pub(crate) use self::conversation::{Conversations, Expanded, Opened, Session};
pub(crate) use self::history::Shift;
pub(crate) use self::keeper::Keeping;
pub(crate) use self::memory::Memory;
pub(crate) use self::record::{Record, Turn};
pub(crate) use self::routes::routes;
use crate::StartError;
use crate::replicas::Link;

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
