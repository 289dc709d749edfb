//! Where other upstreams come from.

use std::fmt;
use std::sync::Arc;

use futures_util::future::BoxFuture;

use crate::Upstreams;

/// Where other upstreams come from: whatever reads the configuration again.
#[derive(Clone)]
pub struct Reload(Arc<Read>);

type Read = dyn Fn() -> BoxFuture<'static, Result<Upstreams, String>> + Send + Sync;

impl Reload {
    /// Reads them by `read`, which says in words what is wrong.
    pub fn new<F: Future<Output = Result<Upstreams, String>> + Send + 'static>(
        read: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self {
        Self(Arc::new(move || Box::pin(read())))
    }

    /// Reads them.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(crate) fn read(&self) -> BoxFuture<'static, Result<Upstreams, String>> {
        (self.0)()
    }
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}
