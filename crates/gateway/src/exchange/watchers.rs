//! Who wants to know what happens: the numbers always, captures, the inspector and traces where they are asked for.

use std::sync::{Arc, Mutex, PoisonError};

use http::{Method, Request};
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::board::Board;
use super::capture::Capture;
use super::numbers::Numbers;
use super::recording::Room;
use super::{Exchange, Looking};
use crate::{StartError, Watching};

/// Everybody who is told of every exchange.
#[derive(Debug)]
pub(crate) struct Watchers {
    pub(crate) numbers: Numbers,
    pub(crate) board: Option<Board>,
    capture: Option<Arc<Capture>>,
    /// For what is kept of exchanges.
    room: Room,
    #[cfg(feature = "otel")]
    traces: Option<super::traces::Traces>,
    /// What is still being written.
    writing: Mutex<Vec<JoinHandle<()>>>,
}

impl Watchers {
    pub(crate) fn new(watching: &Watching) -> Result<Self, StartError> {
        let Watching { capture, inspect } = watching;
        let failed = |source| StartError::Capture { folder: capture.clone().unwrap_or_default(), source };
        Ok(Self {
            numbers: Numbers::new().map_err(|error| StartError::Metrics(error.to_string()))?,
            board: inspect.then(Board::new),
            capture: capture.as_deref().map(Capture::into_folder).transpose().map_err(failed)?.map(Arc::new),
            room: Room::new(),
            #[cfg(feature = "otel")]
            traces: super::traces::Traces::from_env()?,
            writing: Mutex::default(),
        })
    }

    /// Who wants to see what comes of a request.
    pub(crate) fn looking<B>(&self, request: &Request<B>) -> Looking {
        if !is_of_an_api(request.method(), request.uri().path()) {
            return Looking::default();
        }
        let keeps_bytes = self.board.is_some() || self.capture.is_some();
        let knows_keys = keeps_bytes || self.traces();
        let room = keeps_bytes.then(|| self.room.clone());
        Looking {
            room,
            knows_keys,
            bell: self.board.as_ref().map(Board::bell),
            #[cfg(feature = "otel")]
            trace: self.traces.as_ref().map(|traces| traces.trace(request.headers())),
        }
    }

    /// Whether traces are made.
    #[cfg(feature = "otel")]
    fn traces(&self) -> bool {
        self.traces.is_some()
    }

    /// Whether traces are made: this was built without them.
    #[cfg(not(feature = "otel"))]
    #[expect(clippy::unused_self, reason = "asked as where there are traces")]
    fn traces(&self) -> bool {
        false
    }

    /// Writes an exchange because somebody asks for it. Returns where it is.
    pub(crate) async fn save(&self, exchange: &Arc<Exchange>) -> Result<String, String> {
        let Some(capture) = &self.capture else {
            return Err("there is no folder for it: start the gateway with --capture DIR, which saves every exchange"
                .to_owned());
        };
        capture.write(exchange).await
    }

    /// A request has come.
    pub(crate) fn begins(&self, exchange: &Arc<Exchange>) {
        self.numbers.begins();
        if let Some(board) = self.board.as_ref().filter(|_| is_of_an_api(&exchange.head.method, &exchange.head.path)) {
            board.put(exchange, &self.room);
        }
    }

    /// Its reply is a stream.
    pub(crate) fn streams(&self, exchange: &Exchange) {
        if exchange.streams() {
            self.numbers.streams();
        }
    }

    /// Its reply is over.
    pub(crate) fn ends(&self, exchange: &Arc<Exchange>) {
        self.numbers.ends(exchange);
        #[cfg(feature = "otel")]
        if let Some(trace) = &exchange.trace {
            exchange.look(|state| trace.ends(&exchange.head, state));
        }
        // A reply ends where its connection is served, which is no place to wait for a disk.
        if let (Some(capture), Ok(runtime)) = (&self.capture, Handle::try_current()) {
            let (capture, exchange) = (Arc::clone(capture), Arc::clone(exchange));
            let task = runtime.spawn(async move {
                if let Err(error) = capture.write(&exchange).await {
                    tracing::debug!(%error, "not captured");
                }
            });
            let mut writing = self.writing.lock().unwrap_or_else(PoisonError::into_inner);
            writing.retain(|task| !task.is_finished());
            writing.push(task);
        }
    }

    /// Waits until everything is written.
    pub(crate) async fn settled(&self) {
        let writing = std::mem::take(&mut *self.writing.lock().unwrap_or_else(PoisonError::into_inner));
        for task in writing {
            // A task that broke has said so.
            let _ = task.await;
        }
        #[cfg(feature = "otel")]
        if let Some(traces) = &self.traces {
            traces.settled().await;
        }
    }
}

/// Whether it is worth showing: not what is asked of the gateway itself.
fn is_of_an_api(method: &Method, path: &str) -> bool {
    method == Method::POST && !path.starts_with("/inspect") && path != "/reload"
}
