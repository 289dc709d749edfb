//! One connection, and who drives it: whoever waits for something that comes over it.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::TrySendError;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use interlingua_executor::TransportError;
use tokio::net::TcpStream;

/// The body of a request.
pub(super) type Sent = Full<Bytes>;

/// A connection to an upstream. Dropping it closes it.
pub(super) struct Connection {
    sender: http1::SendRequest<Sent>,
    /// Gone once it is over.
    driven: Option<http1::Connection<TokioIo<TcpStream>, Sent>>,
}

impl Connection {
    pub(super) fn new(
        (sender, driven): (http1::SendRequest<Sent>, http1::Connection<TokioIo<TcpStream>, Sent>),
    ) -> Self {
        Self { sender, driven: Some(driven) }
    }

    /// Sends a request and waits for the head of the reply. Of what has not gone out the error holds the request.
    pub(super) async fn send(
        &mut self,
        request: Request<Sent>,
    ) -> Result<Response<Incoming>, TrySendError<Request<Sent>>> {
        let mut reply = pin!(self.sender.try_send_request(request));
        let driven = &mut self.driven;
        poll_fn(|cx| {
            if let Poll::Ready(reply) = reply.as_mut().poll(cx) {
                return Poll::Ready(reply);
            }
            drive(driven, cx);
            reply.as_mut().poll(cx)
        })
        .await
    }

    /// Reads and writes what can be read and written by now. Whoever waits for a reply calls it after it has looked whether
    /// there is more of it, and looks again: the connection wakes the last one to call.
    pub(super) fn drive(&mut self, cx: &mut Context<'_>) {
        drive(&mut self.driven, cx);
    }

    /// Whether it can take a request: the one before is over on both sides, and nobody has closed it.
    pub(super) fn is_free(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.driven.is_some() && self.sender.is_ready()
    }
}

/// What goes wrong is told by the reply, whose other end is in the connection.
fn drive(driven: &mut Option<http1::Connection<TokioIo<TcpStream>, Sent>>, cx: &mut Context<'_>) {
    if let Some(connection) = driven
        && Pin::new(connection).poll(cx).is_ready()
    {
        *driven = None;
    }
}

/// An error of an exchange that has a connection.
pub(super) fn into_error(error: hyper::Error) -> TransportError {
    if error.is_parse() { TransportError::foreign(error) } else { TransportError::broken(error) }
}
