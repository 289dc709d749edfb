//! Other upstreams while it serves.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use futures_util::future::BoxFuture;
use http::StatusCode;
use interlingua_executor::one_line;

use crate::app::{App, Shared};
use crate::{ApiError, Upstreams, reply};

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
}

impl fmt::Debug for Reload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reload")
    }
}

impl App {
    /// Reads the upstreams again and lets them take over. If they are wrong the old ones stay.
    pub(crate) async fn reload(&self) -> Result<(), String> {
        let Some(Reload(read)) = &self.reload else {
            return Err(
                "this gateway was started without a configuration file, so there is nothing to read again".to_owned()
            );
        };
        match read().await {
            Ok(upstreams) => {
                tracing::info!(?upstreams, "the configuration was read again");
                self.replace(upstreams).await;
                Ok(())
            }
            Err(error) => {
                tracing::warn!(error = %one_line(&error), "the configuration is wrong, and the old one stays");
                Err(error)
            }
        }
    }
}

/// The route, which is no API's.
pub(crate) fn routes() -> Router<Shared> {
    Router::new().route(PATH, post(reload))
}

const PATH: &str = "/reload";

async fn reload(State(app): State<Shared>) -> Result<Response, ApiError> {
    app.reload().await.map_err(|error| {
        let message = format!("the configuration is wrong, and the old one stays: {error}");
        ApiError::new(StatusCode::CONFLICT, message).with_code("configuration_error")
    })?;
    Ok(reply::json(StatusCode::OK, &serde_json::json!({ "status": "reloaded" })))
}
