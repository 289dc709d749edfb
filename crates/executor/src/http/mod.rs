//! One exchange over HTTP, and what is decided by it.

pub(crate) mod base_url;
mod beside;
pub(crate) mod exchange;
pub(crate) mod head;
pub(crate) mod headers;
pub(crate) mod key;
mod models;
pub(crate) mod passthrough;
#[cfg(feature = "reqwest")]
pub(crate) mod reqwest_transport;
pub(crate) mod retry;
mod splice;
#[cfg(feature = "reqwest")]
pub(crate) mod tokio_alarm;
pub(crate) mod transport;
pub(crate) mod wait;
