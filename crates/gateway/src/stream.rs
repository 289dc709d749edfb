//! Answers that arrive while they are being made, whichever API they are in.

use std::pin::Pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Wake, Waker, ready};
use std::time::Duration;

use axum::response::Response;
use bytes::Bytes;
use futures_core::Stream;
use futures_util::stream::iter;
use interlingua_executor::{Alarm, Answer, BoxFuture, Error, Reply, Report, SseStream, TokioAlarm, one_line, stamp};
use interlingua_model::{Failure, Request};
use interlingua_translate::{Api, Translator};

use crate::app::{Closing, Stage};
use crate::error::closing;
use crate::word::Word;
use crate::{ApiError, Limits, exchange, reply};

/// How a client is answered.
#[derive(Debug, Clone)]
pub(crate) struct Manner {
    /// In which API.
    pub(crate) api: Api,
    /// How long a failure can still be a status.
    pub(crate) hold: Duration,
    pub(crate) limits: Limits,
    pub(crate) closing: Closing,
    /// What ends a stream over HTTP, whichever way it went: Open Responses demands `[DONE]` behind the last event, which a
    /// Chat stream that did not fail has already. What is passed on ends as it does.
    done: Option<Bytes>,
}

impl Manner {
    pub(crate) fn new(api: Api, hold: Duration, limits: Limits, closing: Closing) -> Self {
        let done = match api {
            Api::Responses => Some(Bytes::from_static(b"data: [DONE]\n\n")),
            Api::Chat | Api::Messages => None,
        };
        Self { api, hold, limits, closing, done }
    }
}

/// Waits for `answer` as long as a failure can still be a status, and sends what is there by then: the reply, or a
/// stream that goes on waiting.
pub(crate) async fn respond(
    mut answer: BoxFuture<'static, Result<Answer<Reply>, Error>>,
    mut manner: Manner,
) -> Result<Response, ApiError> {
    let waiting = tokio::time::timeout(manner.hold, &mut answer);
    match manner.closing.before(waiting).await.ok_or_else(ApiError::closing)? {
        Ok(answer) => {
            let Answer { value, meta } = answer?;
            let response = match value {
                // A reply that was all there before it was told: a conversation made shorter.
                Reply::Whole(body) => reply::event_stream(iter([body].into_iter().chain(manner.done))),
                Reply::Stream(events) => {
                    if meta.is_passed {
                        manner.done = None;
                    }
                    reply::event_stream(Sent::new(Part::Events(events), manner))
                }
            };
            Ok(reply::answered(response, &meta))
        }
        // From here on the status is 200, and what goes wrong is told in the stream.
        Err(_) => Ok(reply::event_stream(Sent::new(Part::Begun(answer), manner))),
    }
}

/// What is sent to the client: the stream, with heartbeats in its pauses, and with an end where the server ends.
struct Sent {
    part: Part,
    pulse: Pulse,
    /// Gone once the server ends.
    closing: Option<Word<Stage>>,
    api: Api,
    done: Option<Bytes>,
    bell: Arc<Bell>,
    /// Whether all that is waited for had nothing when it was asked last, and will ring the bell.
    is_waiting: bool,
}

/// How far it is.
enum Part {
    /// The answer is still to come, and nothing has been sent.
    Begun(BoxFuture<'static, Result<Answer<Reply>, Error>>),
    /// The client knows that we are at it.
    Waiting(BoxFuture<'static, Result<Answer<Reply>, Error>>),
    /// The answer is there and is a stream.
    Events(SseStream),
    /// All has been sent.
    Over,
}

impl Sent {
    fn new(part: Part, manner: Manner) -> Self {
        let Manner { api, hold: _, limits, closing, done } = manner;
        let (pulse, closing, bell) = (Pulse::new(limits.heartbeat), Some(closing.begun()), Arc::default());
        Self { part, pulse, closing, api, done, bell, is_waiting: false }
    }

    /// The answer is there: what is sent of it now, if that is all of it.
    fn begins(&mut self, answer: Result<Answer<Reply>, Error>) -> Option<Bytes> {
        self.part = Part::Over;
        match answer {
            Ok(Answer { value: Reply::Stream(events), meta }) => {
                if meta.is_passed {
                    self.done = None;
                }
                self.part = Part::Events(events);
                None
            }
            Ok(Answer { value: Reply::Whole(body), meta: _ }) => Some(body),
            Err(error) => {
                exchange::note(|exchange| exchange.failed(&error.phase().to_string(), error.failure()));
                tracing::warn!(phase = %error.phase(), error = %one_line(&error), "a stream failed before it began");
                Some(failed(self.api, error.failure()))
            }
        }
    }

    /// The server ends. What is sent of the end, if there is no stream that tells it.
    fn ends(&mut self) -> Option<Bytes> {
        if let Part::Events(events) = &mut self.part {
            events.stop(closing());
            return None;
        }
        self.part = Part::Over;
        Some(failed(self.api, &closing()))
    }
}

impl Stream for Sent {
    type Item = Bytes;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Bytes>> {
        let this = &mut *self;
        let has_rung = this.bell.rings_for(cx.waker());
        // A server asks until there is nothing more, and once more then. Only what has rung is worth a look.
        if this.is_waiting && !has_rung {
            return Poll::Pending;
        }
        this.is_waiting = false;
        let mut is_dry = !has_rung;
        let waker = Waker::from(Arc::clone(&this.bell));
        let cx = &mut Context::from_waker(&waker);
        loop {
            let sent = match &mut this.part {
                Part::Begun(_) => {
                    if let Part::Begun(answer) = std::mem::replace(&mut this.part, Part::Over) {
                        this.part = Part::Waiting(answer);
                    }
                    return Poll::Ready(Some(reply::heartbeat(this.api)));
                }
                Part::Waiting(answer) => match answer.as_mut().poll(cx) {
                    Poll::Ready(answer) => Poll::Ready(this.begins(answer)),
                    Poll::Pending => Poll::Pending,
                },
                Part::Events(events) if is_dry && events.is_dry() => Poll::Pending,
                Part::Events(events) => match Pin::new(&mut *events).poll_next(cx) {
                    Poll::Ready(None) => {
                        tell(events);
                        this.part = Part::Over;
                        Poll::Ready(None)
                    }
                    next @ (Poll::Ready(Some(_)) | Poll::Pending) => next,
                },
                Part::Over => return Poll::Ready(this.done.take()),
            };
            match sent {
                Poll::Ready(Some(bytes)) => {
                    this.pulse.skips();
                    return Poll::Ready(Some(bytes));
                }
                // There is another part.
                Poll::Ready(None) => {}
                Poll::Pending => {
                    if this.pulse.poll_due(cx).is_ready() {
                        return Poll::Ready(Some(reply::heartbeat(this.api)));
                    }
                    if this.closing.as_mut().is_none_or(|closing| closing.poll(cx).is_pending()) {
                        this.is_waiting = true;
                        return Poll::Pending;
                    }
                    (this.closing, is_dry) = (None, false);
                    if let Some(bytes) = this.ends() {
                        return Poll::Ready(Some(bytes));
                    }
                }
            }
        }
    }
}

/// What wakes a stream, and knows whether it has.
#[derive(Default)]
struct Bell {
    has_rung: AtomicBool,
    /// Whoever polled last.
    listener: Mutex<Option<Waker>>,
}

impl Bell {
    /// From now on it wakes this one. Says whether it has rung since it was asked last.
    fn rings_for(&self, waker: &Waker) -> bool {
        let mut listener = self.listener.lock().unwrap_or_else(PoisonError::into_inner);
        if !listener.as_ref().is_some_and(|known| known.will_wake(waker)) {
            *listener = Some(waker.clone());
        }
        drop(listener);
        // Only then: who rings from now on wakes the new one.
        self.has_rung.swap(false, Ordering::AcqRel)
    }
}

impl Wake for Bell {
    fn wake(self: Arc<Self>) {
        self.wake_by_ref();
    }

    fn wake_by_ref(self: &Arc<Self>) {
        self.has_rung.store(true, Ordering::Release);
        if let Some(listener) = &*self.listener.lock().unwrap_or_else(PoisonError::into_inner) {
            listener.wake_by_ref();
        }
    }
}

/// Says when a heartbeat is due. One timer for all of a stream's, and none for one that never pauses.
struct Pulse {
    every: Duration,
    timer: Option<TokioAlarm>,
    is_set: bool,
}

impl Pulse {
    fn new(every: Duration) -> Self {
        Self { every, timer: None, is_set: false }
    }

    /// Something else has been sent.
    fn skips(&mut self) {
        self.is_set = false;
    }

    /// Ready when nothing has been sent for as long as that may be.
    fn poll_due(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let Self { every, timer, is_set } = self;
        let mut timer = match timer {
            None => Pin::new(timer.insert(TokioAlarm::new(*every))),
            Some(timer) => {
                let mut timer = Pin::new(timer);
                if !*is_set {
                    timer.as_mut().set(*every);
                }
                timer
            }
        };
        *is_set = true;
        ready!(timer.as_mut().poll_due(cx));
        *is_set = false;
        Poll::Ready(())
    }
}

/// Tells how a stream went that is over.
fn tell(events: &SseStream) {
    if let Some(report) = events.report() {
        told(&report);
    }
}

/// Tells everybody who watches how a reply went.
pub(crate) fn told(report: &Report) {
    let Report { failure, phase, losses, usage } = report;
    exchange::note(|exchange| {
        exchange.lost(losses);
        exchange.used(usage.as_ref());
        if let Some(failure) = failure {
            exchange.failed(&phase.to_string(), failure);
        }
    });
    for loss in losses {
        tracing::debug!(loss = %one_line(loss), "lost in the reply");
    }
    if let Some(failure) = failure {
        let code = failure.code.as_deref().unwrap_or_default();
        tracing::warn!(%phase, code = %one_line(code), message = %one_line(&failure.message), "a stream failed");
    }
}

/// The whole of a stream that failed before it began, in the client's language.
fn failed(api: Api, failure: &Failure) -> Bytes {
    let mut request = Request::new(String::new());
    request.stream.enabled = true;
    let reply = Translator::new(api).asked(request).alone(stamp());
    let mut bytes = Vec::new();
    let _ended = reply.answer().fail(failure.clone(), &mut bytes);
    bytes.into()
}
