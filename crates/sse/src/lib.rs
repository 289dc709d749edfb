//! Server-sent events: bytes in, events out, and back again.
//!
//! The crate does no I/O, reads no clock and starts nothing. [`Parser`] takes bytes in whatever pieces they arrive and
//! lends out events; [`write_event`], [`write_event_with`] and [`write_comment`] append events to a byte buffer. With the
//! feature `stream`, `Events` wraps a stream of byte chunks.
//!
//! The format is that of the [WHATWG HTML standard, section 9.2](https://html.spec.whatwg.org/multipage/server-sent-events.html):
//! all three line endings, comments, repeated `data` lines, unknown fields, a byte order mark, invalid UTF-8. What the
//! standard leaves to a browser (reconnecting, `Last-Event-ID`) is left to the caller here.
//!
//! ```
//! use interlingua_sse::{Eof, Parser, write_event};
//!
//! let mut bytes = Vec::new();
//! write_event(&mut bytes, Some("greeting"), "hello");
//! assert_eq!(bytes, b"event: greeting\ndata: hello\n\n");
//!
//! let mut parser = Parser::new();
//! for chunk in bytes.chunks(7) {
//!     parser.feed(chunk);
//!     while let Some(event) = parser.next_event()? {
//!         assert_eq!((event.name(), event.data), ("greeting", "hello"));
//!     }
//! }
//! parser.end(Eof::Flush);
//! assert!(parser.next_event()?.is_none(), "nothing was left over");
//! # Ok::<(), interlingua_sse::Error>(())
//! ```

mod encode;
mod error;
mod event;
mod field;
#[doc(hidden)]
pub mod fuzz;
mod parser;
#[cfg(feature = "stream")]
mod stream;

pub use encode::{write_comment, write_event, write_event_with};
pub use error::Error;
pub use event::{Event, OwnedEvent};
pub use parser::{DEFAULT_LIMIT, Eof, Parser};
#[cfg(feature = "stream")]
pub use stream::{Events, EventsError};

/// The README's example compiles and holds.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
