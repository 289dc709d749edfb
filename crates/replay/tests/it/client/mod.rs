//! A plain HTTP client: one connection per request, and what arrived before a connection broke.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Method, Request, StatusCode};
use http_body_util::{BodyExt as _, Full};
use hyper_util::rt::TokioIo;
use interlingua_sse::{Eof, OwnedEvent, Parser};
use serde_json::Value;

#[derive(Clone)]
pub(crate) struct Client {
    addr: SocketAddr,
}

pub(crate) struct Reply {
    pub(crate) status: StatusCode,
    headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// The body did not end as it should.
    pub(crate) is_broken: bool,
}

impl Client {
    pub(crate) fn new(addr: SocketAddr) -> Self {
        Self { addr }
    }

    pub(crate) async fn get(&self, path: &str) -> Reply {
        self.send(Method::GET, path, Vec::new(), &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Reply {
        self.post_with(path, body, &[]).await
    }

    pub(crate) async fn post_with(&self, path: &str, body: &Value, headers: &[(&str, &str)]) -> Reply {
        self.send(Method::POST, path, serde_json::to_vec(body).unwrap(), headers).await
    }

    pub(crate) async fn post_bytes(&self, path: &str, body: Vec<u8>) -> Reply {
        self.send(Method::POST, path, body, &[]).await
    }

    async fn send(&self, method: Method, path: &str, body: Vec<u8>, headers: &[(&str, &str)]) -> Reply {
        let stream = tokio::net::TcpStream::connect(self.addr).await.unwrap();
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.unwrap();
        let driver = Driver(tokio::spawn(connection));
        let mut request = Request::builder().method(method).uri(path).header("host", "replay");
        request = request.header("content-type", "application/json");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let response = sender.send_request(request.body(Full::new(Bytes::from(body))).unwrap()).await.unwrap();
        let (parts, mut incoming) = response.into_parts();
        let mut body = Vec::new();
        let mut is_broken = false;
        while let Some(frame) = incoming.frame().await {
            let Ok(frame) = frame else {
                is_broken = true;
                break;
            };
            body.extend_from_slice(&frame.into_data().unwrap());
        }
        drop(driver);
        Reply { status: parts.status, headers: parts.headers, body, is_broken }
    }
}

/// Closes the connection with the request, also when the request is given up.
struct Driver(tokio::task::JoinHandle<hyper::Result<()>>);

impl Drop for Driver {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Reply {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.text()))
    }

    pub(crate) fn events(&self) -> Vec<OwnedEvent> {
        let mut parser = Parser::new();
        parser.feed(&self.body);
        parser.end(Eof::Discard);
        let mut events = Vec::new();
        while let Some(event) = parser.next_event().unwrap() {
            events.push(event.into_owned());
        }
        events
    }
}
