//! Responses over a WebSocket: on the path of the API, in front of any upstream.
//!
//! Each frame of the client is a request, and each of ours an event of its reply, as over HTTP without the framing. One
//! turn ends before the next begins, with exactly one last frame; the connection goes on after it, whatever it was. What a
//! turn was about is kept for the connection, so that the next one has to say only what is new.

mod connection;
mod error_frame;
mod said;
mod turn;
mod watched;

use axum::Router;
use axum::extract::State;
use axum::extract::ws::WebSocketUpgrade;
use axum::extract::ws::rejection::WebSocketUpgradeRejection;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use http::header::{ALLOW, UPGRADE};
use http::{HeaderMap, HeaderValue, StatusCode, Uri};
use interlingua_translate::{Api, Upstream as Ways};

use self::connection::Connection;
use crate::app::Shared;
use crate::{ApiError, exchange};

/// The route below `base`.
pub(crate) fn routes(base: &str) -> Router<Shared> {
    Router::new().route(&format!("{base}{}", Ways::usual(Api::Responses).path()), get(open))
}

/// Opens a WebSocket. Where there is none, a client that wants one learns that, and goes on over HTTP.
async fn open(
    State(app): State<Shared>,
    uri: Uri,
    headers: HeaderMap,
    upgrade: Result<WebSocketUpgrade, WebSocketUpgradeRejection>,
) -> Response {
    let path = uri.path();
    if !headers.contains_key(UPGRADE) {
        let message = format!("{path} takes POST, or opens a WebSocket");
        let refusal = ApiError::new(StatusCode::METHOD_NOT_ALLOWED, message);
        let mut response = refusal.with_code("method_not_allowed").into_response();
        response.headers_mut().insert(ALLOW, HeaderValue::from_static("POST"));
        return response;
    }
    if !app.websocket {
        let message = format!("{path} has no WebSocket; send the request by POST");
        let refusal = ApiError::new(StatusCode::UPGRADE_REQUIRED, message);
        let mut response = refusal.with_code("websocket_not_supported").into_response();
        // RFC 9110, 15.5.22: the answer names the protocol that is wanted.
        response.headers_mut().insert(UPGRADE, HeaderValue::from_static("HTTP/1.1"));
        return response;
    }
    let upgrade = match upgrade {
        Ok(upgrade) => upgrade,
        Err(rejection) => {
            let message = format!("no WebSocket can be opened: {}", rejection.body_text());
            return ApiError::bad_request(message).with_code("invalid_handshake").into_response();
        }
    };
    let Ok(place) = app.sockets.clone().try_acquire_owned() else {
        let message = format!("{} WebSockets are open, and there may not be more", app.limits.sockets);
        let refusal = ApiError::new(StatusCode::SERVICE_UNAVAILABLE, message);
        return refusal.with_code("too_many_connections").into_response();
    };
    let path = path.to_owned();
    let presented = exchange::current().and_then(|exchange| exchange.presented().cloned());
    let upgrade = upgrade.max_message_size(app.limits.body).max_frame_size(app.limits.body);
    upgrade.on_upgrade(move |socket| async move {
        Connection::new(app, headers, presented, path, socket).run().await;
        drop(place);
    })
}
