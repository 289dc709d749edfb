//! What goes to the upstream and comes from it, seen on its way.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;
use http::{Request, Response};
use interlingua_executor::{Alarm, BoxFuture, ByteStream, Transport, TransportError};

use super::{Exchange, Side, current};

/// A transport that tells the exchange under way what passes.
pub(crate) struct Tapped<T>(pub(crate) T);

impl<T: Transport> Transport for Tapped<T> {
    fn send(&self, mut request: Request<Bytes>) -> BoxFuture<'_, Result<Response<ByteStream>, TransportError>> {
        let Some(exchange) = current() else { return self.0.send(request) };
        Box::pin(async move {
            let attempt = exchange.goes(&mut request);
            match self.0.send(request).await {
                Ok(response) => {
                    exchange.comes(attempt, response.status(), response.headers());
                    if !exchange.keeps_bytes {
                        return Ok(response);
                    }
                    Ok(response.map(|body| Box::pin(Tap { body, exchange, attempt }) as ByteStream))
                }
                Err(error) => {
                    exchange.comes_not(attempt, &error.to_string());
                    Err(error)
                }
            }
        })
    }

    fn sleep(&self, duration: Duration) -> BoxFuture<'static, ()> {
        self.0.sleep(duration)
    }

    fn alarm(&self, duration: Duration) -> Option<Pin<Box<dyn Alarm>>> {
        self.0.alarm(duration)
    }
}

struct Tap {
    body: ByteStream,
    exchange: Arc<Exchange>,
    attempt: u16,
}

impl Stream for Tap {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let next = self.body.as_mut().poll_next(cx);
        match &next {
            Poll::Ready(Some(Ok(bytes))) => self.exchange.passes(Side::Upstream(self.attempt), bytes),
            Poll::Ready(Some(Err(error))) => self.exchange.comes_not(self.attempt, &error.to_string()),
            Poll::Ready(None) | Poll::Pending => {}
        }
        next
    }
}
