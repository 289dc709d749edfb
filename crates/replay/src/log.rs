//! What went over the wire, for tests and for people who watch.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};
use tokio::sync::watch;

use crate::connection::Connection;

/// How many exchanges are remembered where nobody says; the oldest are forgotten first.
pub const LOG_LIMIT: usize = 64;

/// How many bytes of each body are remembered.
pub const LOGGED_BODY_LIMIT: usize = 1024 * 1024;

/// The last exchanges of a server. Clones look at the same log.
///
/// Header values that could be credentials are not kept, nor is more than [`LOGGED_BODY_LIMIT`] of a body.
#[derive(Debug, Clone)]
pub struct Log {
    state: Arc<Mutex<State>>,
    /// Says that something has changed.
    changed: watch::Sender<()>,
}

/// One request and what it got.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Exchange {
    /// Counts up from 0.
    pub number: u64,
    /// `POST`, mostly.
    pub method: String,
    /// The path that was asked for.
    pub path: String,
    /// The names of all headers, in lower case.
    pub header_names: Vec<String>,
    /// The headers whose values can be shown: none that names authorization, a cookie, a key, a token, a secret or an account.
    pub headers: Vec<(String, String)>,
    /// The request's body, as it came.
    pub request: Bytes,
    /// The status of the reply; none before there is one.
    pub status: Option<StatusCode>,
    /// The recorded case that the reply was made from.
    pub case: Option<String>,
    /// The reply's body, as far as it was sent.
    pub reply: Vec<u8>,
    /// How the reply ended, or that it did not.
    pub ending: Ending,
    /// The connection that it came on; none where the server is not the [`Server`](crate::Server) of this crate.
    pub connection: Option<Connection>,
}

/// How a reply ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// It is still being sent.
    Open,
    /// It was handed over to the last byte.
    Whole,
    /// It was cut on request.
    Cut,
    /// The client left before its end.
    Dropped,
}

#[derive(Debug, Default)]
struct State {
    limit: usize,
    exchanges: VecDeque<Exchange>,
    next: u64,
    dropped: usize,
}

impl Exchange {
    /// The value of a header that can be shown.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }
}

impl Log {
    pub(crate) fn new() -> Self {
        let state = State { limit: LOG_LIMIT, ..State::default() };
        Self { state: Arc::new(Mutex::new(state)), changed: watch::Sender::new(()) }
    }

    /// How many exchanges are remembered from here on.
    pub(crate) fn remember(&self, limit: usize) {
        self.lock().limit = limit;
    }

    /// The last exchanges, oldest first; [`LOG_LIMIT`] at most, or as [`Replay::remembering`](crate::Replay::remembering)
    /// says.
    #[must_use]
    pub fn exchanges(&self) -> Vec<Exchange> {
        self.lock().exchanges.iter().cloned().collect()
    }

    /// The newest exchange.
    #[must_use]
    pub fn last(&self) -> Option<Exchange> {
        self.lock().exchanges.back().cloned()
    }

    /// How many exchanges there have been, forgotten ones included.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.lock().next
    }

    /// How many replies the client left before their end.
    #[must_use]
    pub fn dropped(&self) -> usize {
        self.lock().dropped
    }

    /// Waits until clients have left so many replies before their end, and says whether they have within `limit`.
    pub async fn wait_for_dropped(&self, count: usize, limit: Duration) -> bool {
        let mut changed = self.changed.subscribe();
        let reached = async {
            while self.dropped() < count {
                if changed.changed().await.is_err() {
                    break;
                }
            }
        };
        tokio::time::timeout(limit, reached).await.is_ok() && self.dropped() >= count
    }

    /// Notes a request and returns its number.
    pub(crate) fn begin(&self, method: &str, path: &str, headers: &HeaderMap, body: &Bytes) -> u64 {
        let header_names = headers.keys().map(|name| name.as_str().to_owned()).collect();
        let shown = headers.iter().filter(|(name, _)| !is_secret(name.as_str()));
        let headers = shown
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let mut state = self.lock();
        let number = state.next;
        state.next += 1;
        if state.exchanges.len() >= state.limit {
            state.exchanges.pop_front();
        }
        state.exchanges.push_back(Exchange {
            number,
            method: method.to_owned(),
            path: path.to_owned(),
            header_names,
            headers,
            request: body.slice(..body.len().min(LOGGED_BODY_LIMIT)),
            status: None,
            case: None,
            reply: Vec::new(),
            ending: Ending::Open,
            connection: None,
        });
        drop(state);
        self.tell();
        number
    }

    /// Notes the connection that a request came on.
    pub(crate) fn came_on(&self, number: u64, connection: Connection) {
        self.change(number, |exchange| exchange.connection = Some(connection));
    }

    pub(crate) fn answered(&self, number: u64, status: StatusCode, case: Option<&str>) {
        self.change(number, |exchange| {
            exchange.status = Some(status);
            exchange.case = case.map(str::to_owned);
        });
    }

    pub(crate) fn sent(&self, number: u64, bytes: &[u8]) {
        self.change(number, |exchange| {
            let room = LOGGED_BODY_LIMIT.saturating_sub(exchange.reply.len());
            exchange.reply.extend(bytes.iter().take(room));
        });
    }

    pub(crate) fn ended(&self, number: u64, ending: Ending) {
        if ending == Ending::Dropped {
            self.lock().dropped += 1;
        }
        self.change(number, |exchange| exchange.ending = ending);
    }

    fn change(&self, number: u64, change: impl FnOnce(&mut Exchange)) {
        if let Some(exchange) = self.lock().exchanges.iter_mut().find(|exchange| exchange.number == number) {
            change(exchange);
        }
        self.tell();
    }

    fn tell(&self) {
        self.changed.send_replace(());
    }

    /// A panic of another thread leaves the log usable: every change is complete in itself.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn is_secret(name: &str) -> bool {
    ["auth", "cookie", "key", "token", "secret", "account"].iter().any(|word| name.contains(word))
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    #[test]
    fn credentials_are_not_kept() {
        let log = Log::new();
        let mut headers = HeaderMap::new();
        for name in ["authorization", "cookie", "x-api-key", "chatgpt-account-id", "originator"] {
            headers.insert(name, HeaderValue::from_static("value"));
        }
        log.begin("POST", "/v1/responses", &headers, &Bytes::new());
        let exchange = log.last().unwrap();
        assert_eq!(exchange.headers, [("originator".to_owned(), "value".to_owned())]);
        assert!(exchange.header_names.contains(&"authorization".to_owned()));
    }

    #[test]
    fn the_oldest_are_forgotten() {
        let log = Log::new();
        for _ in 0..=LOG_LIMIT {
            log.begin("GET", "/", &HeaderMap::new(), &Bytes::new());
        }
        let exchanges = log.exchanges();
        assert_eq!((exchanges.len(), exchanges[0].number, log.count()), (LOG_LIMIT, 1, 65));
    }

    #[test]
    fn a_long_body_is_kept_in_part() {
        let log = Log::new();
        let number = log.begin("POST", "/", &HeaderMap::new(), &Bytes::from(vec![0; LOGGED_BODY_LIMIT + 1]));
        log.sent(number, &vec![1; LOGGED_BODY_LIMIT]);
        log.sent(number, &[2]);
        let exchange = log.last().unwrap();
        assert_eq!((exchange.request.len(), exchange.reply.len()), (LOGGED_BODY_LIMIT, LOGGED_BODY_LIMIT));
    }
}
