//! A transport with nothing between the upstream's socket and the client's: a connection is read by whoever reads the reply, so
//! that what one read of the socket brings is there at once, and in one piece.
//!
//! It is for plain HTTP that goes to its host directly, as to a server in one's own network. Whatever needs more, which is TLS,
//! HTTP/2 or a proxy, goes over reqwest.

mod body;
mod connection;
mod framing;
mod head;
mod pool;

use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use bytes::Bytes;
use http::uri::{Authority, Scheme};
use http::{Request, Response, Uri};
use hyper::service::Service;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::service::TowerToHyperService;
use interlingua_auth::{HttpClient, HttpSettings};
use interlingua_executor::{
    Alarm, BaseUrl, BoxFuture, ByteStream, ReqwestTransport, TokioAlarm, Transport, TransportError,
};

use self::body::Body;
use self::connection::{Connection, Failed};
use self::head::{Head, Outgoing};
use self::pool::Pool;

/// Sends what goes to its host directly over connections of its own, and all else over reqwest.
pub(crate) struct Direct {
    /// The host that needs no more than a connection to it.
    host: Option<Authority>,
    connector: TowerToHyperService<HttpConnector>,
    pool: Arc<Pool>,
    settings: HttpSettings,
    /// Made only where it is needed: what it takes to trust a server takes more memory than all the rest.
    other: OnceLock<Other>,
}

struct Other {
    client: HttpClient,
    transport: ReqwestTransport,
}

impl Direct {
    /// For requests to this server.
    ///
    /// # Errors
    /// It is reached over reqwest, and its client cannot be built.
    pub(crate) fn new(settings: HttpSettings, server: &BaseUrl) -> Result<Self, interlingua_auth::Error> {
        let host = server.of_plain_http().filter(|host| settings.is_direct(host.host())).cloned();
        let mut connector = HttpConnector::new();
        connector.set_connect_timeout(Some(settings.connect_timeout));
        connector.set_nodelay(true);
        // A peer that is gone without a word is noticed within a minute or two.
        connector.set_keepalive(Some(Duration::from_secs(30)));
        connector.set_keepalive_interval(Some(Duration::from_secs(15)));
        connector.set_keepalive_retries(Some(3));
        #[cfg(any(target_os = "linux", target_os = "android"))]
        connector.set_tcp_user_timeout(Some(Duration::from_secs(30)));
        let connector = TowerToHyperService::new(connector);
        let direct = Self { host, connector, pool: Arc::default(), settings, other: OnceLock::new() };
        if direct.host.is_none() {
            direct.other()?;
        }
        Ok(direct)
    }

    /// The client for whatever does not go to its host directly.
    pub(crate) fn client(&self) -> Result<&HttpClient, interlingua_auth::Error> {
        self.other().map(|other| &other.client)
    }

    fn other(&self) -> Result<&Other, interlingua_auth::Error> {
        if let Some(other) = self.other.get() {
            return Ok(other);
        }
        let client = self.settings.client()?;
        Ok(self.other.get_or_init(|| Other { transport: ReqwestTransport::new(&client), client }))
    }

    /// The host of a request that needs no more than a connection to it.
    fn host(&self, uri: &Uri) -> Option<Authority> {
        let is_plain = uri.scheme() == Some(&Scheme::HTTP);
        self.host.clone().filter(|host| is_plain && uri.authority() == Some(host))
    }

    async fn sent(&self, host: Authority, request: Request<Bytes>) -> Result<Response<ByteStream>, TransportError> {
        let request = Outgoing::new(request, &host);
        loop {
            let (mut connection, is_new) = match poll_fn(|cx| self.pool.poll_take(cx, &host)).await {
                Some(connection) => (connection, false),
                None => (self.connect(&host).await?, true),
            };
            match connection.send(&request).await {
                Ok((Head { response, .. }, begun)) => {
                    let body = Body::new(connection, begun, host, Arc::clone(&self.pool));
                    return Ok(response.map(|()| body.into_stream()));
                }
                // One that was used before may have ended just now.
                Err(Failed::Unsent(_)) if !is_new => {}
                Err(Failed::Unsent(error)) => return Err(TransportError::broken(error)),
                Err(Failed::Broken(error)) => return Err(error),
            }
        }
    }

    async fn connect(&self, host: &Authority) -> Result<Connection, TransportError> {
        let uri = Uri::builder().scheme(Scheme::HTTP).authority(host.clone()).path_and_query("/").build();
        let connecting = self.connector.call(uri.map_err(TransportError::connect)?);
        let limit = self.settings.connect_timeout;
        let socket = tokio::time::timeout(limit, connecting).await.map_err(TransportError::connect_timeout)?;
        Ok(Connection::new(socket.map_err(TransportError::connect)?.into_inner()))
    }
}

impl Transport for Direct {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>> {
        match self.host(request.uri()) {
            Some(host) => Box::pin(self.sent(host, request)),
            None => match self.other() {
                Ok(other) => other.transport.send(request),
                Err(error) => Box::pin(std::future::ready(Err(TransportError::connect(error)))),
            },
        }
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn alarm(&self, duration: Duration) -> Option<Pin<Box<dyn Alarm>>> {
        Some(Box::pin(TokioAlarm::new(duration)))
    }
}
