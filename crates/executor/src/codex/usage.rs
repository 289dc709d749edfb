//! How much of a plan is used, asked for by itself.

use http::HeaderMap;
use interlingua_model::Json;

use crate::codex::limits::RateLimits;
use crate::config::MAX_ERROR_BODY;
use crate::error::{Error, Phase};
use crate::executor::Executor;
use crate::http::transport::BoxFuture;

impl Executor {
    /// Asks the upstream how much of the plan is used. The answer is also what [`rate_limits`](Self::rate_limits) gives
    /// from then on. Spends nothing of the plan; sent once.
    ///
    /// ```no_run
    /// # async fn example(executor: interlingua_executor::Executor) -> Result<(), interlingua_executor::Error> {
    /// for window in executor.usage().await?.windows() {
    ///     println!("{}: {} % used", window.name, window.used_percent);
    /// }
    /// # Ok(()) }
    /// ```
    ///
    /// # Errors
    /// Any [`Error`]; an upstream whose profile names no place for it does not tell.
    pub fn usage(&self) -> BoxFuture<'_, Result<RateLimits, Error>> {
        Box::pin(async move {
            let Some(path) = &self.remote.config.backend.usage_path else {
                return Err(Error::configuration(
                    "this upstream does not tell how much of the plan is used".to_owned(),
                ));
            };
            let uri = self.remote.base_url.beside(path)?;
            let opened = self.remote.get(uri, HeaderMap::new(), &self.key).await?;
            let opened = self.remote.readable(opened).await?;
            let head = opened.head;
            let bytes = self.remote.read_whole(&head, opened.body, MAX_ERROR_BODY).await?;
            let report = std::str::from_utf8(&bytes).ok().and_then(|text| Json::from_text(text).ok());
            let unreadable = || {
                let message = "the upstream's answer on the use of the plan cannot be read".to_owned();
                Error::malformed(Phase::MidStream, message).with_head(&head)
            };
            Ok(self.remote.last_limits.report(report.ok_or_else(unreadable)?))
        })
    }
}
