//! Other upstreams while it serves.

mod source;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use http::StatusCode;
use interlingua_executor::one_line;

use crate::app::{App, Shared};
use crate::{ApiError, reply};

pub use self::source::Reload;

impl App {
    /// Reads the upstreams again and lets them take over. If they are wrong the old ones stay.
    pub(crate) async fn reload(&self) -> Result<(), String> {
        let Some(reload) = &self.reload else {
            return Err(
                "this gateway was started without a configuration file, so there is nothing to read again".to_owned()
            );
        };
        match reload.read().await {
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
