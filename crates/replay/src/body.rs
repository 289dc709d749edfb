//! The body of a reply on its way out: event by event, with the faults that were asked for.

use std::time::Duration;
use std::{io, vec};

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream::unfold;
use tokio::sync::watch;

use crate::faults::Faults;
use crate::log::{Ending, Log};

/// How long a reply that stalls is kept open, so that nothing hangs for ever.
pub const STALL_LIMIT: Duration = Duration::from_secs(60);

/// A reply that tells the log what was sent and how it ended.
pub(crate) struct Reply {
    pub(crate) log: Log,
    pub(crate) number: u64,
    pub(crate) faults: Faults,
    /// Becomes true when the server shuts down.
    pub(crate) closing: watch::Receiver<bool>,
}

impl Reply {
    /// Sends `events` one after the other.
    pub(crate) fn body(self, events: Vec<Bytes>) -> Body {
        let Self { log, number, faults, closing } = self;
        let end = End { log, number, ending: Ending::Dropped };
        let events = spoil(events, &faults).into_iter();
        let sending = Sending { end, faults, closing, events, rest: Bytes::new(), count: 0 };
        Body::from_stream(unfold(Some(sending), |sending| async { sending?.next().await }))
    }
}

/// A reply on its way, until it ends or is dropped.
struct Sending {
    end: End,
    faults: Faults,
    closing: watch::Receiver<bool>,
    /// What is still to be sent, after `rest`.
    events: vec::IntoIter<Bytes>,
    /// What is left of the event that is being sent.
    rest: Bytes,
    /// How many events there were, that one included.
    count: usize,
}

impl Sending {
    /// What is sent next, and what comes after it.
    async fn next(mut self) -> Option<(io::Result<Bytes>, Option<Self>)> {
        while self.rest.is_empty() {
            let Some(event) = self.events.next() else {
                return if self.faults.hang { self.hung().await } else { self.over().await };
            };
            if self.faults.stall == Some(self.count) {
                stall(self.closing.clone()).await;
                return self.over().await;
            }
            if self.faults.cut == Some(self.count) {
                return self.over().await;
            }
            if !self.faults.delay.is_zero() {
                tokio::time::sleep(self.faults.delay).await;
            }
            self.rest = event;
            self.count += 1;
        }
        let whole = self.rest.len();
        let piece = self.rest.split_to(self.faults.chunk.map_or(whole, |chunk| chunk.get().min(whole)));
        self.end.log.sent(self.end.number, &piece);
        Some((Ok(piece), Some(self)))
    }

    /// The end where nothing more is to come but no end either.
    async fn hung(self) -> Option<(io::Result<Bytes>, Option<Self>)> {
        stall(self.closing.clone()).await;
        self.over().await
    }

    /// The end, or the error that was asked for in its place.
    async fn over(mut self) -> Option<(io::Result<Bytes>, Option<Self>)> {
        if self.faults.cut.is_some_and(|cut| cut <= self.count) {
            self.end.note(Ending::Cut);
            // The bytes before it must have left: an error right behind them would take them along.
            tokio::time::sleep(FLUSH_PAUSE).await;
            return Some((Err(io::Error::other("cut on request")), None));
        }
        self.end.note(Ending::Whole);
        None
    }
}

/// How long the last bytes have to leave before the connection breaks.
const FLUSH_PAUSE: Duration = Duration::from_millis(20);

/// Waits until the server shuts down, or [`STALL_LIMIT`] has passed.
pub(crate) async fn stall(mut closing: watch::Receiver<bool>) {
    let _ = tokio::time::timeout(STALL_LIMIT, closing.wait_for(|closing| *closing)).await;
}

/// Cuts the bytes of an event stream behind every event; they stay the same bytes.
pub(crate) fn events(mut bytes: Bytes) -> Vec<Bytes> {
    let mut events = Vec::new();
    while let Some(end) = event_end(&bytes) {
        events.push(bytes.split_to(end));
    }
    if !bytes.is_empty() {
        events.push(bytes);
    }
    events
}

/// Where the first event ends: behind a line end that directly follows another.
fn event_end(bytes: &[u8]) -> Option<usize> {
    let mut is_line_empty = false;
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'\n' if is_line_empty => return Some(index + 1),
            b'\n' => is_line_empty = true,
            b'\r' => {}
            _ => is_line_empty = false,
        }
    }
    None
}

/// Puts in what cannot be read and what is too large.
fn spoil(mut events: Vec<Bytes>, faults: &Faults) -> Vec<Bytes> {
    let is_stream = events.len() > 1;
    if is_stream {
        events.truncate(events.len().saturating_sub(faults.without));
    }
    if let Some((after, bytes)) = faults.insert.as_ref().filter(|_| is_stream) {
        events.insert((*after).min(events.len()), bytes.clone());
    }
    if let Some(mib) = faults.huge.filter(|_| is_stream) {
        let mut event =
            b"event: response.output_text.delta\ndata: {\"type\":\"response.output_text.delta\",\"delta\":\"".to_vec();
        event.resize(event.len() + mib * 1024 * 1024, b'x');
        event.extend_from_slice(b"\"}\n\n");
        events.insert(events.len().min(1), event.into());
    }
    if let Some(after) = faults.garbage {
        let garbage = Bytes::from_static(b"data: {\"type\":\"response.output_te\xff\xfe\x00\n\n");
        match events.as_mut_slice() {
            [whole] => whole.truncate(whole.len() / 2),
            _ => events.insert(after.min(events.len()), garbage),
        }
    }
    events
}

/// Tells the log how a reply ended, also when the connection drops it.
struct End {
    log: Log,
    number: u64,
    ending: Ending,
}

impl End {
    fn note(&mut self, ending: Ending) {
        self.ending = ending;
    }
}

impl Drop for End {
    fn drop(&mut self) {
        self.log.ended(self.number, self.ending);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stream_is_cut_behind_its_events_and_loses_no_byte() {
        let bytes = Bytes::from_static(b": hi\r\n\r\nevent: a\ndata: 1\n\ndata: 2\n\n\ndata: 3");
        let events = events(bytes.clone());
        assert_eq!(events.len(), 4);
        assert_eq!(events[1], "event: a\ndata: 1\n\n");
        assert_eq!(events.concat(), bytes);
    }

    #[test]
    fn spoiling() {
        let events = vec![Bytes::from_static(b"data: 1\n\n"), Bytes::from_static(b"data: 2\n\n")];
        let garbled = spoil(events.clone(), &"garbage=2".parse().unwrap());
        assert!(std::str::from_utf8(&garbled[2]).is_err());
        assert!(spoil(events, &"huge=1".parse().unwrap())[1].len() > 1024 * 1024);
        assert_eq!(spoil(vec![Bytes::from_static(b"{\"a\":1}")], &"garbage".parse().unwrap()), ["{\"a"]);
    }
}
