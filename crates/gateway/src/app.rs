//! What all handlers share.

use std::sync::Arc;

use crate::{InboundKey, Limits, Upstream};

/// One gateway's state.
pub(crate) struct App {
    pub(crate) upstream: Upstream,
    pub(crate) inbound_key: Option<InboundKey>,
    pub(crate) allowed_hosts: Vec<String>,
    pub(crate) limits: Limits,
}

/// The state as handlers get it.
pub(crate) type Shared = Arc<App>;
