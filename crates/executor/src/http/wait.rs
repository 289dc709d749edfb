//! A limit on a wait, and on each pause of a byte stream.

use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use futures_core::Stream;

use crate::http::transport::{Alarm, BoxFuture, ByteStream, Transport, TransportError};

/// A timer that runs while something is waited for, and only then. It is made once, and moved where the transport can do that:
/// a stream that keeps talking costs no timer for each of its events.
pub(crate) struct Timer {
    transport: Arc<dyn Transport>,
    wait: Wait,
}

enum Wait {
    None,
    Sleep(BoxFuture<'static, ()>),
    Alarm { alarm: Pin<Box<dyn Alarm>>, is_set: bool },
}

impl Timer {
    pub(crate) fn new(transport: Arc<dyn Transport>) -> Self {
        Self { transport, wait: Wait::None }
    }

    /// Waits for `limit` from the first call after the last [`reset`](Self::reset).
    pub(crate) fn poll_elapsed(&mut self, cx: &mut Context<'_>, limit: Duration) -> Poll<()> {
        let Self { transport, wait } = self;
        if let Wait::None = wait {
            *wait = match transport.alarm(limit) {
                Some(alarm) => Wait::Alarm { alarm, is_set: true },
                None => Wait::Sleep(transport.sleep(limit)),
            };
        }
        match wait {
            Wait::None => Poll::Pending,
            Wait::Sleep(sleep) => sleep.as_mut().poll(cx),
            Wait::Alarm { alarm, is_set } => {
                if !std::mem::replace(is_set, true) {
                    alarm.as_mut().set(limit);
                }
                alarm.as_mut().poll_due(cx)
            }
        }
    }

    /// What was waited for has come.
    pub(crate) fn reset(&mut self) {
        match &mut self.wait {
            Wait::None | Wait::Sleep(_) => self.wait = Wait::None,
            Wait::Alarm { is_set, .. } => *is_set = false,
        }
    }
}

/// What `future` gives, or `None` when it takes longer than `limit`.
pub(crate) async fn within<T>(
    transport: &dyn Transport,
    limit: Duration,
    future: impl Future<Output = T>,
) -> Option<T> {
    let mut future = std::pin::pin!(future);
    let mut timer = transport.sleep(limit);
    std::future::poll_fn(|cx| match future.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => timer.as_mut().poll(cx).map(|()| None),
    })
    .await
}

/// A byte stream that fails when it pauses for too long. It ends after a failure.
pub(crate) struct Paced {
    bytes: Option<ByteStream>,
    timer: Timer,
    idle: Duration,
}

impl Paced {
    pub(crate) fn new(bytes: ByteStream, transport: Arc<dyn Transport>, idle: Duration) -> Self {
        Self { bytes: Some(bytes), timer: Timer::new(transport), idle }
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let Some(bytes) = &mut this.bytes else { return Poll::Ready(None) };
        let item = match bytes.as_mut().poll_next(cx) {
            Poll::Ready(item) => item,
            Poll::Pending => match this.timer.poll_elapsed(cx, this.idle) {
                Poll::Ready(()) => Some(Err(TransportError::stalled(this.idle))),
                Poll::Pending => return Poll::Pending,
            },
        };
        this.timer.reset();
        if !matches!(item, Some(Ok(_))) {
            this.bytes = None;
        }
        Poll::Ready(item)
    }
}

/// The whole of a body, or as much of it as `most` allows; the flag says whether it is whole.
pub(crate) async fn collect(mut body: Paced, most: usize) -> Result<(Bytes, bool), TransportError> {
    let Some(first) = next(&mut body).await? else { return Ok((Bytes::new(), true)) };
    let Some(second) = next(&mut body).await? else {
        if first.len() <= most {
            return Ok((first, true));
        }
        return Ok((first.slice(..most), false));
    };
    let mut all = Vec::from(first);
    all.extend_from_slice(&second);
    let whole = read_into(&mut body, most, &mut all).await?;
    Ok((all.into(), whole))
}

/// Reads the rest of a body behind what there is of it, and says whether it is whole; `most` is the limit of both. What was
/// read stays also where reading ends before its time.
pub(crate) async fn read_into(body: &mut Paced, most: usize, all: &mut Vec<u8>) -> Result<bool, TransportError> {
    while all.len() <= most {
        let Some(chunk) = next(body).await? else { break };
        all.extend_from_slice(&chunk);
    }
    let whole = all.len() <= most;
    all.truncate(most);
    Ok(whole)
}

async fn next(body: &mut Paced) -> Result<Option<Bytes>, TransportError> {
    std::future::poll_fn(|cx| Pin::new(&mut *body).poll_next(cx)).await.transpose()
}
