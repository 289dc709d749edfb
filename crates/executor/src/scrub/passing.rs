//! A body that is passed on, and of which only failures may have to change.

use std::borrow::Cow;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::{Bytes, BytesMut};
use futures_core::Stream;
use memchr::memchr2;

use super::Scrubber;
use crate::config::MAX_REPLY;
use crate::http::transport::{ByteStream, TransportError};

/// Passes a body on in units that can be judged: a stream event by event, anything else whole. Where there are no secrets to
/// look for, every piece goes on as it comes.
pub(crate) struct Passing {
    scrubber: Scrubber,
    /// Whether the whole of it is an error.
    is_error: bool,
    shape: Shape,
    held: BytesMut,
    /// Where in `held` the next line begins, or its part that has not been looked at.
    seen: usize,
    line_is_blank: bool,
    /// Gone at the end.
    body: Option<ByteStream>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    /// Nothing has come that tells.
    Unknown,
    Events,
    Whole,
    /// Longer than anything is held.
    Open,
}

/// The longest event that is held until it is whole.
const LONGEST_EVENT: usize = 16 * 1024 * 1024;

impl Passing {
    pub(crate) fn new(body: ByteStream, scrubber: Scrubber, is_error: bool) -> Self {
        let shape = if scrubber.is_empty() { Shape::Open } else { Shape::Unknown };
        Self { scrubber, is_error, shape, held: BytesMut::new(), seen: 0, line_is_blank: true, body: Some(body) }
    }

    /// Takes a piece and gives what of the body can go on.
    fn push(&mut self, piece: Bytes) -> Bytes {
        if self.shape == Shape::Open {
            return piece;
        }
        self.held.extend_from_slice(&piece);
        if self.shape == Shape::Unknown {
            self.shape = match self.held.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return Bytes::new(),
                Some(_) if self.is_error => Shape::Whole,
                Some(b'{' | b'[' | b'<') => Shape::Whole,
                Some(_) => Shape::Events,
            };
        }
        let longest = if self.shape == Shape::Events { LONGEST_EVENT } else { MAX_REPLY };
        let end = if self.shape == Shape::Events { self.last_end() } else { 0 };
        let ready = self.held.split_to(end).freeze();
        self.seen -= end;
        let ready = self.events(ready);
        if self.held.len() <= longest {
            return ready;
        }
        // No failure is that long.
        self.shape = Shape::Open;
        [ready, self.held.split().freeze()].concat().into()
    }

    /// What is left at the end.
    fn finish(&mut self) -> Bytes {
        let rest = self.held.split().freeze();
        match self.shape {
            Shape::Events => self.events(rest),
            Shape::Whole if self.is_error => owned(self.scrubber.body(&rest)).unwrap_or(rest),
            Shape::Whole => owned(self.scrubber.failures(&rest)).unwrap_or(rest),
            Shape::Unknown | Shape::Open => rest,
        }
    }

    /// The end of the last event that is whole.
    fn last_end(&mut self) -> usize {
        let mut end = 0;
        while let Some(found) = memchr2(b'\r', b'\n', self.held.get(self.seen..).unwrap_or_default()) {
            let (at, is_crlf) =
                (self.seen + found, self.held.get(self.seen + found..self.seen + found + 2) == Some(b"\r\n"));
            if self.held.get(at) == Some(&b'\r') && at + 1 == self.held.len() {
                // Half of a line's end, perhaps.
                self.line_is_blank &= found == 0;
                self.seen = at;
                return end;
            }
            self.line_is_blank &= found == 0;
            self.seen = at + if is_crlf { 2 } else { 1 };
            if self.line_is_blank {
                end = self.seen;
            }
            self.line_is_blank = true;
        }
        self.line_is_blank &= self.seen == self.held.len();
        self.seen = self.held.len();
        end
    }

    /// Events that are whole.
    fn events(&self, events: Bytes) -> Bytes {
        if !self.scrubber.may_be_in(&events) {
            return events;
        }
        let mut out = Vec::with_capacity(events.len());
        for line in lines(&events) {
            let text_end = line.len() - line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            let (text, line_end) = line.split_at(text_end);
            let clean = match text.strip_prefix(b"data:") {
                // What a model says is in the data alone, and one line of it is one document.
                Some(data) => owned(self.scrubber.failures(data)).map(|data| [b"data:", &*data].concat()),
                None => owned(self.scrubber.body(text)).map(|text| text.to_vec()),
            };
            out.extend_from_slice(clean.as_deref().unwrap_or(text));
            out.extend_from_slice(line_end);
        }
        out.into()
    }
}

fn owned(bytes: Cow<'_, [u8]>) -> Option<Bytes> {
    match bytes {
        Cow::Owned(bytes) => Some(bytes.into()),
        Cow::Borrowed(_) => None,
    }
}

/// Lines with their ends.
fn lines(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
    bytes.split_inclusive(|byte| matches!(byte, b'\r' | b'\n'))
}

impl Stream for Passing {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        while let Some(body) = &mut this.body {
            let Poll::Ready(item) = body.as_mut().poll_next(cx) else { return Poll::Pending };
            let ready = match item {
                Some(Ok(piece)) => this.push(piece),
                end => {
                    let rest = this.finish();
                    match end {
                        // What came before the break goes first.
                        Some(Err(error)) if rest.is_empty() => {
                            this.body = None;
                            return Poll::Ready(Some(Err(error)));
                        }
                        Some(Err(error)) => {
                            this.body = Some(Box::pin(Broken(Some(error))));
                            rest
                        }
                        _ => {
                            this.body = None;
                            rest
                        }
                    }
                }
            };
            if !ready.is_empty() {
                return Poll::Ready(Some(Ok(ready)));
            }
        }
        Poll::Ready(None)
    }
}

/// An error that is still to be told.
struct Broken(Option<TransportError>);

impl Stream for Broken {
    type Item = Result<Bytes, TransportError>;

    fn poll_next(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Err))
    }
}

#[cfg(test)]
mod tests {
    use futures_util::{StreamExt, stream};

    use super::*;

    const KEY: &str = "sk-0123456789-abcdefghij";

    /// What comes out of pieces of so many bytes.
    async fn passed(body: &str, piece: usize, is_error: bool, scrubber: Scrubber) -> Vec<Bytes> {
        let pieces: Vec<_> = body.as_bytes().chunks(piece).map(|piece| Ok(Bytes::copy_from_slice(piece))).collect();
        let passing = Passing::new(Box::pin(stream::iter(pieces)), scrubber, is_error);
        passing.map(Result::unwrap).collect().await
    }

    async fn text(body: &str, piece: usize, is_error: bool) -> String {
        let out = passed(body, piece, is_error, Scrubber::new([KEY])).await.concat();
        String::from_utf8(out).unwrap()
    }

    #[tokio::test]
    async fn of_a_stream_only_failures_change_however_it_is_cut() {
        let said = format!("data: {{\"choices\":[{{\"delta\":{{\"content\":\"{KEY}\"}}}}]}}\r\n\r\n");
        let failed = format!(
            ": {KEY}\n\nevent: error\ndata: {{\"error\":{{\"message\":\"bad {KEY}\"}}}}\n\ndata: {KEY}\r\rdata: [DO"
        );
        let expected = format!("{said}{}", failed.replace(KEY, "***"));
        for piece in 1..60 {
            assert_eq!(text(&format!("{said}{failed}"), piece, false).await, expected, "{piece}");
        }
    }

    #[tokio::test]
    async fn each_event_goes_on_as_soon_as_it_is_whole() {
        let body = "\n\ndata: 1\r\n\r\ndata: 2\ndata: 3\n\n\n: c\r\rdata: 4";
        let out = passed(body, 1, false, Scrubber::new([KEY])).await;
        let whole: Vec<_> = out.iter().map(|piece| std::str::from_utf8(piece).unwrap()).collect();
        assert_eq!(whole.concat(), body);
        assert!(whole.contains(&"data: 2\ndata: 3\n\n"), "{whole:?}");
        let one = passed("data: 1\n\ndata: 2\n\n", 100, false, Scrubber::new([KEY])).await;
        assert_eq!(one.len(), 1);
    }

    #[tokio::test]
    async fn a_whole_body_is_an_error_or_an_answer() {
        let error = format!("{{\"error\":\"{KEY}\",\"x\":\"{KEY}\"}}");
        for piece in [1, 7, 1000] {
            assert_eq!(text(&error, piece, true).await, error.replace(KEY, "***"));
            assert_eq!(text(&error, piece, false).await, format!("{{\"error\":\"***\",\"x\":\"{KEY}\"}}"));
            assert_eq!(text(&format!("no, {KEY}"), piece, true).await, "no, ***");
        }
    }

    #[tokio::test]
    async fn without_secrets_every_piece_goes_on_as_it_came() {
        let out = passed("data: 1\n\nda", 4, false, Scrubber::default()).await;
        assert_eq!(out, ["data", ": 1\n", "\nda"]);
    }

    #[tokio::test]
    async fn what_came_before_a_break_comes_before_its_error() {
        let pieces = [Ok(Bytes::from_static(b"data: 1")), Err(TransportError::broken("reset"))];
        let mut passing = Passing::new(Box::pin(stream::iter(pieces)), Scrubber::new([KEY]), false);
        assert_eq!(passing.next().await.unwrap().unwrap(), "data: 1");
        assert!(passing.next().await.unwrap().is_err());
        assert!(passing.next().await.is_none());
    }
}
