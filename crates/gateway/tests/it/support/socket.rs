//! A client with a WebSocket.
#![expect(clippy::panic, reason = "what comes unexpectedly is a failed test")]

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use http::StatusCode;
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::Setup;

/// Nothing here takes longer.
pub(crate) const LONG: Duration = Duration::from_secs(10);

pub(crate) struct Socket(pub(crate) WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub(crate) async fn open(setup: &Setup) -> Self {
        Self::with(setup, "k", "/v1/responses").await
    }

    pub(crate) async fn with(setup: &Setup, key: &str, path: &str) -> Self {
        Self(connect_async(request(setup, key, path)).await.unwrap().0)
    }

    pub(crate) async fn send(&mut self, frame: &Value) {
        self.0.send(Message::text(frame.to_string())).await.unwrap();
    }

    /// The next frame, or why there is no more.
    pub(crate) async fn next(&mut self) -> Result<Value, String> {
        loop {
            match timeout(LONG, self.0.next()).await.unwrap() {
                Some(Ok(Message::Text(text))) => return Ok(serde_json::from_str(&text).unwrap()),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(Message::Close(frame))) => return Err(frame.unwrap().reason.to_string()),
                other => panic!("{other:?}"),
            }
        }
    }

    /// The frames of one turn.
    pub(crate) async fn turn(&mut self) -> Vec<Value> {
        let mut frames = Vec::new();
        loop {
            let frame = self.next().await.unwrap();
            let kind = frame["type"].as_str().unwrap().to_owned();
            frames.push(frame);
            if ["response.completed", "response.incomplete", "response.failed", "error"].contains(&&*kind) {
                return frames;
            }
        }
    }

    /// What a turn comes to: its response, or the error frame.
    pub(crate) async fn ask(&mut self, frame: &Value) -> Value {
        self.send(frame).await;
        let frames = self.turn().await;
        for (number, frame) in frames.iter().enumerate().filter(|(_, frame)| frame["type"] != "error") {
            assert_eq!(frame["sequence_number"], number, "each turn counts anew");
        }
        let mut last = frames.last().unwrap().clone();
        if last["type"] == "error" { last } else { last["response"].take() }
    }

    /// Nothing follows.
    pub(crate) async fn is_quiet(&mut self) {
        let more = timeout(Duration::from_millis(100), self.0.next()).await;
        assert!(more.is_err(), "{more:?}");
    }
}

pub(crate) fn request(setup: &Setup, key: &str, path: &str) -> http::Request<()> {
    let url = format!("{}{path}", setup.url.replace("http://", "ws://"));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {key}").parse().unwrap());
    request
}

/// The status of an opening that is refused.
pub(crate) async fn refused(request: http::Request<()>) -> StatusCode {
    match connect_async(request).await {
        Err(Error::Http(response)) => response.status(),
        other => panic!("{other:?}"),
    }
}

pub(crate) fn create(input: &Value) -> Value {
    json!({"type": "response.create", "model": "gpt-5.4", "store": false, "input": input})
}

pub(crate) fn following(id: &Value, input: &str) -> Value {
    let mut frame = create(&json!(input));
    frame["previous_response_id"] = id.clone();
    frame
}

/// What the person said in the upstream's last request.
pub(crate) fn asked(setup: &Setup) -> Vec<String> {
    let request: Value = serde_json::from_slice(&setup.replay.log().last().unwrap().request).unwrap();
    let list = request.get("messages").or_else(|| request.get("input")).unwrap().as_array().unwrap();
    let said = list.iter().filter(|message| message["role"] == "user");
    said.map(|message| message["content"].as_str().unwrap().to_owned()).collect()
}
