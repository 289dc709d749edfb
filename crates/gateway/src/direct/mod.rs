//! A transport without a task between the upstream's socket and the client's: a connection is driven by whoever reads the reply,
//! so that what one read of the socket brings is there at once.
//!
//! It is for plain HTTP that goes to its host directly, as to a server in one's own network. Whatever needs more, which is TLS,
//! HTTP/2 or a proxy, goes over reqwest.

mod body;
mod connection;
mod pool;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::uri::{Authority, PathAndQuery, Scheme};
use http::{HeaderValue, Request, Response, Uri};
use hyper::client::conn::http1;
use hyper::service::Service;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::service::TowerToHyperService;
use interlingua_auth::HttpClient;
use interlingua_executor::{Alarm, BoxFuture, ByteStream, ReqwestTransport, Transport, TransportError};

use self::body::Body;
use self::connection::{Connection, into_error};
use self::pool::Pool;

/// Sends what goes to its host directly over connections of its own, and all else over reqwest.
pub(crate) struct Direct {
    client: HttpClient,
    other: ReqwestTransport,
    connector: TowerToHyperService<HttpConnector>,
    pool: Arc<Pool>,
}

impl Direct {
    pub(crate) fn new(client: HttpClient) -> Self {
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(client.connect_timeout()));
        connector.set_nodelay(true);
        // A peer that is gone without a word is noticed within a minute or two.
        connector.set_keepalive(Some(Duration::from_secs(30)));
        connector.set_keepalive_interval(Some(Duration::from_secs(15)));
        connector.set_keepalive_retries(Some(3));
        #[cfg(any(target_os = "linux", target_os = "android"))]
        connector.set_tcp_user_timeout(Some(Duration::from_secs(30)));
        let other = ReqwestTransport::new(&client);
        Self { client, other, connector: TowerToHyperService::new(connector), pool: Arc::default() }
    }

    /// The host of a request that needs no more than a connection to it.
    fn host(&self, uri: &Uri) -> Option<Authority> {
        let authority = uri.authority().filter(|authority| !authority.as_str().contains('@'))?;
        let is_direct = uri.scheme() == Some(&Scheme::HTTP) && self.client.is_direct(authority.host());
        is_direct.then(|| authority.clone())
    }

    async fn sent(&self, host: Authority, request: Request<Bytes>) -> Result<Response<ByteStream>, TransportError> {
        let mut request = of_origin(request, &host);
        loop {
            let (mut connection, is_new) = match poll_fn(|cx| self.pool.poll_take(cx, &host)).await {
                Some(connection) => (connection, false),
                None => (self.connect(&host).await?, true),
            };
            match connection.send(request).await {
                Ok(response) => {
                    let pool = Arc::clone(&self.pool);
                    return Ok(response.map(|incoming| Body::new(incoming, connection, host, pool).into_stream()));
                }
                // One that was used before may have ended just now. Nothing of the request has gone out then.
                Err(mut error) => match error.take_message().filter(|_| !is_new) {
                    Some(back) => request = back,
                    None => return Err(into_error(error.into_error())),
                },
            }
        }
    }

    async fn connect(&self, host: &Authority) -> Result<Connection, TransportError> {
        /// The largest head, and the largest read: what comes faster than it is taken has no more of our memory.
        const BUFFER: usize = 32 * 1024;
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(host.clone()).path_and_query("/").build();
        let connecting = self.connector.call(uri.map_err(TransportError::connect)?);
        let limit = self.client.connect_timeout();
        let socket = tokio::time::timeout(limit, connecting).await.map_err(TransportError::connect_timeout)?;
        let mut http = http1::Builder::new();
        http.max_buf_size(BUFFER);
        let opened = http.handshake(socket.map_err(TransportError::connect)?).await;
        opened.map(Connection::new).map_err(into_error)
    }
}

impl Transport for Direct {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>> {
        match self.host(request.uri()) {
            Some(host) => Box::pin(self.sent(host, request)),
            None => self.other.send(request),
        }
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.other.sleep(duration)
    }

    fn alarm(&self, duration: Duration) -> Option<Pin<Box<dyn Alarm>>> {
        self.other.alarm(duration)
    }
}

/// The request as it is written to its own host.
fn of_origin(request: Request<Bytes>, host: &Authority) -> Request<connection::Sent> {
    const PORT: u16 = 80;
    let mut request = request.map(connection::Sent::new);
    let path = request.uri().path_and_query().cloned().unwrap_or_else(|| PathAndQuery::from_static("/"));
    *request.uri_mut() = Uri::from(path);
    let name = match host.port_u16() {
        Some(PORT) => HeaderValue::try_from(host.host()),
        Some(_) | None => HeaderValue::try_from(host.as_str()),
    };
    if let Ok(name) = name {
        request.headers_mut().entry(HOST).or_insert(name);
    }
    request
}
