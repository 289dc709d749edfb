//! HTTP by reqwest, on the configuration that logins share.

use std::error::Error as _;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{Request, Response};
use interlingua_auth::HttpClient;

use crate::http::tokio_alarm::TokioAlarm;
use crate::http::transport::{Alarm, BoxFuture, ByteStream, Transport, TransportError};

/// A [`Transport`] over reqwest and tokio.
///
/// The [`HttpClient`] is made by [`HttpSettings`](crate::HttpSettings), so that login, refresh and requests go through the
/// same proxy, trust the same certificates and keep the same limits: rustls with ring, pooled connections, HTTP/2
/// where the server offers it, no redirects, no repetition, no decompression.
///
/// ```
/// use interlingua_executor::{HttpSettings, ReqwestTransport};
///
/// let transport = ReqwestTransport::new(&HttpSettings::default().client()?);
/// # let _ = transport;
/// # Ok::<(), interlingua_auth::Error>(())
/// ```
#[derive(Debug, Clone)]
pub struct ReqwestTransport(reqwest::Client);

impl ReqwestTransport {
    /// Sends with this client.
    #[must_use]
    pub fn new(client: &HttpClient) -> Self {
        Self(client.http().clone())
    }
}

impl Transport for ReqwestTransport {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>> {
        Box::pin(async move {
            let request = reqwest::Request::try_from(request).map_err(into_error)?;
            let mut reply = self.0.execute(request).await.map_err(into_error)?;
            let mut response = Response::new(());
            *response.status_mut() = reply.status();
            *response.headers_mut() = std::mem::take(reply.headers_mut());
            let body: ByteStream = Box::pin(Body(Box::pin(reply.bytes_stream())));
            Ok(response.map(|()| body))
        })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        Box::pin(tokio::time::sleep(duration))
    }

    fn alarm(&self, duration: Duration) -> Option<Pin<Box<dyn Alarm>>> {
        Some(Box::pin(TokioAlarm::new(duration)))
    }
}

struct Body(Pin<Box<dyn Stream<Item = reqwest::Result<Bytes>> + Send>>);

impl Stream for Body {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.0.as_mut().poll_next(cx).map(|item| item.map(|bytes| bytes.map_err(into_error)))
    }
}

fn into_error(error: reqwest::Error) -> TransportError {
    // The URL may hold what should not be shown, and the message names the host anyway.
    let error = error.without_url();
    if is_foreign(&error) {
        if error.is_connect() { TransportError::untrusted(error) } else { TransportError::foreign(error) }
    } else if !error.is_connect() {
        TransportError::broken(error)
    } else if error.is_timeout() {
        TransportError::connect_timeout(error)
    } else {
        TransportError::connect(error)
    }
}

/// Whether what came is no HTTP, or its certificate is not trusted: rustls says so as invalid data.
fn is_foreign(error: &reqwest::Error) -> bool {
    let mut next = error.source();
    while let Some(cause) = next {
        if cause.downcast_ref::<hyper::Error>().is_some_and(hyper::Error::is_parse)
            || cause.downcast_ref::<io::Error>().is_some_and(is_invalid_data)
        {
            return true;
        }
        next = cause.source();
    }
    false
}

/// One error of the system's may be in another, which then is no source of it.
fn is_invalid_data(error: &io::Error) -> bool {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<io::Error>());
    error.kind() == io::ErrorKind::InvalidData || inner.is_some_and(is_invalid_data)
}
