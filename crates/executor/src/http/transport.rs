//! How requests leave the process: the one thing an application may want to bring itself.

use std::error::Error as StdError;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{Request, Response};

/// A boxed future, as object-safe traits return it.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;

/// The bytes of a reply as they arrive. Dropping it closes the exchange.
pub type ByteStream = Pin<Box<dyn Stream<Item = Result<Bytes, TransportError>> + Send>>;

/// Sends HTTP requests and waits, whatever the runtime.
///
/// The feature `reqwest` brings `ReqwestTransport`. One of your own must follow no redirects (they would take the
/// credentials along), repeat nothing by itself, hand bytes on as they arrive and undecoded, limit the time a connection
/// takes, and close the exchange when the future or the [`ByteStream`] is dropped.
///
/// ```
/// use std::time::Duration;
/// use bytes::Bytes;
/// use futures_util::stream;
/// use interlingua_executor::{BoxFuture, ByteStream, Transport, TransportError};
///
/// /// Answers everything with the same event stream.
/// struct Canned(&'static str);
///
/// impl Transport for Canned {
///     fn send(
///         &self,
///         _request: http::Request<Bytes>,
///     ) -> BoxFuture<'_, Result<http::Response<ByteStream>, TransportError>> {
///         let body: ByteStream = Box::pin(stream::iter([Ok(Bytes::from_static(self.0.as_bytes()))]));
///         Box::pin(async { Ok(http::Response::new(body)) })
///     }
///
///     fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
///         Box::pin(tokio::time::sleep(duration))
///     }
/// }
/// ```
pub trait Transport: Send + Sync {
    /// Sends a request and waits for the head of the reply.
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>>;

    /// Waits. All time limits but that of connecting are kept with this, so that none of them needs a certain runtime.
    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()>;

    /// A wait whose end can be moved, due after `duration`. A stream has one for all its events. Where there is none, which is
    /// what this gives unless you say otherwise, each pause of a stream is a [`sleep`](Self::sleep) of its own.
    fn alarm(&self, duration: Duration) -> Option<Pin<Box<dyn Alarm>>> {
        let _ = duration;
        None
    }
}

/// A wait whose end can be moved.
pub trait Alarm: Send {
    /// From now on it is due after `duration`, whatever was said before.
    fn set(self: Pin<&mut Self>, duration: Duration);

    /// Ready once it is due.
    fn poll_due(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<()>;
}

/// Why a request did not get its reply, or not all of it.
#[derive(Debug)]
pub struct TransportError {
    kind: Kind,
    source: Box<dyn StdError + Send + Sync>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Connect,
    ConnectTimeout,
    Stalled,
    Broken,
    Foreign,
    Untrusted,
}

impl TransportError {
    /// No connection came about, so the upstream has seen nothing of the request.
    pub fn connect(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind: Kind::Connect, source: source.into() }
    }

    /// No connection came about in the time allowed for it.
    pub fn connect_timeout(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind: Kind::ConnectTimeout, source: source.into() }
    }

    /// The exchange broke off; the upstream may have acted on the request.
    pub fn broken(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind: Kind::Broken, source: source.into() }
    }

    /// There was an answer, and it was no HTTP. Another attempt would fare no better.
    pub fn foreign(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind: Kind::Foreign, source: source.into() }
    }

    /// No connection came about, since who is there cannot be trusted: by its certificate, or because it speaks no TLS.
    /// Another attempt would fare no better.
    pub fn untrusted(source: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self { kind: Kind::Untrusted, source: source.into() }
    }

    /// Nothing came for as long as a reply may pause.
    pub(crate) fn stalled(limit: Duration) -> Self {
        Self { kind: Kind::Stalled, source: format!("nothing came for {} s", limit.as_secs_f64()).into() }
    }

    /// Whether no connection came about, so that nothing was sent.
    #[must_use]
    pub fn is_connect(&self) -> bool {
        matches!(self.kind, Kind::Connect | Kind::ConnectTimeout | Kind::Untrusted)
    }

    /// Whether there was an answer that none can be made of, so that asking again is of no use.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        matches!(self.kind, Kind::Foreign | Kind::Untrusted)
    }

    /// Whether a time limit ran out.
    #[must_use]
    pub fn is_timeout(&self) -> bool {
        matches!(self.kind, Kind::ConnectTimeout | Kind::Stalled)
    }
}

/// What happened and all its causes in one line.
impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut last = self.source.to_string();
        f.write_str(&last)?;
        let mut next = self.source.source();
        while let Some(cause) = next {
            let text = cause.to_string();
            // Many errors repeat their cause in their own message.
            if !last.ends_with(&text) {
                write!(f, ": {text}")?;
            }
            last = text;
            next = cause.source();
        }
        Ok(())
    }
}

impl StdError for TransportError {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&*self.source)
    }
}
