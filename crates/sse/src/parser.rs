//! Bytes to events.
//!
//! The grammar of the WHATWG HTML standard, section 9.2.5, over code points decoded from UTF-8:
//!
//! ```abnf
//! stream        = [ bom ] *event
//! event         = *( comment / field ) end-of-line
//! comment       = colon *any-char end-of-line
//! field         = 1*name-char [ colon [ space ] *any-char ] end-of-line
//! end-of-line   = ( cr lf / cr / lf )
//!
//! lf            = %x000A
//! cr            = %x000D
//! space         = %x0020
//! colon         = %x003A
//! bom           = %xFEFF
//! name-char     = %x0000-0009 / %x000B-000C / %x000E-0039 / %x003B-10FFFF
//! any-char      = %x0000-0009 / %x000B-000C / %x000E-10FFFF
//! ```
//!
//! Line ends, the colon and the field names are ASCII, so lines are found in the bytes and only values are decoded.

// Long because: the grammar stands beside the code that follows it.

mod usual;

use std::fmt;
use std::ops::Range;
use std::time::Duration;

use memchr::memchr2;

use crate::field::{Field, milliseconds, split};
use crate::{Error, Event};

/// The limit of [`Parser::new`]: 16 MiB for one event, above the size of an image sent as base64 in one event.
pub const DEFAULT_LIMIT: usize = 16 * 1024 * 1024;

/// What becomes of an event whose closing blank line never came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Eof {
    /// It is dropped, as the standard asks.
    Discard,
    /// It comes out with [`Event::cut`] set, a last line without a line end included. Clients of language models do this,
    /// since some servers forget the last blank line.
    Flush,
}

/// Turns the bytes of an event stream into events, without doing any I/O.
///
/// Feed it what arrives, then take events until there are none; how the bytes are cut into chunks never changes the
/// events, and an event comes out with the last byte of its blank line.
/// An event whose data is one line borrows it from the parser's buffer.
///
/// Each byte is searched for a line end once, however small the chunks. The buffers hold what was fed and not yet taken,
/// so they stay within a small multiple of the limit as long as the events are taken after each chunk.
///
/// ```
/// use interlingua_sse::{Eof, Parser};
///
/// let mut parser = Parser::new();
/// parser.feed(b"data: {\"a\":1}\n\ndata: [DO");
/// assert_eq!(parser.next_event()?.map(|event| event.data), Some("{\"a\":1}"));
/// assert_eq!(parser.next_event()?, None); // more bytes are needed
///
/// parser.feed(b"NE]\n");
/// parser.end(Eof::Flush);
/// let last = parser.next_event()?.expect("the unfinished event is flushed");
/// assert_eq!((last.data, last.cut), ("[DONE]", true));
/// assert_eq!(parser.next_event()?, None); // the stream is over
/// # Ok::<(), interlingua_sse::Error>(())
/// ```
pub struct Parser {
    /// Bytes fed; those before `line` are spent, except what `pending.data` points at.
    buf: Vec<u8>,
    /// Where the line being read starts in `buf`.
    line: usize,
    /// Where the search for its end goes on.
    scan: usize,
    at: At,
    input: Input,
    /// Size in bytes of the lines read since the last blank line, a line end counted as one byte.
    size: usize,
    limit: usize,
    pending: Pending,
    /// The last `event` field; of the pending event where that is `named`.
    name: String,
    /// The data of the pending event where that is `Data::Joined`.
    joined: String,
    id: String,
    retry: Option<Duration>,
    #[cfg(test)]
    work: tests::Work,
}

impl Parser {
    /// A parser that accepts events of up to [`DEFAULT_LIMIT`] bytes.
    #[must_use]
    pub fn new() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }

    /// A parser that accepts events of up to `limit` bytes.
    ///
    /// What counts is all that is received between two blank lines: field names, comments and line ends (a CRLF as one
    /// byte) as well as the data.
    ///
    /// ```
    /// use interlingua_sse::{Error, Parser};
    ///
    /// let mut parser = Parser::with_limit(16);
    /// parser.feed(b"data: short\n\ndata: not so short");
    /// assert!(parser.next_event()?.is_some());
    /// assert_eq!(parser.next_event(), Err(Error::EventTooLarge { limit: 16 }));
    /// # Ok::<(), Error>(())
    /// ```
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self {
            buf: Vec::new(),
            line: 0,
            scan: 0,
            at: At::Start,
            input: Input::Open,
            size: 0,
            limit,
            pending: Pending::default(),
            name: String::new(),
            joined: String::new(),
            id: String::new(),
            retry: None,
            #[cfg(test)]
            work: tests::Work::default(),
        }
    }

    /// Accepts events of up to `limit` bytes from now on, the pending one included.
    pub fn set_limit(&mut self, limit: usize) {
        self.limit = limit;
    }

    /// Takes in the next bytes of the stream. Nothing is parsed before [`next_event`](Self::next_event).
    ///
    /// Whether that may have something to say now: `false` as long as no line has ended, so that whoever is given many small
    /// pieces need not ask after each.
    ///
    /// After [`end`](Self::end) or an error the bytes are ignored.
    ///
    /// ```
    /// # use interlingua_sse::Parser;
    /// let mut parser = Parser::new();
    /// assert!(parser.feed(b"data: on"), "where a stream begins is for `next_event` to see");
    /// assert_eq!(parser.next_event()?, None);
    /// assert!(!parser.feed(b"e"));
    /// assert!(parser.feed(b"\n\n"));
    /// assert_eq!(parser.next_event()?.map(|event| event.data), Some("one"));
    /// # Ok::<(), interlingua_sse::Error>(())
    /// ```
    #[inline]
    pub fn feed(&mut self, bytes: &[u8]) -> bool {
        match self.input {
            Input::Open => {}
            Input::Ended(_) | Input::Failed(_) => return true,
        }
        let is_searched = self.at == At::Line && self.scan == self.buf.len();
        let has_room = self.size + (self.buf.len() - self.line) + bytes.len() <= self.limit;
        let end = match bytes {
            _ if !(is_searched && has_room) => Some(0),
            // Pieces may be as small as that, and a search has a price of its own.
            [byte] => matches!(byte, b'\n' | b'\r').then_some(0),
            _ => memchr2(b'\n', b'\r', bytes),
        };
        let Some(searched) = end else {
            #[cfg(test)]
            self.work.searched(bytes.len());
            self.buf.extend_from_slice(bytes);
            self.scan = self.buf.len();
            return false;
        };
        #[cfg(test)]
        self.work.searched(searched);
        self.reclaim();
        self.buf.extend_from_slice(bytes);
        self.scan += searched;
        true
    }

    /// Says that the stream is over. Whole events stay available; `eof` decides about one that is not.
    ///
    /// Only the first call counts.
    pub fn end(&mut self, eof: Eof) {
        match self.input {
            Input::Open => self.input = Input::Ended(eof),
            Input::Ended(_) | Input::Failed(_) => {}
        }
    }

    /// The next event, or `None` when more bytes are needed (after [`end`](Self::end): when there are no more events).
    ///
    /// # Errors
    ///
    /// [`Error::EventTooLarge`], after all the events before the one that is too large, and then on every call.
    pub fn next_event(&mut self) -> Result<Option<Event<'_>>, Error> {
        // Places first, borrows last: a loop that lends out parts of `self` early does not pass the borrow checker.
        match self.complete()? {
            Some(found) => Ok(Some(self.lend(found))),
            None => Ok(None),
        }
    }

    /// The next event of what was fed before and of `bytes`, which move on to what is behind it. With `None` all of them are
    /// taken, and more are needed.
    ///
    /// It is [`feed`](Self::feed) and [`next_event`](Self::next_event) in one, for whoever has many events at once: one that is
    /// whole in `bytes` and in no way unusual is lent from there, and not put into the parser's buffer first.
    ///
    /// ```
    /// # use interlingua_sse::Parser;
    /// let mut parser = Parser::new();
    /// let mut events = Vec::new();
    /// for mut bytes in [&b"data: one\n\ndata: two\n\nda"[..], b"ta: three\n\n"] {
    ///     while let Some(event) = parser.next_of(&mut bytes)? {
    ///         events.push(event.data.to_owned());
    ///     }
    /// }
    /// assert_eq!(events, ["one", "two", "three"]);
    /// # Ok::<(), interlingua_sse::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// As `next_event`.
    pub fn next_of<'e, 'b: 'e>(&'e mut self, bytes: &mut &'b [u8]) -> Result<Option<Event<'e>>, Error> {
        while !bytes.is_empty() {
            if let Some(Given { named, data, rest }) = self.given(bytes) {
                *bytes = rest;
                let event = named.then_some(self.name.as_str());
                return Ok(Some(Event { event, data, id: &self.id, retry: None, cut: false }));
            }
            // Of what was put into the buffer there may be more than one event.
            if self.scan < self.buf.len()
                && let Some(found) = self.complete()?
            {
                return Ok(Some(self.lend(found)));
            }
            let (first, rest) = bytes.split_at(Self::to_end_of_event(bytes));
            #[cfg(test)]
            self.work.searched(first.len());
            *bytes = rest;
            self.feed(first);
        }
        self.next_event()
    }

    /// The reconnection time the stream asked for last, also in a block without data, which makes no event.
    ///
    /// ```
    /// # use interlingua_sse::Parser;
    /// let mut parser = Parser::new();
    /// parser.feed(b"retry: 3000\n\n");
    /// assert_eq!(parser.next_event()?, None);
    /// assert_eq!(parser.retry(), Some(std::time::Duration::from_secs(3)));
    /// # Ok::<(), interlingua_sse::Error>(())
    /// ```
    #[must_use]
    pub fn retry(&self) -> Option<Duration> {
        self.retry
    }

    /// Reads lines up to the blank line that closes an event.
    fn complete(&mut self) -> Result<Option<Found>, Error> {
        if let Input::Failed(error) = self.input {
            return Err(error);
        }
        if let Some(found) = self.usual() {
            return Ok(Some(found));
        }
        while let Some(line) = self.next_line()? {
            if !line.is_empty() {
                self.read_field(line);
            } else if let Some(found) = self.dispatch(false) {
                return Ok(Some(found));
            }
        }
        Ok(self.flush())
    }

    /// The place of the next whole line, without its line end.
    fn next_line(&mut self) -> Result<Option<Range<usize>>, Error> {
        match self.at {
            At::Line => {}
            At::Start => match self.buf.get(..BOM.len()) {
                Some(start) => self.begin_line(if start == BOM { BOM.len() } else { 0 }),
                None if BOM.starts_with(&self.buf) => return Ok(None),
                None => self.begin_line(0),
            },
            At::AfterCr => match self.buf.get(self.line) {
                Some(b'\n') => self.begin_line(self.line + 1),
                Some(_) => self.begin_line(self.line),
                None => return Ok(None),
            },
        }
        let rest = self.buf.get(self.scan..).unwrap_or_default();
        let found = match rest {
            // Every event ends in a blank line.
            [b'\n' | b'\r', ..] => Some(0),
            _ => memchr2(b'\n', b'\r', rest),
        };
        let Some(length) = found else {
            #[cfg(test)]
            self.work.searched(rest.len());
            self.scan = self.buf.len();
            self.check_size(self.scan)?;
            return Ok(None);
        };
        #[cfg(test)]
        self.work.searched(length + 1);
        let line = self.line..self.scan + length;
        self.check_size(line.end)?;
        self.size += line.len() + 1;
        let ends_in_cr = self.buf.get(line.end) == Some(&b'\r');
        self.begin_line(line.end + 1);
        self.at = if ends_in_cr { At::AfterCr } else { At::Line };
        Ok(Some(line))
    }

    fn begin_line(&mut self, start: usize) {
        self.line = start;
        self.scan = start;
        self.at = At::Line;
    }

    /// Fails when the lines since the last blank line and the current one, which reaches to `end`, are over the limit.
    ///
    /// It is asked about a line before and after its end is known, so the outcome does not depend on the chunks.
    fn check_size(&mut self, end: usize) -> Result<(), Error> {
        if self.size + (end - self.line) <= self.limit {
            return Ok(());
        }
        let error = Error::EventTooLarge { limit: self.limit };
        *self = Self { input: Input::Failed(error), retry: self.retry, ..Self::with_limit(self.limit) };
        Err(error)
    }

    /// Applies one line that is not blank to the pending event.
    fn read_field(&mut self, line: Range<usize>) {
        let bytes = self.buf.get(line.clone()).unwrap_or_default();
        let Some((field, value)) = split(bytes) else { return };
        match field {
            Field::Data => {
                let place = line.end - value.len()..line.end;
                match &self.pending.data {
                    None => self.pending.data = Some(Data::Line(place)),
                    Some(Data::Line(first)) => {
                        let first = self.buf.get(first.clone()).unwrap_or_default();
                        self.joined.clear();
                        self.joined.push_str(&String::from_utf8_lossy(first));
                        push_line(&mut self.joined, value);
                        self.pending.data = Some(Data::Joined);
                    }
                    Some(Data::Joined) => push_line(&mut self.joined, value),
                }
            }
            Field::Event => {
                // Most events are called as the one before.
                if self.name.as_bytes() != value {
                    self.name.clear();
                    self.name.push_str(&String::from_utf8_lossy(value));
                }
                self.pending.named = !value.is_empty();
            }
            Field::Id => {
                // The standard ignores an id with a NUL, which could not be sent back in a header.
                if !value.contains(&0) {
                    self.id.clear();
                    self.id.push_str(&String::from_utf8_lossy(value));
                }
            }
            Field::Retry => {
                if let Some(retry) = milliseconds(value) {
                    self.retry = Some(retry);
                    self.pending.retry = Some(retry);
                }
            }
        }
    }

    /// Closes the pending event. One without data is none: the standard drops it, its name with it.
    fn dispatch(&mut self, cut: bool) -> Option<Found> {
        self.size = 0;
        let Pending { data, named, retry } = std::mem::take(&mut self.pending);
        data.map(|data| Found { data, named, retry, cut })
    }

    /// At the end of a stream that is to be flushed: what is left, once.
    fn flush(&mut self) -> Option<Found> {
        if self.input != Input::Ended(Eof::Flush) {
            return None;
        }
        self.input = Input::Ended(Eof::Discard);
        let line = self.line..self.buf.len();
        self.read_field(line);
        self.dispatch(true)
    }

    fn lend(&mut self, found: Found) -> Event<'_> {
        let Found { data, named, retry, cut } = found;
        let data = match data {
            Data::Joined => &self.joined,
            Data::Line(place) => {
                let bytes = self.buf.get(place).unwrap_or_default();
                if let Ok(data) = std::str::from_utf8(bytes) {
                    data
                } else {
                    self.joined = String::from_utf8_lossy(bytes).into_owned();
                    &self.joined
                }
            }
        };
        Event { event: named.then_some(self.name.as_str()), data, id: &self.id, retry, cut }
    }

    /// Drops spent bytes from the front of the buffer, whenever they outweigh those that have to move: so in total no
    /// more is moved than was fed.
    fn reclaim(&mut self) {
        let spent = match &self.pending.data {
            Some(Data::Line(place)) => place.start,
            Some(Data::Joined) | None => self.line,
        };
        let kept = self.buf.len() - spent;
        if kept > 0 && spent < kept.max(WORTH_MOVING) {
            return;
        }
        self.buf.drain(..spent);
        self.buf.shrink_to(IDLE_CAPACITY.max(2 * kept));
        self.line -= spent;
        self.scan -= spent;
        match &mut self.pending.data {
            Some(Data::Joined) => {}
            Some(Data::Line(place)) => *place = 0..place.len(),
            None => {
                self.joined.clear();
                self.joined.shrink_to(IDLE_CAPACITY);
            }
        }
        #[cfg(test)]
        self.work.moved(kept);
    }
}

impl Default for Parser {
    fn default() -> Self {
        Self::new()
    }
}

/// Shows sizes only: what the buffers hold is somebody's conversation.
impl fmt::Debug for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Parser")
            .field("buffered", &(self.buf.len() - self.line))
            .field("limit", &self.limit)
            .field("input", &self.input)
            .finish_non_exhaustive()
    }
}

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// How many bytes must be spent before others are moved into their place. Small chunks would have every one move something.
const WORTH_MOVING: usize = 4 * 1024;

/// What the buffers may keep allocated, in bytes, when a large event is gone.
const IDLE_CAPACITY: usize = 64 * 1024;

/// Where in the stream the next byte stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// At its very beginning, where a byte order mark may stand, perhaps not all of it yet.
    Start,
    /// In a line, or at the start of one.
    Line,
    /// Behind a CR that has ended its line already: an LF would belong to it.
    AfterCr,
}

/// What can still be expected of the caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Input {
    Open,
    Ended(Eof),
    Failed(Error),
}

/// An event that was not put into the parser's buffer.
struct Given<'b> {
    named: bool,
    data: &'b str,
    /// What is behind it.
    rest: &'b [u8],
}

/// The event under construction.
#[derive(Default)]
struct Pending {
    data: Option<Data>,
    named: bool,
    retry: Option<Duration>,
}

/// Where the data of an event is.
enum Data {
    /// One line, still in the buffer and not decoded yet.
    Line(Range<usize>),
    /// In `Parser::joined`, decoded.
    Joined,
}

/// A closed event, as places.
struct Found {
    data: Data,
    named: bool,
    retry: Option<Duration>,
    cut: bool,
}

fn push_line(joined: &mut String, value: &[u8]) {
    joined.push('\n');
    joined.push_str(&String::from_utf8_lossy(value));
}

#[cfg(test)]
#[path = "parser_tests.rs"]
mod tests;
