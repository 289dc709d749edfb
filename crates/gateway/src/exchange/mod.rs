//! What happened to a request: one record, filled in as it goes along, for the numbers, the captures and the inspector.

pub(crate) mod board;
pub(crate) mod capture;
mod headers;
pub(crate) mod numbers;
pub(crate) mod recording;
mod sent;
mod state;
pub(crate) mod tap;
#[cfg(test)]
mod tests;
#[cfg(feature = "otel")]
pub(crate) mod traces;
pub(crate) mod watchers;

use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Instant, SystemTime};

use bytes::Bytes;
use http::{HeaderMap, Request, StatusCode};
use interlingua_executor::Scrubber;
use interlingua_model::{Api, Failure, Usage};
use interlingua_translate::Loss;
use tokio::sync::watch;

use self::headers::{credentials, shown};
pub(crate) use self::recording::Side;
use self::recording::{Recording, Room};
pub(crate) use self::sent::{End, Failed, Sent};
pub(crate) use self::state::{Asked, Attempt, Head, Lookups, State};
use crate::caller::{Caller, Place};

tokio::task_local! {
    /// The request that this task works on.
    static CURRENT: Arc<Exchange>;
}

/// One request of a client and all that came of it.
#[derive(Debug)]
pub(crate) struct Exchange {
    pub(crate) head: Head,
    /// The trace that this is part of, where there are any.
    #[cfg(feature = "otel")]
    trace: Option<traces::Trace>,
    begun: Instant,
    /// Whether somebody wants to see the bytes.
    keeps_bytes: bool,
    /// Whether the client's and the upstream's keys are looked for in what is told.
    knows_keys: bool,
    /// Rung when there is more to see.
    bell: Option<watch::Sender<u64>>,
    /// Whose it is, where callers have keys of their own.
    caller: OnceLock<Arc<Caller>>,
    /// The keys that came with it and that nobody here knows by themselves.
    presented: OnceLock<Scrubber>,
    /// Its place among the caller's requests.
    place: Mutex<Option<Place>>,
    state: Mutex<State>,
}

/// Who wants to see an exchange.
#[derive(Debug, Clone, Default)]
pub(crate) struct Looking {
    /// Where there is room for the bytes, if somebody wants to see them.
    pub(crate) room: Option<Room>,
    /// Whether what is told leaves this machine or its memory, so that no key may be in it, whoever sent that.
    pub(crate) knows_keys: bool,
    /// Rung when there is more to see.
    pub(crate) bell: Option<watch::Sender<u64>>,
    /// The trace that it becomes part of.
    #[cfg(feature = "otel")]
    pub(crate) trace: Option<traces::Trace>,
}

/// The exchange that is under way where this is called.
pub(crate) fn current() -> Option<Arc<Exchange>> {
    CURRENT.try_with(Arc::clone).ok()
}

/// Tells the exchange that is under way, if there is one.
pub(crate) fn note(tell: impl FnOnce(&Exchange)) {
    if let Some(exchange) = current() {
        tell(&exchange);
    }
}

impl Exchange {
    /// A request that has just come. `hidden` and the credentials among its headers are repeated nowhere.
    pub(crate) fn new<B>(id: String, request: &Request<B>, hidden: &Scrubber, watching: Looking) -> Self {
        let Looking {
            room,
            knows_keys,
            bell,
            #[cfg(feature = "otel")]
            trace,
        } = watching;
        let secrets = if knows_keys { hidden.and(credentials(request.headers())) } else { hidden.clone() };
        Self {
            head: Head {
                id,
                at: SystemTime::now(),
                method: request.method().clone(),
                // Not the query: it may hold a key.
                path: request.uri().path().to_owned(),
            },
            #[cfg(feature = "otel")]
            trace,
            begun: Instant::now(),
            keeps_bytes: room.is_some(),
            knows_keys,
            bell,
            caller: OnceLock::new(),
            presented: OnceLock::new(),
            place: Mutex::default(),
            state: Mutex::new(State { secrets, recording: Recording::within(room), ..State::default() }),
        }
    }

    /// Runs a future as part of this exchange.
    pub(crate) async fn during<T>(self: &Arc<Self>, future: impl Future<Output = T>) -> T {
        CURRENT.scope(Arc::clone(self), future).await
    }

    /// Runs a step as part of this exchange.
    pub(crate) fn step<T>(self: &Arc<Self>, step: impl FnOnce() -> T) -> T {
        CURRENT.sync_scope(Arc::clone(self), step)
    }

    /// What is known by now.
    pub(crate) fn state(&self) -> State {
        self.lock().clone()
    }

    /// What is known by now, looked at in place.
    pub(crate) fn look<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.lock())
    }

    /// What is known by now: in place once it is over and nobody adds to it, else a copy, so that no reply waits for who looks.
    pub(crate) fn examine<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        let state = self.lock();
        if state.end.is_some() {
            return look(&state);
        }
        let copy = state.clone();
        drop(state);
        look(&copy)
    }

    pub(crate) fn asked(&self, api: Api, model: &str, body: &Bytes) {
        let mut state = self.lock();
        let body = state.recording.body(body);
        state.asked = Some(Asked { api, model: model.to_owned(), body });
        drop(state);
        self.ring();
    }

    /// The model of what was asked, where it is known only now.
    pub(crate) fn names(&self, model: &str) {
        if let Some(asked) = &mut self.lock().asked {
            model.clone_into(&mut asked.model);
        }
    }

    /// It is this caller's, and has this place.
    pub(crate) fn comes_from(&self, caller: Arc<Caller>, place: Place) {
        let _ = self.caller.set(caller);
        *self.place.lock().unwrap_or_else(PoisonError::into_inner) = Some(place);
    }

    /// These keys came with it. They are repeated nowhere.
    pub(crate) fn presents(&self, keys: &Scrubber) {
        let mut state = self.lock();
        state.secrets = state.secrets.merged(keys);
        drop(state);
        let _ = self.presented.set(keys.clone());
    }

    /// The keys that came with it, beside those that the gateway knows.
    pub(crate) fn presented(&self) -> Option<&Scrubber> {
        self.presented.get()
    }

    /// Whose it is, where callers have keys of their own.
    pub(crate) fn caller(&self) -> Option<&Caller> {
        self.caller.get().map(|caller| &**caller)
    }

    pub(crate) fn answers(&self, name: &str, api: Api) {
        self.lock().upstream = Some((name.to_owned(), api));
    }

    pub(crate) fn lost(&self, losses: &[Loss]) {
        self.lock().losses.extend_from_slice(losses);
    }

    pub(crate) fn used(&self, usage: Option<&Usage>) {
        if let Some(usage) = usage {
            self.lock().usage = Some(usage.clone());
        }
    }

    /// Of so many turns the thoughts were found that the client had dropped, and of so many not.
    pub(crate) fn recalled(&self, found: usize, missed: usize) {
        self.lock().recalled = (found, missed);
    }

    pub(crate) fn failed(&self, phase: &str, failure: &Failure) {
        let (code, message) = (failure.code.clone(), failure.message.clone());
        self.lock().failure = Some(Failed { phase: phase.to_owned(), code, message });
    }

    /// What the upstream calls the request, in a head that has been cleared of keys.
    pub(crate) fn is_called(&self, id: Option<&str>) {
        if let Some(id) = id {
            self.lock().upstream_id = Some(id.to_owned());
        }
    }

    /// A kept reply was looked up.
    pub(crate) fn looked_up(&self, count: impl FnOnce(&mut Lookups)) {
        count(&mut self.lock().lookups);
    }

    /// The reply is a stream; whether that is new.
    pub(crate) fn streams(&self) -> bool {
        !std::mem::replace(&mut self.lock().is_streamed, true)
    }

    /// The head of the client's reply.
    pub(crate) fn answered(&self, status: StatusCode) {
        self.lock().status = Some(status);
    }

    /// A request goes to the upstream. Returns its number.
    fn goes(&self, request: &mut Request<Bytes>) -> u16 {
        let at = self.begun.elapsed();
        let mut state = self.lock();
        #[cfg(feature = "otel")]
        let span = match &self.trace {
            Some(trace) if state.asked.is_some() && request.method() == http::Method::POST => {
                Some(trace.goes(&self.head, at, request.headers_mut()))
            }
            _ => None,
        };
        let request = &*request;
        if self.knows_keys {
            state.secrets = state.secrets.and(credentials(request.headers()));
        }
        let body = state.recording.body(request.body());
        // Unless somebody looks at the bytes, nobody looks at more than that there was one.
        let seen = Some(request).filter(|_| self.keeps_bytes);
        let path = seen.and_then(|request| request.uri().path_and_query()).map(ToString::to_string);
        state.attempts.push(Attempt {
            at,
            method: request.method().clone(),
            path: path.unwrap_or_default(),
            headers: seen.map(|request| shown(request.headers())).unwrap_or_default(),
            body,
            status: None,
            reply_headers: Vec::new(),
            error: None,
            #[cfg(feature = "otel")]
            span,
        });
        u16::try_from(state.attempts.len() - 1).unwrap_or(u16::MAX)
    }

    fn comes(&self, attempt: u16, status: StatusCode, headers: &HeaderMap) {
        if let Some(attempt) = self.lock().attempts.get_mut(usize::from(attempt)) {
            attempt.status = Some(status);
            if self.keeps_bytes {
                attempt.reply_headers = shown(headers);
            }
        }
        self.ring();
    }

    fn comes_not(&self, attempt: u16, error: &str) {
        if let Some(attempt) = self.lock().attempts.get_mut(usize::from(attempt)) {
            attempt.error = Some(error.to_owned());
        }
    }

    /// Bytes pass.
    fn passes(&self, side: Side, bytes: &Bytes) {
        let at = self.begun.elapsed();
        let mut state = self.lock();
        if side == Side::Client {
            state.sent.count(at, bytes.len());
        }
        state.recording.add(at, side, bytes);
    }

    /// Bytes go to the client. Where nobody wants to see them they are only counted, in `sent`, which whoever sends them has to
    /// [hand in](Self::sent) at the end: a piece of a reply takes no lock.
    pub(crate) fn sends(&self, bytes: &Bytes, sent: &mut Sent) {
        sent.count(self.begun.elapsed(), bytes.len());
        if self.keeps_bytes {
            self.passes(Side::Client, bytes);
        }
    }

    /// So much has been sent in all.
    pub(crate) fn sent(&self, sent: Sent) {
        if !self.keeps_bytes {
            self.lock().sent = sent;
        }
    }

    /// It is over. Only the first word on how it ended counts.
    pub(crate) fn ends(&self, end: End) {
        let took = self.begun.elapsed();
        self.place.lock().unwrap_or_else(PoisonError::into_inner).take();
        let mut state = self.lock();
        let is_first = state.end.is_none();
        state.end.get_or_insert((end, took));
        state.recording.close();
        if let (true, Some(caller), Some(usage)) = (is_first, self.caller(), &state.usage) {
            caller.spent(usage, Instant::now());
        }
        drop(state);
        self.ring();
    }

    fn ring(&self) {
        if let Some(bell) = &self.bell {
            bell.send_modify(|version| *version += 1);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
