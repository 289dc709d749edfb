//! Where replies are kept, and how many.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use crate::StartError;

/// Where replies are kept.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum StoreConfig {
    /// In this process, for 30 days and up to 128 MiB.
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
pub(crate) struct StoreLimits {
    /// The most bytes in memory (128 MiB). What was not used for longest goes first.
    pub(crate) bytes: usize,
    /// How long a reply is kept after it was made or last gone on from (30 days).
    pub(crate) age: Duration,
}

impl Default for StoreLimits {
    fn default() -> Self {
        Self { bytes: 128 * 1024 * 1024, age: Duration::from_secs(30 * 24 * 60 * 60) }
    }
}
